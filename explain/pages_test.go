package explain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/explain"
)

// TestPages holds docs/findings against the rules: a page for each, an index, and
// nothing else. LATCHKEY_TEST_UPDATE=1 writes them.
func TestPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "docs", "findings")
	update := os.Getenv("LATCHKEY_TEST_UPDATE") == "1"
	want := map[string]string{"README.md": index(explain.Rules())}
	for _, r := range explain.Rules() {
		want[r.Code+".md"] = page(r)
	}
	if update {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range there {
		if _, ok := want[entry.Name()]; !ok {
			t.Errorf("%s is of no rule: remove it", entry.Name())
		}
	}
	for name, text := range want {
		path := filepath.Join(dir, name)
		if update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s is not what the rules say (%v): run this test with LATCHKEY_TEST_UPDATE=1", path, err)
		}
	}
}

const generated = "<!-- Made of the rules in explain/ by its tests: edit those. -->\n"

func page(r explain.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# %s\n\n`%s`\n", generated, r.Title, r.Code)
	if len(r.Texts) > 0 {
		b.WriteString("\n## What you see\n\n")
		for _, by := range programs(r.Texts) {
			fmt.Fprintf(&b, "%s:\n\n```text\n", by)
			for _, text := range r.Texts {
				if text.By == by {
					b.WriteString(strings.ReplaceAll(text.Raw, "*", "…") + "\n")
				}
			}
			b.WriteString("```\n\n")
		}
		b.WriteString("latchkey explains such a text, and a log with it: `latchkey explain --error -` reads it, `latchkey explain PROFILE --error -` says which line is to blame.\n")
	}
	fmt.Fprintf(&b, "\n## What is wrong\n\n%s\n", sentence(r.Why))
	if r.See != "" {
		fmt.Fprintf(&b, "\n## How to see it\n\n```sh\n%s\n```\n", r.See)
	}
	fmt.Fprintf(&b, "\n## The fix\n\n%s\n", sentence(r.Fix))
	var special []explain.Text
	for _, text := range r.Texts {
		if text.Why+text.Fix != "" {
			special = append(special, text)
		}
	}
	for i, text := range special {
		if i == 0 {
			b.WriteString("\n## By the message\n\n")
		}
		fmt.Fprintf(&b, "- `%s`", strings.ReplaceAll(text.Raw, "*", "…"))
		if text.Why != "" {
			b.WriteString(": " + text.Why)
		}
		if text.Fix != "" {
			b.WriteString(". To mend it: " + text.Fix)
		}
		b.WriteString(".\n")
	}
	if len(r.Covers) > 0 {
		covers := slices.Clone(r.Covers)
		slices.Sort(covers)
		b.WriteString("\n## Other codes that this page is about\n\n`" + strings.Join(covers, "`, `") + "`\n\n`latchkey explain PROFILE` and `latchkey doctor` say of each where it is, what it means and who reads it differently.\n")
	}
	if r.Page != "" {
		fmt.Fprintf(&b, "\n## AWS's page\n\n<%s>\n", r.Page)
	}
	return b.String()
}

// programs are those that say the texts, in their order.
func programs(texts []explain.Text) []string {
	var list []string
	for _, text := range texts {
		if !slices.Contains(list, text.By) {
			list = append(list, text.By)
		}
	}
	return list
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func index(rules []explain.Rule) string {
	var b strings.Builder
	b.WriteString(generated + `
# What goes wrong, and what to do

One page for each kind of failure that latchkey knows. The codes are stable: ` + "`latchkey explain --json`" + ` has them. For a text of the AWS CLI, an SDK or
Terraform: ` + "`latchkey explain --error 'TEXT'`" + `.

| code | what is the matter |
|---|---|
`)
	for _, r := range rules {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", r.Code, r.Code, r.Title)
	}
	b.WriteString("\n## By the message\n\n| message | page |\n|---|---|\n")
	var rows []string
	for _, r := range rules {
		for _, text := range r.Texts {
			rows = append(rows, fmt.Sprintf("| `%s` | [%s](%s.md) |\n", strings.ReplaceAll(strings.ReplaceAll(text.Raw, "*", "…"), "|", `\|`), r.Code, r.Code))
		}
	}
	slices.Sort(rows)
	b.WriteString(strings.Join(slices.Compact(rows), ""))
	return b.String()
}

// TestRules holds every rule to its form: a code for a file's name, words for why
// and fix, and precedences over rules that there are.
func TestRules(t *testing.T) {
	t.Parallel()
	rules := explain.Rules()
	codes := map[string]string{}
	for _, r := range rules {
		for _, code := range append([]string{r.Code}, r.Covers...) {
			if other := codes[code]; other != "" {
				t.Errorf("%s is explained by %s and %s", code, other, r.Code)
			}
			codes[code] = r.Code
			if strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789-JSON") != "" {
				t.Errorf("%s: not kebab-case", code)
			}
		}
		if r.Title == "" || r.Class == "" && len(r.Texts) > 0 || r.Why == "" || r.Fix == "" || strings.HasSuffix(r.Why, ".") || strings.HasSuffix(r.Fix, ".") || len(r.Title) > 70 {
			t.Errorf("%s: %+v", r.Code, r)
		}
		if r.Page != "" && !strings.HasPrefix(r.Page, "https://docs.aws.amazon.com/") {
			t.Errorf("%s: page %s", r.Code, r.Page)
		}
	}
	for _, r := range rules {
		for _, p := range r.Over {
			if p.Reason == "" || codes[p.Code] != p.Code && p.Code != "*" {
				t.Errorf("%s over %s: no such rule, or no reason", r.Code, p.Code)
			}
		}
	}
}
