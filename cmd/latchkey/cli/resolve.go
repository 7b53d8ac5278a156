package cli

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// resolveFlags are the flags of every command that resolves credentials.
type resolveFlags struct {
	region, role, mfaCode, policyFile string
	duration                          time.Duration
	policyARNs                        []string
	readOnly, mfa                     bool
	// picks has a person pick a profile where none is named anywhere.
	picks bool
	// observe is told what happens to the steps of a plan; nil: nobody is.
	observe func(chain.Event)
}

func (f *resolveFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.region, "region", "", "region to use instead of the configured one")
	flags.StringVar(&f.role, "role", "", "ARN of a role to assume with the profile's credentials")
	flags.DurationVar(&f.duration, "duration", 0, "how long the session is to last, for example 2h")
	flags.StringVar(&f.policyFile, "session-policy", "", "file with a JSON policy that narrows the role session")
	flags.StringArrayVar(&f.policyARNs, "policy-arn", nil, "ARN of a managed policy that narrows the role session (may be repeated)")
	flags.BoolVar(&f.readOnly, "read-only", false, "narrow the role session to the managed policy ReadOnlyAccess")
	flags.BoolVar(&f.mfa, "mfa", false, "make an MFA session of a profile with long-term keys")
	flags.StringVar(&f.mfaCode, "mfa-code", "", "six-digit code of the MFA device (else TOTP_CODE in the environment)")
	_ = cmd.MarkFlagFilename("session-policy", "json") // the flag is there: see above
}

func flagged(name, text string) origin.Value {
	if text == "" {
		return origin.Value{}
	}
	return origin.Value{Text: text, Origin: origin.Flag(name)}
}

// policy turns the flags into what the plan is asked for.
func (f *resolveFlags) policy() (chain.Policy, error) {
	policy := chain.Policy{
		Region: flagged("region", f.region), Role: flagged("role", f.role), ReadOnly: f.readOnly,
		Duration: f.duration, DurationOrigin: origin.Flag("duration"), MFA: f.mfa || f.mfaCode != "",
	}
	if f.duration < 0 {
		return policy, &usageError{what: "the duration is negative", fix: "write for example --duration 2h"}
	}
	if arn, ok := awsapi.ParseARN(f.role); f.role != "" && (!ok || arn.Account == "") {
		return policy, &usageError{what: "the role is not an ARN", fix: "write --role arn:aws:iam::ACCOUNT:role/NAME"}
	}
	if strings.Trim(f.region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return policy, &usageError{what: "the region is not the name of one", fix: "write for example --region eu-west-1"}
	}
	for _, arn := range f.policyARNs {
		policy.PolicyARNs = append(policy.PolicyARNs, flagged("policy-arn", arn))
	}
	if f.policyFile != "" {
		text, err := os.ReadFile(f.policyFile)
		if err != nil {
			return policy, &usageError{what: "session policy: " + err.Error(), fix: "give the path of a JSON file"}
		}
		if !json.Valid(text) {
			return policy, &usageError{what: "session policy: " + f.policyFile + " is not JSON", fix: "correct the file"}
		}
		policy.SessionPolicy = origin.Value{Text: string(text), Origin: origin.Flag("session-policy")}
	}
	return policy, nil
}

// code is the MFA code of the flag or the environment.
func (f *resolveFlags) code(sys *Sys) latchkey.Code {
	if f.mfaCode != "" {
		return latchkey.Code{Name: "--mfa-code", Code: secret.New(f.mfaCode)}
	}
	return latchkey.Code{Name: "TOTP_CODE", Code: secret.New(sys.env("TOTP_CODE"))}
}

// planned is a profile ready to be run.
type planned struct {
	resolver *latchkey.Resolver
	plan     *chain.Plan
	signing  *signingIn
	mfa      bool // --mfa was given
}

// plan reads the configuration and plans the profile of the arguments. Where none
// is named anywhere, the person picks one if the command is for that.
func (f *resolveFlags) plan(ctx context.Context, sys *Sys, args []string, adjust func(*chain.Policy)) (*planned, error) {
	policy, err := f.policy()
	if err != nil {
		return nil, err
	}
	if adjust != nil {
		adjust(&policy)
	}
	resolver, ask, err := sys.resolverAndAsker(f, argument(args).Text)
	if err != nil {
		return nil, err
	}
	plan, err := resolver.PlanOf(argument(args), policy)
	if f.picks && len(args) == 0 {
		name, pickErr := sys.pickMissing(ctx, resolver, ask, plan, err)
		if pickErr != nil {
			return nil, pickErr
		}
		if name.Set() {
			plan, err = resolver.PlanOf(name, policy)
		}
	}
	return &planned{resolver, plan, sys.signingIn(resolver, ask), policy.MFA}, err
}

// argument is the profile of the arguments, unset where there is none.
func argument(args []string) origin.Value {
	if len(args) == 0 {
		return origin.Value{}
	}
	return origin.Value{Text: args[0], Origin: origin.Argument("PROFILE")}
}

// retrieve runs the plan, or takes the session that is there. Signals are caught
// only where a step starts something that has to be ended: catching them costs
// three threads.
func (p *planned) retrieve(ctx context.Context) (aws.Credentials, error) {
	if creds, ok := p.resolver.Held(ctx, p.plan); ok {
		return creds, nil
	}
	if k := p.plan.Last().Kind; k != chain.KindStatic && k != chain.KindEnvironment {
		var stop context.CancelFunc
		ctx, stop = interruptible(ctx)
		defer stop()
	}
	return p.uninterrupted(ctx)
}

// uninterrupted retrieves the credentials. Where that takes a sign-in in a browser,
// and there is somebody, it is offered. What a step says of an end that the user
// has asked for is not of interest.
func (p *planned) uninterrupted(ctx context.Context) (aws.Credentials, error) {
	provider, err := p.resolver.Provider(p.plan)
	if err != nil {
		return aws.Credentials{}, err
	}
	return p.signing.retrieve(ctx, p.plan, provider)
}
