//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli"
)

// derived is latchkey that leaves a line in the file DERIVED for each derivation of
// a key from a passphrase.
func derived() {
	sys := system()
	sys.Derived = func() {
		file, err := os.OpenFile(os.Getenv("DERIVED"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			os.Exit(8)
		}
		if _, err := file.WriteString("derived\n"); err != nil || file.Close() != nil {
			os.Exit(8)
		}
	}
	os.Exit(cli.Main(sys))
}

// derivations runs latchkey and returns its end and how many keys it derived.
func (s *stage) derivations(args ...string) (ending, int) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "derived")
	end := finishOf(s.start([]string{"DERIVED=" + path, "LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(s.home, "passphrase")}, aliceKey+"\n"+aliceSecret+"\n", append([]string{"derived"}, args...)...))
	text, _ := os.ReadFile(path)
	return end, strings.Count(string(text), "derived\n")
}

// TestNoDerivation: with a vault behind a passphrase, the first call derives a key,
// and those that find its session derive none.
func TestNoDerivation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("passphrase", "correct horse battery staple\n")
	if end, _ := s.derivations("vault", "add", "work", "--stdin", "--no-verify", "--keep-in", "passphrase"); end.Code != 0 {
		t.Fatalf("%+v", end)
	}
	s.write("code", s.code())
	s.profile("p", "role_arn = arn:aws:iam::444455556666:role/R00\nsource_profile = work\nmfa_serial = "+aliceDevice+"\nmfa_process = cat "+s.home+"/code\n")
	s.profile("q", "role_arn = arn:aws:iam::444455556666:role/R02\nsource_profile = work\nmfa_serial = "+aliceDevice+"\n")
	for _, step := range []struct {
		args  []string
		want  int
		calls int // in all so far
	}{
		{[]string{"credentials", "p"}, 1, 2},
		{[]string{"credentials", "p"}, 0, 2},
		{[]string{"exec", "p", "--", "showenv"}, 0, 2},
		{[]string{"env", "p"}, 0, 2},
		{[]string{"explain", "p"}, 0, 2},
		{[]string{"credentials", "q"}, 0, 3}, // over the MFA session that is there
		{[]string{"vault", "list"}, 0, 3},
		{[]string{"sessions"}, 0, 3},
		{[]string{"vault", "add", "more", "--stdin", "--no-verify"}, 0, 3},
		{[]string{"credentials", "work"}, 1, 3},
	} {
		end, n := s.derivations(step.args...)
		if end.Code != 0 || n != step.want || len(s.server.Requests()) != step.calls {
			t.Errorf("%q: exit %d, %d derivations, %d calls so far; want %d and %d: %s", step.args, end.Code, n, len(s.server.Requests()), step.want, step.calls, end.Err)
		}
	}
}

// TestEditIsSeen: a change of the configuration that changes the plan is another
// session at once, and its undoing is the old one again.
func TestEditIsSeen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.codeProcess("p", "R00")
	first := s.run(nil, "credentials", "p")
	s.mayNeed(first)
	path := filepath.Join(s.home, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	calls := s.way.calls("AssumeRole")
	for from, to := range map[string]string{
		"role/R00\nsource_profile = alice\nmfa_serial = " + aliceDevice + "\nmfa_process": "role/R04\nsource_profile = alice\nmfa_serial = " + aliceDevice + "\nmfa_process",
		"mfa_process = ": "role_session_name = other\nmfa_process = ",
		"\nmfa_process":  "\nduration_seconds = 1800\nmfa_process",
		"[profile p]\n":  "[profile p]\nsession_tags = Team=platform\n",
	} {
		i := strings.LastIndex(string(old), from)
		if i < 0 {
			t.Fatalf("%q is not there", from)
		}
		s.write(".aws/config", string(old[:i])+to+string(old[i+len(from):]))
		end := s.run(nil, "credentials", "p")
		calls++
		if n := s.way.calls("AssumeRole"); n != calls || end.Out == first.Out {
			t.Errorf("with %q: exit %d, %d calls, want %d: %s", to, end.Code, n, calls, end.Err)
		}
		s.write(".aws/config", string(old))
		if end := s.run(nil, "credentials", "p"); end.Out != first.Out {
			t.Errorf("without %q again: exit %d, other credentials: %s", to, end.Code, end.Err)
		}
	}
	// A key that is replaced in the credentials file.
	s.write("code", s.code())
	s.write(".aws/credentials", "[alice]\naws_access_key_id = "+oldKey+"\naws_secret_access_key = "+oldSecret+"\n")
	if end := s.run(nil, "credentials", "p"); end.Code == 0 {
		t.Errorf("credentials of a key that is configured no more: %s", secretless(end.Out))
	}
}
