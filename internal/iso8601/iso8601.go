// Package iso8601 owns the reading and writing of the times in the files and
// answers of AWS tools, which agree on ISO 8601 and on little else.
//
// The package must not know which file or answer a time stands in.
package iso8601

import (
	"errors"
	"strings"
	"time"
)

// ErrSyntax says that a text is no point in time. It does not repeat the text,
// which may stand in a place where secrets are.
var ErrSyntax = errors.New("not an ISO 8601 time with a zone, like 2026-01-02T03:04:05Z")

// Parse reads a point in time. Beside RFC 3339 it takes what is met in the
// field: a fraction of any length after "." or ",", offsets as +00:00, +0000 or
// +00, the suffix UTC (AWS CLIs of 2020), a blank or a small t between date and
// time, and the basic form 20260102T030405Z. A time without a zone is refused:
// readers disagree on whether it is local. The result is in UTC.
func Parse(s string) (time.Time, error) {
	if len(s) > 64 {
		return time.Time{}, ErrSyntax
	}
	s = strings.ToUpper(s)
	if rest, ok := strings.CutSuffix(s, "UTC"); ok {
		s = strings.TrimSuffix(rest, " ") + "Z"
	}
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	// time.Parse takes a fraction after the seconds by itself.
	for _, layout := range [...]string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07",
		"20060102T150405Z07:00", "20060102T150405Z0700",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, ErrSyntax
}

// Format writes t as YYYY-MM-DDTHH:MM:SSZ, the only form that every SDK reads.
// A fraction is cut off.
func Format(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
