package chain

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// API is what the steps need of AWS; *awsapi.Client has it.
type API interface {
	provider.STS
	provider.Portal
	provider.Fetcher
	sso.OIDC
	signin.API
}

// Deps are what Build puts into the providers of a plan.
type Deps struct {
	// Now and LockFolder are required, and API where the plan CallsAWS. Locks of
	// shared sign-in files are kept in LockFolder.
	API        API
	Now        func() time.Time
	LockFolder string
	// MFACode gives the code of a device; nil: steps that need one fail with
	// *provider.MFARequiredError. MFADevice finds the device of the credentials'
	// user by asking IAM there; required where the plan says so.
	MFACode   func(ctx context.Context, serial string) (secret.Text, error)
	MFADevice func(ctx context.Context, iam awsapi.Endpoint, creds aws.Credentials) (serial string, err error)
	// Vault opens an entry; required where the plan uses the vault.
	Vault func(ctx context.Context, entry string) (accessKeyID string, key secret.Text, err error)
	// Environ is the environment of credential_process commands, Stderr where
	// their messages go (nil: nowhere). Terminal opens the terminal on which they
	// ask; nil, or a nil file: they cannot.
	Environ  []string
	Stderr   io.Writer
	Terminal func() *os.File
	// LookupIP resolves the host of a container endpoint.
	LookupIP func(ctx context.Context, host string) ([]netip.Addr, error)
	// Custom holds the providers that a chain's order names.
	Custom map[Source]aws.CredentialsProvider
	// Wrap, if not nil, gets each step's provider and returns what is used in
	// its place: a cache under the step's key, a trace.
	Wrap func(Step, aws.CredentialsProvider) aws.CredentialsProvider
}

// NotConfigured is implemented by the error of a provider that has nothing to
// offer here, so that the chain goes on to the next source.
type NotConfigured interface{ NotConfigured() bool }

// Build turns the plan into a provider. Nothing is fetched yet.
func (p *Plan) Build(d Deps) (aws.CredentialsProvider, error) {
	b := builder{&d}
	var current aws.CredentialsProvider
	for _, step := range p.Steps {
		built, err := b.step(&step, current)
		if err != nil {
			return nil, err
		}
		current = located{step, built}
		if d.Wrap != nil {
			current = located{step, d.Wrap(step, current)}
		}
	}
	if p.Next == nil && !mayBeAbsent(p.Steps[0]) {
		return current, nil
	}
	either := &fallback{plan: p, first: current}
	if p.Next == nil {
		return either, nil
	}
	next, err := p.Next.Build(d)
	either.next = next
	return either, err
}

// located says in every error which step failed.
type located struct {
	step     Step
	provider aws.CredentialsProvider
}

func (l located) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := l.provider.Retrieve(ctx)
	var already *StepError
	if err != nil && !errors.As(err, &already) {
		err = &StepError{Step: l.step, Err: err}
	}
	return creds, err
}

// fallback goes on with the next source where the first is not there.
type fallback struct {
	plan        *Plan
	first, next aws.CredentialsProvider
}

func (f *fallback) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := f.first.Retrieve(ctx)
	var absent NotConfigured
	if err == nil || !errors.As(err, &absent) || !absent.NotConfigured() {
		return creds, err
	}
	if f.next == nil {
		return aws.Credentials{}, &NoCredentialsError{Profile: f.plan.Profile, Looked: f.plan.Looked, Last: err}
	}
	return f.next.Retrieve(ctx)
}
