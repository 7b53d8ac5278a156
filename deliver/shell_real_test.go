package deliver_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/internal/installed"
)

// dumpVariable makes the test binary print its environment, NUL-separated,
// instead of running tests: what a program started by a shell really gets.
const dumpVariable = "DELIVER_TEST_DUMP"

func TestMain(m *testing.M) {
	if os.Getenv(dumpVariable) == "1" {
		_, _ = os.Stdout.WriteString(strings.Join(os.Environ(), "\x00"))
		return
	}
	os.Exit(m.Run())
}

// A realShell is a program that evaluates a dialect. The script's path is its
// first argument and the program to end in is the second.
type realShell struct {
	program string
	args    []string
	shell   deliver.Shell
	locale  string
}

func realShells() []realShell {
	const evaluate = `eval "$(cat "$1")"; exec "$2"`
	const sourceFile = `set -a; . "$1"; exec "$2"`
	var all []realShell
	for _, locale := range []string{"C", "C.UTF-8"} {
		all = append(all,
			realShell{"bash", []string{"--norc", "--noprofile", "-c", evaluate, "x"}, deliver.Sh, locale},
			realShell{"bash", []string{"--posix", "-euc", evaluate, "x"}, deliver.Sh, locale},
			realShell{"dash", []string{"-euc", evaluate, "x"}, deliver.Sh, locale},
			realShell{"zsh", []string{"-f", "-c", evaluate, "x"}, deliver.Sh, locale},
			realShell{"zsh", []string{"--emulate", "sh", "-f", "-c", evaluate, "x"}, deliver.Sh, locale},
			realShell{"fish", []string{"--no-config", "-c", `source $argv[1]; or exit 9; exec $argv[2]`}, deliver.Fish, locale},
			realShell{"dash", []string{"-c", sourceFile, "x"}, deliver.Dotenv, locale},
			realShell{"bash", []string{"--norc", "-c", sourceFile, "x"}, deliver.Dotenv, locale},
		)
	}
	return append(all, realShell{"nu", []string{"--no-config-file"}, deliver.Nu, "C.UTF-8"})
}

// run lets the real shell evaluate script in a folder of its own, starting
// with environ, and returns the environment of a program started after it.
func (s realShell) run(t *testing.T, script []byte, environ ...string) map[string]string {
	t.Helper()
	program := installed.Need(t, s.program)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "script")
	if s.program == "nu" { // its source wants a path known when parsing
		script = append(script, fmt.Sprintf("exec %q\n", self)...)
	}
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append(s.args, file, self)...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=" + s.locale, dumpVariable + "=1",
		"GORACE=atexit_sleep_ms=0", // the program that reports has no races to wait for
	}, environ...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %.500s", s.program, err, stderr.String())
	}
	left, err := filepath.Glob(filepath.Join(dir, "executed*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%s executed a part of a value: %v, %v", s.program, left, err)
	}
	got := map[string]string{}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		got[name] = value
	}
	return got
}

// hostile returns a random value of pieces that shells treat specially.
func hostile(r *rand.Rand, bytesToo bool) string {
	pieces := []string{
		"$(touch executed1)", "`touch executed2`", "'; touch executed3; '", "\"; touch executed4; \"",
		"\\'; touch executed5 #", "'", "\"", "\\", "\\\\", "\n", "\r\n", "\r", "\t", "!", "!!", "\x1b[31m", "\a", "\x01", "\x7f", "\x81\x88",
		"$HOME", "${IFS}", "$$", "$'\\n'", "%", "%PATH%", "^", "&", "|", ";", "<", ">", "(", ")", "{", "}", "[a-z]*", "*", "?", "~", "#", " ", "  ",
		"‘", "’", "‚", "‛", "“", "é", "日本", "🔑", "\u2028", "\uf600", "\uffff", "\xff", "\xc3", "\xe2\x80", "\xf0\x9f", "\\n", "\\u0041", "\\x41",
		"(touch executed6)", "\n(touch executed7)\n", "AKIA", "wJalr/XUtn+FEMI=",
	}
	var b strings.Builder
	for range 1 + r.IntN(12) {
		if bytesToo && r.IntN(3) == 0 {
			b.WriteByte(byte(1 + r.IntN(255)))
		} else {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
	}
	if !bytesToo {
		return strings.ToValidUTF8(b.String(), "?")
	}
	return b.String()
}

// hostileVariables returns 2,000 variables with random values, and the same
// as a map.
func hostileVariables(bytesToo bool) (deliver.Variables, map[string]string) {
	r := rand.New(rand.NewPCG(2026, 7))
	var v deliver.Variables
	want := map[string]string{}
	for n := range 2000 {
		name := fmt.Sprintf("V%d", n)
		want[name] = hostile(r, bytesToo)
		v = v.With(name, want[name])
	}
	return v, want
}

// TestRealShells sets the random values through each shell and reads them back
// from the environment of a program that the shell starts.
func TestRealShells(t *testing.T) {
	t.Parallel()
	raw, wantRaw := hostileVariables(true)
	text, wantText := hostileVariables(false)
	for i, s := range realShells() {
		t.Run(fmt.Sprintf("%d-%s-%s-%s", i, s.program, s.shell, s.locale), func(t *testing.T) {
			t.Parallel()
			v, want := text, wantText
			if s.shell == deliver.Sh || s.shell == deliver.Fish {
				v, want = raw, wantRaw
			}
			script, err := v.Format(s.shell)
			if err != nil {
				t.Fatal(err)
			}
			got := s.run(t, script)
			mismatches := 0
			for name, value := range want {
				if g, ok := got[name]; !ok || g != value {
					if mismatches++; mismatches <= 5 {
						t.Errorf("value %q came out as %q (set: %v)", value, g, ok)
					}
				}
			}
			if mismatches > 0 {
				t.Errorf("%d of %d values differ", mismatches, len(want))
			}
		})
	}
}

// TestRealShellsUnset lets each shell that can take back what Env set.
func TestRealShellsUnset(t *testing.T) {
	t.Parallel()
	for i, s := range realShells() {
		if !s.shell.CanUnset() {
			continue
		}
		t.Run(fmt.Sprintf("%d-%s-%s", i, s.program, s.locale), func(t *testing.T) {
			t.Parallel()
			on, err := deliver.Env(session(), "eu-west-1", "dev").Format(s.shell)
			if err != nil {
				t.Fatal(err)
			}
			got := s.run(t, on, "AWS_PROFILE=old", "AWS_VAULT=old", "AWS_CONFIG_FILE=kept")
			if got["AWS_ACCESS_KEY_ID"] != "ASIAEXAMPLE" || got["AWS_DEFAULT_REGION"] != "eu-west-1" || got["AWS_CONFIG_FILE"] != "kept" {
				t.Errorf("after env: %q", got)
			}
			off, err := deliver.Unset().Format(s.shell)
			if err != nil {
				t.Fatal(err)
			}
			after := s.run(t, append(on, off...), "AWS_SECURITY_TOKEN=old")
			for _, name := range append(deliver.Unset().Unsets(), "AWS_PROFILE", "AWS_VAULT") {
				if value, ok := after[name]; ok {
					t.Errorf("env --unset leaves %s=%q", name, value)
				}
			}
			if _, ok := got["AWS_PROFILE"]; ok {
				t.Error("env leaves AWS_PROFILE set")
			}
		})
	}
}

// TestUnquotedEval covers the habit eval $(…) without quotes, which joins the
// lines: AWS's own characters survive it.
func TestUnquotedEval(t *testing.T) {
	t.Parallel()
	script, err := deliver.Env(session(), "eu-west-1", "dev").Format(deliver.Sh)
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"bash", "dash"} {
		s := realShell{program, []string{"-c", `eval $(cat "$1"); exec "$2"`, "x"}, deliver.Sh, "C"}
		got := s.run(t, script, "AWS_PROFILE=old")
		if _, stale := got["AWS_PROFILE"]; stale || got["AWS_SESSION_TOKEN"] != session().SessionToken {
			t.Errorf("%s: %q", program, got)
		}
	}
}
