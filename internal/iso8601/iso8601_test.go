package iso8601_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/iso8601"
)

func TestParse(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, in := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02t03:04:05z", "2026-01-02 03:04:05Z",
		"2026-01-02T03:04:05+00:00", "2026-01-02T05:04:05+02:00", "2026-01-01T22:04:05-0500", "2026-01-02T03:04:05+00",
		"2026-01-02T03:04:05UTC", "2026-01-02 03:04:05 UTC", "20260102T030405Z", "20260102T050405+0200",
	} {
		if got, err := iso8601.Parse(in); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("Parse(%q) = %v, %v", in, got, err)
		}
	}
	fractions := map[string]time.Duration{
		"2026-01-02T03:04:05.5Z": 500 * time.Millisecond, "2026-01-02T03:04:05,25+00:00": 250 * time.Millisecond,
		"2026-01-02T03:04:05.123456789012Z": 123456789, "2026-01-02T03:04:05.001UTC": time.Millisecond,
	}
	for in, fraction := range fractions {
		if got, err := iso8601.Parse(in); err != nil || !got.Equal(want.Add(fraction)) {
			t.Errorf("Parse(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", "Z", "UTC", "now", "1767323045", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z",
		"2026-01-02T25:04:05Z", "2026-01-02T03:04Z", " 2026-01-02T03:04:05Z", "2026-01-02T03:04:05Zx",
		"2026-01-02T03:04:05.1234567890123456789012345678901234567890123456789012345678901234567890Z",
	} {
		if got, err := iso8601.Parse(in); !errors.Is(err, iso8601.ErrSyntax) {
			t.Errorf("Parse(%q) = %v, %v; want ErrSyntax", in, got, err)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	in := time.Date(2026, 1, 2, 5, 4, 5, 999, time.FixedZone("", 7200))
	if got := iso8601.Format(in); got != "2026-01-02T03:04:05Z" {
		t.Errorf("Format = %q", got)
	}
}

// FuzzParse holds that what is read can be written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2026-01-02T03:04:05Z", "20260102T030405+0200", "2026-01-02 03:04:05.5 UTC", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, err := iso8601.Parse(in)
		if err != nil || first.Year() < 0 || first.Year() > 9999 {
			return
		}
		again, err := iso8601.Parse(iso8601.Format(first))
		if err != nil || !again.Equal(first.Truncate(time.Second)) {
			t.Errorf("%q → %v → %v, %v", in, first, again, err)
		}
	})
}
