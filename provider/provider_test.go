package provider_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// clean fails when a secret of these tests got into an error.
func clean(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("secret in %q", err)
	}
}

// provided is a source provider that yields the same thing always.
type provided struct {
	creds aws.Credentials
	err   error
}

func (p provided) Retrieve(context.Context) (aws.Credentials, error) { return p.creds, p.err }

func TestEnvironment(t *testing.T) {
	t.Parallel()
	options := func(change func(*provider.EnvironmentOptions)) provider.EnvironmentOptions {
		o := provider.EnvironmentOptions{
			AccessKeyID: "AKIA1", Secret: secret.New("canary-secret"), Token: secret.New("canary-token"), AccountID: "123456789012", Now: now,
		}
		change(&o)
		return o
	}
	whole := aws.Credentials{
		AccessKeyID: "AKIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token", AccountID: "123456789012", Source: "environment",
	}
	expiring := whole
	expiring.CanExpire, expiring.Expires = true, noon.Add(time.Second)
	tests := []struct {
		name   string
		change func(*provider.EnvironmentOptions)
		want   aws.Credentials
		err    string
	}{
		{"whole", func(*provider.EnvironmentOptions) {}, whole, ""},
		{"expiring", func(o *provider.EnvironmentOptions) { o.Expires = "2026-01-02T13:00:01+01:00" }, expiring, ""},
		{"expired now", func(o *provider.EnvironmentOptions) { o.Expires = "2026-01-02T12:00:00Z" }, aws.Credentials{},
			"environment: credentials expired 0s ago, at 2026-01-02T12:00:00Z"},
		{"expired", func(o *provider.EnvironmentOptions) { o.Expires = "2026-01-02T11:00:00Z" }, aws.Credentials{},
			"environment: credentials expired 1h0m0s ago, at 2026-01-02T11:00:00Z"},
		{"bad expiration", func(o *provider.EnvironmentOptions) { o.Expires = "to\x1bmorrow" }, aws.Credentials{},
			`environment: AWS_CREDENTIAL_EXPIRATION is "tomorrow", which is not an ISO 8601 time with a zone, like 2026-01-02T03:04:05Z`},
		{"no secret", func(o *provider.EnvironmentOptions) { o.Secret = secret.New(" ") }, aws.Credentials{},
			"environment: credentials lack AWS_SECRET_ACCESS_KEY"},
		{"nothing", func(o *provider.EnvironmentOptions) { o.Secret, o.AccessKeyID = secret.Text{}, "" }, aws.Credentials{},
			"environment: credentials lack AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{"newline", func(o *provider.EnvironmentOptions) { o.Token = secret.New("canary-token\n") }, aws.Credentials{},
			"environment: AWS_SESSION_TOKEN contains a line break"},
		{"control", func(o *provider.EnvironmentOptions) { o.Secret = secret.New("canary\x00") }, aws.Credentials{},
			"environment: AWS_SECRET_ACCESS_KEY contains a control character"},
	}
	for _, tt := range tests {
		got, err := provider.NewEnvironment(options(tt.change)).Retrieve(t.Context())
		if text := errorText(err); got != tt.want || text != tt.err {
			t.Errorf("%s: %+v, %q\nwant %+v, %q", tt.name, got, text, tt.want, tt.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestStatic(t *testing.T) {
	t.Parallel()
	got, err := provider.NewStatic(provider.StaticOptions{AccessKeyID: "AKIA1", Secret: secret.New("canary"), AccountID: "1"}).Retrieve(t.Context())
	if want := (aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: "canary", AccountID: "1", Source: "static"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = provider.NewStatic(provider.StaticOptions{AccessKeyID: "AKIA1"}).Retrieve(t.Context())
	var incomplete *provider.IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Source != "static" || len(incomplete.Missing) != 1 || incomplete.Missing[0] != "SecretAccessKey" {
		t.Errorf("got %v", err)
	}
}

func TestExpiredErrorNamesTheClock(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		0:                 "process: credentials expired 1h0m0s ago, at 2026-01-02T11:00:00Z",
		30 * time.Second:  "process: credentials expired 1h0m30s ago, at 2026-01-02T11:00:00Z",
		-20 * time.Minute: "process: credentials expired 40m0s ago, at 2026-01-02T11:00:00Z (this computer's clock is 20m0s ahead of AWS's)",
		20 * time.Minute:  "process: credentials expired 1h20m0s ago, at 2026-01-02T11:00:00Z (this computer's clock is 20m0s behind AWS's)",
		-2 * time.Hour:    "process: credentials until 2026-01-02T11:00:00Z have expired by this computer's clock, which is 2h0m0s ahead of AWS's",
	} {
		err := &provider.ExpiredError{Source: "process", Expires: noon.Add(-time.Hour), Now: noon, Skew: skew}
		if err.Error() != want {
			t.Errorf("%v: %s", skew, err)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	creds := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "canary", SessionToken: "canary", AccountID: "1", CanExpire: true, Expires: noon}
	got, err := provider.NewLogin(provided{creds: creds}).Retrieve(t.Context())
	creds.Source = "login"
	if err != nil || got != creds {
		t.Errorf("got %+v, %v", got, err)
	}
	cause := errors.New("sign in")
	if _, err := provider.NewLogin(provided{err: cause}).Retrieve(t.Context()); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
