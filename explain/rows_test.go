package explain_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
)

// met is what came of a situation: an error, or a finding of the plan.
type met struct {
	err     error
	finding explain.Finding
	where   string // contained; "" for no matter, "-" for nowhere
	fix     string // contained
}

// situation is a row of the failure catalogue (credential-sources, section 8), as
// latchkey itself meets it.
type situation struct {
	row  int
	code string // the rule's
	meet func(*testing.T) met
}

func (s situation) test(t *testing.T) {
	t.Parallel()
	got := s.meet(t)
	f := got.finding
	if got.err != nil {
		f = explain.Error(got.err)
		if codes := explain.Matching(got.err); len(codes) != 1 || codes[0] != s.code {
			t.Fatalf("the rules %v explain %v; want %s alone", codes, got.err, s.code)
		}
	}
	r, ok := explain.RuleOf(f.Code)
	if !ok || r.Code != s.code || f.Title == "" || len(f.Docs) == 0 {
		t.Fatalf("%v: finding %+v of rule %s; want that of %s", got.err, f, r.Code, s.code)
	}
	where := ""
	if f.Where != nil {
		where = f.Where.String()
	}
	if got.where == "-" && where != "" || got.where != "-" && !strings.Contains(where, got.where) {
		t.Errorf("%v: at %q, want %q", got.err, where, got.where)
	}
	if f.Fix == "" || !strings.Contains(f.Fix, got.fix) {
		t.Errorf("%v: fix %q, want %q", got.err, f.Fix, got.fix)
	}
}

// TestSituations provokes each row that latchkey can meet.
func TestSituations(t *testing.T) {
	t.Parallel()
	for _, s := range situations() {
		t.Run(s.code, s.test)
	}
}

func situations() []situation {
	return slices.Concat(fileSituations(), keySituations(), roleSituations(), deviceSituations(), signInSituations(), sourceSituations(), tokenSituations(), otherSituations())
}

// TestRows holds the catalogue against the rules, both ways: each row is met, or its
// texts are read, by one rule, and each rule named for a row is one of the table.
func TestRows(t *testing.T) {
	t.Parallel()
	want := rows()
	got := map[int][]string{}
	for _, s := range situations() {
		got[s.row] = append(got[s.row], s.code)
	}
	for _, s := range sayings() {
		got[s.row] = append(got[s.row], s.code)
	}
	for row := 1; row <= 56; row++ {
		codes := got[row]
		slices.Sort(codes)
		if codes = slices.Compact(codes); !slices.Equal(codes, want[row]) {
			t.Errorf("row %d is covered by %v, want %v", row, codes, want[row])
		}
	}
	if extra := slices.Sorted(maps.Keys(got)); len(extra) != 56 || len(want) != 56 {
		t.Errorf("the tests have the rows %v", extra)
	}
	for row, codes := range want {
		for _, code := range codes {
			if r, ok := explain.RuleOf(code); !ok || r.Code != code {
				t.Errorf("row %d: there is no rule %s", row, code)
			}
		}
	}
}

// rows says which rules explain each row of the catalogue.
func rows() map[int][]string {
	return map[int][]string{
		1: {"no-credentials"}, 2: {"no-credentials"}, 3: {"not-found"}, 4: {"empty-aws-profile"}, 5: {"config-file"}, 6: {"half-pair"}, 7: {"half-pair"},
		8: {"role-without-source"}, 9: {"environment-over-profile"}, 10: {"key-unknown"}, 11: {"secret-wrong"}, 12: {"signature-malformed"}, 13: {"clock"},
		14: {"expired"}, 15: {"expired"}, 16: {"assume-role-denied"}, 17: {"explicit-deny"}, 18: {"role-duration"}, 19: {"chained-duration"},
		20: {"mfa-code-refused"}, 21: {"mfa-serial-refused"}, 22: {"mfa-required"}, 23: {"mfa-required"}, 24: {"session-of-session"}, 25: {"explicit-deny"},
		26: {"sso-sign-in"}, 27: {"sso-sign-in"}, 28: {"sso-sign-in"}, 29: {"role-not-assigned"}, 30: {"sso-differs", "sso-incomplete", "sso-session-missing"},
		31: {"sign-in-grant", "start-url"}, 32: {"sign-in-late"}, 33: {"console-sign-in"}, 34: {"needs-crt"}, 35: {"process-exit-status", "process-not-found"},
		36: {"process-not-JSON"}, 37: {"process-wrong-version"}, 38: {"container-host"}, 39: {"container-refused", "malformed"}, 40: {"not-available"}, 41: {"imds-role"},
		42: {"oidc-provider"}, 43: {"oidc-audience"}, 44: {"web-identity-denied"}, 45: {"expired"}, 46: {"token-file"}, 47: {"no-region"}, 48: {"unreachable-dns"},
		49: {"region-disabled"}, 50: {"unreachable-tls"}, 51: {"source-profile-loop"}, 52: {"console-refused"}, 53: {"key-limit"}, 54: {"mfa-half-enrolled"},
		55: {"fips-endpoint"}, 56: {"root"},
	}
}

const (
	roleA     = "role_arn = arn:aws:iam::444455556666:role/ReadOnly\n"
	aliceKey  = "aws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n"
	refusedTo = 400
)

func fileSituations() []situation {
	return []situation{
		{1, "no-credentials", func(t *testing.T) met {
			return met{err: newBench(t).config("[profile dev]\nregion = eu-west-1\n").env("AWS_PROFILE=dev").retrieveDefault(), where: "AWS_PROFILE", fix: "give profile dev credentials"}
		}},
		{2, "no-credentials", func(t *testing.T) met {
			s := newBench(t).env("AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1")
			return met{err: s.retrieveDefault(), where: "-", fix: "latchkey profiles"}
		}},
		{3, "not-found", func(t *testing.T) met {
			return met{err: newBench(t).config("[profile prod]\nregion = eu-west-1\n").retrieve("prdo"), where: "config", fix: "did you mean prod?"}
		}},
		{3, "not-found", func(t *testing.T) met {
			s := newBench(t).config("[dev]\n" + roleA)
			return met{err: s.retrieve("dev"), where: s.line("[dev]"), fix: "[profile"}
		}},
		{4, "empty-aws-profile", func(t *testing.T) met {
			return met{finding: newBench(t).keys("[default]\n"+aliceKey).env("AWS_PROFILE=").noted("", "empty-aws-profile"), where: "AWS_PROFILE", fix: "unset"}
		}},
		{5, "config-file", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n" + aliceKey + "[profile a]\nregion = eu-west-1\n")
			return met{finding: s.noted("a", "duplicate-section"), where: "config:4", fix: ""}
		}},
		{5, "config-file", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\njunk\n")
			return met{err: s.retrieve("a"), where: s.line("junk"), fix: ""}
		}},
		{6, "half-pair", func(t *testing.T) met {
			return met{err: newBench(t).env("AWS_ACCESS_KEY_ID=AKIAALICE0001EXAMPLE").retrieveDefault(), where: "AWS_ACCESS_KEY_ID", fix: "unset both"}
		}},
		{7, "half-pair", func(t *testing.T) met {
			return met{err: newBench(t).keys("[a]\naws_access_key_id = AKIAALICE0001EXAMPLE\n").retrieve("a"), where: "credentials:2", fix: "aws_secret_access_key"}
		}},
		{8, "role-without-source", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n" + roleA)
			return met{err: s.retrieve("a"), where: s.line("role_arn"), fix: "add source_profile"}
		}},
		{9, "environment-over-profile", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n"+roleA+"source_profile = b\n").keys("[b]\n"+aliceKey).env("AWS_PROFILE=a", "AWS_ACCESS_KEY_ID=AKIAALICE0001EXAMPLE", "AWS_SECRET_ACCESS_KEY=alice/Sandbox+Secret/0001/bPxREXAMPLEKEY")
			return met{finding: s.noted("", "environment-over-profile"), where: "AWS_ACCESS_KEY_ID", fix: "unset"}
		}},
		{30, "sso-incomplete", func(t *testing.T) met {
			s := newBench(t).config("[profile s]\nsso_account_id = 1\nsso_role_name = R\n")
			return met{err: s.retrieve("s"), where: s.line("sso_account_id"), fix: "add sso_start_url, sso_region"}
		}},
		{30, "sso-session-missing", func(t *testing.T) met {
			s := newBench(t).config("[profile s]\nsso_session = q\nsso_account_id = 1\nsso_role_name = R\n")
			return met{err: s.retrieve("s"), where: s.line("sso_session"), fix: "add the section"}
		}},
		{30, "sso-differs", func(t *testing.T) met {
			s := newBench(t).config("[sso-session q]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n[profile s]\nsso_session = q\nsso_account_id = 1\nsso_role_name = R\nsso_region = us-east-1\n")
			return met{err: s.retrieve("s"), where: s.line("sso_region"), fix: "remove sso_region"}
		}},
		{51, "source-profile-loop", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n" + roleA + "source_profile = b\n[profile b]\n" + roleA + "source_profile = a\n")
			return met{err: s.retrieve("a"), where: s.line("source_profile"), fix: "with credentials"}
		}},
		{47, "no-region", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n" + roleA + "source_profile = b\n").keys("[b]\n" + aliceKey).env("AWS_REGION=")
			return met{finding: s.noted("a", "no-region"), where: "-", fix: "set region"}
		}},
		{55, "fips-endpoint", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n" + roleA + "source_profile = b\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1:1\n").keys("[b]\n" + aliceKey)
			return met{err: s.retrieve("a"), where: s.line("endpoint_url"), fix: ""}
		}},
	}
}

// retrieveDefault runs the default chain.
func (s *bench) retrieveDefault() error {
	s.t.Helper()
	r := s.load()
	plan, err := r.PlanOf(origin.Value{}, chain.Policy{})
	if err != nil {
		return err
	}
	p, err := r.Provider(plan)
	if err != nil {
		return err
	}
	_, err = p.Retrieve(s.t.Context())
	return err
}
