// Package procwatch owns waiting for the end of a process that is no child of
// this one. It must not know what the process is for.
package procwatch

import (
	"context"
	"errors"
	"time"
)

// ErrEnded says that there is no such process (any more).
var ErrEnded = errors.New("the process has ended")

// look is how often a wait looks whether its context has ended, and, where the
// system does not tell of the end of processes, whether that has come.
const look = 250 * time.Millisecond

// Watch watches one process. It is for one wait at a time.
type Watch struct {
	pid int
	fd  int // of the system's own watch; -1: there is none
}

// New watches the process with that id from now on: another one that gets its id
// later is not taken for it, where the system can tell (not on old Linuxes).
// Errors: [ErrEnded].
func New(pid int) (*Watch, error) {
	w := &Watch{pid: pid, fd: -1}
	return w, w.begin()
}

// Wait returns nil when the process has ended, or the error of a context that
// ended first.
func (w *Watch) Wait(ctx context.Context) error {
	for {
		if w.ended(look) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
