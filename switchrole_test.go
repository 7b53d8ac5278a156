package latchkey_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/origin"
)

// TestSwitchRole makes links without asking anybody, and has the sandbox read them.
func TestSwitchRole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.load()
	browser := newTab(t)
	for _, tt := range []struct{ profile, role, want, arn string }{
		{"dev", "", "account=444455556666&roleName=Developer&displayName=dev&color=F2B0A9", developer},
		{"ci", "", "account=444455556666&roleName=ci%2FDeploy&displayName=ci&color=F2B0A9", "arn:aws:iam::444455556666:role/ci/Deploy"},
		{"sso-dev", "arn:aws:iam::777788889999:role/Release", "account=777788889999&roleName=Release&displayName=sso-dev&color=F2B0A9", "arn:aws:iam::777788889999:role/Release"},
	} {
		plan, err := r.Plan(tt.profile, chain.Policy{Role: origin.Value{Text: tt.role}})
		if err != nil {
			t.Fatal(err)
		}
		link, err := r.SwitchRole(plan, tt.profile, "F2B0A9")
		if err != nil || link.URL != b.aws.URL()+"/switchrole?"+tt.want || !strings.HasSuffix(tt.arn, "/"+link.Role) || !strings.Contains(tt.arn, link.Account) {
			t.Errorf("%s: %+v, %v", tt.profile, link, err)
		}
		if len(b.aws.Requests()) > 0 {
			t.Errorf("%s: AWS was asked", tt.profile)
		}
		defer func() {
			if status := browser.open(link.URL); status != 200 || browser.text("role-arn") != tt.arn || browser.text("exists") != "yes" || browser.text("display-name") != tt.profile {
				t.Errorf("%s: %d %s", tt.profile, status, browser.body)
			}
		}()
	}
	for profile, says := range map[string]string{"sso-dev": "Identity Center", "alice": "static"} {
		plan, err := r.Plan(profile, chain.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		var none *console.RoleError
		if link, err := r.SwitchRole(plan, "", ""); !errors.As(err, &none) || !strings.Contains(err.Error(), says) || link.URL != "" {
			t.Errorf("%s: %+v, %v", profile, link, err)
		}
	}
}

// TestConsoleSites: the region says which console it is, else the role.
func TestConsoleSites(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ region, role, host string }{
		{"", "arn:aws-us-gov:iam::1:role/A", "signin.amazonaws-us-gov.com"},
		{"cn-north-1", "arn:aws-cn:iam::1:role/A", "signin.amazonaws.cn"},
		{"", "arn:aws-eusc:iam::1:role/A", "signin.amazonaws-eusc.eu"},
		{"eu-west-1", "arn:aws:iam::1:role/A", "signin.aws.amazon.com"},
		{"", "arn:aws-iso:iam::1:role/A", ""},
	} {
		// Its keys need not be good: no call is made.
		r, err := latchkey.Load(latchkey.Options{Environ: []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=" + tt.region}, Home: t.TempDir(), StateFolder: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := r.Plan("", chain.Policy{Role: origin.Value{Text: tt.role}})
		if err != nil {
			t.Fatal(err)
		}
		link, err := r.SwitchRole(plan, "", "")
		u, _ := url.Parse(link.URL)
		var unknown *console.PartitionError
		if u.Host != tt.host || (tt.host == "") != errors.As(err, &unknown) {
			t.Errorf("%+v: %s, %v", tt, link.URL, err)
		}
		if tt.host != "" {
			continue
		}
		if _, err := r.Console(t.Context(), plan, latchkey.ConsoleOptions{}); !errors.As(err, &unknown) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	// What is wrong with the options is told before anything is asked for.
	b := newBench(t)
	r := b.load()
	plan, err := r.Plan("alice", chain.Policy{Region: origin.Value{Text: "us-gov-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	var bad *console.DestinationError
	var config *chain.ConfigError
	if _, err := r.Console(t.Context(), plan, latchkey.ConsoleOptions{To: "https://console.aws.amazon.com/"}); !errors.As(err, &bad) {
		t.Errorf("a page of another partition: %v", err)
	}
	if _, err := r.Console(t.Context(), plan, latchkey.ConsoleOptions{For: 1}); !errors.As(err, &config) {
		t.Errorf("a moment: %v", err)
	}
	if len(b.aws.Requests()) > 0 {
		t.Error("AWS was asked")
	}
}
