//go:build unix

package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/chromium"
)

const readOnlyRole = "arn:aws:iam::444455556666:role/ReadOnly"

// TestChromiumWebConsole has a real browser fetch the link that it is not given as an
// argument, and looks at whom it is signed in as.
func TestChromiumWebConsole(t *testing.T) {
	t.Parallel()
	tab := chromium.Start(t)
	v := asVisitor(t, "")
	p, page := v.begin("console", "alice", "--to", "s3")
	tab.Open(page)
	looks(t, tab, "identity", "console")
	if got := tab.Text("account") + " " + tab.Text("user") + " " + tab.Text("destination"); got != "111122223333 alice https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1" {
		t.Errorf("the page is of %s", got)
	}
	if at := tab.URL(); strings.Contains(at, "SigninToken") {
		t.Errorf("the address says %s", at)
	}
	v.finishes(p, 0, "the console of alice (account 111122223333, user alice) opens in the browser; it ends at ")

	// The console of another role wants the browser signed out first.
	p, page = v.begin("console", "alice", "--role", readOnlyRole)
	tab.Open(page)
	tab.WaitFor("logout")
	if said := tab.Text("problem"); said != "You must first log out before logging into a different AWS account." {
		t.Errorf("the page says %q", said)
	}
	v.finishes(p, 0, "role ReadOnly")
	p, page = v.begin("console", "alice", "--role", readOnlyRole, "--sign-out")
	tab.Open(page)
	looks(t, tab, "role", "console-role")
	if got := tab.Text("account") + " " + tab.Text("role"); got != "444455556666 ReadOnly" {
		t.Errorf("the page is of %s", got)
	}
	v.finishes(p, 0, "role ReadOnly")

	// And from there on to a role, which needs no link that signs in.
	p, page = v.begin("console", "alice", "--role", "arn:aws:iam::777788889999:role/Release", "--switch-role")
	tab.Open(page)
	looks(t, tab, "role-arn", "switch-role")
	if got := tab.Text("role-arn") + " " + tab.Text("display-name"); got != "arn:aws:iam::777788889999:role/Release alice" {
		t.Errorf("the page is of %s", got)
	}
	v.finishes(p, 0, "switches to role Release of account 777788889999")
}

// TestConsoleCanary looks for the link's token where it must not be: in what the
// program says, in the arguments of all processes, and in files.
func TestConsoleCanary(t *testing.T) {
	t.Parallel()
	v := asVisitor(t, "")
	// A browser that stays until the test's folder goes, so that its arguments can
	// be read.
	stays := filepath.Join(t.TempDir(), "stays")
	put(t, stays, "#!/bin/sh\nprintf '%s\\n' \"$1\" >>"+v.tabs+"\nwhile test -e \"$0\"; do sleep 0.05; done\n")
	p, page := v.begin("console", "alice", "--role", readOnlyRole, "--browser", stays)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	link, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %v", answer.StatusCode, err)
	}
	token := link.Query().Get("SigninToken")
	if len(token) < 20 {
		t.Fatalf("the link has no token: %s", link)
	}
	end := finishOf(p)
	secrets := map[string]string{"token": token, "key": exampleKey()[1]}
	for name, secret := range secrets {
		for _, form := range forms(secret) {
			if strings.Contains(end.Out+end.Err, form) {
				t.Errorf("the program says the %s:\n%s%s", name, end.Out, end.Err)
			}
		}
	}
	if end.Code != 0 || end.Out != "" {
		t.Errorf("exit %d: %s%s", end.Code, end.Out, end.Err)
	}
	searchFiles(t, v.dir, secrets)
	// Errors have nothing of it either.
	for _, args := range [][]string{{"--browser", "no-such-browser"}, {"--browser", "false"}, {"--browser-profile", "x"}} {
		end := finishOf(v.start(nil, "", append([]string{"latchkey", "console", "alice"}, args...)...))
		if end.Code != 1 || strings.Contains(end.Out+end.Err, "SigninToken") || strings.Contains(end.Err, "127.0.0.1") {
			t.Errorf("%s: exit %d: %s%s", args, end.Code, end.Out, end.Err)
		}
	}
	if !inArguments(t, page) || inArguments(t, token) {
		t.Error("the browser's arguments do not have the page, or they have the link's token")
	}
}

// inArguments reports whether any process has a text in its arguments.
func inArguments(t *testing.T, text string) bool {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(all) == 0 {
		t.Skip("the processes cannot be looked at here")
	}
	for _, file := range all {
		if line, err := os.ReadFile(file); err == nil && strings.Contains(string(line), text) {
			return true
		}
	}
	return false
}
