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
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// mfaFolder is where codes that are used up and chosen devices are remembered.
func (r *Resolver) mfaFolder() string { return filepath.Join(r.stateFolder(), "mfa") }

// codes gives MFA codes for one profile.
type codes struct {
	resolver *Resolver
	now      func() time.Time
	profile  string
	plan     *chain.Plan // nil where no plan is run
	seed     mfa.Source
	asked    *atomic.Bool // is set when a person is; may be nil
}

// code gets a code of a device: from the options, the profile's mfa_process, a
// seed in the vault, or the person.
func (c codes) code(ctx context.Context, serial string) (secret.Text, error) {
	r := c.resolver
	if r.opts.MFACode != nil {
		return r.opts.MFACode(ctx, serial)
	}
	sources := []mfa.Source{mfa.Fixed(r.opts.MFA.Name, r.opts.MFA.Code)}
	if line := r.mfaProcess(c.profile, c.plan); line != "" {
		sources = append(sources, mfa.Process(mfa.ProcessOptions{Line: line, Environ: r.opts.Environ, Stderr: r.opts.Stderr, Terminal: r.terminal()}))
	}
	sources = append(sources, c.seed, mfa.Asked("the terminal", func(ctx context.Context, prompt string) (string, error) {
		if c.asked != nil {
			c.asked.Store(true)
		}
		answer, err := r.ask(ctx, Question{Prompt: prompt, Reason: "AWS wants a code of your MFA device " + serial + ".", Hidden: true})
		if errors.Is(err, ErrNobody) {
			err = mfa.ErrNobody
		}
		return answer, err
	}))
	given := mfa.New(mfa.Options{Folder: r.mfaFolder(), Now: c.now, Busy: r.opts.Waiting, Warn: r.opts.Warn, Waiting: r.opts.CodeWait}, sources...)
	code, err := given.Code(ctx, mfa.Request{Serial: serial, Profile: c.profile, Quiet: session.Quiet(ctx)})
	if errors.Is(err, mfa.ErrNobody) {
		err = &provider.MFARequiredError{Serial: serial}
	}
	return code, err
}

// code gets a code for the provider's plan.
func (p *Provider) code(ctx context.Context, serial string) (secret.Text, error) {
	seed := mfa.Seed("the vault", func(ctx context.Context, serial string) (secret.Text, error) {
		return p.resolver.seed(ctx, p.plan, serial)
	})
	return codes{p.resolver, p.now, p.plan.Profile.Text, p.plan, seed, &p.asked}.code(ctx, serial)
}

// mfaProcess finds the command that prints codes, "" if there is none:
// mfa_process of the selected profile, or of one that its plan leads through.
func (r *Resolver) mfaProcess(profile string, plan *chain.Plan) string {
	names := []string{profile}
	if plan != nil {
		for _, s := range plan.Steps {
			names = append(names, s.Profile)
		}
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

// seed returns the TOTP seed of a device, where the vault's entry of a profile on
// the way has it.
func (r *Resolver) seed(ctx context.Context, plan *chain.Plan, serial string) (secret.Text, error) {
	first := plan.Steps[0]
	if first.Kind != chain.KindVault {
		return secret.Text{}, nil
	}
	store, err := r.vault()
	if err != nil {
		return secret.Text{}, err
	}
	e, err := store.Get(ctx, first.Get(chain.InputVaultEntry))
	if errors.Is(err, vault.ErrNotFound) || err == nil && e.MFASerial != "" && !strings.EqualFold(e.MFASerial, serial) {
		return secret.Text{}, nil
	}
	return e.Seed, err
}

// device finds the MFA device of the credentials' user: the only one that gives
// codes, the one chosen before, or the one that the person chooses now.
func (p *Provider) device(ctx context.Context, at awsapi.Endpoint, creds aws.Credentials) (string, error) {
	r := p.resolver
	sts, err := chain.CallerEndpoint(r.config(), p.plan, awsapi.STS)
	if err != nil {
		return "", err
	}
	found, err := iam.Devices(ctx, p.client, iam.Endpoints{STS: sts, IAM: at}, creds)
	var refused *awsapi.APIError
	switch {
	case errors.As(err, &refused) && refused.HasCode("AccessDenied", "AccessDeniedException") && found.Guess != "":
		return found.Guess, nil // AWS says so if there is no such device
	case err != nil:
		return "", err
	case len(found.Usable) == 0:
		return "", noDevice(found)
	case len(found.Usable) == 1:
		return found.Usable[0].Serial, nil
	}
	return p.choose(ctx, found)
}

func noDevice(found iam.Found) error {
	var why []string
	for _, d := range found.Unusable {
		why = append(why, d.Name+" "+d.Why)
	}
	return &provider.NoDeviceError{User: found.User.ARN, Why: strings.Join(why, "; ")}
}

func (p *Provider) choose(ctx context.Context, found iam.Found) (string, error) {
	r, user := p.resolver, found.User
	choices := mfa.NewChoices(r.mfaFolder())
	chosen, err := choices.Get(user.Account, user.Name)
	if err != nil && r.opts.Warn != nil {
		r.opts.Warn(err)
	}
	var serials, items []string
	for _, d := range found.Usable {
		if d.Serial == chosen {
			return chosen, nil
		}
		serials, items = append(serials, d.Serial), append(items, d.Name+" ("+d.Serial+")")
	}
	if r.opts.Asker == nil || session.Quiet(ctx) {
		return "", &provider.DeviceChoiceError{User: user.ARN, Serials: serials}
	}
	n, err := r.opts.Asker.Choose(ctx, "Which MFA device of "+user.Name+" gives the codes?", items)
	if errors.Is(err, ErrNobody) {
		return "", &provider.DeviceChoiceError{User: user.ARN, Serials: serials}
	}
	if err != nil {
		return "", err
	}
	if err := choices.Set(user.Account, user.Name, serials[n]); err != nil && r.opts.Warn != nil {
		r.opts.Warn(err)
	}
	return serials[n], nil
}
