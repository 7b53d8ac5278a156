package session

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// personTakes is how long somebody may take whom others wait for: a sign-in in a
// browser has ten minutes, and ends with an answer.
const personTakes = 10*time.Minute + 30*time.Second

// Once has one process do what a person is asked for and what serves all, such as
// a sign-in, while the others wait: those find it done, or share its failure. done
// is asked with the lock held, and tells that nothing has to be done any more; do
// is called with the lock held. about.Key names the thing.
//
// Errors: those of do; *[SharedError] for the failure of the process that was
// waited for; *[BusyError] for one that hangs; that of ctx.
func (s *Store) Once(ctx context.Context, about About, done func(context.Context) bool, do func(context.Context) error) error {
	about.Prompts = true
	p := &shared{store: s, about: about}
	before := p.failure()
	if before != nil && before.kind == cancelled && p.age(before) < about.Declined {
		return s.shared(before)
	}
	limits := s.limits
	limits.Patience = max(limits.Patience, personTakes)
	lock, err := p.turn(ctx, before, limits, func() bool { return false })
	if err != nil {
		return err
	}
	if lock != nil {
		defer func() { _ = lock.Release() }()
	}
	if done(ctx) {
		return nil
	}
	if f := p.failure(); lock != nil && f.concerns(before) {
		return s.shared(f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if lock != nil {
		lock.Sign(lockfile.Asking)
		lock.Live(limits.Beat)
	}
	if err := do(ctx); err != nil {
		return p.fail(ctx, nil, err)
	}
	return nil
}
