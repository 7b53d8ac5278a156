package explain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
)

// roleCall is a refused call of a role in account 1, by a user or a session.
func roleCall(caller, message string, source chain.Kind, inputs ...string) *explain.RoleCall {
	c := &explain.RoleCall{CallerARN: caller, Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Err: &awsapi.APIError{Code: "AccessDenied", Message: message},
		Step: chain.Step{Kind: chain.KindAssumeRole, Profile: "p", Inputs: []chain.Input{{Name: chain.InputRoleARN, Value: "arn:aws:iam::1:role/R", Origin: origin.File("/c", 3, "role_arn")}}}}
	if source != "" {
		c.Source = &chain.Step{Kind: source}
	}
	for i := 0; i < len(inputs); i += 2 {
		c.Step.Inputs = append(c.Step.Inputs, chain.Input{Name: inputs[i], Value: inputs[i+1], Origin: origin.File("/c", 4, inputs[i])})
	}
	return c
}

func trusting(conditions string) *awsapi.Role {
	return &awsapi.Role{Name: "R", ARN: "arn:aws:iam::1:role/R", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":` + conditions + `}]}`}
}

// TestRefusal: what follows from what is known, case by case.
func TestRefusal(t *testing.T) {
	t.Parallel()
	const user, role = "arn:aws:iam::1:user/x/ann", "arn:aws:sts::1:assumed-role/Dev/s"
	const plain = "User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/R"
	mfa := `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	age := `{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`
	for _, tt := range []struct {
		name string
		call *explain.RoleCall
		role *awsapi.Role
		fact string
		fix  string
	}{
		{"SCP", roleCall(user, plain+" with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p", ""), nil, "denied by: service control policy", "administers the organisation"},
		{"boundary", roleCall(user, plain+" with an explicit deny in a permissions boundary", ""), nil, "denied by: permissions boundary", "permissions boundary"},
		{"session policy denies", roleCall(role, plain+" with an explicit deny in a session policy", chain.KindAssumeRole), nil, "denied by: session policy", "session policy"},
		{"session policy is silent", roleCall(role, plain+" because no session policy allows the sts:AssumeRole action", chain.KindAssumeRole), nil, "not allowed by: any session policy", "allow sts:AssumeRole in that session policy"},
		{"identity policy is silent", roleCall(user, plain+" because no identity-based policy allows the sts:AssumeRole action", ""), nil, "not allowed by: any identity-based policy", "have a policy of " + user + " allow sts:AssumeRole"},
		{"partition", roleCall("arn:aws-cn:iam::1:user/ann", plain, ""), nil, "which know nothing of each other", "get-role"},
		{"another account", roleCall("arn:aws:iam::2:user/ann", plain, chain.KindStatic, chain.InputExternalID, "e"), nil, "both allow it", "compare external_id at /c:4"},
		{"MFA of a user", roleCall(user, plain, chain.KindStatic), trusting(mfa), "allow misses", "write mfa_serial"},
		{"MFA of a role", roleCall(role, plain, chain.KindAssumeRole), trusting(mfa), "mfa: the call carries none", "taken out of the trust policy"},
		{"old MFA", roleCall(user, plain, chain.KindSessionToken), trusting(age), "", "see that aws:MultiFactorAuthAge"},
		{"session name", roleCall(user, plain, chain.KindStatic), trusting(`{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}`), "RoleSessionName wants ann; the request has latchkey-", "write role_session_name = ann in profile p"},
		{"tags", roleCall(user, "User: x is not authorized to perform: sts:TagSession on resource: r", chain.KindStatic, chain.InputTags, "A=b"), trusting(`{"StringEquals":{"aws:RequestTag/Team":"x"},"ForAllValues:StringEquals":{"aws:TagKeys":["A"]}}`), "aws:RequestTag/Team wants x; the request has none", "add Team=x to session_tags"},
		{"duration", roleCall(user, plain, chain.KindStatic), trusting(`{"NumericLessThanEquals":{"sts:DurationSeconds":"900"}}`), "sts:DurationSeconds wants 900; the request has none", "duration_seconds"},
		{"what nobody knows", roleCall(user, plain, chain.KindStatic), trusting(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), "allow unsure", "see that aws:SourceIp"},
		{"no policy", roleCall(user, plain, chain.KindStatic), &awsapi.Role{ARN: "arn:aws:iam::1:role/R", Trust: "\x1b[31m{"}, "is not understood", "get-role"},
	} {
		tt.call.Role = tt.role
		r := tt.call.Explain()
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		facts := ""
		for _, f := range r.Facts {
			facts += f.Name + ": " + f.Text + "\n"
		}
		for _, s := range r.Trust {
			facts += s.Effect + " " + s.Verdict + " " + strings.Join(s.Reasons, "\n") + "\n"
		}
		if !strings.Contains(facts, tt.fact) || !strings.Contains(r.Fix, tt.fix) || r.Why == "" || strings.Contains(string(text), `\u001b`) {
			t.Errorf("%s: %s\nwhy %s\nfix %s", tt.name, facts, r.Why, r.Fix)
		}
	}
	two := func(statements string) *awsapi.Role {
		return &awsapi.Role{ARN: "arn:aws:iam::1:role/R", Trust: `{"Version":"2012-10-17","Statement":[` + statements + `]}`}
	}
	const noMFA = `{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`
	session := roleCall(role, plain, chain.KindSSO)
	session.Role = two(`{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:*"},` + noMFA)
	if r := session.Explain(); !strings.Contains(r.Why, "statement 2 of the trust policy denies it") {
		t.Errorf("a session without MFA: %+v", r)
	}
	key := roleCall(user, plain, chain.KindStatic)
	key.Role = two(noMFA + `,{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:*","Condition":{"StringEquals":{"sts:ExternalId":"e"}}}`)
	if r := key.Explain(); !strings.Contains(r.Why, "statement 2 of the trust policy comes closest") || r.Trust[0].Verdict != "misses" {
		t.Errorf("a key, which has no MFA at all: %+v", r)
	}
	session.Role = two(`{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:*","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}}`)
	if r := session.Explain(); r.Trust[0].Verdict != "misses" {
		t.Errorf("a role's session has no user name: %+v", r)
	}
	old := roleCall(user, plain, "")
	old.Source = &chain.Step{Kind: chain.KindSessionToken, Inputs: []chain.Input{{Name: chain.InputMFASerial, Value: "m"}}}
	old.MFASince, old.Role = old.Now.Add(-2*time.Hour), trusting(age)
	if r := old.Explain(); !strings.Contains(r.Fix, "latchkey sessions forget p") || !strings.Contains(r.Why, "the request has 7200") {
		t.Errorf("MFA of two hours ago: %+v", r)
	}
}

// TestRefusalBounded: a policy is others' text: it floods no terminal and reaches
// none as it came.
func TestRefusalBounded(t *testing.T) {
	t.Parallel()
	evil := strings.Repeat("x\u202e", 700)
	statement := `{"Sid":"\u001b]0;x","Effect":"Allow","Principal":{"AWS":["` + evil + `"]},"Action":"s3:x","Condition":{"StringEquals":{"\u001b[31mk":"` + evil + `"}}}`
	c := roleCall("arn:aws:iam::1:user/ann", "User: x is not authorized to perform: sts:AssumeRole", chain.KindStatic)
	c.Role = &awsapi.Role{ARN: "arn:aws:iam::1:role/R", Trust: `{"Statement":[` + strings.Repeat(statement+",", 6) + statement + `]}`}
	r := c.Explain()
	text, _ := json.Marshal(r)
	if len(r.Trust) != 7 || len(text) > 30_000 || strings.Contains(string(text), `\u001b`) || strings.Contains(string(text), "\u202e") {
		t.Errorf("%d statements in %d bytes: %.300s", len(r.Trust), len(text), text)
	}
	if last := r.Trust[0].Reasons[len(r.Trust[0].Reasons)-1]; !strings.HasSuffix(last, "…; the request has none") && !strings.HasSuffix(last, "; what the request has is not known here") {
		t.Errorf("what the request has is cut: %.900s", last)
	}
	c.Role.Trust = `{"Statement":[` + strings.Repeat(`{"Effect":"Allow","Principal":"*","Action":"s3:x"},`, 40) + `{"Effect":"Allow","Principal":"*","Action":"s3:x"}]}`
	if r := c.Explain(); len(r.Trust) != 20 {
		t.Errorf("%d statements are shown", len(r.Trust))
	}
}

// TestTokenFacts: what a refused token claims.
func TestTokenFacts(t *testing.T) {
	t.Parallel()
	c := roleCall("", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
	c.Step.Kind = chain.KindWebIdentity
	claims, err := explain.ParseClaims([]byte(`{"iss":"https://ci.example.com","sub":"repo:a\u001bb","aud":["sts.amazonaws.com","x"],"exp":1772600000}`))
	if err != nil || claims.Expires.Unix() != 1772600000 || strings.Contains(claims.Subject, "\x1b") {
		t.Fatal(claims, err)
	}
	c.Token = &claims
	if r := c.Explain(); !strings.Contains(r.Why, "token is over") {
		t.Errorf("expired: %+v", r)
	}
	claims.Expires = time.Time{}
	if r := c.Explain(); !strings.Contains(r.Fix, "ci.example.com:aud with sts.amazonaws.com or x") || !strings.Contains(r.Fix, "sub with repo:a") {
		t.Errorf("refused: %+v", r)
	}
}

// FuzzClaims never panics, and nothing of it can act on a terminal.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"iss":"https://x","sub":"y","aud":"z","exp":1e300}`))
	f.Add([]byte(`{"aud":[1],"exp":-1}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := explain.ParseClaims(payload)
		if err == nil && strings.ContainsAny(fmt.Sprint(c.Issuer, c.Subject, c.Audience), "\x00\x1b\n") {
			t.Errorf("%q", c)
		}
	})
}

// TestTried: the table, from events in any shape.
func TestTried(t *testing.T) {
	t.Parallel()
	step := func(key string) chain.Step { return chain.Step{Kind: chain.Kind(key), Key: key} }
	failed := func(at, of string, err error) chain.Event {
		return chain.Event{Step: step(at), Phase: chain.PhaseFailed, Err: &chain.StepError{Step: step(of), Err: err}}
	}
	done := func(key string, kept bool) chain.Event {
		return chain.Event{Step: step(key), Phase: chain.PhaseDone, Kept: kept}
	}
	abc := &chain.Plan{Steps: []chain.Step{step("a"), step("b"), step("c")}}
	away := &chain.Plan{Steps: []chain.Step{step("x"), step("y")}, Next: abc}
	gone := &provider.NotAvailableError{Source: "imds", Why: "gone"}
	for _, tt := range []struct {
		name   string
		plan   *chain.Plan
		events []chain.Event
		want   string
	}{
		{"nothing yet", abc, nil, "a not reached, b not reached, c not reached"},
		{"all", abc, []chain.Event{done("a", false), done("b", false), done("c", false)}, "a done, b done, c done"},
		{"last is kept", abc, []chain.Event{done("c", true)}, "a not needed, b not needed, c kept session"},
		{"middle fails", abc, []chain.Event{done("a", false), failed("b", "b", errors.New("x")), failed("c", "b", errors.New("x"))}, "a done, b failed, c not reached"},
		{"kept, and refused", abc, []chain.Event{done("b", true), failed("c", "c", errors.New("x"))}, "a not needed, b kept session, c failed"},
		{"run and asked again", abc, []chain.Event{done("a", false), done("a", true), failed("b", "b", errors.New("x"))}, "a done, b failed, c not reached"},
		{"first source is not there", away, []chain.Event{failed("x", "x", gone), failed("y", "x", gone), done("a", false), done("b", false), done("c", false)}, "x not there, y not needed, a done, b done, c done"},
		{"first source is there", away, []chain.Event{done("x", false), done("y", false)}, "x done, y done, a not needed, b not needed, c not needed"},
		{"first source fails", away, []chain.Event{failed("x", "x", errors.New("x")), failed("y", "x", errors.New("x"))}, "x failed, y not reached, a not reached, b not reached, c not reached"},
	} {
		var rows []string
		for _, s := range explain.Tried(tt.plan, tt.events) {
			rows = append(rows, string(s.Step.Kind)+" "+string(s.Status))
		}
		if got := strings.Join(rows, ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
