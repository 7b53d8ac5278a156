package latchkey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
)

// remembering is a resolver without any files but what it remembers, and a clock.
func remembering(t *testing.T, folder string) (*latchkey.Resolver, *clock) {
	t.Helper()
	c := newClock()
	r, err := latchkey.Load(latchkey.Options{Environ: []string{"HOME=" + t.TempDir()}, Now: c.now, StateFolder: folder})
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

func TestLately(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "state")
	r, _ := remembering(t, folder)
	lately := func() string { return strings.Join(r.Lately(), "|") }
	if got := lately(); got != "" {
		t.Errorf("before anything: %s", got)
	}
	for _, name := range []string{"a", "b b", "c", "b b", "", "x\ny", "x\x1by", strings.Repeat("n", 201), "\xff"} {
		r.Used(name)
	}
	if got := lately(); got != "b b|c|a" {
		t.Errorf("got %s", got)
	}
	info, err := os.Stat(filepath.Join(folder, "lately"))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	for i := range 60 {
		r.Used(fmt.Sprint("profile ", i))
	}
	names := r.Lately()
	if len(names) != 50 || names[0] != "profile 59" || names[49] != "profile 10" {
		t.Errorf("%d names: %s", len(names), lately())
	}
}

// TestLatelyWrites: the one used last is written once an hour, others when they
// come first.
func TestLatelyWrites(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r, c := remembering(t, folder)
	path := filepath.Join(folder, "lately")
	writes := func(name string) bool {
		t.Helper()
		before, _ := os.Stat(path)
		r.Used(name)
		after, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return before == nil || !os.SameFile(before, after)
	}
	for _, step := range []struct {
		name   string
		passes time.Duration
		want   bool
	}{{"a", 0, true}, {"a", 0, false}, {"a", 59 * time.Minute, false}, {"a", 2 * time.Minute, true}, {"a", time.Second, false}, {"b", 0, true}, {"a", 0, true}, {"a", -2 * time.Hour, true}} {
		c.advance(step.passes)
		if got := writes(step.name); got != step.want {
			t.Errorf("%+v: written: %v", step, got)
		}
	}
}

// TestLatelyWithout: what cannot be read is nothing, what cannot be written no
// matter, and where nothing is shared nothing is left.
func TestLatelyWithout(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"not ours": "hello\n", "half": "1790000000 a\n17900", "no name": "1790000000 \n", "control": "1790000000 a\x1b\n", "huge": strings.Repeat("1790000000 a\n", 10000), "binary": "\x00\xff",
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "lately")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, _ := remembering(t, folder)
		if got := r.Lately(); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
		r.Used("b")
		if got := strings.Join(r.Lately(), "|"); got != "b" {
			t.Errorf("%s: then %q", name, got)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r, _ := remembering(t, filepath.Join(file, "state"))
	r.Used("a")
	if got := r.Lately(); len(got) != 0 {
		t.Errorf("without a folder: %q", got)
	}
	r, err := latchkey.Load(latchkey.Options{Environ: []string{"LATCHKEY_TEST=1"}, Now: newClock().now})
	if err != nil {
		t.Fatal(err)
	}
	r.Used("a")
	if got := r.Lately(); len(got) != 0 {
		t.Errorf("without a home: %q", got)
	}
	if _, err := os.Stat(r.EditLock()); err == nil {
		t.Error("something is left in the folder of this process alone")
	}
}

// TestLatelyTogether: nobody spoils the file of others.
func TestLatelyTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var group sync.WaitGroup
	for i := range 8 {
		r, _ := remembering(t, folder)
		group.Go(func() {
			for range 5 {
				r.Used(fmt.Sprint("profile ", i))
			}
		})
	}
	group.Wait()
	r, _ := remembering(t, folder)
	names := r.Lately()
	if len(names) == 0 || len(names) > 8 {
		t.Errorf("got %q", names)
	}
	r.Used("last")
	if got := r.Lately(); got[0] != "last" || len(got) != len(names)+1 {
		t.Errorf("got %q after %q", got, names)
	}
}

func FuzzLately(f *testing.F) {
	f.Add("1790000000 a\n1790000000 b b\n1790000000 a\n")
	f.Add("-1 a")
	f.Fuzz(func(t *testing.T, text string) {
		names := latchkey.MarkNames(text)
		seen := map[string]bool{}
		for _, name := range names {
			if seen[name] || name == "" || strings.ContainsAny(name, "\n\x1b") {
				t.Errorf("%q in %q", name, names)
			}
			seen[name] = true
		}
		if len(names) > 50 {
			t.Errorf("%d names", len(names))
		}
		again := latchkey.MarkNames(latchkey.MarksAgain(text))
		if strings.Join(again, "\n") != strings.Join(names, "\n") {
			t.Errorf("%q becomes %q", names, again)
		}
	})
}
