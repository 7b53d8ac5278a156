package lockfile

import (
	"context"
	"fmt"
	"time"
)

// Limits are the times of a wait.
type Limits struct {
	// Notice is when the user is told, Silence how long a holder may go without
	// a sign of life, Patience how long any holder is waited for, a person's
	// answer included. Beat is how often a holder gives a sign of life.
	Notice, Silence, Patience, Beat time.Duration
}

// Usual are the times of all locks that somebody may hold for long.
func Usual() Limits {
	return Limits{Notice: time.Second, Silence: 29500 * time.Millisecond, Patience: 5 * time.Minute, Beat: 3 * time.Second}
}

// BusyError says that a lock was waited for in vain: its holder lives and keeps it.
type BusyError struct {
	// Path is that of the lock file, Holder who holds it; see [Holder].
	Path, Holder string
	// Waited is how long. Silent says that the holder gave no sign of life in
	// that time, as one does not that was stopped with Ctrl-Z.
	Waited time.Duration
	Silent bool
}

func (e *BusyError) Error() string {
	text := fmt.Sprintf("%s is held by %s", e.Path, e.Holder)
	if e.Silent {
		return fmt.Sprintf("%s: no sign of life for %s", text, e.Waited.Round(time.Second))
	}
	return fmt.Sprintf("%s: not free after %s", text, e.Waited.Round(time.Second))
}

// Wait is [Acquire] with an end: a holder without a sign of life for 30 s, or one
// that keeps the lock for 5 min, is a *[BusyError]. Who gets the lock gives such
// signs until Release. After a second, waiting is told the holder, if not nil.
func Wait(ctx context.Context, path string, waiting func(holder string)) (*Lock, error) {
	return wait(ctx, path, waiting, Usual())
}

func wait(ctx context.Context, path string, waiting func(holder string), l Limits) (*Lock, error) {
	w := NewWatch(path, waiting, l)
	defer w.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		lock, ok, err := Try(path)
		if ok {
			lock.Live(l.Beat)
		}
		if ok || err != nil {
			return lock, err
		}
		if err := w.Pause(ctx); err != nil {
			return nil, err
		}
	}
}

// Watch is one wait for a lock: what is known of its holder, and the times that
// end the wait.
type Watch struct {
	path                      string
	waiting                   func(holder string)
	limits                    Limits
	pause                     time.Duration
	sign                      string
	notice, silence, patience *time.Timer
}

// NewWatch begins a wait; see [Wait] for waiting. It has to be stopped.
func NewWatch(path string, waiting func(holder string), l Limits) *Watch {
	return &Watch{path: path, waiting: waiting, limits: l, pause: firstWait, sign: Sign(path),
		notice: time.NewTimer(l.Notice), silence: time.NewTimer(l.Silence), patience: time.NewTimer(l.Patience)}
}

// Stop ends the wait.
func (w *Watch) Stop() {
	w.notice.Stop()
	w.silence.Stop()
	w.patience.Stop()
}

// Pause sleeps for 5 to 50 ms, each time longer, before the next look at the lock.
// When the holder has been waited for long enough it is a *[BusyError]. The end of
// ctx ends the pause, and is the caller's to see.
func (w *Watch) Pause(ctx context.Context) error {
	if s := Sign(w.path); s != w.sign {
		w.sign = s
		w.silence.Reset(w.limits.Silence)
	}
	timer := time.NewTimer(w.pause)
	defer timer.Stop()
	w.pause = min(2*w.pause, longWait)
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-w.notice.C:
		if w.waiting != nil {
			w.waiting(Holder(w.path))
		}
	case <-w.silence.C:
		if Sign(w.path) == w.sign { // else it was this process that slept
			return &BusyError{Path: w.path, Holder: Holder(w.path), Waited: w.limits.Silence, Silent: true}
		}
	case <-w.patience.C:
		return &BusyError{Path: w.path, Holder: Holder(w.path), Waited: w.limits.Patience}
	}
	return nil
}

// Live gives signs of life, with the note of the last one, until Release.
func (l *Lock) Live(every time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alive = time.AfterFunc(every, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.alive != nil {
			l.sign(l.note)
			l.alive.Reset(every)
		}
	})
}
