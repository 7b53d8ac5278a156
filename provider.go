package latchkey

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/session"
)

// Provider is an aws.CredentialsProvider over a plan. It renews credentials
// before they expire, one call at a time, and never hands out any with less
// than a minute left. It is safe for concurrent use.
type Provider struct {
	resolver *Resolver
	plan     *chain.Plan
	client   *awsapi.Client
	build    aws.CredentialsProvider
	caches   []*session.Cache
	shared   *session.Store                // nil where sessions are private
	byHand   atomic.Bool                   // the last code came from a person or with the call
	reckoned atomic.Pointer[time.Duration] // the skew that the last code was computed with

	mu    sync.Mutex
	asks  *awsapi.Client             // for questions about credentials
	used  map[string]bool            // keys of shared sessions
	given map[string]aws.Credentials // of watched steps, by session key
}

// Provider builds the providers of a plan. Nothing is fetched before Retrieve.
func (r *Resolver) Provider(plan *chain.Plan) (*Provider, error) {
	keep, err := r.keepsSessions()
	if err != nil {
		return nil, err
	}
	p := &Provider{resolver: r, plan: plan}
	if plan.CallsAWS() {
		p.client = r.client(plan.CABundle)
	}
	if keep {
		p.shared = r.sessions(p)
	}
	p.build, err = plan.Build(chain.Deps{API: p.client, Terminal: r.terminal, Now: r.opts.Now, LockFolder: r.lockFolder(), MFACode: p.code, MFADevice: p.device,
		Vault: r.key, Environ: r.opts.Environ, Stderr: r.opts.Stderr, LookupIP: lookupIP, Custom: r.opts.Custom, Wrap: p.wrap()})
	return p, err
}

// wrap returns what puts caches around the steps of the plan, which come one
// after another.
func (p *Provider) wrap() func(chain.Step, aws.CredentialsProvider) aws.CredentialsProvider {
	plan, w := p.plan, wrapped{}
	return func(step chain.Step, inner aws.CredentialsProvider) aws.CredentialsProvider {
		if plan.Next != nil && step.Key == plan.Next.Steps[0].Key {
			plan, w = plan.Next, wrapped{}
		}
		around := p.watching(step, inner, func(inner aws.CredentialsProvider) aws.CredentialsProvider { return p.around(plan, step, &w, inner) })
		if w.first == nil {
			w.first = around
		}
		return around
	}
}

// wrapped is what the next step has to know of those before it.
type wrapped struct {
	first aws.CredentialsProvider
	// code is the MFA session, where the step before is one, and its cache.
	code  *signed
	cache *session.Cache
}

func (p *Provider) around(plan *chain.Plan, step chain.Step, w *wrapped, inner aws.CredentialsProvider) aws.CredentialsProvider {
	if step.Kind == chain.KindStatic {
		return inner
	}
	if step.AsksCode() {
		inner = again{p, inner}
	}
	if w.code != nil && step.Kind == chain.KindAssumeRole {
		inner = &recent{p, inner, w.code, w.cache}
	}
	var mine *signed
	if p.shared != nil && shares(step.Kind) {
		mine = &signed{p, plan, step, w.first, inner}
		inner = mine
	}
	r := p.resolver
	cache := session.NewCache(inner, session.Options{Now: p.Now, Windows: r.opts.Windows, Jitter: rand.Float64, Failed: r.warn})
	p.caches = append(p.caches, cache)
	w.code, w.cache = nil, nil
	if step.Kind == chain.KindSessionToken {
		w.code, w.cache = mine, cache
	}
	if step.Kind == chain.KindVault {
		return &vaultKey{cache: cache, entry: step.Get(chain.InputVaultEntry), vault: r.vault}
	}
	return cache
}

// warn tells what went wrong, but for renewals that only waited for somebody to be
// asked: that is done when it has to be.
func (r *Resolver) warn(err error) {
	var renewal *session.RenewalError
	waits := errors.As(err, &renewal) && renewal.Optional && ownFailure(err)
	if r.opts.Warn != nil && !waits {
		r.opts.Warn(err)
	}
}

// arrival is what a session may have lost of its time when it is looked at: one of
// an hour does for somebody who needs an hour.
const arrival = 30 * time.Second

// about is what the list of sessions says of a step's, and what the caller
// demands of the last one.
func (p *Provider) about(s chain.Step) session.About {
	about := session.About{Key: s.Key, Kind: string(s.Kind), Profile: s.Profile, Prompts: s.AsksCode(), Detail: s.Get(chain.InputRoleARN)}
	if about.Profile == "" {
		about.Profile = p.plan.Profile.Text
	}
	for q := p.plan; q != nil; q = q.Next {
		if s.Key == q.Last().Key {
			about.Minimum = p.plan.Lifetime - arrival
		}
	}
	switch s.Kind {
	case chain.KindSessionToken:
		about.Detail = s.Get(chain.InputMFASerial)
	case chain.KindSSO:
		about.Detail = s.Get(chain.InputSSORole) + " in " + s.Get(chain.InputSSOAccount)
	}
	return about
}

// terminal opens the terminal for commands that may ask their user.
func (r *Resolver) terminal() *os.File {
	if r.opts.Terminal == nil {
		return nil
	}
	return r.opts.Terminal()
}

// Now is AWS's clock as far as it is known: expiry is judged by it.
func (p *Provider) Now() time.Time { return p.resolver.opts.Now().Add(p.skew()) }

// skew is AWS's clock minus ours as far as it is known: by a call of this
// process, else by the one that fetched a shared session.
func (p *Provider) skew() time.Duration {
	if d := p.called(); d != 0 || p.shared == nil {
		return d
	}
	return p.shared.Skew()
}

// called is AWS's clock minus ours as this process's calls tell.
func (p *Provider) called() time.Duration {
	if p.client == nil {
		return 0
	}
	return p.client.Skew()
}

// Retrieve returns valid credentials. Errors: *chain.StepError around the cause
// (typed in packages provider, awsapi, sso, signin, mfa and vault), or
// *chain.NoCredentialsError. What failed in another process, which was waited for, is
// the same in a *session.SharedError; *session.BusyError says that such a process hangs.
func (p *Provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return p.build.Retrieve(ctx)
}

// Plan returns what the provider runs.
func (p *Provider) Plan() *chain.Plan { return p.plan }

// Invalidate forgets all credentials kept, those that are shared with other
// processes among them: the next Retrieve fetches anew.
func (p *Provider) Invalidate() {
	for _, c := range p.caches {
		c.Invalidate()
	}
	if p.shared == nil {
		return
	}
	if _, err := p.shared.Forget(context.Background(), p.forget()); err != nil {
		p.resolver.warn(err)
	}
}

// steps are those of a plan and of the plans that it goes on with.
func steps(plan *chain.Plan) iter.Seq[chain.Step] {
	return func(yield func(chain.Step) bool) {
		for ; plan != nil; plan = plan.Next {
			for _, s := range plan.Steps {
				if !yield(s) {
					return
				}
			}
		}
	}
}
