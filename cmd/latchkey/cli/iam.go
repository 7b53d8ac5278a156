package cli

import (
	"cmp"
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/iamcmd"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/mfacmd"
	"github.com/latchkey-aws/latchkey/explain"
)

// newIAM and newMFA share what they need of the program.
func newIAM(sys *Sys) *cobra.Command { return iamcmd.New(sys.iamDeps()) }

func newMFA(sys *Sys) *cobra.Command { return mfacmd.New(sys.iamDeps()) }

func (sys *Sys) iamDeps() *iamcmd.Deps {
	return &iamcmd.Deps{
		Stdin: sys.Stdin, Stdout: sys.Stdout, Stderr: sys.Stderr, Now: sys.Now, Env: sys.env,
		Load: func(code string) (*latchkey.Resolver, iamcmd.Asker, error) {
			return sys.resolverAndAsker(&resolveFlags{mfaCode: code}, "")
		},
		Caller:        sys.caller,
		Progress:      sys.progress,
		Waiting:       sys.waiting,
		Interruptible: interruptible,
		Usage:         func(what, fix string) error { return &usageError{what: what, fix: fix} },
		Failure:       func(err error, fix string) error { return &fixedError{err, fix} },
		Silent:        func() error { return &exitError{code: exitFailed} },
		NoArgs:        noArgs,
		OneProfile:    oneProfile,
		PrintJSON:     printJSON,
		Table:         aligned,
		Finding:       sys.labelled,
		Failed:        func() error { return &exitError{code: exitFailed} },
		Complete:      completeProfiles(sys),
		Terminal: func(r io.Reader) bool {
			file, ok := r.(*os.File)
			return ok && isTerminal(file)
		},
		OpenTerminal: terminal,
		Screen:       screen,
		ReadyVault: func(ctx context.Context, r *latchkey.Resolver, keepIn string, ask iamcmd.Asker) error {
			return sys.vaultDeps().Ready(ctx, r, keepIn, ask)
		},
		Identity: sys.identity,
	}
}

// labelled shows a finding that is none of a profile's.
func (sys *Sys) labelled(head string, labelled [][2]string) error {
	out := sys.lines()
	out.add("%s", head)
	for _, part := range labelled {
		out.findings.line("    ", part[0], part[1], explain.Finding{})
	}
	return cmp.Or(out.err, out.findings.err)
}

// caller gets the credentials that IAM is called with.
func (sys *Sys) caller(ctx context.Context, args []string, o iamcmd.CallerOptions) (*iamcmd.Caller, error) {
	f := resolveFlags{picks: !o.Sure, mfaCode: o.Code}
	p, err := f.plan(ctx, sys, args, func(policy *chain.Policy) { policy.MFA = o.MFA })
	if err != nil {
		return nil, err
	}
	if k := p.plan.Steps[0].Kind; o.Sure && (k == chain.KindIMDS || k == chain.KindContainer) {
		return nil, &chain.NoCredentialsError{Profile: p.plan.Profile, Looked: []string{"the role of this machine is not asked for"}}
	}
	if o.User {
		p.plan = ofUser(p.plan, o.MFA)
	}
	out := &iamcmd.Caller{Resolver: p.resolver, Ask: p.signing.ask, Plan: p.plan}
	if out.Client, out.At, err = p.resolver.IAM(p.plan); err != nil {
		return nil, err
	}
	if o.Offline {
		return out, nil
	}
	out.Credentials, err = p.retrieve(ctx)
	return out, err
}

// ofUser is the plan up to its first role, and without an MFA session up to that.
func ofUser(plan *chain.Plan, withMFA bool) *chain.Plan {
	for i, step := range plan.Steps {
		if i > 0 && (step.Kind == chain.KindAssumeRole || step.Kind == chain.KindSessionToken && !withMFA) {
			upTo := *plan
			upTo.Steps, upTo.Next, upTo.Lifetime = plan.Steps[:i], nil, 0
			return &upTo
		}
	}
	return plan
}

// screen is the terminal, unless questions are asked elsewhere or not at all.
func screen(ask iamcmd.Asker) (iamcmd.Screen, error) {
	t, err := ask.(*asker).forLists()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// identity is what whoami finds out.
func (sys *Sys) identity(ctx context.Context, profile string, mfa bool) (awsapi.CallerIdentity, error) {
	var f resolveFlags
	p, err := f.plan(ctx, sys, []string{profile}, func(policy *chain.Policy) { policy.MFA = mfa })
	if err != nil {
		return awsapi.CallerIdentity{}, err
	}
	creds, err := p.retrieve(ctx)
	if err != nil {
		return awsapi.CallerIdentity{}, err
	}
	return p.resolver.Identity(ctx, p.plan, creds)
}
