package chain

import (
	"context"
	"fmt"
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

// builder builds the providers of steps. A provider reads nothing but its
// step's inputs.
type builder struct{ *Deps }

// step builds one step. The cases are functions of their own to keep the stack
// of the few steps that most plans have small.
func (b builder) step(s *Step, source aws.CredentialsProvider) (aws.CredentialsProvider, error) {
	switch s.Kind {
	case KindEnvironment:
		return b.environment(s), nil
	case KindStatic:
		return b.static(s), nil
	case KindVault:
		return b.vault(s), nil
	case KindProcess:
		return b.process(s), nil
	case KindSSO:
		return b.sso(s), nil
	case KindLogin:
		return b.login(s), nil
	case KindContainer:
		return b.container(s), nil
	case KindIMDS:
		return b.imds(s), nil
	case KindCustom:
		return b.custom(s)
	case KindWebIdentity:
		return b.webIdentity(s)
	case KindSessionToken:
		return b.sessionToken(s, source)
	case KindAssumeRole:
		return b.assumeRole(s, source)
	}
	return nil, fmt.Errorf("unknown step %q", s.Kind)
}

func (b builder) environment(s *Step) aws.CredentialsProvider {
	return provider.NewEnvironment(provider.EnvironmentOptions{AccessKeyID: s.Get(InputAccessKeyID), Secret: s.secret(InputSecretKey),
		Token: s.secret(InputSessionToken), AccountID: s.Get(InputAccountID), Expires: s.Get(InputExpiration), Now: b.Now})
}

func (b builder) static(s *Step) aws.CredentialsProvider {
	return provider.NewStatic(provider.StaticOptions{AccessKeyID: s.Get(InputAccessKeyID), Secret: s.secret(InputSecretKey),
		Token: s.secret(InputSessionToken), AccountID: s.Get(InputAccountID)})
}

func (b builder) vault(s *Step) aws.CredentialsProvider {
	return provider.NewVault(provider.VaultOptions{Entry: s.Get(InputVaultEntry), Open: b.Vault, AccountID: s.Get(InputAccountID)})
}

func (b builder) process(s *Step) aws.CredentialsProvider {
	var terminal *os.File
	if b.Terminal != nil {
		terminal = b.Terminal()
	}
	return provider.NewProcess(provider.ProcessOptions{Command: s.Get(InputCommand), Profile: s.Profile, Environ: ChildEnviron(b.Environ, s.Profile),
		AccountID: s.Get(InputAccountID), Stderr: b.Stderr, Terminal: terminal, Now: b.Now})
}

func (b builder) login(s *Step) aws.CredentialsProvider {
	return provider.NewLogin(signin.NewCredentials(signin.Config{LoginSession: s.Get(InputLoginSession), CacheDir: s.Get(InputCacheFolder),
		Endpoint: s.endpoint(InputEndpoint), LockDir: b.LockFolder, Now: b.Now}, b.API))
}

func (b builder) container(s *Step) aws.CredentialsProvider {
	return provider.NewContainer(provider.ContainerOptions{API: b.API, URL: s.Get(InputEndpoint), Token: s.secret(InputAuthToken),
		TokenFile: s.Get(InputAuthTokenFile), LookupIP: b.LookupIP, Now: b.Now})
}

func (b builder) imds(s *Step) aws.CredentialsProvider {
	return provider.NewIMDS(provider.IMDSOptions{API: b.API, Endpoint: s.Get(InputEndpoint), InstanceProfile: s.Get(InputInstanceRole),
		AllowV1: s.Get(InputIMDSv1) != "", Configured: s.Get(InputAsked) != "", Now: b.Now})
}

func (b builder) custom(s *Step) (aws.CredentialsProvider, error) {
	name := s.Get(InputName)
	custom, ok := b.Custom[Source(name)]
	if !ok || custom == nil {
		return nil, fmt.Errorf("chain order names %q, which is neither a source nor a provider that was given", name)
	}
	return custom, nil
}

func (b builder) sso(s *Step) aws.CredentialsProvider {
	tokens := sso.NewTokens(sso.Config{StartURL: s.Get(InputStartURL), Region: s.Get(InputSSORegion), SessionName: s.Get(InputSSOSession),
		CacheDir: s.Get(InputCacheFolder), Endpoint: s.endpoint(InputOIDCEndpoint), LockDir: b.LockFolder, Now: b.Now}, b.API)
	return provider.NewSSO(provider.SSOOptions{Tokens: tokens, API: b.API, Endpoint: s.endpoint(InputEndpoint),
		AccountID: s.Get(InputSSOAccount), RoleName: s.Get(InputSSORole), Now: b.Now})
}

func (b builder) webIdentity(s *Step) (aws.CredentialsProvider, error) {
	duration, err := s.seconds()
	if err != nil {
		return nil, err
	}
	return provider.NewWebIdentity(provider.WebIdentityOptions{API: b.API, Endpoint: s.endpoint(InputEndpoint), TokenFile: s.Get(InputTokenFile), Now: b.Now,
		Input: awsapi.WebIdentityInput{RoleARN: s.Get(InputRoleARN), SessionName: s.Get(InputSessionName), Duration: duration,
			Policy: s.Get(InputPolicy), PolicyARNs: list(s.Get(InputPolicyARNs))}}), nil
}

func (b builder) sessionToken(s *Step, source aws.CredentialsProvider) (aws.CredentialsProvider, error) {
	duration, err := s.seconds()
	if err != nil {
		return nil, err
	}
	return provider.NewSessionToken(provider.SessionTokenOptions{Source: source, API: b.API, Endpoint: s.endpoint(InputEndpoint), MFA: b.mfa(s), Now: b.Now,
		Duration: duration}), nil
}

func (b builder) assumeRole(s *Step, source aws.CredentialsProvider) (aws.CredentialsProvider, error) {
	duration, err := s.seconds()
	if err != nil {
		return nil, err
	}
	tags, err := ParseTags(s.Get(InputTags))
	if err != nil {
		return nil, err
	}
	return provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: b.API, Endpoint: s.endpoint(InputEndpoint), MFA: b.mfa(s), Now: b.Now,
		Input: awsapi.AssumeRoleInput{RoleARN: s.Get(InputRoleARN), SessionName: s.Get(InputSessionName), ExternalID: s.Get(InputExternalID),
			Duration: duration, Policy: s.Get(InputPolicy), PolicyARNs: list(s.Get(InputPolicyARNs)),
			Tags: tags, TransitiveTagKeys: list(s.Get(InputTransitive)), SourceIdentity: s.Get(InputSourceID)}}), nil
}

// mfa is what the step's call takes of an MFA device.
func (b builder) mfa(s *Step) provider.MFA {
	m := provider.MFA{Serial: s.Get(InputMFASerial), Code: b.MFACode}
	if url := s.Get(InputDiscover); url != "" {
		at := awsapi.Endpoint{URL: url, SigningRegion: s.Get(InputDiscoverRegion)}
		m.Discover = func(ctx context.Context, creds aws.Credentials) (string, error) { return b.MFADevice(ctx, at, creds) }
	}
	return m
}

func (s *Step) secret(name string) secret.Text {
	if in := s.find(name); in != nil {
		return in.Secret
	}
	return secret.Text{}
}

// endpoint returns where the step's calls go. The portal and the OIDC service
// are not signed for, so their region does not matter.
func (s *Step) endpoint(name string) awsapi.Endpoint {
	return awsapi.Endpoint{URL: s.Get(name), SigningRegion: s.Get(InputRegion)}
}

func (s *Step) seconds() (time.Duration, error) {
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

// ChildEnviron returns the environment of a command with name added to the list
// of those whose commands are running, by which a loop is found.
func ChildEnviron(environ []string, name string) []string {
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
