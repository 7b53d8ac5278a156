package lockfile

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// brief are limits that a test can wait for.
func brief() Limits {
	return Limits{Notice: 20 * time.Millisecond, Silence: 300 * time.Millisecond, Patience: time.Minute, Beat: 20 * time.Millisecond}
}

// TestWait waits for a holder who is silent, one who lives, one who lives for too
// long, and one who goes.
func TestWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		beat, patience time.Duration
		silent         bool
	}{
		{"silent", time.Hour, time.Minute, true},
		{"too long", 20 * time.Millisecond, 900 * time.Millisecond, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a.lock")
			l := brief()
			l.Beat = tt.beat
			held, err := wait(t.Context(), path, nil, l)
			if err != nil {
				t.Fatal(err)
			}
			defer held.Release()
			held.Sign("which asks its user")
			var told []string
			l.Patience = tt.patience
			_, err = wait(t.Context(), path, func(holder string) { told = append(told, holder) }, l)
			var busy *BusyError
			if !errors.As(err, &busy) || busy.Silent != tt.silent || busy.Path != path || busy.Holder != Holder(path) {
				t.Errorf("%v; want silent %v of %s", err, tt.silent, Holder(path))
			}
			if !slices.Equal(told, []string{Holder(path)}) {
				t.Errorf("told %q", told)
			}
		})
	}
}

func TestWaitTakesOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	held, err := wait(t.Context(), path, nil, brief())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(700*time.Millisecond, func() { _ = held.Release() }) // beyond what a silent one gets
	next, err := wait(t.Context(), path, nil, brief())
	if err != nil {
		t.Fatal(err)
	}
	_ = next.Release()
	before := Sign(path)
	time.Sleep(60 * time.Millisecond)
	if Sign(path) != before {
		t.Error("signs of life after Release")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := wait(ctx, path, nil, brief()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}
