package policies_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/iam/policies"
)

// found checks a document, and returns its findings as code:line:column.
func found(text string, o policies.CheckOptions) []string {
	var list []string
	for _, f := range policies.Check([]byte(text), o) {
		list = append(list, fmt.Sprintf("%s:%d:%d", f.Code, f.Line, f.Column))
	}
	return list
}

// where takes the marks out of a document, and tells their places.
func where(code, text string) (clean string, places []string) {
	if code == "" {
		return strings.ReplaceAll(text, mark, ""), nil
	}
	for {
		before, after, ok := strings.Cut(text, mark)
		if !ok {
			return text, places
		}
		line := strings.Count(before, "\n") + 1
		column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
		places = append(places, fmt.Sprintf("%s:%d:%d", code, line, column))
		text = before + after
	}
}

// TestCheck: each mistake is found, at its place, and nothing else is.
func TestCheck(t *testing.T) {
	t.Parallel()
	for i, row := range mistakes() {
		text, want := where(row.code, row.text)
		if got := found(text, policies.CheckOptions{}); !slices.Equal(got, want) {
			t.Errorf("row %d: %v, want %v in\n%s", i, got, want, text)
		}
		for _, f := range policies.Check([]byte(text), policies.CheckOptions{}) {
			if f.What == "" || f.Why == "" || f.Fix == "" || f.Weight == "" {
				t.Errorf("row %d says not all: %+v", i, f)
			}
		}
	}
}

// TestCheckSeveral holds documents with mistakes that belong together.
func TestCheckSeveral(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text string
		want []string
	}{
		{strings.Replace(identity("Allow", `"Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/${aws:username}"`), "2012", "2008", 1), []string{"version-old:1:13", "variable-version:1:98"}},
		{"", []string{"not-json:1:1"}},
		{strings.Repeat(" ", 1<<20) + "{}", []string{"not-json:1:1"}},
		{strings.Repeat("[", 100), []string{"not-json:1:42"}},
		{permit(), []string{"empty:1:40"}},
	} {
		if got := found(row.text, policies.CheckOptions{}); !slices.Equal(got, row.want) {
			t.Errorf("%v, want %v in %.300s", got, row.want, row.text)
		}
	}
}

// TestCheckOfRole: MFA in a role's own policies, said so or seen.
func TestCheckOfRole(t *testing.T) {
	t.Parallel()
	text, _ := where("x", identity("Allow", s3All+cond("Bool", present, `"true"`)))
	if got := found(text, policies.CheckOptions{}); got != nil {
		t.Errorf("of a user: %v", got)
	}
	if got := found(text, policies.CheckOptions{OfRole: true}); len(got) != 1 || !strings.HasPrefix(got[0], "mfa-role:") {
		t.Errorf("of a role: %v", got)
	}
	trust, _ := where("x", trusts(account, cond("Bool", present, `"true"`)))
	template := "{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\", \"Properties\": {\n\"AssumeRolePolicyDocument\": " + trust +
		",\n\"Policies\": [{\"PolicyName\": \"p\", \"PolicyDocument\": " + text + "}]}}}}"
	if got := found(template, policies.CheckOptions{}); len(got) != 1 || !strings.HasPrefix(got[0], "mfa-role:3:") {
		t.Errorf("in a template: %v", got)
	}
}

// TestCheckMixed: a statement without a Principal among others that have one is still
// held against the rules of permissions.
func TestCheckMixed(t *testing.T) {
	t.Parallel()
	got := found(`{"Version": "2012-10-17", "Statement": [
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}},
{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}`, policies.CheckOptions{})
	if want := []string{"missing:2:1", "mfa-allow-if-exists:2:78", "everybody:3:34"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCheckInside: documents inside of others are found, with functions of templates,
// and as texts, as a plan of Terraform has them.
func TestCheckInside(t *testing.T) {
	t.Parallel()
	typo := identity("Allow", `"Action": "iam:GetUsr", "Resource": {"Fn::Sub": "x"}`)
	for _, text := range []string{
		"{\"PolicyVersion\": {\n \"Document\": " + typo + "}}",
		"[\n\n{\"a\": " + typo + "}]",
		"{\n\"policy\": " + fmt.Sprintf("%q", strings.Replace(typo, `{"Fn::Sub": "x"}`, `"*"`, 1)) + "}",
	} {
		if got := found(text, policies.CheckOptions{}); len(got) != 1 || !strings.HasPrefix(got[0], "action-typo:") || strings.HasPrefix(got[0], "action-typo:1:") {
			t.Errorf("%v in %s", got, text)
		}
	}
}

// TestOwnDocuments: what this package writes has none of the mistakes that it finds.
func TestOwnDocuments(t *testing.T) {
	t.Parallel()
	for _, in := range inputs() {
		for _, p := range policies.Patterns() {
			d, err := p.Make(in)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			for _, f := range policies.Check([]byte(d.JSON()), policies.CheckOptions{}) {
				t.Errorf("%s has %+v in\n%s", p.Name, f, d.JSON())
			}
			if limit := policies.MaxManaged; d.Size() > limit || p.Trust() && d.Size() > policies.MaxTrust {
				t.Errorf("%s has %d characters", p.Name, d.Size())
			}
		}
	}
}

// TestCodesInDocs: docs/policies.md lists every code that a row above finds, and
// every code is found by a row.
func TestCodesInDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"mfa-role": true, "version-old": true, "variable-version": true}
	for _, row := range mistakes() {
		seen[row.code] = true
	}
	for _, code := range policies.Codes() {
		if !strings.Contains(string(page), "| `"+code+"` |") {
			t.Errorf("docs/policies.md has no %s", code)
		}
		if !seen[code] {
			t.Errorf("no row finds %s", code)
		}
	}
}

// FuzzCheck: whatever the text, the checker ends, and what it says has a place in it.
func FuzzCheck(f *testing.F) {
	for _, row := range mistakes() {
		text, _ := where(row.code, row.text)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, p := range policies.Check([]byte(text), policies.CheckOptions{}) {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.What == "" || p.Fix == "" {
				t.Errorf("%+v", p)
			}
			for _, s := range []string{p.What, p.Why, p.Fix} {
				if strings.ContainsAny(s, "\n\x1b\x00\u202e") {
					t.Errorf("%q is not fit for a terminal", s)
				}
			}
		}
	})
}
