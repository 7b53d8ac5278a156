package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// TestTrace holds what is told of each statement, element by element.
func TestTrace(t *testing.T) {
	t.Parallel()
	d := parse(t, `{"Version":"2012-10-17","Statement":[
		{"Sid":"Ext","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:user/bob"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
		{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}},
		{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::1:user/alice"},"Action":["sts:TagSession","s3:*"]},
		{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}},
		{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:nobody}"}}}]}`, policy.Trust)
	ctx := policy.Context{"aws:multifactorauthpresent": {"false"}, "sts:rolesessionname": {"ops"}, "aws:username": {"alice"}}
	request := policy.Request{Action: "sts:AssumeRole", Caller: policy.Caller{Kind: "AWS", Names: []string{"arn:aws:iam::1:user/alice"}, Account: "1"}, Context: ctx}
	unknown := func(key string) bool { return !strings.HasPrefix(key, "aws:p") && key != "aws:nobody" }
	want := []string{
		`1 "Ext" true misses [{Principal false   [arn:aws:iam::1:user/bob] [arn:aws:iam::1:user/alice] false} {Condition false Bool aws:MultiFactorAuthPresent [true] [false] false} {Condition false StringEquals sts:ExternalId [x] [] false}]`,
		`2 "" false unsure [{Condition false StringNotEquals aws:PrincipalOrgID [o-1] [] true}]`,
		`3 "" true misses [{Action false   [sts:TagSession s3:*] [sts:AssumeRole] false} {Principal true   [arn:aws:iam::1:user/alice] [arn:aws:iam::1:user/alice] false}]`,
		`4 "" true misses [{Condition false StringEquals sts:RoleSessionName [alice] [ops] false}]`,
		`5 "" true unsure [{Condition false StringEquals sts:RoleSessionName [${aws:nobody}] [ops] true}]`,
	}
	for i, got := range d.Trace(request, unknown) {
		if text := fmt.Sprintf("%d %q %v %s %v", got.Number, got.Sid, got.Allow, got.Verdict, got.Reasons); text != want[i] {
			t.Errorf("statement %d:\n%s, want\n%s", i+1, text, want[i])
		}
	}
	ctx["sts:rolesessionname"] = []string{"alice"}
	if got := d.Trace(request, nil)[3]; got.Verdict != policy.Matches || got.Reasons != nil {
		t.Errorf("with the user's name: %+v", got)
	}
}

// FuzzTrace: a trace and the decision agree: of a document of one statement, it
// matches where the statement decides.
func FuzzTrace(f *testing.F) {
	f.Add(`{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:*","Condition":{"StringLikeIfExists":{"k":"${a, 'b'}*"}}}`, "k", "bx")
	f.Add(`{"Effect":"Deny","NotPrincipal":{"AWS":["2"]},"NotAction":"s3:*","Condition":{"ForAllValues:StringEquals":{"k":["x"]},"Null":{"j":"true"}}}`, "k", "x")
	f.Fuzz(func(t *testing.T, statement, key, value string) {
		d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+statement+`]}`), policy.Trust)
		if err != nil {
			return
		}
		r := policy.Request{Action: "sts:AssumeRole", Caller: policy.Caller{Kind: "AWS", Names: []string{"arn:aws:iam::1:user/a"}, Account: "1"},
			Context: policy.Context{strings.ToLower(key): {value}}}
		decision, traces := d.Evaluate(r), d.Trace(r, nil)
		if len(traces) == 1 && (decision.Allowed || decision.Denied) != (traces[0].Verdict == policy.Matches) {
			t.Errorf("decided %+v, traced %+v", decision, traces[0])
		}
	})
}
