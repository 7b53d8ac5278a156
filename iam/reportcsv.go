package iam

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"
)

// Holder is one who can get into an account: an IAM user, or root.
type Holder struct {
	Name, ARN string // Name is "" for root
	Created   time.Time
	// Password, MFA and Keys say nothing unless the Known beside them is true.
	Password      bool // can sign in to the console
	PasswordKnown bool
	PasswordUsed  time.Time // zero: never, as far as AWS knows
	MFA           bool      // has a device, of any kind
	MFAKnown      bool
	Keys          []HeldKey
	KeysKnown     bool
}

// HeldKey is an access key as a report tells it.
type HeldKey struct {
	ID       string // "" in credential reports, which do not name keys
	Active   bool
	Created  time.Time
	Used     time.Time // zero: never. It says nothing unless UseKnown
	UseKnown bool
}

// rootName is what a credential report calls root.
const rootName = "<root_account>"

const (
	maxReport  = 8 << 20
	maxHolders = 20_000 // four times AWS's quota of users
)

// ReportError is a credential report that makes no sense.
type ReportError struct{ Why string }

// Error says what is wrong with it.
func (e *ReportError) Error() string { return "credential report: " + e.Why }

// ParseReport reads a credential report: CSV whose first line names the columns. Columns
// that are not known are skipped, and those needed may stand in any order.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func ParseReport(data []byte) ([]*Holder, error) {
	if len(data) > maxReport {
		return nil, &ReportError{"longer than 8 MiB"}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, &ReportError{"has no line that names its columns"}
	}
	columns := make(map[string]int, len(head))
	for i, name := range head {
		columns[name] = i
	}
	for _, name := range [...]string{"user", "password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active"} {
		if _, ok := columns[name]; !ok {
			return nil, &ReportError{"has no column " + name}
		}
	}
	var out []*Holder
	for {
		fields, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case errors.As(err, &broken): // its text could quote the line
			return nil, &ReportError{fmt.Sprintf("line %d is not CSV of %d fields", broken.Line, len(head))}
		case err != nil:
			return nil, err
		case len(out) == maxHolders:
			return nil, &ReportError{"has more users than an account can have"}
		}
		out = append(out, holder(func(column string) string {
			if i, ok := columns[column]; ok {
				return fields[i]
			}
			return ""
		}))
	}
}

func holder(field func(column string) string) *Holder {
	at := func(column string) time.Time {
		t, err := time.Parse(time.RFC3339, field(column))
		if err != nil {
			return time.Time{} // N/A, no_information, not_supported
		}
		return t.UTC()
	}
	h := &Holder{Name: field("user"), ARN: field("arn"), Created: at("user_creation_time"), PasswordUsed: at("password_last_used"),
		Password: field("password_enabled") == "true", PasswordKnown: true, MFA: field("mfa_active") == "true", MFAKnown: true, KeysKnown: true}
	if h.Name == rootName {
		h.Name, h.PasswordKnown = "", false // not_supported
	}
	for _, n := range [...]string{"access_key_1_", "access_key_2_"} {
		k := HeldKey{Active: field(n+"active") == "true", Created: at(n + "last_rotated"), Used: at(n + "last_used_date"), UseKnown: true}
		// A slot without a key has false and N/A; a key that is inactive has its date.
		if k.Active || !k.Created.IsZero() {
			h.Keys = append(h.Keys, k)
		}
	}
	return h
}
