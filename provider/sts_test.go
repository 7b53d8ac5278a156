package provider_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
)

// fakeSTS answers every call the same way and keeps what it was asked.
type fakeSTS struct {
	out     awsapi.SessionOutput
	err     error
	skew    time.Duration
	signer  aws.Credentials
	role    awsapi.AssumeRoleInput
	web     awsapi.WebIdentityInput
	session awsapi.SessionTokenInput
}

func (f *fakeSTS) Skew() time.Duration { return f.skew }

func (f *fakeSTS) AssumeRole(_ context.Context, _ awsapi.Endpoint, c aws.Credentials, in awsapi.AssumeRoleInput) (awsapi.SessionOutput, error) {
	f.signer, f.role = c, in
	return f.out, f.err
}

func (f *fakeSTS) AssumeRoleWithWebIdentity(_ context.Context, _ awsapi.Endpoint, in awsapi.WebIdentityInput) (awsapi.SessionOutput, error) {
	f.web = in
	return f.out, f.err
}

func (f *fakeSTS) GetSessionToken(_ context.Context, _ awsapi.Endpoint, c aws.Credentials, in awsapi.SessionTokenInput) (awsapi.SessionOutput, error) {
	f.signer, f.session = c, in
	return f.out, f.err
}

func answering() *fakeSTS {
	return &fakeSTS{out: awsapi.SessionOutput{
		Credentials: aws.Credentials{
			AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token", CanExpire: true, Expires: noon.Add(time.Hour),
		},
		AssumedRoleARN: "arn:aws:sts::210987654321:assumed-role/Demo/name",
	}}
}

var source = provided{creds: aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: "canary", AccountID: "123456789012"}}

func code(_ context.Context, serial string) (secret.Text, error) {
	return secret.New("123456/" + serial), nil
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	api := answering()
	in := awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::210987654321:role/Demo", ExternalID: "x", Duration: time.Hour,
		Tags: []awsapi.Tag{{Key: "k", Value: "v"}}, TransitiveTagKeys: []string{"k"}, SourceIdentity: "me", Policy: "{}", PolicyARNs: []string{"p"}}
	got, err := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: api, Input: in, MFA: provider.MFA{Serial: "device", Code: code}, Now: now}).Retrieve(t.Context())
	want := aws.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token", Source: "assume-role",
		AccountID: "210987654321", CanExpire: true, Expires: noon.Add(time.Hour),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if api.signer != source.creds || api.role.SessionName != "latchkey-1767355200" || api.role.TokenCode.Reveal() != "123456/device" ||
		api.role.ExternalID != "x" || len(api.role.Tags) != 1 || api.role.SourceIdentity != "me" || api.role.Policy != "{}" {
		t.Errorf("asked %+v signed by %s", api.role, api.signer.AccessKeyID)
	}
	in.SessionName = "mine"
	if _, err := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: api, Input: in, Now: now}).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if api.role.SessionName != "mine" || !api.role.TokenCode.Empty() {
		t.Errorf("asked %+v", api.role)
	}
}

func TestMFARequired(t *testing.T) {
	t.Parallel()
	cancelled := errors.New("cancelled")
	for name, ask := range map[string]func(context.Context, string) (secret.Text, error){
		"nobody": nil,
		"empty":  func(context.Context, string) (secret.Text, error) { return secret.New(" "), nil },
		"fails":  func(context.Context, string) (secret.Text, error) { return secret.Text{}, cancelled },
	} {
		_, first := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: answering(), MFA: provider.MFA{Serial: "device", Code: ask}, Now: now}).Retrieve(t.Context())
		_, second := provider.NewSessionToken(provider.SessionTokenOptions{Source: source, API: answering(), MFA: provider.MFA{Serial: "device", Code: ask}, Now: now}).Retrieve(t.Context())
		for _, err := range []error{first, second} {
			var required *provider.MFARequiredError
			if isRequired := errors.As(err, &required) && required.Serial == "device"; isRequired == (name == "fails") || errors.Is(err, cancelled) != (name == "fails") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestSourceFailsBeforeAnybodyIsAsked: a code must not be asked for in vain.
func TestSourceFailsBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	cause := errors.New("no source")
	ask := func(context.Context, string) (secret.Text, error) {
		t.Error("a code was asked for")
		return secret.Text{}, nil
	}
	_, err := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: provided{err: cause}, API: answering(), MFA: provider.MFA{Serial: "device", Code: ask}, Now: now}).Retrieve(t.Context())
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestSessionToken(t *testing.T) {
	t.Parallel()
	api := answering()
	got, err := provider.NewSessionToken(provider.SessionTokenOptions{Source: source, API: api, MFA: provider.MFA{Serial: "device", Code: code}, Now: now,
		Duration: time.Hour}).Retrieve(t.Context())
	if err != nil || got.Source != "session-token" || got.AccountID != "123456789012" || got.AccessKeyID != "ASIA1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if api.session.TokenCode.Reveal() != "123456/device" || api.session.Duration != time.Hour || api.signer != source.creds {
		t.Errorf("asked %+v", api.session)
	}
}

// TestUselessAnswers holds for every call that a session without a part or an
// end, or past it, is not handed out.
func TestUselessAnswers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("jwt"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*fakeSTS)
		want   string
	}{
		"no secret":  {func(f *fakeSTS) { f.out.Credentials.SecretAccessKey = "" }, "credentials lack SecretAccessKey"},
		"no end":     {func(f *fakeSTS) { f.out.Credentials.Expires = time.Time{} }, "credentials lack Expiration"},
		"past":       {func(f *fakeSTS) { f.out.Credentials.Expires = noon }, "credentials expired 0s ago"},
		"past there": {func(f *fakeSTS) { f.skew = 2 * time.Hour }, "clock is 2h0m0s behind AWS's"},
		"past here": {func(f *fakeSTS) { f.out.Credentials.Expires, f.skew = noon.Add(-time.Hour), -2*time.Hour },
			"expired by this computer's clock, which is 2h0m0s ahead of AWS's"},
		"newline": {func(f *fakeSTS) { f.out.Credentials.SessionToken = "canary\n" }, "SessionToken contains a line break"},
		"refused": {func(f *fakeSTS) { f.err = &awsapi.APIError{Code: "AccessDenied", Status: 403} }, "AccessDenied"},
	} {
		api := answering()
		tt.change(api)
		_, role := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: api, Now: now}).Retrieve(t.Context())
		_, session := provider.NewSessionToken(provider.SessionTokenOptions{Source: source, API: api, Now: now}).Retrieve(t.Context())
		_, web := provider.NewWebIdentity(provider.WebIdentityOptions{API: api, TokenFile: file, Now: now}).Retrieve(t.Context())
		for _, err := range []error{role, session, web} {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", name, err)
			}
			clean(t, err)
		}
	}
	early := answering()
	early.skew = -2 * time.Hour
	if _, err := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: source, API: early, Now: now}).Retrieve(t.Context()); err != nil {
		t.Errorf("alive by both clocks: %v", err)
	}
}

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	api := answering()
	p := provider.NewWebIdentity(provider.WebIdentityOptions{API: api, TokenFile: file, Now: now,
		Input: awsapi.WebIdentityInput{RoleARN: "arn:aws:iam::210987654321:role/Demo", Duration: time.Hour}})
	for content, want := range map[string]string{"canary-1": "canary-1", " \tcanary-2\r\n\n": "canary-2"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := p.Retrieve(t.Context())
		if err != nil || got.Source != "web-identity" || got.AccountID != "210987654321" {
			t.Errorf("got %+v, %v", got, err)
		}
		if api.web.Token.Reveal() != want || api.web.SessionName != "latchkey-1767355200" || api.web.Duration != time.Hour {
			t.Errorf("asked %+v with %q, want %q", api.web, api.web.Token.Reveal(), want)
		}
	}
}

func TestWebIdentityFileErrors(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, why := range map[string]string{
		filepath.Join(folder, "missing"): "there is no such file",
		folder:                           "it is not a regular file",
		write("empty", " \n"):            "it is empty",
		write("big", strings.Repeat("canary", 64<<10/6+1)): "it is larger than 64 KiB",
	} {
		_, err := provider.NewWebIdentity(provider.WebIdentityOptions{API: answering(), TokenFile: path, Now: now}).Retrieve(t.Context())
		var file *provider.TokenFileError
		if !errors.As(err, &file) || file.Path != path || file.Why != why || file.Source != "web-identity" {
			t.Errorf("%s: %v, want %s", path, err, why)
		}
		if (why == "there is no such file") != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: cause of %v", path, err)
		}
		clean(t, err)
	}
}
