package tokenfile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// TestCancelledWithTheAnswerOnItsWay: an answer that is on its way is kept for the next
// process, for the refresh token is used up; a late one is not waited for.
func TestCancelledWithTheAnswerOnItsWay(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]string{30 * time.Millisecond: "t1", time.Minute: "t0"} {
		fastest := time.Hour
		for try := 0; try < 5 && fastest > 110*time.Millisecond; try++ { // other tests keep the machine busy
			fastest = min(fastest, cancelDuringAnswer(t, delay, want))
		}
		if fastest > 110*time.Millisecond {
			t.Errorf("answer after %v: ended %v after the cancellation", delay, fastest)
		}
	}
	is := newIssuer(t, -time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := is.file.Current(ctx, is.rules()); !errors.Is(err, context.Canceled) || is.calls.Load() != 0 {
		t.Errorf("cancelled before: %v after %d calls", err, is.calls.Load())
	}
}

func cancelDuringAnswer(t *testing.T, delay time.Duration, want string) (took time.Duration) {
	t.Helper()
	is := newIssuer(t, -time.Hour)
	is.delay = delay
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(10*time.Millisecond, cancel)
	begun := time.Now()
	if _, err := is.file.Current(ctx, is.rules()); !errors.Is(err, context.Canceled) {
		t.Errorf("answer after %v: %v", delay, err)
	}
	took = time.Since(begun)
	doc, err := tokenfile.Read(t.Context(), is.file.Path)
	if err != nil || doc.Text("token") != want {
		t.Errorf("answer after %v: the file has %q, %v; want %q", delay, doc.Text("token"), err, want)
	}
	return took
}

func TestCancelledRefresh(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Minute)
	is.delay = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := is.file.Current(ctx, is.rules()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
