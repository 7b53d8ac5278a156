package console_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/secret"
)

// endpoint answers as AWS's does, from a list, and notes what it is asked.
type endpoint struct {
	answers []error
	asked   []time.Duration
	at      []string
	user    awsapi.FederationTokenInput
}

func (e *endpoint) GetSigninToken(_ context.Context, at awsapi.Endpoint, _ aws.Credentials, d time.Duration) (secret.Text, error) {
	e.asked, e.at = append(e.asked, d), append(e.at, at.URL)
	if err := e.answers[len(e.asked)-1]; err != nil {
		return secret.Text{}, err
	}
	return secret.New("tok/+"), nil
}

func (e *endpoint) GetFederationToken(_ context.Context, _ awsapi.Endpoint, _ aws.Credentials, in awsapi.FederationTokenInput) (awsapi.SessionOutput, error) {
	e.user = in
	return awsapi.SessionOutput{Credentials: aws.Credentials{AccessKeyID: "ASIAEXAMPLE"}}, nil
}

var (
	errRefused = &awsapi.ResponseError{Status: 400}
	errAway    = &awsapi.UnreachableError{}
)

func TestSites(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ partition, custom, login, logout string }{
		{"aws", "", "https://signin.aws.amazon.com", "https://us-east-1.signin.aws.amazon.com"},
		{"aws-cn", "", "https://signin.amazonaws.cn", "https://signin.amazonaws.cn"},
		{"aws-us-gov", "", "https://signin.amazonaws-us-gov.com", "https://signin.amazonaws-us-gov.com"},
		{"aws-eusc", "", "https://signin.amazonaws-eusc.eu", "https://signin.amazonaws-eusc.eu"},
		{"aws", "http://127.0.0.1:1/x/", "http://127.0.0.1:1/x", "http://127.0.0.1:1/x"},
		{"aws-cn", "http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1"},
	} {
		s, err := console.NewSite(tt.partition, "", tt.custom)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range []bool{false, true} {
			e := &endpoint{answers: []error{nil}}
			link, lasting, err := s.SignIn(t.Context(), e, aws.Credentials{}, console.Visit{Destination: "https://x/?a=b&c#d", Issuer: "https://i/", SignOut: out})
			want := tt.login + "/federation?Action=login&Issuer=https%3A%2F%2Fi%2F&Destination=https%3A%2F%2Fx%2F%3Fa%3Db%26c%23d&SigninToken=tok%2F%2B"
			if out {
				want = tt.logout + "/oauth?Action=logout&redirect_uri=" + url.QueryEscape(want)
			}
			if err != nil || lasting || link.Reveal() != want || e.at[0] != tt.login {
				t.Errorf("%s:\n got %s, %v, asked at %s\nwant %s", tt.partition, link.Reveal(), err, e.at[0], want)
			}
		}
	}
	for _, partition := range []string{"aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "", "x\x1b"} {
		var unknown *console.PartitionError
		if _, err := console.NewSite(partition, "", ""); !errors.As(err, &unknown) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", partition, err)
		}
	}
}

// TestDuration: a duration that AWS refuses is left out, once.
func TestDuration(t *testing.T) {
	t.Parallel()
	other := &awsapi.APIError{Status: 400, Code: "X"}
	for _, tt := range []struct {
		name     string
		duration time.Duration
		answers  []error
		asked    []time.Duration
		lasting  bool
		err      error
	}{
		{"none", 0, []error{nil}, []time.Duration{0}, false, nil},
		{"taken", time.Hour, []error{nil}, []time.Duration{time.Hour}, true, nil},
		{"refused", time.Hour, []error{errRefused, nil}, []time.Duration{time.Hour, 0}, false, nil},
		{"refused with a word", time.Hour, []error{other, nil}, []time.Duration{time.Hour, 0}, false, nil},
		{"session refused", time.Hour, []error{errRefused, errRefused}, []time.Duration{time.Hour, 0}, false, errRefused},
		{"session refused, none", 0, []error{errRefused}, []time.Duration{0}, false, errRefused},
		{"away", time.Hour, []error{errAway}, []time.Duration{time.Hour}, false, errAway},
		{"in trouble", time.Hour, []error{&awsapi.ResponseError{Status: 503}}, []time.Duration{time.Hour}, false, &awsapi.ResponseError{}},
	} {
		e := &endpoint{answers: tt.answers}
		link, lasting, err := site(t, "aws", "").SignIn(t.Context(), e, aws.Credentials{}, console.Visit{Duration: tt.duration})
		if !slices.Equal(e.asked, tt.asked) || lasting != tt.lasting || (err == nil) != (tt.err == nil) || link.Empty() != (err != nil) {
			t.Errorf("%s: asked %v, lasting %v, %v", tt.name, e.asked, lasting, err)
		}
		if err == nil && strings.Contains(link.Reveal(), "Issuer") {
			t.Errorf("%s: an issuer that nobody named: %s", tt.name, link.Reveal())
		}
	}
}

func TestSwitchRole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 60)
	for _, tt := range []struct{ partition, arn, display, color, want, why string }{
		{"aws", "arn:aws:iam::111122223333:role/Admin", "", "", "https://signin.aws.amazon.com/switchrole?account=111122223333&roleName=Admin", ""},
		{"aws-us-gov", "arn:aws-us-gov:iam::111122223333:role/a/b/Admin", "prod & more", "#F2b0a9", "https://signin.amazonaws-us-gov.com/switchrole?account=111122223333&roleName=a%2Fb%2FAdmin&displayName=prod+%26+more&color=F2b0a9", ""},
		{"aws", "arn:aws:iam::111122223333:role/" + long + "/nnn", "", "", "https://signin.aws.amazon.com/switchrole?account=111122223333&roleName=" + long + "%2Fnnn", ""},
		{"aws", "arn:aws:iam::111122223333:role/" + long + "/nnnn", "", "", "", "64"},
		{"aws", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0", "", "", "", "nobody"},
		{"aws", "arn:aws:iam::111122223333:role/Admin", "", "red", "", "hexadecimal"},
		{"aws", "arn:aws:iam::111122223333:role/Admin", "", "ggg000", "", "hexadecimal"},
		{"aws", "arn:aws:iam::111122223333:user/alice", "", "", "", "not the ARN"},
		{"aws", "arn:aws:sts::111122223333:assumed-role/a/b", "", "", "", "not the ARN"},
		{"aws", "arn:aws:iam::111122223333:role/", "", "", "", "not the ARN"},
		{"aws", "arn:aws:iam:::role/Admin", "", "", "", "not the ARN"},
		{"aws", "", "", "", "", "not the ARN"},
	} {
		got, err := site(t, tt.partition, "").SwitchRole(tt.arn, tt.display, tt.color)
		var bad *console.RoleError
		if got != tt.want || (tt.why != "") != (errors.As(err, &bad) && strings.Contains(bad.Error(), tt.why)) {
			t.Errorf("%s: %s, %v", tt.arn, got, err)
		}
	}
}

func TestIdentityOf(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]console.Identity{
		"arn:aws:sts::111122223333:assumed-role/Admin/alice":   {Kind: console.KindRole, Name: "Admin"},
		"arn:aws:sts::111122223333:federated-user/alice":       {Kind: console.KindFederated, Name: "alice"},
		"arn:aws:iam::111122223333:user/alice":                 {Kind: console.KindUser, Name: "alice"},
		"arn:aws:iam::111122223333:user/a/b/alice":             {Kind: console.KindUser, Name: "alice"},
		"arn:aws:iam::111122223333:root":                       {Kind: console.KindRoot, Name: "root"},
		"arn:aws:sts::111122223333:root/x":                     {Kind: console.KindRole, Name: "root/x"},
		"arn:aws-cn:sts::111122223333:something-new/of/a-kind": {Kind: console.KindRole, Name: "something-new/of/a-kind"},
	} {
		want.ARN, want.Account = arn, "111122223333"
		if got := console.IdentityOf(arn); got != want {
			t.Errorf("%s: %+v", arn, got)
		}
	}
	if got := console.IdentityOf("nonsense"); got.Kind != console.KindRole || got.Account != "" {
		t.Errorf("%+v", got)
	}
}

func TestUserSession(t *testing.T) {
	t.Parallel()
	own := []string{"arn:aws-cn:iam::1:policy/Own"}
	const admin, readOnly = "arn:aws-cn:iam::aws:policy/AdministratorAccess", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
	for _, tt := range []struct {
		user, name string
		bounds     console.Bounds
		policies   []string
	}{
		{"alice", "alice", console.Bounds{}, []string{admin}},
		{"a", "user-a", console.Bounds{ReadOnly: true}, []string{readOnly}},
		{"ä b", "user-b", console.Bounds{PolicyARNs: own}, own},
		{strings.Repeat("x", 64), strings.Repeat("x", 32), console.Bounds{PolicyARNs: own, ReadOnly: true}, append(own[:1:1], readOnly)},
		{"a+=,.@-_Z", "a+=,.@-_Z", console.Bounds{Policy: "{}"}, nil},
		{"", "user-", console.Bounds{}, []string{admin}},
	} {
		e := &endpoint{}
		_, policies, err := site(t, "aws-cn", "").UserSession(t.Context(), e, awsapi.Endpoint{}, aws.Credentials{}, tt.user, tt.bounds, time.Hour)
		if err != nil || e.user.Name != tt.name || !slices.Equal(e.user.PolicyARNs, tt.policies) || !slices.Equal(policies, tt.policies) || e.user.Policy != tt.bounds.Policy || e.user.Duration != time.Hour {
			t.Errorf("%s: %+v, %v, %v", tt.user, e.user, policies, err)
		}
	}
	if len(own) != 1 || own[0] != "arn:aws-cn:iam::1:policy/Own" {
		t.Error("the caller's list was changed")
	}
}
