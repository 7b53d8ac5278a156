package policies_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// inputs are what the patterns are tried with: the least, and all there is.
func inputs() []policies.Inputs {
	return []policies.Inputs{
		{Roles: []string{role}, Principals: []string{"111122223333"}, MFA: true},
		{Roles: []string{role}, Principals: []string{alice, bob}},
		{
			Partition: "aws-us-gov", Roles: []string{"arn:aws-us-gov:iam::444455556666:role/deploy", "arn:aws-us-gov:iam::444455556666:role/team/*"},
			Principals: []string{"111122223333", "arn:aws-us-gov:iam::444455556666:user/people/alice"},
			Age:        time.Hour, ExternalID: "corp:7", OneDevice: true, AssumeOptions: policies.AssumeOptions{SessionTags: true, SourceIdentity: true},
		},
	}
}

func pattern(t testing.TB, name string) policies.Pattern {
	t.Helper()
	for _, p := range policies.Patterns() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no pattern %s", name)
	return policies.Pattern{}
}

// made is a pattern's document, with the least that it takes.
func made(t testing.TB, name string) *policy.Document {
	t.Helper()
	p := pattern(t, name)
	d, err := p.Make(inputs()[0])
	if err != nil {
		t.Fatal(err)
	}
	kind := policy.Identity
	if p.Trust() {
		kind = policy.Trust
	}
	return parse(t, d.JSON(), kind)
}

// TestRequireMFA: without MFA there is only what it takes to use a device.
func TestRequireMFA(t *testing.T) {
	t.Parallel()
	d := made(t, "require-mfa")
	free := " iam:ListMFADevices iam:ResyncMFADevice sts:GetCallerIdentity sts:GetSessionToken "
	for _, action := range []string{
		"iam:ListMFADevices", "iam:ResyncMFADevice", "sts:GetCallerIdentity", "sts:GetSessionToken", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice",
		"iam:EnableMFADevice", "iam:CreateVirtualMFADevice", "iam:CreateAccessKey", "iam:ChangePassword", "sts:AssumeRole", "sts:GetFederationToken", "s3:GetObject",
	} {
		for _, kind := range kinds() {
			got := d.Evaluate(policy.Request{Action: action, Resource: "*", Context: asked(kind, "alice")})
			if want := kind != byMFA && !strings.Contains(free, " "+action+" "); got.Denied != want || got.Allowed {
				t.Errorf("%s by %s: %+v, want denied %v", action, kind, got, want)
			}
		}
	}
	// A role's sessions never have the keys: attached there, it denies all.
	if !d.Evaluate(policy.Request{Action: "s3:GetObject", Resource: "*"}).Denied {
		t.Error("a session without the key is not denied")
	}
}

// TestTrust: who comes with what, and gets in.
func TestTrust(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:iam::999999999999:user/eve"
	at := func(age int) policy.Context {
		return policy.Context{"aws:multifactorauthpresent": {"true"}, "aws:multifactorauthage": {strconv.Itoa(age)}, "sts:externalid": {"corp:7"}}
	}
	external := policy.Context{"sts:externalid": {"corp:7"}}
	account, user := []string{"111122223333"}, []string{alice}
	for i, row := range []struct {
		o       policies.TrustOptions
		who     string
		ctx     policy.Context
		allowed bool
	}{
		{policies.TrustOptions{Principals: account}, alice, asked(byKey, "alice"), true},
		{policies.TrustOptions{Principals: account}, bob, asked(bySession, "bob"), true},
		{policies.TrustOptions{Principals: account}, foreign, at(1), false},
		{policies.TrustOptions{Principals: user}, alice, asked(byKey, "alice"), true},
		{policies.TrustOptions{Principals: user}, bob, at(1), false},
		{policies.TrustOptions{Principals: user, MFA: true}, alice, asked(byKey, "alice"), false},
		{policies.TrustOptions{Principals: user, MFA: true}, alice, asked(bySession, "alice"), false},
		{policies.TrustOptions{Principals: user, MFA: true}, alice, at(100000), true},
		{policies.TrustOptions{Principals: user, Age: time.Hour}, alice, asked(byKey, "alice"), false},
		{policies.TrustOptions{Principals: user, Age: time.Hour}, alice, asked(bySession, "alice"), false},
		{policies.TrustOptions{Principals: user, Age: time.Hour}, alice, at(0), true},
		{policies.TrustOptions{Principals: user, Age: time.Hour}, alice, at(3599), true},
		{policies.TrustOptions{Principals: user, Age: time.Hour}, alice, at(3600), false},
		{policies.TrustOptions{Principals: account, ExternalID: "corp:7"}, alice, external, true},
		{policies.TrustOptions{Principals: account, ExternalID: "corp:8"}, alice, external, false},
		{policies.TrustOptions{Principals: account, ExternalID: "corp:7"}, alice, asked(byMFA, "alice"), false},
		{policies.TrustOptions{Principals: account, ExternalID: "corp:7", MFA: true}, alice, external, false},
		{policies.TrustOptions{Principals: account, ExternalID: "corp:7", MFA: true}, alice, at(1), true},
	} {
		doc, err := policies.Trust(row.o)
		if err != nil {
			t.Errorf("row %d: %v", i, err)
			continue
		}
		caller := policy.Caller{Kind: "AWS", Names: []string{row.who}, Account: strings.Split(row.who, ":")[4]}
		d := parse(t, doc.JSON(), policy.Trust)
		if got := d.Evaluate(policy.Request{Action: "sts:AssumeRole", Caller: caller, Context: row.ctx}); got.Allowed != row.allowed {
			t.Errorf("row %d: %+v of\n%s", i, got, doc.JSON())
		}
		for _, action := range []string{"sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithSAML"} {
			if d.Evaluate(policy.Request{Action: action, Caller: caller, Context: row.ctx}).Allowed {
				t.Errorf("row %d: %s is allowed too", i, action)
			}
		}
	}
}

func TestTrustRefuses(t *testing.T) {
	t.Parallel()
	someone := []string{"111122223333"}
	for i, o := range []policies.TrustOptions{
		{}, {Principals: []string{""}}, {Principals: []string{"*"}}, {Principals: []string{"11112222333"}}, {Principals: []string{"alice"}},
		{Principals: []string{"arn:aws:iam::111122223333:user/*"}}, {Principals: []string{"arn:aws:iam::111122223333:group/g"}}, {Principals: []string{alice + "\""}},
		{Principals: []string{"arn:aws:iam::111122223333:role/ci"}, MFA: true}, {Principals: []string{"arn:aws:iam::111122223333:role/ci"}, Age: time.Hour},
		{Principals: someone, Age: time.Second}, {Principals: someone, Age: -time.Hour}, {Principals: someone, Age: 37 * time.Hour}, {Principals: someone, Age: time.Hour + time.Millisecond},
		{Principals: someone, ExternalID: "x"}, {Principals: someone, ExternalID: "a b"}, {Principals: someone, ExternalID: "a*\n"}, {Principals: someone, ExternalID: strings.Repeat("x", 1225)},
	} {
		if d, err := policies.Trust(o); err == nil {
			t.Errorf("row %d is taken:\n%s", i, d.JSON())
		}
	}
	for _, o := range []policies.TrustOptions{
		{Principals: []string{"arn:aws:iam::111122223333:role/ci"}, ExternalID: strings.Repeat("x", 1224)},
		{Principals: someone, Age: time.Minute}, {Principals: someone, Age: 36 * time.Hour},
	} {
		if _, err := policies.Trust(o); err != nil {
			t.Error(err)
		}
	}
}

// TestCommands: each command's policy allows what the command calls, on what it is
// about, and nothing beside it.
func TestCommands(t *testing.T) {
	t.Parallel()
	const federated, client = "arn:aws:sts::111122223333:federated-user/alice", "arn:aws:signin:eu-west-1:111122223333:oauth2/public-client/localhost"
	const group = "arn:aws:iam::111122223333:group/developers"
	for _, row := range []struct{ pattern, action, resource, not string }{
		{"login", "signin:AuthorizeOAuth2Access", client, federated},
		{"login", "signin:CreateOAuth2Token", client, role},
		{"login", "iam:ListMFADevices", nested, bob},
		{"exec", "sts:AssumeRole", role, role + "er"},
		{"exec", "iam:ListMFADevices", alice, bob},
		{"whoami", "sts:GetCallerIdentity", "*", ""},
		{"explain", "iam:GetRole", role, "arn:aws:iam::444455556666:role/other"},
		{"doctor", "iam:ListAccessKeys", alice, bob},
		{"console", "sts:GetFederationToken", federated, role},
		{"vault-add", "iam:ListMFADevices", alice, bob},
		{"vault-rotate", "iam:CreateAccessKey", alice, bob},
		{"vault-rotate", "iam:UpdateAccessKey", nested, bob},
		{"vault-rotate", "iam:DeleteAccessKey", alice, bob},
		{"vault-rotate", "iam:ListAccessKeys", alice, bob},
		{"vault-rotate", "iam:GetAccessKeyLastUsed", alice, bob},
		{"mfa-devices", "iam:ListMFADevices", alice, bob},
		{"mfa-resync", "iam:ResyncMFADevice", alice, bob},
		{"mfa-enroll", "iam:CreateVirtualMFADevice", device, alice},
		{"mfa-enroll", "iam:EnableMFADevice", alice, bob},
		{"iam-enroll", "iam:ChangePassword", alice, bob},
		{"iam-enroll", "iam:GetAccountPasswordPolicy", "*", ""},
		{"iam-onboard", "iam:CreateUser", bob, role},
		{"iam-onboard", "iam:AddUserToGroup", group, role},
		{"iam-offboard", "iam:DeleteUser", bob, role},
		{"iam-offboard", "iam:DeleteVirtualMFADevice", device, bob},
		{"iam-report", "iam:GetCredentialReport", "*", ""},
	} {
		d := made(t, row.pattern)
		ask := func(action, resource string) bool {
			return d.Evaluate(policy.Request{Action: action, Resource: resource, Context: asked(byKey, "alice")}).Allowed
		}
		if !ask(row.action, row.resource) {
			t.Errorf("%s does not allow %s on %s", row.pattern, row.action, row.resource)
		}
		if row.not != "" && ask(row.action, row.not) {
			t.Errorf("%s allows %s on %s", row.pattern, row.action, row.not)
		}
		for _, action := range []string{"iam:AttachUserPolicy", "iam:DeleteRole", "s3:GetObject", "sts:AssumeRoleWithSAML"} {
			for _, resource := range []string{"*", alice, role} {
				if ask(action, resource) {
					t.Errorf("%s allows %s on %s", row.pattern, action, resource)
				}
			}
		}
	}
}

// TestCallsAreAllowed: each operation of IAM and STS that awsapi and iam can send is in the
// policy of some command, but for those that need no permission.
func TestCallsAreAllowed(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, p := range policies.Patterns()[4:] { // those of commands
		d, err := p.Make(inputs()[2])
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(d.JSON())
	}
	// ListUsers is asked where the credential report is denied, so not with its policy.
	free := " GetSessionToken AssumeRoleWithWebIdentity ListUsers "
	calls := sentCalls(t)
	if len(calls) < 10 {
		t.Fatalf("only %v found", calls)
	}
	for call := range calls {
		if !strings.Contains(free, " "+call+" ") && !strings.Contains(all.String(), ":"+call+`"`) {
			t.Errorf("no command's policy allows %s", call)
		}
	}
}

// sentCalls lists the operations of IAM and STS that the code of awsapi and iam names.
func sentCalls(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../awsapi/*.go")
	if err != nil || files == nil {
		t.Fatal("no code of awsapi", err)
	}
	more, err := filepath.Glob("../*.go")
	if err != nil || more == nil {
		t.Fatal("no code of iam", err)
	}
	files = append(files, more...)
	calls := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && !strings.HasSuffix(file, "_test.go") {
				name, _ := strconv.Unquote(lit.Value)
				if policies.Knows("iam", name) || policies.Knows("sts", name) {
					calls[name] = true
				}
			}
			return true
		})
	}
	return calls
}

// TestPatternsSay: every pattern says what it is for.
func TestPatternsSay(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range policies.Patterns() {
		if p.Title == "" || p.Allows == "" || p.Forbids == "" || p.AttachTo == "" || seen[p.Name] || !policies.Plain(p.Name) {
			t.Errorf("%+v", p)
		}
		seen[p.Name] = true
	}
}

// FuzzInputs: what the patterns take makes documents that can be read, and that the
// checker has nothing against but notes.
func FuzzInputs(f *testing.F) {
	f.Add(role, alice, "corp:7", int64(3600), true)
	f.Add("arn:aws:iam::*:role/a?b*", "111122223333", "", int64(0), false)
	f.Fuzz(func(t *testing.T, role, principal, id string, age int64, mfa bool) {
		in := policies.Inputs{Roles: []string{role}, Principals: []string{principal}, ExternalID: id, Age: time.Duration(age) * time.Second, MFA: mfa}
		for _, name := range []string{"assume-roles", "trust"} {
			p := pattern(t, name)
			d, err := p.Make(in)
			if err != nil {
				continue
			}
			kind := policy.Identity
			if p.Trust() {
				kind = policy.Trust
			}
			parse(t, d.JSON(), kind)
			for _, found := range policies.Check([]byte(d.JSON()), policies.CheckOptions{}) {
				if found.Weight != policies.Note && found.Code != "long" && found.Code != "too-long" {
					t.Errorf("%+v in\n%s", found, d.JSON())
				}
			}
		}
	})
}
