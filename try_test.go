package latchkey_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// oneAccount is a world where caller and role are in one account, so that the trust
// policy can be read: by ann and ben, but not by cat.
const oneAccount = `
region: eu-central-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: ann
        access_keys: [{id: AKIAANN000001EXAMPLE, secret: "canary/Ann+Secret/0000001/bPxREXAMPLEKEY"}]
        mfa_devices: [{name: ann, seed: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}]
        policies: [{Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["sts:*", "iam:GetRole"], Resource: "*"}]}]
      - name: ben
        access_keys: [{id: AKIABEN000001EXAMPLE, secret: "canary/Ben+Secret/0000001/bPxREXAMPLEKEY"}]
        policies: [{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "iam:GetRole", Resource: "*"}]}]
      - name: cat
        access_keys: [{id: AKIACAT000001EXAMPLE, secret: "canary/Cat+Secret/0000001/bPxREXAMPLEKEY"}]
        policies: [{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sts:*", Resource: "*"}, {Effect: Deny, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/Plain"}]}]
    roles:
      - {name: Plain, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: ["sts:AssumeRole", "sts:TagSession"]}]}}
      - {name: Deep, path: /team/, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}]}}
      - {name: Mfa, trust: {Version: "2012-10-17", Statement: [{Sid: OnlyMFA, Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole", Condition: {Bool: {"aws:MultiFactorAuthPresent": "true"}}}]}}
      - {name: External, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::999999999999:root"}, Action: "sts:AssumeRole"}, {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"sts:ExternalId": "right one"}}}]}}
      - {name: Other, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/zoe"}, Action: "sts:AssumeRole"}]}}
      - {name: Denied, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}, {Sid: NotAnn, Effect: Deny, Principal: {AWS: "arn:aws:iam::111122223333:user/ann"}, Action: "sts:*"}]}}
      - {name: Named, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: ["sts:AssumeRole", "sts:SetSourceIdentity"], Condition: {StringEquals: {"sts:SourceIdentity": "${aws:username}"}}}]}}
      - {name: Tagged, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: ["sts:AssumeRole", "sts:TagSession"], Condition: {StringEquals: {"aws:RequestTag/Team": "blue"}}}]}}
      - {name: Org, trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalOrgID": "o-abc"}}}]}}
`

// tried runs a profile and returns the table as a line, the finding and the refusal.
type triedRun struct {
	table   string
	found   explain.Finding
	refusal *explain.Refusal
	caller  latchkey.Caller
	skew    time.Duration
	known   bool
	events  []chain.Event
}

func (b *bench) try(name string, change ...func(*latchkey.Options)) triedRun {
	b.t.Helper()
	var mu sync.Mutex
	var run triedRun
	watch := func(o *latchkey.Options) {
		o.Observe = func(e chain.Event) {
			mu.Lock()
			defer mu.Unlock()
			run.events = append(run.events, e)
		}
	}
	p := b.provider(name, chain.Policy{}, append(change, watch)...)
	creds, err := p.Retrieve(b.t.Context())
	if err == nil {
		if run.caller, err = p.Caller(b.t.Context(), creds); err != nil {
			err = &chain.StepError{Step: *p.Plan().Last(), Err: err}
		}
	}
	run.skew, run.known = p.Clock()
	if err != nil {
		run.found, run.refusal = explain.Error(err), p.Refused(b.t.Context(), err)
	}
	var rows []string
	for _, s := range explain.Tried(p.Plan(), run.events) {
		rows = append(rows, string(s.Step.Kind)+" "+string(s.Status))
	}
	run.table = strings.Join(rows, ", ")
	text, err := json.Marshal(run.refusal)
	if err != nil || strings.Contains(string(text), "canary") || strings.Contains(run.found.What, "canary") {
		b.t.Errorf("%s: %v, or a secret in %s", name, err, text)
	}
	return run
}

func (r *triedRun) facts() string {
	if r.refusal == nil {
		return ""
	}
	var all []string
	for _, f := range r.refusal.Facts {
		all = append(all, f.Name+": "+f.Text)
	}
	for _, s := range r.refusal.Trust {
		all = append(all, s.Effect+" "+s.Verdict+" "+strings.Join(s.Reasons, "; "))
	}
	return strings.Join(all, "\n")
}

// TestRefused: what is found out of a refused role, and the fix that follows.
func TestRefused(t *testing.T) {
	t.Parallel()
	world, err := sandbox.ParseWorld([]byte(oneAccount))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, sandbox.WithWorld(world))
	roles := map[string]string{
		"plain": "Plain", "deep": "Deep", "lower": "plain", "nowhere": "Nowhere", "mfa": "Mfa", "external": "External\nexternal_id = wrong", "no-external": "External",
		"other": "Other", "denied": "Denied", "named": "Named", "tagged": "Tagged\nsession_tags = Team=red", "org": "Org",
	}
	var config strings.Builder
	for _, user := range []string{"ann", "ben", "cat"} {
		config.WriteString("[profile " + user + "]\naws_access_key_id = AKIA" + strings.ToUpper(user) + "000001EXAMPLE\naws_secret_access_key = canary/" + strings.ToUpper(user[:1]) + user[1:] + "+Secret/0000001/bPxREXAMPLEKEY\n")
		for name, role := range roles {
			config.WriteString("[profile " + user + "-" + name + "]\nsource_profile = " + user + "\nrole_arn = arn:aws:iam::111122223333:role/" + role + "\n")
		}
	}
	b.config(config.String())
	const refused = "static done, assume-role failed"
	for _, tt := range []struct{ profile, table, fact, fix string }{
		{"ann-plain", "static done, assume-role done", "", ""},
		{"ann-deep", refused, "role: it exists as arn:aws:iam::111122223333:role/team/Deep", "write role_arn = arn:aws:iam::111122223333:role/team/Deep"},
		{"ann-lower", refused, "role: it exists as arn:aws:iam::111122223333:role/Plain", "write role_arn = arn:aws:iam::111122223333:role/Plain"},
		{"ann-nowhere", refused, "role: iam:GetRole finds none", "correct role_arn at "},
		{"ann-mfa", refused, "allow misses Bool aws:MultiFactorAuthPresent wants true; the request has none", "write mfa_serial = "},
		{"ann-external", refused, "StringEquals sts:ExternalId wants right one; the request has wrong", "write external_id = right one in profile ann-external"},
		{"ann-no-external", refused, "external id: none is given", "write external_id = right one"},
		{"ann-other", refused, "Principal wants arn:aws:iam::111122223333:user/zoe; the request has arn:aws:iam::111122223333:user/ann", "have the trust policy name arn:aws:iam::111122223333:user/ann"},
		{"ann-denied", refused, "denied by: resource-based policy", "have that statement changed"},
		{"ann-named", refused, "StringEquals sts:SourceIdentity wants ann; the request has none", "write source_identity = ann"},
		{"ann-tagged", refused, "session tags: Team=red", "add Team=blue to session_tags"},
		{"ann-org", refused, "allow unsure StringEquals aws:PrincipalOrgID wants o-abc; what the request has is not known here", "see that aws:PrincipalOrgID"},
		{"ben-plain", refused, "allow matches", "have a policy of arn:aws:iam::111122223333:user/ben allow sts:AssumeRole on "},
		{"cat-plain", refused, "denied by: identity-based policy", "have that policy of the caller changed"},
		{"cat-mfa", refused, "account: both are in 111122223333", "aws iam get-role --role-name Mfa"},
	} {
		got := b.try(tt.profile)
		fix := ""
		if got.refusal != nil {
			fix = got.refusal.Fix
		}
		if got.table != tt.table || !strings.Contains(got.facts(), tt.fact) || !strings.Contains(fix, tt.fix) || (tt.fix == "") != (got.refusal == nil) {
			t.Errorf("%s: %s\n%s\nwhy %q\nfix %q\nwant %s, %q, %q", tt.profile, got.table, got.facts(), got.refusal.Why, fix, tt.table, tt.fact, tt.fix)
		}
	}
	if b.calls("GetRole") == 0 {
		t.Error("nobody has asked IAM")
	}
}

// TestTryTable holds the table and the finding for what goes wrong on the way.
func TestTryTable(t *testing.T) {
	t.Parallel()
	const mfa = "static done, session-token done, assume-role "
	for _, tt := range []struct {
		name, profile, table, code string
		before                     func(*bench)
		change                     func(*bench) func(*latchkey.Options)
	}{
		{"works", "dev", mfa + "done", "", nil, nil},
		{"kept", "dev", "static not needed, session-token not needed, assume-role kept session", "", func(b *bench) { b.try("dev", b.code) }, nil},
		{"MFA session kept", "stage", "static not needed, session-token kept session, assume-role done", "", func(b *bench) { b.try("dev", b.code) }, nil},
		{"nobody gives a code", "dev", "static done, session-token failed, assume-role not reached", "mfa-required", nil, func(*bench) func(*latchkey.Options) { return func(*latchkey.Options) {} }},
		{"endpoint down", "dev", "static done, session-token failed, assume-role not reached", "unreachable-connect", func(b *bench) {
			b.opts.Environ = append([]string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"}, b.opts.Environ...)
		}, nil},
		{"wrong external id", "odd", mfa + "failed", "assume-role-denied", nil, nil},
		{"wrong code", "dev-long", "static done, assume-role failed", "mfa-code-refused", nil, func(*bench) func(*latchkey.Options) {
			return func(o *latchkey.Options) {
				o.MFACode = func(context.Context, string) (secret.Text, error) { return secret.New("000000"), nil }
			}
		}},
		{"not assigned", "sso-odd", "sso failed", "role-not-assigned", nil, nil},
		{"signed in", "sso-dev", "sso done", "", nil, nil},
		{"signed out", "sso-dev", "sso failed", "sso-sign-in", func(b *bench) {
			if err := os.RemoveAll(filepath.Join(b.home.Dir, ".aws", "sso", "cache")); err != nil {
				t.Fatal(err)
			}
		}, nil},
		{"wrong secret", "wrong", "static done", "secret-wrong", nil, nil},
		{"role's own maximum", "long", "process done, assume-role failed", "role-duration", nil, nil},
		{"expired", "", "environment failed", "expired", func(b *bench) {
			b.opts.Environ = append(b.opts.Environ, "AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=canary", "AWS_SESSION_TOKEN=canary", "AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z")
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config(`[profile odd]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = alice
mfa_serial = ` + aliceDevice + `
external_id = wrong
[profile dev-long]
role_arn = ` + developer + `
source_profile = alice
mfa_serial = ` + aliceDevice + `
duration_seconds = 7200
[profile sso-odd]
sso_session = example-org
sso_account_id = "777788889999"
sso_role_name = Nothing
[profile printing]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAALICE0001EXAMPLE","SecretAccessKey":"alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"}'
[profile long]
role_arn = ` + readOnly + `
source_profile = printing
duration_seconds = 7200
[profile wrong]
aws_access_key_id = AKIAALICE0001EXAMPLE
aws_secret_access_key = canary
`)
			if tt.before != nil {
				tt.before(b)
			}
			change := b.code
			if tt.change != nil {
				change = tt.change(b)
			}
			got := b.try(tt.profile, change)
			if got.table != tt.table || got.found.Code != tt.code {
				t.Errorf("%s, %+v; want %s, %q", got.table, got.found, tt.table, tt.code)
			}
			if (got.refusal != nil) != (tt.code == "assume-role-denied") || b.calls("GetRole") != 0 {
				t.Errorf("refusal %+v; IAM was asked %d times for a role of another account", got.refusal, b.calls("GetRole"))
			}
		})
	}
}

// TestRevoked: a session that AWS has ended is found out where it is used.
func TestRevoked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.try("dev", b.code)
	b.aws.RevokeSessions()
	got := b.try("dev", b.code)
	if !strings.HasSuffix(got.table, "assume-role kept session") || got.found.Class != explain.ClassRefused || got.found.Where == nil {
		t.Errorf("revoked: %s, %+v", got.table, got.found)
	}
}

// TestClockTried: AWS's clock is told, and how bad it is.
func TestClockTried(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		off     time.Duration
		noticed bool
		class   explain.Class
	}{
		{0, false, ""}, {30 * time.Second, false, ""}, {2 * time.Minute, true, ""}, {-2 * time.Minute, true, ""}, {5 * time.Minute, true, explain.ClassRefused}, {-5 * time.Minute, true, explain.ClassRefused},
		{16 * time.Minute, true, explain.ClassRefused}, {-16 * time.Minute, true, explain.ClassRefused}, {time.Hour, true, explain.ClassRefused}, {-time.Hour, true, explain.ClassRefused},
	} {
		b := newBench(t)
		got := b.try("alice", off(tt.off))
		f := explain.ClockFinding(got.skew)
		if !got.known || (got.skew+tt.off).Abs() > 2*time.Second || (f != nil) != tt.noticed || f != nil && (f.Class != tt.class || f.Fix == "") {
			t.Errorf("our clock off by %s: skew %s, known %v, %+v", tt.off, got.skew, got.known, f)
		}
		if got.caller.ARN != "arn:aws:iam::111122223333:user/alice" || got.caller.Endpoint.URL == "" {
			t.Errorf("our clock off by %s: %+v, %+v", tt.off, got.caller, got.found)
		}
	}
	if p := newBench(t).provider("alice", chain.Policy{}); true {
		if _, known := p.Clock(); known {
			t.Error("the clock is known before anybody was asked")
		}
	}
}

// TestEvents: what an observer sees, in order, and that nothing of it is secret.
func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.try("dev", func(o *latchkey.Options) {
		b.code(o)
		give := o.MFACode
		o.MFACode = func(ctx context.Context, serial string) (secret.Text, error) {
			b.clock.advance(time.Minute) // until the phone is found
			return give(ctx, serial)
		}
	})
	var seen []string
	for _, e := range got.events {
		seen = append(seen, string(e.Step.Kind)+" "+string(e.Phase))
		if text, err := json.Marshal(e); err != nil || strings.Contains(string(text), "alice/Sandbox") {
			t.Errorf("event: %v, %s", err, text)
		}
		if e.Phase == chain.PhaseDone && e.AccessKeyID == "" || e.Phase != chain.PhaseBegun && (e.Took >= time.Minute) != (e.Step.Kind == chain.KindSessionToken) {
			t.Errorf("event: %+v", e)
		}
	}
	want := "assume-role begun, session-token begun, static begun, static done, session-token done, assume-role done"
	if line := strings.Join(seen, ", "); line != want {
		t.Errorf("saw %s, want %s", line, want)
	}
	failing := b.try("dev", func(o *latchkey.Options) {
		o.PrivateSessions = true
		o.MFACode = func(context.Context, string) (secret.Text, error) { return secret.Text{}, errors.New("no phone") }
	})
	last := failing.events[len(failing.events)-1]
	var step *chain.StepError
	if last.Phase != chain.PhaseFailed || !errors.As(last.Err, &step) || step.Step.Kind != chain.KindSessionToken {
		t.Errorf("last event %+v", last)
	}
}
