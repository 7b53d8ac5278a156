package latchkey

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// mfaFolder is where codes that are used up and chosen devices are remembered.
func (r *Resolver) mfaFolder() string {
	if r.state().alone {
		return ""
	}
	return filepath.Join(r.stateFolder(), "mfa")
}

// codes gives MFA codes for one profile.
type codes struct {
	resolver *Resolver
	now      func() time.Time
	profile  string
	plan     *chain.Plan // nil where no plan is run
	seed     mfa.Source
	byHand   *atomic.Bool // says whether a person had to give the code, or it came with the call; may be nil
}

// code gets a code of a device: from the options, the profile's mfa_process, a
// seed in the vault, or the person.
func (c codes) code(ctx context.Context, serial string) (secret.Text, error) {
	r := c.resolver
	c.hand(r.opts.MFACode != nil || !r.opts.MFA.Code.Empty())
	if r.opts.MFACode != nil {
		if session.Quiet(ctx) {
			return secret.Text{}, &provider.MFARequiredError{Serial: serial}
		}
		return r.opts.MFACode(ctx, serial)
	}
	sources := []mfa.Source{mfa.Fixed(r.opts.MFA.Name, r.opts.MFA.Code)}
	if line := r.mfaProcess(c.profile, c.plan); line != "" {
		sources = append(sources, mfa.Process(mfa.ProcessOptions{Line: line, Environ: r.helperEnviron(), Stderr: r.opts.Stderr, Terminal: r.terminal()}))
	}
	asked := mfa.Asked("the terminal", func(ctx context.Context, prompt string) (string, error) {
		answer, err := r.ask(ctx, Question{Prompt: prompt, Reason: "AWS wants a code of your MFA device " + serial + ".", Hidden: true})
		if errors.Is(err, ErrNobody) {
			err = mfa.ErrNobody
		}
		return answer, err
	})
	sources = append(sources, c.seed, asked.If(func() bool {
		c.hand(true)
		return !errors.Is(r.nobody(ctx), ErrNobody)
	}))
	given := mfa.New(mfa.Options{Folder: r.mfaFolder(), Now: c.now, Busy: r.opts.Waiting, Warn: r.opts.Warn, Waiting: r.opts.CodeWait}, sources...)
	code, err := given.Code(ctx, mfa.Request{Serial: serial, Profile: c.profile, Quiet: session.Quiet(ctx)})
	if errors.Is(err, mfa.ErrNobody) {
		err = &provider.MFARequiredError{Serial: serial}
	}
	return code, err
}

func (c codes) hand(yes bool) {
	if c.byHand != nil {
		c.byHand.Store(yes)
	}
}

// code gets a code for the provider's plan.
func (p *Provider) code(ctx context.Context, serial string) (secret.Text, error) {
	p.reckoned.Store(nil)
	seed := mfa.Seed("the vault", func(ctx context.Context, serial string) (secret.Text, error) {
		seed, err := p.resolver.seed(ctx, p.plan, serial)
		if !seed.Empty() {
			skew := p.skew()
			p.reckoned.Store(&skew)
		}
		return seed, err
	})
	return codes{p.resolver, p.Now, p.plan.Profile.Text, p.plan, seed, &p.byHand}.code(ctx, serial)
}

// again runs a step once more whose code was computed from a seed with a clock
// that AWS's refusal has shown to be wrong: the first call of a process is the
// one that tells.
type again struct {
	p    *Provider
	step aws.CredentialsProvider
}

// codeSlack is how far a clock may be off and its codes are taken still.
const codeSlack = 15 * time.Second

func (a again) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := a.step.Retrieve(ctx)
	skew := a.p.reckoned.Load()
	if !awsapi.Refused(err) || skew == nil || (a.p.skew()-*skew).Abs() < codeSlack {
		return creds, err
	}
	return a.step.Retrieve(ctx)
}

// mfaProcess finds the command that prints codes, "" if there is none:
// mfa_process of the selected profile, or of one that its plan leads through.
func (r *Resolver) mfaProcess(profile string, plan *chain.Plan) string {
	names := []string{profile}
	for s := range steps(plan) {
		names = append(names, s.Profile)
	}
	for _, name := range names {
		p, err := r.graph.Profile(name)
		if err != nil {
			continue // a profile of the vault alone has no settings
		}
		if v, ok := p.Get("mfa_process"); ok && v.Set() {
			return v.Text
		}
	}
	return ""
}

// seed returns the TOTP seed of a device: of the vault's entry that a plan begins
// with, or of one that has the name of the profile whose plain keys it begins with.
func (r *Resolver) seed(ctx context.Context, plan *chain.Plan, serial string) (secret.Text, error) {
	for s := range steps(plan) {
		name := s.Get(chain.InputVaultEntry)
		if s.Kind == chain.KindStatic {
			name = s.Profile
		}
		if name == "" {
			continue
		}
		e, err := r.entryWithSeed(ctx, s.Kind, name)
		if err != nil {
			return secret.Text{}, err
		}
		// Beside another key, only the device tells whose the seed is.
		named := s.Kind == chain.KindVault || e.MFASerial != ""
		if seed := seedOf(e, serial); named && !seed.Empty() {
			return seed, nil
		}
	}
	return secret.Text{}, nil
}

// entryWithSeed opens an entry, an empty one if there is none. A vault that plain
// keys do not need is only asked if it has one.
func (r *Resolver) entryWithSeed(ctx context.Context, kind chain.Kind, name string) (vault.Entry, error) {
	store, err := r.vault()
	if kind == chain.KindStatic {
		if err != nil {
			return vault.Entry{}, nil
		}
		if _, err := store.Stamp(name); err != nil {
			return vault.Entry{}, nil
		}
	}
	if err != nil {
		return vault.Entry{}, err
	}
	e, err := store.Get(ctx, name)
	if errors.Is(err, vault.ErrNotFound) {
		err = nil
	}
	return e, err
}

// seedOf returns an entry's seed if it is the device's, as far as the entry says.
func seedOf(e vault.Entry, serial string) secret.Text {
	if e.MFASerial != "" && !strings.EqualFold(e.MFASerial, serial) {
		return secret.Text{}
	}
	return e.Seed
}
