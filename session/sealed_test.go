package session_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/session"
)

// TestDamage: every flipped bit and every truncation of a session file costs
// one fetch, is told, and never gives anything but what was sealed.
func TestDamage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	whole := f.content()
	try := func(data []byte, name string, at int, silent bool) {
		t.Helper()
		f.put(data)
		calls := f.calls
		creds, err := f.retrieve(t.Context())
		if err != nil || f.calls != calls+1 || creds.SecretAccessKey != canary {
			t.Fatalf("%s %d: %v after %d more calls", name, at, err, f.calls-calls)
		}
		var damaged *session.DamagedError
		if err := f.warned(); !silent && (!errors.As(err, &damaged) || damaged.Path != f.file()) || silent && err != nil {
			t.Fatalf("%s %d: told %v", name, at, err)
		}
		calls = f.calls
		if _, err := f.retrieve(t.Context()); err != nil || f.calls != calls {
			t.Fatalf("%s %d: not mended: %v", name, at, err)
		}
	}
	for bit := range 8 * len(whole) {
		data := slices.Clone(whole)
		data[bit/8] ^= 1 << (bit % 8)
		try(data, "bit", bit, bit/8 == 6 || bit/8 == 7) // the number of the format
	}
	for size := range len(whole) {
		try(whole[:size], "length", size, false)
	}
	try(append(slices.Clone(whole), 0), "longer by", 1, false)
	try(bytes.Repeat([]byte{'x'}, 1000), "garbage", 0, false)
	try(append(slices.Clone(whole), make([]byte, 70<<10)...), "longer by", 70<<10, false)
}

// TestHugeFile: a file of 100 MiB costs no memory.
func TestHugeFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	if err := os.Truncate(f.file(), 100<<20); err != nil {
		t.Fatal(err)
	}
	f.want("ASIA2", 2)
	var damaged *session.DamagedError
	if err := f.warned(); !errors.As(err, &damaged) {
		t.Errorf("told %v", err)
	}
}

// TestSwapped: one session's file in the place of another's is not believed,
// nor is a header on another body.
func TestSwapped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	first := f.content()
	f.about.Key = key("b")
	f.creds.AccessKeyID = "OTHER"
	f.want("OTHER2", 2)
	second := f.content()
	for i, data := range [][]byte{first, slices.Concat(first[:60], second[60:]), slices.Concat(second[:60], first[60:])} {
		f.put(data)
		calls := f.calls
		creds, err := f.retrieve(t.Context())
		var damaged *session.DamagedError
		if err != nil || f.calls != calls+1 || creds.AccessKeyID[:5] != "OTHER" || !errors.As(f.warned(), &damaged) {
			t.Errorf("%d: %v, %v", i, creds.AccessKeyID, err)
		}
	}
}

// TestOtherKeyAndVersion: sessions of another login or of another version are
// none, and no damage.
func TestOtherKeyAndVersion(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	f.key = plainKey{8}
	f.want("ASIA2", 2)
	f.want("ASIA2", 2)
	data := f.content()
	data[7]++
	f.put(data)
	f.want("ASIA3", 3)
	f.want("ASIA3", 3)
	if err := f.warned(); err != nil {
		t.Errorf("told %v", err)
	}
	f.key = noKey{} // what is there cannot be read; that nothing is kept is told
	f.want("ASIA4", 4)
	var kept *session.NotKeptError
	if err := f.warned(); !errors.As(err, &kept) {
		t.Errorf("told %v", err)
	}
}

// TestOldFileIsRead holds the format: a file of version 1 is read for ever.
func TestOldFileIsRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old, err := os.ReadFile(filepath.Join("testdata", "session-1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(f.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f.put(old)
	creds, err := f.retrieve(t.Context())
	expires := time.Date(2030, 1, 2, 4, 4, 5, 678901000, time.UTC)
	if err != nil || f.calls != 0 || creds.AccessKeyID != "ASIA1" || creds.SecretAccessKey != canary || creds.SessionToken != canary+"token" ||
		creds.Source != "s" || creds.AccountID != "123456789012" || !creds.CanExpire || !creds.Expires.Equal(expires) {
		t.Errorf("%+v, %v after %d calls", creds, err, f.calls)
	}
	list, err := f.store().List(t.Context())
	if err != nil || len(list) != 1 || list[0].Profile != "prod" || list[0].Kind != "assume-role" || list[0].Detail != f.about.Detail {
		t.Errorf("%+v, %v", list, err)
	}
}

func FuzzSessionFile(f *testing.F) {
	fix := newFixture(f)
	fix.want("ASIA1", 1)
	f.Add(fix.content())
	f.Add([]byte("lksess"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// What opens was sealed with the key: it can be sealed again.
		err := session.ParseFile(data, plainKey{7}, key("a"))
		if err == nil && len(data) < 60 {
			t.Errorf("opened %d bytes", len(data))
		}
	})
}

// FuzzFields fuzzes what lies below the seal, which a test can make.
func FuzzFields(f *testing.F) {
	f.Add([]byte("\x00\x01a\x00\x01b\x00\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xff"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		if again, ok := session.ReencodeFields(plain); ok && !bytes.Equal(again, plain) {
			t.Errorf("%q became %q", plain, again)
		}
	})
}

func FuzzFailure(f *testing.F) {
	f.Add([]byte("lkfail\x00\x01\x02idididid\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01h\x00\x04text"))
	f.Add([]byte("lkfail\x00\x01\x04idididid\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01h\xff\xfftext"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if again, ok := session.ReencodeFailure(data); ok && !bytes.Equal(again, data) {
			t.Errorf("%q became %q", data, again)
		}
	})
}
