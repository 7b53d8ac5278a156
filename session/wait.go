package session

import (
	"context"
	"errors"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// wait returns the lock, or the session that its holder fetched meanwhile, or
// the holder's failure. All nil: no lock can be had here. before is the record
// of failure that was there when the waiting began.
func (p *shared) wait(ctx context.Context, held *entry, before *failure) (*lockfile.Lock, *entry, error) {
	var newer *entry
	lock, err := p.turn(ctx, before, p.store.limits, func() bool {
		newer = p.newer(ctx, held)
		return newer != nil
	})
	return lock, newer, err
}

// turn waits for the lock. It is nil without an error where there is nothing to
// wait for any more, as done says, or where no lock can be had.
func (p *shared) turn(ctx context.Context, before *failure, limits lockfile.Limits, done func() bool) (*lockfile.Lock, error) {
	w := lockfile.NewWatch(p.lockFile(), p.store.opts.Waiting, limits)
	defer w.Stop()
	for {
		lock, ok, err := lockfile.Try(p.lockFile())
		if err != nil {
			p.store.warn(err)
			return nil, nil
		}
		if ok {
			return lock, nil
		}
		var busy *lockfile.BusyError
		if errors.As(w.Pause(ctx), &busy) {
			return nil, &BusyError{Profile: p.about.Profile, Holder: busy.Holder, Waited: busy.Waited, Silent: busy.Silent}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if done() {
			return nil, nil
		}
		if f := p.failure(); f.concerns(before) {
			return nil, p.store.shared(f)
		}
	}
}
