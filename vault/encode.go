package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/secret"
)

// Format is the number of the format that [Encode] writes. It grows when an
// older version would misread an entry, not when a field comes along.
const Format = 1

// object is JSON whose fields are looked at one by one, so that those of a
// later version are kept.
type object map[string]json.RawMessage

// The fields of an entry's JSON: those that credential_process knows, at the top,
// and the ones of our own object.
const (
	fieldVersion = "Version"
	fieldID      = "AccessKeyId"
	fieldSecret  = "SecretAccessKey"
	fieldOurs    = "latchkey"
)

// Encode returns e as JSON that is itself the output of a credential_process,
// with an object "latchkey" beside: restoring an entry needs no latchkey. It is
// what every backend encrypts. Errors: *[NameError], *[EntryError].
func Encode(e Entry) ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	top, ours := e.unknownFields()
	if e.AccessKeyID != "" {
		top.set(fieldVersion, 1)
		top.set(fieldID, e.AccessKeyID)
		top.set(fieldSecret, e.Secret.Reveal())
	}
	ours.set("format", Format)
	ours.set("name", e.Name)
	ours.set("kind", e.kind())
	if !e.Created.IsZero() {
		ours.set("created", whole(e.Created).Format(time.RFC3339))
	}
	ours.text("seed", e.Seed.Reveal())
	ours.text("mfa_serial", e.MFASerial)
	ours.text("note", e.Note)
	if len(e.Extra) > 0 {
		extra := object{}
		for name, value := range e.Extra {
			extra.set(name, value.Reveal())
		}
		ours.set("extra", extra)
	}
	top.set(fieldOurs, ours)
	data, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		return nil, &EntryError{Name: e.Name, Field: "Extra", Why: "cannot be written as JSON"}
	}
	return append(data, '\n'), nil
}

// kind says in one word what the entry holds, for people who restore it.
func (e Entry) kind() string {
	switch {
	case e.AccessKeyID == "":
		return "seed"
	case e.Seed.Empty():
		return "key"
	}
	return "key and seed"
}

// Decode returns the entry called name that data, written by [Encode], holds.
// Another name inside is an error: two entries were swapped. Errors:
// *[DamagedError] and *[FormatError], with name in place of a path.
func Decode(name string, data []byte) (Entry, error) {
	e, err := decode(name, data)
	if err == nil {
		return e, nil
	}
	var newer *FormatError
	if errors.As(err, &newer) {
		return Entry{}, err
	}
	return Entry{}, &DamagedError{name, err.Error()}
}

// decode has errors that hold nothing of data but our own field names.
func decode(name string, data []byte) (Entry, error) {
	var top, ours object
	if !utf8.Valid(data) || json.Unmarshal(data, &top) != nil || json.Unmarshal(top[fieldOurs], &ours) != nil {
		return Entry{}, errors.New("is not an entry")
	}
	var format int
	if err := ours.take("format", &format); err != nil {
		return Entry{}, err
	}
	switch {
	case format > Format:
		return Entry{}, &FormatError{name, format, Format}
	case format != Format:
		return Entry{}, errors.New("has no format number")
	}
	var e Entry
	var kind, created string
	var version int
	var extra map[string]string
	err := errors.Join(
		top.take(fieldVersion, &version), top.take(fieldID, &e.AccessKeyID), top.secret(fieldSecret, &e.Secret),
		ours.take("name", &e.Name), ours.take("kind", &kind), ours.take("created", &created), ours.secret("seed", &e.Seed),
		ours.take("mfa_serial", &e.MFASerial), ours.take("note", &e.Note), ours.take("extra", &extra),
	)
	if err != nil {
		return Entry{}, err
	}
	if e.Name != name {
		return Entry{}, errors.New("holds the entry of another name")
	}
	if e.Created, err = parseCreated(created); err != nil {
		return Entry{}, err
	}
	for key, value := range extra {
		if e.Extra == nil {
			e.Extra = make(map[string]secret.Text, len(extra))
		}
		e.Extra[key] = secret.New(value)
	}
	if e.check() != nil || kind != e.kind() || e.AccessKeyID != "" && version != 1 {
		return Entry{}, errors.New("holds fields that do not fit each other")
	}
	delete(top, fieldOurs)
	e.keepUnknown(top, ours)
	return e, nil
}

func parseCreated(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.IsZero() {
		return time.Time{}, errors.New("field created is no time")
	}
	return whole(t), nil
}

// unknownFields returns the fields that are kept for a later version.
func (e Entry) unknownFields() (top, ours object) {
	var kept struct{ Top, Ours object }
	if !e.unknown.Empty() {
		_ = json.Unmarshal([]byte(e.unknown.Reveal()), &kept) // written by keepUnknown
	}
	if kept.Top == nil {
		kept.Top = object{}
	}
	if kept.Ours == nil {
		kept.Ours = object{}
	}
	return kept.Top, kept.Ours
}

func (e *Entry) keepUnknown(top, ours object) {
	if len(top) == 0 && len(ours) == 0 {
		return
	}
	data, err := json.Marshal(struct{ Top, Ours object }{top, ours})
	if err == nil {
		e.unknown = secret.New(string(data))
	}
}

// set puts a value of ours into the object: strings, numbers and objects, which
// always have a JSON form.
func (o object) set(field string, value any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) == nil {
		o[field] = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
}

// text sets a field that is left out where it is empty.
func (o object) text(field, value string) {
	if value != "" {
		o.set(field, value)
	}
}

// take moves a field out of the object into value. A missing field leaves value
// as it is.
func (o object) take(field string, value any) error {
	raw, ok := o[field]
	if !ok {
		return nil
	}
	delete(o, field)
	if string(raw) == "null" || json.Unmarshal(raw, value) != nil {
		return errors.New("field " + field + " is of another type")
	}
	return nil
}

func (o object) secret(field string, value *secret.Text) error {
	var text string
	err := o.take(field, &text)
	*value = secret.New(text)
	return err
}
