package session_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/session"
)

// source is a provider whose answers a test sets.
type source struct {
	calls atomic.Int64
	life  time.Duration
	delay time.Duration
	mu    sync.Mutex
	err   error
}

func (s *source) fail(err error) { s.mu.Lock(); s.err = err; s.mu.Unlock() }

func (s *source) Retrieve(ctx context.Context) (aws.Credentials, error) {
	n := s.calls.Add(1)
	select {
	case <-ctx.Done():
		return aws.Credentials{}, ctx.Err()
	case <-time.After(s.delay):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return aws.Credentials{}, s.err
	}
	creds := aws.Credentials{AccessKeyID: "ASIA" + string(rune('A'+n-1)), SecretAccessKey: "s"}
	if s.life != 0 {
		creds.CanExpire, creds.Expires = true, time.Now().Add(s.life)
	}
	return creds, nil
}

func cacheOf(s *source, opts session.Options) *session.Cache {
	opts.Now = time.Now
	return session.NewCache(s, opts)
}

func retrieve(t *testing.T, c *session.Cache, want string) {
	t.Helper()
	creds, err := c.Retrieve(t.Context())
	if err != nil || creds.AccessKeyID != want {
		t.Fatalf("Retrieve = %q, %v; want %q", creds.AccessKeyID, err, want)
	}
}

// TestRenewal walks through one life: kept, renewed in the advisory window, and
// for short lives after two thirds.
func TestRenewal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		life         time.Duration
		keptFor      time.Duration // still the first answer after this long
		renewedAfter time.Duration
	}{
		{"one hour", time.Hour, 44 * time.Minute, 46 * time.Minute},
		{"fifteen minutes", 15 * time.Minute, 9 * time.Minute, 11 * time.Minute},
		{"a little more than the least", 70 * time.Second, 9 * time.Second, 11 * time.Second},
		{"never expires", 0, 1000 * time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{life: tt.life}
				c := cacheOf(s, session.Options{})
				retrieve(t, c, "ASIAA")
				time.Sleep(tt.keptFor)
				retrieve(t, c, "ASIAA")
				if tt.renewedAfter > 0 {
					time.Sleep(tt.renewedAfter - tt.keptFor)
					retrieve(t, c, "ASIAB")
				}
			})
		})
	}
}

// TestAdvisory: one caller renews, the others are served at once; a failure
// hands out what is still valid and is not repeated at every call; in the end
// the failure comes out.
func TestAdvisory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int64
		s := &source{life: time.Hour}
		c := cacheOf(s, session.Options{Failed: func(error) { told.Add(1) }})
		retrieve(t, c, "ASIAA")
		time.Sleep(46 * time.Minute)
		s.fail(errors.New("throttled"))
		for range 10 {
			retrieve(t, c, "ASIAA")
		}
		if s.calls.Load() != 2 || told.Load() != 1 {
			t.Errorf("calls %d, told %d; want 2 and 1", s.calls.Load(), told.Load())
		}
		time.Sleep(13*time.Minute + 30*time.Second) // 30 s left
		if _, err := c.Retrieve(t.Context()); err == nil || err.Error() != "throttled" {
			t.Errorf("with 30 s left: %v, want throttled", err)
		}
		s.fail(nil)
		retrieve(t, c, "ASIAD")
	})
}

// TestSlowRenewal: while a renewal hangs in the advisory window nobody else
// waits for it; in the mandatory window all do.
func TestSlowRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := cacheOf(s, session.Options{})
		retrieve(t, c, "ASIAA")
		s.delay = 12 * time.Minute
		time.Sleep(46 * time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() { retrieve(t, c, "ASIAB") })
		synctest.Wait()
		retrieve(t, c, "ASIAA")
		time.Sleep(10 * time.Minute) // 4 min left: mandatory
		start := time.Now()
		retrieve(t, c, "ASIAB")
		if waited := time.Since(start); waited != 2*time.Minute {
			t.Errorf("waited %s for the renewal, want 2m0s", waited)
		}
		wg.Wait()
	})
}

// TestSingleFlight: a hundred callers make one call, also when it fails, and
// the failure is not kept for later ones.
func TestSingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, delay: time.Second}
		s.fail(errors.New("down"))
		c := cacheOf(s, session.Options{})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if _, err := c.Retrieve(t.Context()); err == nil {
					t.Error("no error")
				}
			})
		}
		wg.Wait()
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		s.fail(nil)
		retrieve(t, c, "ASIAB")
	})
}

// TestCancelledLeader: the one who calls gives up; somebody else takes over.
func TestCancelledLeader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, delay: time.Minute}
		c := cacheOf(s, session.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Retrieve(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("leader: %v, want canceled", err)
			}
		})
		synctest.Wait()
		wg.Go(func() { retrieve(t, c, "ASIAB") })
		synctest.Wait()
		cancel()
		wg.Wait()
	})
}

// TestArrivesExpired: no loop and no hand-out.
func TestArrivesExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, life := range []time.Duration{-time.Hour, 59 * time.Second} {
			s := &source{life: life}
			c := cacheOf(s, session.Options{})
			var expiring *session.ExpiringError
			if _, err := c.Retrieve(t.Context()); !errors.As(err, &expiring) || s.calls.Load() != 1 {
				t.Errorf("life %s: %v after %d calls, want ExpiringError after 1", life, err, s.calls.Load())
			}
		}
	})
}

func TestInvalidateAndJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := cacheOf(s, session.Options{Jitter: func() float64 { return 1 }})
		retrieve(t, c, "ASIAA")
		time.Sleep(46 * time.Minute) // the window is shortened to 13.5 min
		retrieve(t, c, "ASIAA")
		c.Invalidate()
		retrieve(t, c, "ASIAB")
	})
}
