package iam_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/iam"
)

const reportHead = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active\n"

func line(user, created, password, used, mfa, k1, k1made, k1used, k2, k2made, k2used string) string {
	return strings.Join([]string{user, "arn:aws:iam::111122223333:user/" + user, created, password, used, "N/A", "N/A", mfa, k1, k1made, k1used, "N/A", "N/A", k2, k2made, k2used, "N/A", "N/A", "false"}, ",") + "\n"
}

const (
	old   = "2025-01-01T00:00:00+00:00"
	fresh = "2026-03-01T00:00:00+00:00"
	noKey = "false"
	none  = "N/A"
)

func reportOf(lines ...string) string { return reportHead + strings.Join(lines, "") }

// codes are the findings as "weight code user".
func codes(list []*iam.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Weight)+" "+f.Code+" "+f.User)
		if f.What == "" || f.Fix == "" {
			out = append(out, "without words: "+f.Code)
		}
	}
	return out
}

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, tt := range []struct {
		line string
		want []string
	}{
		{line("<root_account>", old, "not_supported", "no_information", "true", noKey, none, none, noKey, none, none), nil},
		{line("<root_account>", old, "not_supported", fresh, "false", "true", old, none, noKey, none, none), []string{"security root-key <root_account>", "security root-no-mfa <root_account>", "note root-used <root_account>"}},
		{line("<root_account>", old, "not_supported", old, "true", noKey, old, none, noKey, none, none), []string{"note root-key-inactive <root_account>"}},
		{line("good", old, "true", fresh, "true", "true", fresh, fresh, noKey, none, none), nil},
		{line("nomfa", old, "true", fresh, "false", noKey, none, none, noKey, none, none), []string{"security password-no-mfa nomfa"}},
		{line("keyonly", old, "false", "N/A", "false", "true", fresh, fresh, noKey, none, none), nil},
		{line("old", old, "false", "N/A", "false", "true", old, fresh, noKey, none, none), []string{"warning old-key old"}},
		{line("unused", old, "false", "N/A", "false", "true", "2026-02-01T00:00:00+00:00", none, noKey, none, none), []string{"warning unused-key unused"}},
		{line("justmade", fresh, "false", "N/A", "false", "true", fresh, none, noKey, none, none), []string{"note unused-key justmade"}},
		{line("two", old, "false", "N/A", "false", "true", fresh, fresh, "true", fresh, fresh), []string{"warning two-keys two"}},
		{line("left", old, "false", "N/A", "false", "true", fresh, fresh, noKey, old, fresh), []string{"note inactive-key left"}},
		{line("asleep", old, "true", old, "true", noKey, none, none, noKey, none, none), []string{"warning unused-password asleep"}},
		{line("never", old, "true", "no_information", "true", noKey, none, none, noKey, none, none), []string{"warning unused-password never"}},
		{line("notyet", "2026-02-10T00:00:00+00:00", "true", "no_information", "true", noKey, none, none, noKey, none, none), []string{"note unused-password notyet"}},
		{line("new", fresh, "true", "no_information", "true", noKey, none, none, noKey, none, none), nil},
	} {
		holders, err := iam.ParseReport([]byte(reportOf(tt.line)))
		if got := codes(iam.Judge(holders, now)); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q, %v", tt.line, got, tt.want, err)
		}
	}
}

// TestJudgeUnknown: what is not known is not held against anybody.
func TestJudgeUnknown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	if got := codes(iam.Judge([]*iam.Holder{{}, {Name: "bob", Password: true, Created: now}, {Name: "ann", PasswordKnown: true, Password: true, Created: now}}, now)); got != nil {
		t.Errorf("findings %q", got)
	}
}

func TestParseReport(t *testing.T) {
	t.Parallel()
	good := line("bob", old, "true", fresh, "true", "true", old, fresh, noKey, none, none)
	got, err := iam.ParseReport([]byte("\xef\xbb\xbf" + reportOf(good)))
	if err != nil || len(got) != 1 || got[0].Name != "bob" || !got[0].Password || !got[0].MFA || len(got[0].Keys) != 1 || got[0].Keys[0].Created.Year() != 2025 || !got[0].PasswordUsed.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "names its columns"},
		{"no column", "user,mfa_active\nbob,true\n", "no column password_enabled"},
		{"short line", reportOf("bob,arn\n"), "line 2 is not CSV of 19 fields"},
		{"quote", reportOf(`"bo` + "CANARY"), "line 2"},
		{"long", strings.Repeat("x", 8<<20+1), "8 MiB"},
		{"many", reportHead + strings.Repeat(good, 20_001), "more users"},
	} {
		_, err := iam.ParseReport([]byte(tt.text))
		var bad *iam.ReportError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// FuzzParseReport: whatever AWS sends, a report is read or refused, and judging it does
// not panic.
func FuzzParseReport(f *testing.F) {
	f.Add([]byte(reportOf(line("bob", old, "true", fresh, "true", "true", old, fresh, noKey, none, none))))
	f.Add([]byte(reportHead))
	f.Add([]byte("user,password_enabled,mfa_active,access_key_1_active,access_key_2_active\n\"\",,,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		holders, err := iam.ParseReport(data)
		if err != nil {
			var bad *iam.ReportError
			if !errors.As(err, &bad) || len(holders) > 0 {
				t.Fatalf("%v with %d", err, len(holders))
			}
			return
		}
		for _, finding := range iam.Judge(holders, time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)) {
			if finding.Code == "" || finding.What == "" || finding.Weight == "" {
				t.Fatalf("%+v", finding)
			}
		}
	})
}

func TestMakeReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leaver()
	d.fake.summary = map[string]int{"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0, "Users": 1}
	d.fake.reportStates = []string{"STARTED", "INPROGRESS"}
	d.fake.report = reportOf(line("<root_account>", old, "not_supported", "no_information", "true", noKey, none, none, noKey, none, none),
		line("bob", old, "true", fresh, "false", noKey, none, none, noKey, none, none))
	admin := d.fake.admin(t, d.clock)
	told := 0
	admin.Progress = func(int, int) { told++ }
	r, err := iam.MakeReport(t.Context(), admin)
	if err != nil || r.Account != fakeAccount || r.Alias != "corp" || r.Made.IsZero() || told != 2 || len(r.Unseen) > 0 {
		t.Fatalf("%+v, told %d, %v", r, told, err)
	}
	// The summary knows better than the report, which is older.
	if got := codes(r.Findings); !slices.Equal(got, []string{"security root-key <root_account>", "security root-no-mfa <root_account>", "security password-no-mfa bob"}) {
		t.Errorf("findings %q", got)
	}
	// AWS never gets done: the old report will do.
	d.fake.reportStates = slices.Repeat([]string{"INPROGRESS"}, 1000)
	began := d.clock.Now()
	if _, err = iam.MakeReport(t.Context(), admin); err != nil || d.clock.Now().Sub(began) > 3*time.Minute {
		t.Errorf("after %v: %v", d.clock.Now().Sub(began), err)
	}
}

// TestReportDenied: without the report the users are listed, and what of that is denied
// is told once and judged as little as what is not known.
func TestReportDenied(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		denied, unseen, want []string
	}{
		{[]string{"GenerateCredentialReport"}, nil, []string{"security root-key <root_account>"}},
		{[]string{"GetCredentialReport"}, []string{"GenerateCredentialReport"}, []string{"security root-key <root_account>", "security password-no-mfa ann", "warning unused-password ann", "warning unused-password bob", "note unused-key bob", "note inactive-key bob"}},
		{[]string{"GetCredentialReport", "ListMFADevices", "GetLoginProfile"}, []string{"GenerateCredentialReport", "GetLoginProfile", "ListMFADevices"}, []string{"security root-key <root_account>", "note unused-key bob", "note inactive-key bob"}},
		{[]string{"GetCredentialReport", "ListUsers", "GetAccountSummary"}, []string{"GetAccountSummary", "GenerateCredentialReport", "ListUsers"}, nil},
	} {
		d := newDesk(t)
		d.leaver()
		ann := newFakeUser()
		ann.password = "x"
		d.fake.users["ann"] = ann
		d.fake.summary = map[string]int{"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1}
		d.fake.report = reportHead
		for _, action := range tt.denied {
			d.fake.denied[action] = true
		}
		r, err := iam.MakeReport(t.Context(), d.fake.admin(t, d.clock))
		if err != nil {
			t.Fatal(err)
		}
		var unseen []string
		for _, u := range r.Unseen {
			unseen = append(unseen, u.Operation)
		}
		if got := codes(r.Findings); !slices.Equal(got, tt.want) || !slices.Equal(unseen, tt.unseen) {
			t.Errorf("%q denied: findings %q, unseen %q", tt.denied, got, unseen)
		}
	}
	// Rubbish in place of a report, and nobody there at all.
	d := newDesk(t)
	d.fake.report = "<html>"
	if r, err := iam.MakeReport(t.Context(), d.fake.admin(t, d.clock)); err != nil || len(r.Unseen) != 1 || !strings.Contains(r.Unseen[0].Err.Error(), "no column user") {
		t.Errorf("%+v, %v", r, err)
	}
	d.fake.dead = true
	if r, err := iam.MakeReport(t.Context(), d.fake.admin(t, d.clock)); err == nil {
		t.Errorf("%+v", r)
	}
}

func TestCheckRoles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const bob = "arn:aws:iam::111122223333:user/people/bob"
	trust := func(principal, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"` + condition + `}]}`
	}
	d.fake.roles = map[string]string{
		"root": trust("arn:aws:iam::111122223333:root", ""), "bob": trust(bob, `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`),
		"carol": trust("arn:aws:iam::111122223333:user/carol", ""), "gone": trust("AIDAEXAMPLE", ""), "external": trust(bob, `,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`), "odd": "{",
	}
	for _, tt := range []struct {
		role string
		lets bool
		why  string
		add  bool
	}{
		{"arn:aws:iam::111122223333:role/path/root", true, "", false},
		{"arn:aws:iam::111122223333:role/bob", true, "", false},
		{"arn:aws:iam::111122223333:role/carol", false, "does not let the user in with MFA alone", true},
		{"arn:aws:iam::111122223333:role/external", false, "does not let the user in with MFA alone", true},
		{"arn:aws:iam::111122223333:role/gone", false, "deleted since", true},
		{"arn:aws:iam::111122223333:role/odd", false, "not understood", true},
		{"arn:aws:iam::111122223333:role/none", false, "no such role", false},
		{"arn:aws:iam::111122223333:role/x-*", false, "pattern", true},
		{"arn:aws:iam::444455556666:role/root", false, "account 444455556666", true},
	} {
		got := iam.CheckRoles(t.Context(), d.fake.admin(t, d.clock), bob, []string{tt.role})
		if len(got) != 1 || got[0].Lets != tt.lets || !strings.Contains(got[0].Why, tt.why) || (got[0].Why == "") != tt.lets || (got[0].Add != "") != tt.add || tt.add && !strings.Contains(got[0].Add, `"AWS":"`+bob+`"`) {
			t.Errorf("%s: %+v", tt.role, got)
		}
	}
	d.fake.denied["GetRole"] = true
	if got := iam.CheckRoles(t.Context(), d.fake.admin(t, d.clock), bob, []string{"arn:aws:iam::111122223333:role/bob"}); got[0].Lets || !strings.Contains(got[0].Why, "not shown") {
		t.Errorf("denied: %+v", got)
	}
}

// TestPasswords: a temporary password has some of every class, is as long as the account
// wants, and is never the same.
func TestPasswords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 200 {
		d := newDesk(t)
		want := 20
		if i%2 == 1 {
			d.fake.policy, want = "<MinimumPasswordLength>32</MinimumPasswordLength>", 32
		}
		w := wish()
		w.AccessKey, w.User = false, fmt.Sprintf("u%d", i)
		if _, err := d.run(w); err != nil {
			t.Fatal(err)
		}
		p := d.fake.users[w.User].password
		if len(p) != want || seen[p] || strings.ContainsAny(p, "0O1lI'\"$`\\ ") || !strings.ContainsAny(p[:1], "abcdefghijklmnopqrstuvwxyz") {
			t.Errorf("password %q", p)
		}
		for _, class := range []string{"abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "@%+=_-"} {
			if !strings.ContainsAny(p, class) {
				t.Errorf("%q has none of %s", p, class)
			}
		}
		seen[p] = true
	}
}
