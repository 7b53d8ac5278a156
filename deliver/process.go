package deliver

import (
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ProcessJSON returns c as an SDK reads it from the standard output of a
// credential_process: one line of JSON, ending in a newline, with Version 1,
// AccessKeyId, SecretAccessKey, and where known SessionToken, Expiration
// (RFC 3339, UTC, whole seconds) and AccountId. See
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
//
// Credentials without one of the two keys, or not in UTF-8, are an
// *IncompleteError. Whether c has expired is the caller's to check.
//
// It is written by hand because it runs at every AWS call of every tool that
// uses latchkey as its credential_process: encoding/json costs more to start
// than all the rest of the output.
func ProcessJSON(c aws.Credentials) ([]byte, error) {
	for _, f := range [...]struct {
		name, value string
		required    bool
	}{
		{"AccessKeyId", c.AccessKeyID, true}, {"SecretAccessKey", c.SecretAccessKey, true},
		{"SessionToken", c.SessionToken, false}, {"AccountId", c.AccountID, false},
	} {
		switch {
		case f.required && strings.TrimSpace(f.value) == "":
			return nil, &IncompleteError{Field: f.name, Why: "is missing"}
		case !utf8.ValidString(f.value):
			return nil, &IncompleteError{Field: f.name, Why: "is not valid UTF-8"}
		}
	}
	size := len(c.AccessKeyID) + len(c.SecretAccessKey) + len(c.SessionToken) + len(c.AccountID)
	b := append(make([]byte, 0, size+160), `{"Version":1,"AccessKeyId":`...)
	b = appendJSONString(b, c.AccessKeyID)
	b = appendJSONString(append(b, `,"SecretAccessKey":`...), c.SecretAccessKey)
	if c.SessionToken != "" {
		b = appendJSONString(append(b, `,"SessionToken":`...), c.SessionToken)
	}
	if c.CanExpire {
		b = append(append(append(b, `,"Expiration":"`...), formatTime(c.Expires)...), '"')
	}
	if c.AccountID != "" {
		b = appendJSONString(append(b, `,"AccountId":`...), c.AccountID)
	}
	return append(b, "}\n"...), nil
}

// appendJSONString appends s, which is valid UTF-8, as a JSON string (RFC 8259
// section 7). Only what must be escaped is: keys hold / and +, and some readers
// of such output are scripts.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
