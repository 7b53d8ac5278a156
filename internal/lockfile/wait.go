package lockfile

import (
	"context"
	"fmt"
	"time"
)

// limits are the times of a wait.
type limits struct {
	// notice is when the user is told, silence how long a holder may go without
	// a sign of life, patience how long any holder is waited for, a person's
	// answer included. beat is how often a holder gives a sign of life.
	notice, silence, patience, beat time.Duration
}

// usual are those of a session's lock, too.
func usual() limits {
	return limits{notice: time.Second, silence: 29500 * time.Millisecond, patience: 5 * time.Minute, beat: 3 * time.Second}
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
	return wait(ctx, path, waiting, usual())
}

func wait(ctx context.Context, path string, waiting func(holder string), l limits) (*Lock, error) {
	notice, silence, patience := time.NewTimer(l.notice), time.NewTimer(l.silence), time.NewTimer(l.patience)
	defer notice.Stop()
	defer silence.Stop()
	defer patience.Stop()
	sign := Sign(path)
	for pause := firstWait; ; pause = min(2*pause, longWait) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		lock, ok, err := Try(path)
		if ok {
			lock.live(l.beat)
		}
		if ok || err != nil {
			return lock, err
		}
		if s := Sign(path); s != sign {
			sign = s
			silence.Reset(l.silence)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-notice.C:
			if waiting != nil {
				waiting(Holder(path))
			}
		case <-silence.C:
			if Sign(path) == sign { // else it was this process that slept
				return nil, &BusyError{Path: path, Holder: Holder(path), Waited: l.silence, Silent: true}
			}
		case <-patience.C:
			return nil, &BusyError{Path: path, Holder: Holder(path), Waited: l.patience}
		}
	}
}

// live gives signs of life, with the note of the last one, until Release.
func (l *Lock) live(every time.Duration) {
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
