package session

import (
	"context"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// limits are the times of waiting.
type limits struct {
	// notice is when the user is told, silence how long a holder may go without a
	// sign of life, patience how long any holder is waited for, a person's
	// answer included. beat is how often a holder gives a sign of life.
	notice, silence, patience, beat time.Duration
}

func defaultLimits() limits {
	return limits{notice: time.Second, silence: 29500 * time.Millisecond, patience: 5 * time.Minute, beat: 3 * time.Second}
}

// A waiter looks again after 5 to 50 ms.
const (
	firstPause = 5 * time.Millisecond
	longPause  = 50 * time.Millisecond
)

// wait returns the lock, or the session that its holder fetched meanwhile, or
// the holder's failure. All nil: no lock can be had here. before is the record
// of failure that was there when the waiting began.
func (p *shared) wait(ctx context.Context, held *entry, before *failure) (*lockfile.Lock, *entry, error) {
	w := newWatch(p)
	defer w.stop()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		lock, ok, err := lockfile.Try(p.lockFile())
		if err != nil {
			p.store.warn(err)
			return nil, nil, nil
		}
		if ok {
			return lock, nil, nil
		}
		if err := w.pause(ctx, pause); err != nil {
			return nil, nil, err
		}
		if newer := p.newer(ctx, held); newer != nil {
			return nil, newer, nil
		}
		if f := p.failure(); f.concerns(before) {
			return nil, nil, p.store.shared(f)
		}
	}
}

// watch is one wait: what is known of the holder, and the times that end it.
type watch struct {
	p                         *shared
	sign                      string
	notice, silence, patience *time.Timer
}

func newWatch(p *shared) *watch {
	l := p.store.limits
	return &watch{p: p, sign: lockfile.Sign(p.lockFile()), notice: time.NewTimer(l.notice), silence: time.NewTimer(l.silence), patience: time.NewTimer(l.patience)}
}

func (w *watch) stop() {
	w.notice.Stop()
	w.silence.Stop()
	w.patience.Stop()
}

// pause sleeps for d. It fails when ctx ends or the holder has been waited for
// long enough.
func (w *watch) pause(ctx context.Context, d time.Duration) error {
	p, path := w.p, w.p.lockFile()
	if sign := lockfile.Sign(path); sign != w.sign {
		w.sign = sign
		w.silence.Reset(p.store.limits.silence)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-w.notice.C:
		if p.store.opts.Waiting != nil {
			p.store.opts.Waiting(lockfile.Holder(path))
		}
	case <-w.silence.C:
		if lockfile.Sign(path) == w.sign { // else it was this process that slept
			return &BusyError{Profile: p.about.Profile, Holder: lockfile.Holder(path), Waited: p.store.limits.silence, Silent: true}
		}
	case <-w.patience.C:
		return &BusyError{Profile: p.about.Profile, Holder: lockfile.Holder(path), Waited: p.store.limits.patience}
	}
	return nil
}

// heart gives signs of life to those who wait for the lock.
type heart struct {
	lock  *lockfile.Lock
	note  string
	every time.Duration

	mu    sync.Mutex
	timer *time.Timer // nil once it is stopped
}

func (p *shared) beat(lock *lockfile.Lock) *heart {
	h := &heart{lock: lock, every: p.store.limits.beat}
	if lock == nil {
		return h
	}
	if p.about.Prompts {
		h.note = lockfile.Asking
		lock.Sign(h.note)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = time.AfterFunc(h.every, h.sign)
	return h
}

func (h *heart) sign() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.lock.Sign(h.note)
		h.timer.Reset(h.every)
	}
}

// stop returns when no sign is being given any more.
func (h *heart) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
}
