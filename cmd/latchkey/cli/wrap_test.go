package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
)

// TestFindingLines shows findings at widths from 24 to 200 columns: no line is wider
// unless what is in it cannot be broken, nothing is lost, and what a person copies
// stands in one line.
func TestFindingLines(t *testing.T) {
	t.Parallel()
	where := origin.File("/home/alice/a folder/.aws/config", 12, "role_arn")
	f := explain.Finding{What: "profile prod: it does not work, because of something that takes some words to say", Where: &where,
		Why: "the sign-in is over (/home/alice/a folder/.aws/config:12), and nobody is there to sign in again",
		Fix: `run latchkey login "my prod" --port 8400 in a terminal; or write sso_region = eu-west-1 at /home/alice/a folder/.aws/config:12; then (on WSL: sudo hwclock -s) latchkey exec prod -- terraform plan, with --mfa-code 123456`}
	whole := []string{`latchkey login "my prod" --port 8400`, "sso_region = eu-west-1", "/home/alice/a folder/.aws/config:12", "sudo hwclock -s", "latchkey exec prod -- terraform plan", "--mfa-code 123456"}
	for _, width := range []int{24, 40, 60, 80, 120, 200} {
		var out bytes.Buffer
		p := &findingPrinter{w: &out, width: width}
		p.failure(f)
		for _, text := range whole {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%d columns: %s is broken:\n%s", width, text, out.String())
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width && width >= 60 {
				t.Errorf("%d columns: %d: %s", width, n, line)
			}
			if !strings.HasPrefix(line, "     ") && !strings.Contains(line, ": ") {
				t.Errorf("%d columns: neither a label nor indented: %q", width, line)
			}
		}
		flat := strings.Join(strings.Fields(out.String()), " ")
		if want := strings.Join(strings.Fields("latchkey: error: "+f.What+" why: "+f.Why+" fix: "+f.Fix), " "); flat != want {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, flat, want)
		}
	}
}

// TestPlainWhereNoTerminal: what is no terminal gets one line each, without colour.
func TestPlainWhereNoTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	sys := &Sys{Stderr: file}
	sys.findings(sys.Stderr).failure(explain.Finding{What: strings.Repeat("what ", 50), Why: strings.Repeat("why ", 50)})
	text, err := os.ReadFile(file.Name())
	if err != nil || strings.Count(string(text), "\n") != 2 || strings.Contains(string(text), "\x1b") {
		t.Errorf("%v: %q", err, text)
	}
}
