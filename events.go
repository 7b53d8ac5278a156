package latchkey

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/chain"
)

// watched is a step that somebody looks at from outside its caches, so that what
// was kept can be told from what was run.
type watched struct {
	p     *Provider
	step  chain.Step
	inner aws.CredentialsProvider
}

// run is one call of a watched step.
type run struct {
	began time.Time
	// ran: the step itself was asked, and not only what is kept of it.
	ran bool
	// before is the time that the steps before it took.
	before time.Duration
}

type runKey struct{}

func (w watched) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p, now := w.p, w.p.resolver.opts.Now
	r := &run{began: now()}
	p.tell(chain.Event{Step: w.step, Phase: chain.PhaseBegun})
	creds, err := w.inner.Retrieve(context.WithValue(ctx, runKey{}, r))
	took := max(0, now().Sub(r.began))
	p.mu.Lock()
	e := chain.Event{Step: w.step, Phase: chain.PhaseFailed, Took: max(0, took-r.before), Err: err}
	if outer, ok := ctx.Value(runKey{}).(*run); ok {
		outer.before += took
	}
	if err == nil {
		e.Phase, e.Kept = chain.PhaseDone, !r.ran
		e.AccessKeyID, e.AccountID = creds.AccessKeyID, creds.AccountID
		if creds.CanExpire {
			e.Expires = creds.Expires
		}
		p.gave(w.step.Key, creds)
	}
	p.mu.Unlock()
	p.tell(e)
	return creds, err
}

// ran notes that a step was run, inside of its caches.
type ran struct {
	p     *Provider
	inner aws.CredentialsProvider
}

func (r ran) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if of, ok := ctx.Value(runKey{}).(*run); ok {
		r.p.mu.Lock()
		of.ran = true
		r.p.mu.Unlock()
	}
	return r.inner.Retrieve(ctx)
}

func (p *Provider) tell(e chain.Event) { p.resolver.opts.Observe(e) }

// gave keeps what a step gave while it is watched; the caller holds the lock. It is
// asked for when AWS has refused it a role.
func (p *Provider) gave(key string, creds aws.Credentials) {
	if p.given == nil {
		p.given = map[string]aws.Credentials{}
	}
	p.given[key] = creds
}

// watching puts eyes around a step, where somebody watches.
func (p *Provider) watching(step chain.Step, inner aws.CredentialsProvider, around func(aws.CredentialsProvider) aws.CredentialsProvider) aws.CredentialsProvider {
	if p.resolver.opts.Observe == nil {
		return around(inner)
	}
	return watched{p, step, around(ran{p, inner})}
}
