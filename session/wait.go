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
	w := lockfile.NewWatch(p.lockFile(), p.store.opts.Waiting, p.store.limits)
	defer w.Stop()
	for {
		lock, ok, err := lockfile.Try(p.lockFile())
		if err != nil {
			p.store.warn(err)
			return nil, nil, nil
		}
		if ok {
			return lock, nil, nil
		}
		var busy *lockfile.BusyError
		if errors.As(w.Pause(ctx), &busy) {
			return nil, nil, &BusyError{Profile: p.about.Profile, Holder: busy.Holder, Waited: busy.Waited, Silent: busy.Silent}
		}
		if err := ctx.Err(); err != nil {
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
