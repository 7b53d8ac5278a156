package session_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/session"
)

// crowd runs Once n times side by side, each with a store of its own as processes
// have, and returns the errors. It lets do begin when all have come.
func crowd(t *testing.T, n int, done func() bool, do func(context.Context) error) []error {
	t.Helper()
	folder := t.TempDir()
	about := session.About{Key: key("sign-in"), Profile: "corp"}
	errs := make([]error, n)
	var come, ended sync.WaitGroup
	come.Add(n)
	for i := range n {
		ended.Go(func() {
			store := session.NewStore(session.StoreOptions{Folder: folder, Now: time.Now})
			come.Done()
			errs[i] = store.Once(t.Context(), about, func(context.Context) bool { return done() }, func(ctx context.Context) error {
				come.Wait()
				time.Sleep(500 * time.Millisecond) // the last of them have yet to reach the lock
				return do(ctx)
			})
		})
	}
	ended.Wait()
	return errs
}

func TestOnceIsDoneByOne(t *testing.T) {
	t.Parallel()
	var did atomic.Int32
	for i, err := range crowd(t, 50, func() bool { return did.Load() > 0 }, func(context.Context) error {
		did.Add(1)
		return nil
	}) {
		if err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if did.Load() != 1 {
		t.Errorf("done %d times, want once", did.Load())
	}
}

// TestOnceSharesFailures: who waited does not ask the person again, and learns why.
func TestOnceSharesFailures(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"refused": errors.New("the person said no"), "cancelled": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var did, shared atomic.Int32
			for i, err := range crowd(t, 20, func() bool { return false }, func(context.Context) error {
				did.Add(1)
				return failure
			}) {
				var other *session.SharedError
				if errors.As(err, &other) {
					shared.Add(1)
				}
				if err == nil || errors.Is(failure, context.Canceled) != errors.Is(err, context.Canceled) {
					t.Errorf("caller %d: %v", i, err)
				}
			}
			if did.Load() != 1 || shared.Load() != 19 {
				t.Errorf("%d tries and %d shared, want 1 and 19", did.Load(), shared.Load())
			}
		})
	}
}

// TestOnceComesLater: a failure is not that of somebody who had not come yet.
func TestOnceComesLater(t *testing.T) {
	t.Parallel()
	store := session.NewStore(session.StoreOptions{Folder: t.TempDir(), Now: time.Now})
	about := session.About{Key: key("sign-in")}
	no := func(context.Context) bool { return false }
	if err := store.Once(t.Context(), about, no, func(context.Context) error { return errors.New("no") }); err == nil {
		t.Error("the failure is lost")
	}
	if err := store.Once(t.Context(), about, no, func(context.Context) error { return nil }); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// TestOnceDeclined: a no serves for a moment those who come later too, if they only
// wanted something else.
func TestOnceDeclined(t *testing.T) {
	t.Parallel()
	store := session.NewStore(session.StoreOptions{Folder: t.TempDir(), Now: time.Now})
	no := func(context.Context) bool { return false }
	asked := 0
	ask := func(declined time.Duration) error {
		return store.Once(t.Context(), session.About{Key: key("sign-in"), Declined: declined}, no, func(context.Context) error { asked++; return context.Canceled })
	}
	if err := ask(time.Minute); !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	var shared *session.SharedError
	if err := ask(time.Minute); !errors.Is(err, context.Canceled) || !errors.As(err, &shared) || asked != 1 {
		t.Errorf("a moment later: asked %d times, %v", asked, err)
	}
	if err := ask(0); !errors.Is(err, context.Canceled) || asked != 2 {
		t.Errorf("who wants just that: asked %d times, %v", asked, err)
	}
}

// TestOnceEnds: a caller that is cancelled while it waits does not wait on.
func TestOnceEnds(t *testing.T) {
	t.Parallel()
	store := session.NewStore(session.StoreOptions{Folder: t.TempDir(), Now: time.Now})
	about := session.About{Key: key("sign-in")}
	no := func(context.Context) bool { return false }
	holding, release := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() {
		_ = store.Once(t.Context(), about, no, func(context.Context) error { close(holding); <-release; return nil })
	})
	<-holding
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := store.Once(ctx, about, no, func(context.Context) error { t.Error("two at once"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	close(release)
	holder.Wait()
}
