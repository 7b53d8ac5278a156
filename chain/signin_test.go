package chain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const signInConfig = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access, codewhisperer:completions
[sso-session half]
sso_start_url = https://half.awsapps.com/start
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Dev
[profile chained]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = dev
[profile token]
sso_session = corp
[profile old]
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Dev
[profile web]
login_session = arn:aws:iam::111122223333:user/alice
region = eu-central-1
[profile keys]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[profile bare]
region = eu-north-1
`

func describe(s chain.SignIn) string {
	return fmt.Sprintf("%s %s session=%s url=%s region=%s scopes=%s login=%s endpoint=%s portal=%s", s.Kind, s.Name(), s.Session.Text, s.StartURL.Text,
		s.Region.Text, strings.Join(s.Scopes, "+"), s.LoginSession.Text, s.Endpoint.URL, s.Portal.URL)
}

const (
	corp = "sso corp session=corp url=https://corp.awsapps.com/start region=eu-west-1 scopes=sso:account:access+codewhisperer:completions login= " +
		"endpoint=https://oidc.eu-west-1.amazonaws.com portal=https://portal.sso.eu-west-1.amazonaws.com"
	old = "sso old session= url=https://old.awsapps.com/start region=us-east-1 scopes= login= " +
		"endpoint=https://oidc.us-east-1.amazonaws.com portal=https://portal.sso.us-east-1.amazonaws.com"
	web = "login web session= url= region=eu-central-1 scopes= login=arn:aws:iam::111122223333:user/alice " +
		"endpoint=https://eu-central-1.signin.aws.amazon.com portal="
)

// TestSignInsOfPlans: what a plan rests on, also through a chain of roles.
func TestSignInsOfPlans(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"dev": corp, "chained": corp, "old": old, "web": web, "keys": ""} {
		s := setup{config: signInConfig, name: name}
		plan, err := s.plan(t)
		if err != nil {
			t.Fatal(err)
		}
		g, env := s.load(t)
		list, err := chain.SignIns(chain.Config{Graph: g, Env: env}, plan)
		got := ""
		for _, s := range list {
			got += describe(s)
		}
		if err != nil || got != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, got, err, want)
		}
	}
}

// TestSignInsByName: a session, and a profile that a plan cannot be made of.
func TestSignInsByName(t *testing.T) {
	t.Parallel()
	g, env := setup{config: signInConfig, env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}}.load(t)
	c := chain.Config{Graph: g, Env: env}
	s, err := chain.SessionSignIn(c, origin.Value{Text: "corp"})
	if got, want := describe(s), strings.NewReplacer("oidc.", "oidc-fips.", "portal.sso.", "portal.sso-fips.").Replace(corp); err != nil || got != want {
		t.Errorf("corp:\n got %s, %v\nwant %s", got, err, want)
	}
	moved, err := s.In(c, "ap-southeast-2")
	if err != nil || moved.Endpoint.URL != "https://oidc-fips.ap-southeast-2.amazonaws.com" || moved.Portal.URL != "https://portal.sso-fips.ap-southeast-2.amazonaws.com" {
		t.Errorf("in another region: %s, %v", describe(moved), err)
	}
	var config *chain.ConfigError
	if _, err = chain.SessionSignIn(c, origin.Value{Text: "half"}); !errors.As(err, &config) || !strings.Contains(err.Error(), "sso_region") {
		t.Errorf("half a section: %v", err)
	}
	var missing *profile.NotFoundError
	if _, err = chain.SessionSignIn(c, origin.Value{Text: "nobody"}); !errors.As(err, &missing) {
		t.Errorf("no section: %v", err)
	}
}

func TestSignInsOfProfiles(t *testing.T) {
	t.Parallel()
	g, env := setup{config: signInConfig}.load(t)
	c := chain.Config{Graph: g, Env: env}
	for name, want := range map[string]string{"token": corp, "keys": "", "nobody": ""} {
		s, ok, err := chain.ProfileSignIn(c, origin.Value{Text: name})
		got := ""
		if ok {
			got = describe(s)
		}
		if err != nil || got != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, got, err, want)
		}
	}
}

// TestConsoleSignIns: of profiles that have nothing else.
func TestConsoleSignIns(t *testing.T) {
	t.Parallel()
	g, env := setup{config: signInConfig}.load(t)
	c := chain.Config{Graph: g, Env: env}
	at := func(name, region string) string {
		return "login " + name + " session= url= region=" + region + " scopes= login= endpoint=https://" + region + ".signin.aws.amazon.com portal="
	}
	for _, tt := range []struct{ name, region, want string }{
		{"bare", "", at("bare", "eu-north-1")},
		{"bare", "us-west-2", at("bare", "us-west-2")},
		{"nobody", "", at("nobody", "us-east-1")},
		{"web", "", web},
		{"keys", "", "static keys"},
		{"chained", "", "role_arn"},
		{"dev", "", "Identity Center"},
	} {
		s, err := chain.ConsoleSignIn(c, origin.Value{Text: tt.name}, origin.Value{Text: tt.region})
		var config *chain.ConfigError
		if errors.As(err, &config) {
			if !strings.Contains(err.Error(), tt.want) || config.Origin.Line == 0 {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if got := describe(s); err != nil || got != tt.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}

// TestSignInEndpoints: one address of a stand-in serves all.
func TestSignInEndpoints(t *testing.T) {
	t.Parallel()
	g, env := setup{config: signInConfig, env: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SSO_OIDC": "http://127.0.0.1:2"}}.load(t)
	s, err := chain.SessionSignIn(chain.Config{Graph: g, Env: env}, origin.Value{Text: "corp"})
	if err != nil || s.Endpoint.URL != "http://127.0.0.1:2" || s.Portal.URL != "http://127.0.0.1:1" {
		t.Errorf("%s, %v", describe(s), err)
	}
}
