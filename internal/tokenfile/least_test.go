package tokenfile_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// last returns the token that Current gives a caller that needs it for least.
func (is *issuer) last(t *testing.T, least time.Duration) string {
	t.Helper()
	rules := is.rules()
	rules.Least = least
	doc, err := is.file.Current(t.Context(), rules)
	if err != nil {
		return err.Error()
	}
	return doc.Text("token")
}

func TestLeast(t *testing.T) {
	t.Parallel()
	tests := []struct {
		least, left time.Duration
		want        string
	}{
		{15 * time.Minute, 15*time.Minute + time.Second, "t0"}, {15 * time.Minute, 15 * time.Minute, "t1"}, {15 * time.Minute, time.Second, "t1"},
		{15 * time.Minute, -time.Hour, "t1"}, {time.Minute, 4 * time.Minute, "t1"}, {time.Minute, 6 * time.Minute, "t0"},
		{10 * time.Hour, time.Hour, "t1"}, // more than a refresh brings
	}
	for _, tt := range tests {
		is := newIssuer(t, tt.left)
		if got := is.last(t, tt.least); got != tt.want {
			t.Errorf("%v left, %v needed: %s, want %s", tt.left, tt.least, got, tt.want)
		}
	}
}

// TestLeastIsNotHeldBack: a person would be asked otherwise, so neither a try of
// a moment ago nor somebody else's refresh is a reason to go on with too little.
func TestLeastIsNotHeldBack(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, 4*time.Minute)
	is.fail = &tokenfile.RefreshError{Code: "timeout", Err: errors.New("no answer")}
	if got := is.current(t); got != "t0" || is.calls.Load() != 1 {
		t.Fatalf("%s after %d calls", got, is.calls.Load())
	}
	if got := is.last(t, time.Hour); got != "t0" || is.calls.Load() != 2 {
		t.Errorf("a failure while the token lives: %s after %d calls, want t0 after 2", got, is.calls.Load())
	}
	is.fail = nil
	if got := is.last(t, 30*time.Minute); got != "t3" {
		t.Errorf("within the gap: %s, want t3", got)
	}

	busy := newIssuer(t, 20*time.Minute)
	lock, err := lockfile.Acquire(t.Context(), filepath.Join(busy.file.LockDir, "abc.lock"))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() {
		busy.write(t, "theirs", "r9", noon.Add(time.Hour))
		_ = lock.Release()
	})
	if got := busy.last(t, 30*time.Minute); got != "theirs" || busy.calls.Load() != 0 {
		t.Errorf("during a refresh: %s after %d calls, want theirs after none", got, busy.calls.Load())
	}
}

// TestLeastGivesUpWaiting: a holder that hangs does not take a living token away.
func TestLeastGivesUpWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := newIssuer(t, 20*time.Minute)
		lock, err := lockfile.Acquire(t.Context(), filepath.Join(is.file.LockDir, "abc.lock"))
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		begun := time.Now()
		if got := is.last(t, time.Hour); got != "t0" || is.calls.Load() != 0 || time.Since(begun) > 30*time.Second {
			t.Errorf("%s after %d calls and %v", got, is.calls.Load(), time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		rules := is.rules()
		rules.Least = time.Hour
		if _, err := is.file.Current(ctx, rules); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// TestLeastSharesTheFailure: those who waited do not ask again, and go on with
// what lives.
func TestLeastSharesTheFailure(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, 4*time.Minute)
	is.delay = 300 * time.Millisecond
	is.fail = &tokenfile.RefreshError{Refused: true, Code: "invalid_grant", Err: errors.New("no")}
	got := make(chan string, 8)
	for range cap(got) {
		go func() { got <- is.last(t, time.Hour) }()
	}
	for range cap(got) {
		if token := <-got; token != "t0" {
			t.Errorf("got %s, want t0", token)
		}
	}
	if is.calls.Load() != 1 {
		t.Errorf("%d calls, want 1", is.calls.Load())
	}
}
