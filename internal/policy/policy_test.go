package policy_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

func parse(t *testing.T, text string, kind policy.Kind) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text), kind)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return d
}

func identity(effect, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `",` + action + `,` + resource + `}}`
}

// TestActionsAndResources matches names with wildcards.
func TestActionsAndResources(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/Dev"
	for _, c := range []struct {
		action, resource string
		want             bool
	}{
		{`"Action":"sts:AssumeRole"`, `"Resource":"*"`, true},
		{`"Action":"STS:assumerole"`, `"Resource":"*"`, true},
		{`"Action":"*"`, `"Resource":"*"`, true},
		{`"Action":["s3:*","sts:Assume*"]`, `"Resource":["x","` + role + `"]`, true},
		{`"Action":"sts:AssumeRol?"`, `"Resource":"arn:aws:iam::*:role/D?v"`, true},
		{`"Action":"sts:Assume"`, `"Resource":"*"`, false},
		{`"Action":"s3:*"`, `"Resource":"*"`, false},
		{`"Action":"sts:*"`, `"Resource":"arn:aws:iam::111122223333:role/dev"`, false},
		{`"NotAction":"s3:*"`, `"Resource":"*"`, true},
		{`"NotAction":"sts:*"`, `"Resource":"*"`, false},
		{`"Action":"sts:*"`, `"NotResource":"arn:aws:iam::*:role/Admin"`, true},
		{`"Action":"sts:*"`, `"NotResource":"arn:aws:iam::*:role/D*"`, false},
		{`"Action":"sts:*"`, `"Resource":"arn:aws:iam::*:role/${aws:username}"`, true},
		{`"Action":"sts:*"`, `"Resource":"arn:aws:iam::*:role/${aws:nothing}"`, false},
		{`"Action":"sts:*"`, `"Resource":"arn:aws:iam::*:role/${aws:nothing, 'Dev'}"`, true},
	} {
		d := parse(t, identity("Allow", c.action, c.resource), policy.Identity)
		got := d.Evaluate(policy.Request{Action: "sts:AssumeRole", Resource: role, Context: policy.Context{"aws:username": {"Dev"}}})
		if got.Allowed != c.want || got.Denied {
			t.Errorf("%s %s: %+v", c.action, c.resource, got)
		}
	}
}

// TestPrincipals matches who asks, by all its names.
func TestPrincipals(t *testing.T) {
	t.Parallel()
	user := policy.Caller{Kind: "AWS", Names: []string{"arn:aws:iam::111122223333:user/alice"}, Account: "111122223333"}
	role := policy.Caller{Kind: "AWS", Names: []string{"arn:aws:sts::111122223333:assumed-role/Dev/s", "arn:aws:iam::111122223333:role/team/Dev"}, Account: "111122223333"}
	oidc := policy.Caller{Kind: "Federated", Names: []string{"arn:aws:iam::111122223333:oidc-provider/ci"}}
	ec2 := policy.Caller{Kind: "Service", Names: []string{"ec2.amazonaws.com"}}
	for _, c := range []struct {
		principal     string
		caller        policy.Caller
		match, direct bool
	}{
		{`"Principal":{"AWS":"111122223333"}`, user, true, false},
		{`"Principal":{"AWS":111122223333}`, user, true, false},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`, user, true, false},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`, role, true, false},
		{`"Principal":{"AWS":"arn:aws:iam::999999999999:root"}`, user, false, false},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"}`, user, true, true},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/Alice"}`, user, false, false},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/*"}`, user, false, false},
		{`"Principal":{"AWS":["x","arn:aws:iam::111122223333:role/team/Dev"]}`, role, true, true},
		{`"Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/Dev/s"}`, role, true, true},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:role/Dev"}`, role, false, false},
		{`"Principal":{"AWS":"*"}`, user, true, true},
		{`"Principal":"*"`, user, true, true},
		{`"Principal":"*"`, oidc, false, false},
		{`"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/ci"}`, oidc, true, true},
		{`"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/ci"}`, user, false, false},
		{`"Principal":{"Service":["ecs.amazonaws.com","ec2.amazonaws.com"]}`, ec2, true, true},
		{`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/alice"}`, user, false, false},
		{`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/bob"}`, user, true, false},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+c.principal+`,"Action":"sts:AssumeRole"}]}`, policy.Trust)
		got := d.Evaluate(policy.Request{Action: "sts:AssumeRole", Caller: c.caller})
		if got.Allowed != c.match || got.Direct != c.direct {
			t.Errorf("%s for %v: %+v", c.principal, c.caller.Names, got)
		}
	}
}

// TestMFATable is the table of MFA patterns: long-term keys have no key at
// all, temporary ones have true or false.
func TestMFATable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		effect, condition     string
		absent, without, with bool // allowed, or denied for Deny
	}{
		{"Deny", `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, true, true, false},
		{"Deny", `"Bool":{"aws:MultiFactorAuthPresent":"false"}`, false, true, false},
		{"Allow", `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, false, false, true},
		{"Allow", `"Bool":{"aws:MultiFactorAuthPresent":true}`, false, false, true},
		{"Allow", `"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`, true, false, true},
		{"Deny", `"Null":{"aws:MultiFactorAuthPresent":"true"}`, true, false, false},
		{"Allow", `"Null":{"aws:MultiFactorAuthPresent":"false"}`, false, true, true},
	} {
		d := parse(t, identity(c.effect, `"Action":"*"`, `"Resource":"*","Condition":{`+c.condition+`}`), policy.Identity)
		for name, v := range map[string]struct {
			ctx  policy.Context
			want bool
		}{
			"absent": {policy.Context{}, c.absent}, "false": {policy.Context{"aws:multifactorauthpresent": {"false"}}, c.without},
			"true": {policy.Context{"aws:multifactorauthpresent": {"true"}}, c.with},
		} {
			got := d.Evaluate(policy.Request{Action: "sts:AssumeRole", Resource: "r", Context: v.ctx})
			if got.Allowed != (v.want && c.effect == "Allow") || got.Denied != (v.want && c.effect == "Deny") {
				t.Errorf("%s %s, key %s: %+v", c.effect, c.condition, name, got)
			}
		}
	}
}

// TestConditions has every operator, with the key k as it is in the request;
// nil is an absent key.
func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operator, values string
		have             []string
		want             bool
	}{
		{"StringEquals", `"a"`, []string{"a"}, true},
		{"StringEquals", `["b","a"]`, []string{"a"}, true},
		{"StringEquals", `"A"`, []string{"a"}, false},
		{"StringEquals", `"a*"`, []string{"ab"}, false},
		{"StringEquals", `"a"`, nil, false},
		{"StringEqualsIfExists", `"a"`, nil, true},
		{"StringEqualsIfExists", `"a"`, []string{"b"}, false},
		{"StringEqualsIgnoreCase", `"A"`, []string{"a"}, true},
		{"StringNotEqualsIgnoreCase", `"A"`, []string{"a"}, false},
		{"StringNotEquals", `["a","b"]`, []string{"c"}, true},
		{"StringNotEquals", `["a","b"]`, []string{"b"}, false},
		{"StringNotEquals", `"a"`, nil, true},
		{"StringLike", `"repo:*:ref:?"`, []string{"repo:x/y:ref:z"}, true},
		{"StringLike", `"repo:*"`, []string{"Repo:x"}, false},
		{"StringLike", `"${v}*"`, []string{"star*x"}, true},
		{"StringLike", `"${v}"`, []string{"starx"}, false},
		{"StringLike", `"a${*}"`, []string{"ab"}, false},
		{"StringLike", `"a${*}"`, []string{"a*"}, true},
		{"StringNotLike", `"a*"`, []string{"b"}, true},
		{"StringNotLike", `"a*"`, []string{"ab"}, false},
		{"StringEquals", `"${v}"`, []string{"star*"}, true},
		{"StringEquals", `"${w}"`, []string{"${w}"}, false},
		{"StringEquals", `"${w"`, []string{"${w"}, true},
		{"Bool", `"true"`, []string{"true"}, true},
		{"Bool", `"true"`, []string{"false"}, false},
		{"Null", `"true"`, nil, true},
		{"Null", `"true"`, []string{"x"}, false},
		{"NumericEquals", `"3600"`, []string{"3600"}, true},
		{"NumericNotEquals", `"3600"`, []string{"3600"}, false},
		{"NumericLessThan", `3600`, []string{"3599"}, true},
		{"NumericLessThan", `"3600"`, []string{"3600"}, false},
		{"NumericLessThanEquals", `"3600"`, []string{"3600"}, true},
		{"NumericGreaterThan", `"1"`, []string{"2"}, true},
		{"NumericGreaterThanEquals", `"1"`, []string{"0.5"}, false},
		{"NumericLessThan", `"1"`, []string{"x"}, false},
		{"NumericLessThanIfExists", `"1"`, nil, true},
		{"DateLessThan", `"2026-01-02T00:00:00Z"`, []string{"2026-01-01T00:00:00Z"}, true},
		{"DateGreaterThan", `"2026-01-02T00:00:00Z"`, []string{"1700000000"}, false},
		{"DateEquals", `"2026-01-02"`, []string{"2026-01-02T00:00:00Z"}, true},
		{"ArnEquals", `"arn:aws:iam::*:role/a*"`, []string{"arn:aws:iam::1:role/ab"}, true},
		{"ArnLike", `"arn:aws:*:role/a"`, []string{"arn:aws:iam::1:role/a"}, false},
		{"ArnNotLike", `"arn:aws:iam::1:*"`, []string{"arn:aws:iam::2:role/a"}, true},
		{"ArnLike", `"*"`, []string{"x"}, false},
		{"IpAddress", `["10.0.0.0/8","127.0.0.1"]`, []string{"127.0.0.1"}, true},
		{"IpAddress", `"10.0.0.0/8"`, []string{"11.0.0.1"}, false},
		{"NotIpAddress", `"10.0.0.0/8"`, []string{"11.0.0.1"}, true},
		{"IpAddress", `"::1"`, []string{"x"}, false},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "b"}, true},
		{"ForAnyValue:StringEquals", `"a"`, []string{"c", "b"}, false},
		{"ForAnyValue:StringEquals", `"a"`, nil, false},
		{"ForAnyValue:StringEqualsIfExists", `"a"`, nil, true},
		{"ForAnyValue:StringNotEquals", `"a"`, []string{"a", "b"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "b"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "c"}, false},
		{"ForAllValues:StringEquals", `"a"`, nil, true},
		{"ForAllValues:StringLike", `"a*"`, []string{"ab", "ac"}, true},
	} {
		d := parse(t, identity("Allow", `"Action":"*"`, `"Resource":"*","Condition":{"`+c.operator+`":{"K":`+c.values+`}}`), policy.Identity)
		ctx := policy.Context{"v": {"star*"}}
		if c.have != nil {
			ctx["k"] = c.have
		}
		if got := d.Evaluate(policy.Request{Action: "x", Resource: "r", Context: ctx}); got.Allowed != c.want {
			t.Errorf("%s %s on %q: %+v, want %v", c.operator, c.values, c.have, got, c.want)
		}
	}
}

// TestDenyWins puts a deny beside an allow, in both orders.
func TestDenyWins(t *testing.T) {
	t.Parallel()
	const allow, deny = `{"Effect":"Allow","Action":"sts:*","Resource":"*"}`, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`
	for _, list := range []string{allow + "," + deny, deny + "," + allow} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[`+list+`]}`, policy.Identity)
		if got := d.Evaluate(policy.Request{Action: "sts:AssumeRole", Resource: "r"}); !got.Denied || got.Allowed {
			t.Errorf("%s: %+v", list, got)
		}
		if got := d.Evaluate(policy.Request{Action: "sts:TagSession", Resource: "r"}); got.Denied || !got.Allowed {
			t.Errorf("%s: %+v", list, got)
		}
	}
}

// TestVersion2008 knows no variables.
func TestVersion2008(t *testing.T) {
	t.Parallel()
	d := parse(t, `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"${aws:username}"}}`, policy.Identity)
	ctx := policy.Context{"aws:username": {"alice"}}
	if d.Evaluate(policy.Request{Action: "x", Resource: "alice", Context: ctx}).Allowed ||
		!d.Evaluate(policy.Request{Action: "x", Resource: "${aws:username}", Context: ctx}).Allowed {
		t.Error("a variable is put in")
	}
}

// TestParseErrors has one mistake a row.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[{` + s + `}]}` }
	const ok = `"Effect":"Allow","Action":"x"`
	for _, c := range []struct {
		text string
		kind policy.Kind
		want string
	}{
		{``, policy.Identity, "EOF"},
		{`{}`, policy.Identity, "no Statement"},
		{`{"Statement":[]}`, policy.Identity, "no Statement"},
		{`{"Statement":"x"}`, policy.Identity, "Statement"},
		{`{"Version":"2020-01-01","Statement":[]}`, policy.Identity, `version "2020-01-01" is not 2012-10-17`},
		{statement(ok+`,"Resource":"*"`) + "x", policy.Identity, "text after the document"},
		{statement(ok), policy.Identity, "needs one of Resource and NotResource"},
		{statement(ok + `,"Resource":"*","NotResource":"*"`), policy.Identity, "needs one of Resource and NotResource"},
		{statement(ok + `,"Resource":"*","Principal":"*"`), policy.Identity, "an identity policy has no Principal"},
		{statement(ok), policy.Trust, "needs one of Principal and NotPrincipal"},
		{statement(ok + `,"Principal":"*","Resource":"*"`), policy.Trust, "a trust policy has no Resource"},
		{statement(`"Effect":"allow","Action":"x","Resource":"*"`), policy.Identity, `Effect is "allow"`},
		{statement(`"Effect":"Allow","Resource":"*"`), policy.Identity, "needs one of Action and NotAction"},
		{statement(`"Effect":"Allow","Action":[],"Resource":"*"`), policy.Identity, "Action: is empty"},
		{statement(`"Effect":"Allow","Action":{"a":1},"Resource":"*"`), policy.Identity, "Action: holds a value that is no string"},
		{statement(ok + `,"Resource":"*","Conditions":{}`), policy.Identity, "Conditions: element is not known"},
		{statement(ok + `,"Principal":"x"`), policy.Trust, `"x" is not "*" or an object`},
		{statement(ok + `,"Principal":{}`), policy.Trust, "names nobody"},
		{statement(ok + `,"Principal":{"aws":"*"}`), policy.Trust, `kind "aws" is not AWS`},
		{statement(ok + `,"Resource":"*","Condition":{"StringIs":{"k":"v"}}`), policy.Identity, `operator "StringIs" is not known`},
		{statement(ok + `,"Resource":"*","Condition":{"NullIfExists":{"k":"true"}}`), policy.Identity, `operator "NullIfExists" is not known`},
		{statement(ok + `,"Resource":"*","Condition":{"NumericAbout":{"k":"1"}}`), policy.Identity, `operator "NumericAbout" is not known`},
		{statement(ok + `,"Resource":"*","Condition":{"Bool":{"k":"yes"}}`), policy.Identity, `value "yes" does not suit the operator`},
		{statement(ok + `,"Resource":"*","Condition":{"NumericEquals":{"k":"x"}}`), policy.Identity, `value "x" does not suit`},
		{statement(ok + `,"Resource":"*","Condition":{"DateEquals":{"k":"x"}}`), policy.Identity, `value "x" does not suit`},
		{statement(ok + `,"Resource":"*","Condition":{"IpAddress":{"k":"x"}}`), policy.Identity, `value "x" does not suit`},
		{strings.Repeat(" ", 65<<10), policy.Identity, "longer than"},
	} {
		if _, err := policy.Parse([]byte(c.text), c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: %v, want %s", c.text, err, c.want)
		}
	}
}

// FuzzPolicy never panics, and what is read can be evaluated.
func FuzzPolicy(f *testing.F) {
	f.Add(identity("Allow", `"Action":"*"`, `"Resource":"${a, 'b'}","Condition":{"ForAnyValue:ArnLike":{"k":"a*:?"}}`), false)
	f.Add(`{"Statement":{"Effect":"Deny","NotAction":1,"NotPrincipal":{"AWS":[true]}}}`, true)
	f.Fuzz(func(_ *testing.T, text string, trust bool) {
		kind := policy.Identity
		if trust {
			kind = policy.Trust
		}
		d, err := policy.Parse([]byte(text), kind)
		if err != nil {
			return
		}
		d.Evaluate(policy.Request{
			Action: "sts:AssumeRole", Resource: text, Context: policy.Context{"k": {text}, "a": {"*"}},
			Caller: policy.Caller{Kind: "AWS", Names: []string{text}, Account: "1"},
		})
	})
}
