package tokenfile_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// TestCancelledWithTheAnswerOnItsWay: an answer that is on its way is kept for the next
// process, for the refresh token is used up; a late one is not waited for.
func TestCancelledWithTheAnswerOnItsWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		delay, took time.Duration
		want        string
	}{{30 * time.Millisecond, 30 * time.Millisecond, "t1"}, {time.Minute, 80 * time.Millisecond, "t0"}} {
		// In a bubble time goes by only where everything waits for it.
		synctest.Test(t, func(t *testing.T) {
			is := newIssuer(t, -time.Hour)
			is.delay = tt.delay
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, err := is.file.Current(ctx, is.rules())
			if took := time.Since(begun); ctx.Err() == nil || !errors.Is(err, ctx.Err()) || took != tt.took {
				t.Errorf("answer after %v: %v after %v", tt.delay, err, took)
			}
			doc, err := tokenfile.Read(t.Context(), is.file.Path)
			if err != nil || doc.Text("token") != tt.want {
				t.Errorf("answer after %v: the file has %q, %v; want %q", tt.delay, doc.Text("token"), err, tt.want)
			}
		})
	}
	is := newIssuer(t, -time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := is.file.Current(ctx, is.rules()); !errors.Is(err, context.Canceled) || is.calls.Load() != 0 {
		t.Errorf("cancelled before: %v after %d calls", err, is.calls.Load())
	}
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
