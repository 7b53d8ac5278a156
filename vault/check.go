package vault

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How long the fields of an entry may be, in bytes: far above anything real.
const (
	maxField = 512
	maxExtra = 16 << 10
)

// check returns what keeps e from being stored: *[NameError] or *[EntryError].
func (e Entry) check() error {
	if err := CheckName(e.Name); err != nil {
		return err
	}
	fields := [...]struct{ name, value string }{
		{"AccessKeyID", e.AccessKeyID}, {"Secret", e.Secret.Reveal()}, {"Seed", e.Seed.Reveal()},
		{"MFASerial", e.MFASerial},
	}
	for _, f := range fields {
		if why := wordFault(f.value); why != "" {
			return &EntryError{Name: e.Name, Field: f.name, Why: why}
		}
	}
	if why := lineFault(e.Note); why != "" {
		return &EntryError{Name: e.Name, Field: "Note", Why: why}
	}
	switch {
	case (e.AccessKeyID == "") != e.Secret.Empty():
		return &EntryError{Name: e.Name, Field: "Secret", Why: "an access key is an id and a secret"}
	case e.AccessKeyID == "" && e.Seed.Empty() && len(e.Extra) == 0:
		return &EntryError{Name: e.Name, Field: "AccessKeyID", Why: "there is neither an access key nor a seed"}
	case temporary(e.AccessKeyID):
		return &EntryError{Name: e.Name, Field: "AccessKeyID", Why: ErrTemporary.Error(), Err: ErrTemporary}
	case e.Command != "":
		return &EntryError{Name: e.Name, Field: "Command", Why: "an entry is a command or holds secrets, not both"}
	}
	if y := e.Created.UTC().Year(); !e.Created.IsZero() && (y < 1 || y > 9999) {
		return &EntryError{Name: e.Name, Field: "Created", Why: "a year has four digits"}
	}
	return e.checkExtra()
}

func (e Entry) checkExtra() error {
	total := 0
	for name, value := range e.Extra {
		total += len(name) + value.Len()
		if CheckName(name) != nil || !utf8.ValidString(value.Reveal()) {
			return &EntryError{Name: e.Name, Field: "Extra", Why: "names are printable and values UTF-8"}
		}
	}
	if total > maxExtra {
		return &EntryError{Name: e.Name, Field: "Extra", Why: "holds more than 16 KiB"}
	}
	return nil
}

// wordFault says what is wrong with a field that has no blanks.
func wordFault(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "holds blanks or characters outside of ASCII"
	}
	return lineFault(s)
}

// lineFault says what is wrong with a field of one line of text.
func lineFault(s string) string {
	switch {
	case len(s) > maxField:
		return "is longer than 512 bytes"
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "holds control characters"
	}
	return ""
}

// temporary reports ids of the keys that AWS STS gives out (IAM user guide,
// unique identifiers).
func temporary(id string) bool { return strings.HasPrefix(id, "ASIA") }

// whole is t as entries keep it.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
