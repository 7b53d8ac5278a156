package chain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
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
	// *provider.MFARequiredError.
	MFACode func(ctx context.Context, serial string) (secret.Text, error)
	// Environ is the environment of credential_process commands, Stderr where
	// their messages go (nil: nowhere), Terminal where they ask (nil: they cannot).
	Environ  []string
	Stderr   io.Writer
	Terminal *os.File
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
	b := builder{deps: d}
	var current aws.CredentialsProvider
	for _, step := range p.Steps {
		built, err := b.step(step, current)
		if err != nil {
			return nil, err
		}
		current = located{step, built}
		if d.Wrap != nil {
			current = d.Wrap(step, current)
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

type builder struct{ deps Deps }

func (b builder) step(s Step, source aws.CredentialsProvider) (aws.CredentialsProvider, error) {
	d := b.deps
	switch s.Kind {
	case KindEnvironment:
		return provider.NewEnvironment(provider.EnvironmentOptions{AccessKeyID: s.Get(InputAccessKeyID), Secret: s.secret(InputSecretKey),
			Token: s.secret(InputSessionToken), AccountID: s.Get(InputAccountID), Expires: s.Get(InputExpiration), Now: d.Now}), nil
	case KindStatic:
		return provider.NewStatic(provider.StaticOptions{AccessKeyID: s.Get(InputAccessKeyID), Secret: s.secret(InputSecretKey),
			Token: s.secret(InputSessionToken), AccountID: s.Get(InputAccountID)}), nil
	case KindProcess:
		return provider.NewProcess(provider.ProcessOptions{Command: s.Get(InputCommand), Profile: s.Profile, Environ: processEnviron(d.Environ, s.Profile),
			AccountID: s.Get(InputAccountID), Stderr: d.Stderr, Terminal: d.Terminal, Now: d.Now}), nil
	case KindSSO:
		return b.sso(s), nil
	case KindLogin:
		return provider.NewLogin(signin.NewCredentials(signin.Config{LoginSession: s.Get(InputLoginSession), CacheDir: s.Get(InputCacheFolder),
			Endpoint: s.endpoint(InputEndpoint), LockDir: d.LockFolder, Now: d.Now}, d.API)), nil
	case KindContainer:
		return provider.NewContainer(provider.ContainerOptions{API: d.API, URL: s.Get(InputEndpoint), Token: s.secret(InputAuthToken),
			TokenFile: s.Get(InputAuthTokenFile), LookupIP: d.LookupIP, Now: d.Now}), nil
	case KindIMDS:
		return provider.NewIMDS(provider.IMDSOptions{API: d.API, Endpoint: s.Get(InputEndpoint), InstanceProfile: s.Get(InputInstanceRole),
			AllowV1: s.Get(InputIMDSv1) != "", Configured: s.Get(InputAsked) != "", Now: d.Now}), nil
	case KindCustom:
		return b.custom(s)
	}
	return b.sts(s, source)
}

func (b builder) custom(s Step) (aws.CredentialsProvider, error) {
	name := s.Get(InputName)
	custom, ok := b.deps.Custom[Source(name)]
	if !ok || custom == nil {
		return nil, fmt.Errorf("chain order names %q, which is neither a source nor a provider that was given", name)
	}
	return custom, nil
}

func (b builder) sso(s Step) aws.CredentialsProvider {
	tokens := sso.NewTokens(sso.Config{StartURL: s.Get(InputStartURL), Region: s.Get(InputSSORegion), SessionName: s.Get(InputSSOSession),
		CacheDir: s.Get(InputCacheFolder), Endpoint: s.endpoint(InputOIDCEndpoint), LockDir: b.deps.LockFolder, Now: b.deps.Now}, b.deps.API)
	return provider.NewSSO(provider.SSOOptions{Tokens: tokens, API: b.deps.API, Endpoint: s.endpoint(InputEndpoint),
		AccountID: s.Get(InputSSOAccount), RoleName: s.Get(InputSSORole), Now: b.deps.Now})
}

// sts builds the steps that call STS.
func (b builder) sts(s Step, source aws.CredentialsProvider) (aws.CredentialsProvider, error) {
	d := b.deps
	duration, err := s.seconds()
	if err != nil {
		return nil, err
	}
	switch s.Kind {
	case KindWebIdentity:
		return provider.NewWebIdentity(provider.WebIdentityOptions{API: d.API, Endpoint: s.endpoint(InputEndpoint), TokenFile: s.Get(InputTokenFile), Now: d.Now,
			Input: awsapi.WebIdentityInput{RoleARN: s.Get(InputRoleARN), SessionName: s.Get(InputSessionName), Duration: duration,
				Policy: s.Get(InputPolicy), PolicyARNs: list(s.Get(InputPolicyARNs))}}), nil
	case KindSessionToken:
		return provider.NewSessionToken(provider.SessionTokenOptions{Source: source, API: d.API, Endpoint: s.endpoint(InputEndpoint), MFACode: d.MFACode, Now: d.Now,
			Input: awsapi.SessionTokenInput{Duration: duration, SerialNumber: s.Get(InputMFASerial)}}), nil
	case KindAssumeRole:
		tags, err := ParseTags(s.Get(InputTags))
		if err != nil {
			return nil, err
		}
		return provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: d.API, Endpoint: s.endpoint(InputEndpoint), MFACode: d.MFACode, Now: d.Now,
			Input: awsapi.AssumeRoleInput{RoleARN: s.Get(InputRoleARN), SessionName: s.Get(InputSessionName), ExternalID: s.Get(InputExternalID),
				Duration: duration, SerialNumber: s.Get(InputMFASerial), Policy: s.Get(InputPolicy), PolicyARNs: list(s.Get(InputPolicyARNs)),
				Tags: tags, TransitiveTagKeys: list(s.Get(InputTransitive)), SourceIdentity: s.Get(InputSourceID)}}), nil
	}
	return nil, fmt.Errorf("unknown step %q", s.Kind)
}

func (s Step) secret(name string) secret.Text {
	in, _ := s.Input(name)
	return in.Secret
}

// endpoint returns where the step's calls go. The portal and the OIDC service
// are not signed for, so their region does not matter.
func (s Step) endpoint(name string) awsapi.Endpoint {
	return awsapi.Endpoint{URL: s.Get(name), SigningRegion: s.Get(InputRegion)}
}

func (s Step) seconds() (time.Duration, error) {
	v := s.Get(InputDuration)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, fmt.Errorf("duration %q is not a number of seconds", v)
	}
	return time.Duration(n) * time.Second, nil
}

// processEnviron is the child's environment with the profile added to the
// chain of those whose commands are running.
func processEnviron(environ []string, name string) []string {
	before := ""
	kept := make([]string, 0, len(environ)+1)
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, chainVariable+"="); ok {
			before = value + ","
			continue
		}
		kept = append(kept, pair)
	}
	return append(kept, chainVariable+"="+before+name)
}
