//go:build unix

package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/chromium"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// A visitor has a real browser, whose pages wait for a person. The programs give
// their pages to a script that only notes them.
type visitor struct {
	*guest
	*stage
}

func asVisitor(t *testing.T, settings string) *visitor {
	t.Helper()
	byHand := func(o *sandbox.Options) { o.AutoApprove = false }
	g := asGuest(t, settings, sandbox.WithWorld(quickCodes()), byHand)
	script := filepath.Join(t.TempDir(), "note")
	put(t, script, "#!/bin/sh\nprintf '%s\\n' \"$1\" >>"+g.tabs+"\n")
	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	g.environ = append(g.environ, "BROWSER="+script)
	return &visitor{g, &stage{t: t, server: g.server, home: g.dir, env: g.environ}}
}

// begin starts a command and returns it with the page that it gives to the browser.
func (v *visitor) begin(args ...string) (*started, string) {
	v.guest.t.Helper()
	n := v.opened()
	p := v.start(nil, "", append([]string{"latchkey"}, args...)...)
	return p, v.page(n + 1)
}

// page waits for the n-th page that the browser is given.
func (v *visitor) page(n int) string {
	v.guest.t.Helper()
	soon(v.guest.t, "a page for the browser", func() bool { return v.opened() >= n })
	text, err := os.ReadFile(v.tabs)
	if err != nil {
		v.guest.t.Fatal(err)
	}
	return strings.Split(string(text), "\n")[n-1]
}

// finishes checks how a command has ended, and that it has said something.
func (v *visitor) finishes(p *started, code int, says string) {
	v.guest.t.Helper()
	if end := finishOf(p); end.Code != code || !strings.Contains(end.Out+end.Err, says) {
		v.guest.t.Errorf("exit %d, want %d and %q:\n%s%s", end.Code, code, says, end.Out, end.Err)
	}
}

// looks holds a page against a narrow window: nothing may stick out of it. The
// pictures are for people: they are kept where LATCHKEY_TEST_SHOTS says.
func looks(t *testing.T, tab *chromium.Page, id, name string) {
	t.Helper()
	tab.WaitFor(id)
	folder := os.Getenv("LATCHKEY_TEST_SHOTS")
	for _, window := range []struct {
		name          string
		width, height int
	}{{"narrow", 360, 740}, {"wide", 1000, 800}} {
		tab.Size(window.width, window.height)
		var wide int
		if tab.Eval("document.documentElement.scrollWidth", &wide); wide > window.width {
			t.Errorf("%s is %d pixels wide in a window of %d", name, wide, window.width)
		}
		for colours, dark := range map[string]bool{"light": false, "dark": true} {
			if folder != "" {
				tab.Dark(dark)
				tab.Screenshot(filepath.Join(folder, "login-"+name+"-"+window.name+"-"+colours+".png"))
			}
		}
	}
}

// here reports whether the page shows an element.
func here(tab *chromium.Page, id string) (is bool) {
	tab.Eval(`!!document.getElementById("`+id+`")`, &is)
	return is
}

// gone waits for the page with which the browser says that nobody answers.
func gone(tab *chromium.Page) { tab.WaitFor("main-frame-error") }

// TestChromiumPKCE signs in as a person does, comes back, and says no.
func TestChromiumPKCE(t *testing.T) {
	t.Parallel()
	tab := chromium.Start(t)
	v := asVisitor(t, "")
	p, page := v.begin("login", "sso-dev", "--browser")
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	tab.Open(u.Query().Get("redirect_uri") + "?code=stray&state=wrong")
	looks(t, tab, "nothing", "nothing") // and the sign-in goes on
	tab.Open(page)
	looks(t, tab, "signin-alice", "sign-in")
	tab.Click("signin-alice")
	looks(t, tab, "allow", "consent")
	if who := tab.Text("who"); who != "alice" {
		t.Errorf("the page asks %q", who)
	}
	tab.Click("allow")
	looks(t, tab, "signed-in", "signed-in")
	v.finishes(p, 0, "signed in to example-org: until ")
	if out := v.runs(0, "latchkey", "whoami", "sso-dev"); !strings.Contains(out, ":assumed-role/AWSReservedSSO_Developer") {
		t.Errorf("it says:\n%s", out)
	}

	// Nothing listens any more, and the pages before are over.
	tab.Reload()
	gone(tab)
	tab.Back()
	soon(t, "the page before", func() bool { return here(tab, "allow") || here(tab, "problem") })
	if here(tab, "allow") { // as the browser has kept it
		tab.Click("allow")
	}
	looks(t, tab, "problem", "over")

	// The browser is known now: only consent is asked for, and this time it is refused.
	p, page = v.begin("login", "sso-dev", "--browser", "--force")
	tab.Open(page)
	tab.WaitFor("allow")
	if here(tab, "signin-alice") {
		t.Error("the browser was forgotten")
	}
	tab.Click("deny")
	looks(t, tab, "not-signed-in", "not-signed-in")
	v.finishes(p, 5, "fix: sign in again and allow it")
	v.runs(0, "latchkey", "whoami", "sso-dev") // the sign-in before still stands
}

// TestChromiumDevice compares codes, mistypes one, and says no.
func TestChromiumDevice(t *testing.T) {
	t.Parallel()
	tab := chromium.Start(t)
	v := asVisitor(t, "")
	p, page := v.begin("login", "sso-dev", "--device-code")
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	code := u.Query().Get("user_code")
	bare := v.guest.server.URL() + "/device"
	tab.Open(bare)
	looks(t, tab, "code", "device-code")
	tab.Type("code", "BBBB-BBBB")
	tab.Click("submit-code")
	looks(t, tab, "problem", "device-wrong")
	tab.Open(bare)
	tab.Type("code", strings.ToLower(code))
	tab.Click("submit-code")
	tab.WaitFor("confirm")
	tab.Open(page)
	looks(t, tab, "confirm", "device-confirm")
	if shown := tab.Text("user-code"); shown != code || code == "" {
		t.Errorf("the page shows the code %q, the program %q", shown, code)
	}
	tab.Click("confirm")
	tab.Click("signin-alice")
	looks(t, tab, "allow", "device-consent")
	tab.Click("allow")
	looks(t, tab, "done", "device-done")
	end := finishOf(p)
	if end.Code != 0 || !strings.Contains(end.Err, "must show the code "+code+":\n  "+page+"\n") {
		t.Errorf("exit %d:\n%s", end.Code, end.Err)
	}
	if out := v.runs(0, "latchkey", "whoami", "sso-dev"); !strings.Contains(out, ":assumed-role/AWSReservedSSO_Developer") {
		t.Errorf("it says:\n%s", out)
	}
	tab.Open(page) // a code is good once
	tab.WaitFor("problem")

	p, page = v.begin("login", "sso-dev", "--device-code", "--force")
	tab.Open(page)
	tab.Click("confirm")
	tab.Click("deny")
	looks(t, tab, "done", "device-denied")
	v.finishes(p, 5, "fix: sign in again and allow it")
}

// TestChromiumConsole signs in at the console, here and with a browser elsewhere.
func TestChromiumConsole(t *testing.T) {
	t.Parallel()
	tab := chromium.Start(t)
	v := asVisitor(t, "")
	p, page := v.begin("login", "login", "--browser")
	tab.Open(page)
	looks(t, tab, "signin-alice", "console-sign-in")
	tab.Click("signin-alice")
	looks(t, tab, "allow", "console-consent")
	tab.Click("allow")
	tab.WaitFor("signed-in")
	v.finishes(p, 0, "signed in to login: until ")

	v.runs(0, "latchkey", "logout", "login")
	ty := inTerminal(t, v.environ, "latchkey", "login", "login", "--remote")
	ty.await("code that the page shows: ", 1)
	tab.Open(v.page(2))
	tab.Click("allow")
	looks(t, tab, "paste-code", "remote-code")
	ty.typed(tab.Text("paste-code") + "\n")
	if screen := ty.ends(0); !strings.Contains(screen, "signed in to login: until ") {
		t.Errorf("it says:\n%s", screen)
	}
	if out := v.runs(0, "latchkey", "whoami", "login"); !strings.Contains(out, ":user/alice") {
		t.Errorf("it says:\n%s", out)
	}
	p, page = v.begin("login", "login", "--browser", "--force")
	tab.Open(page)
	tab.Click("deny")
	tab.WaitFor("not-signed-in")
	v.finishes(p, 5, "fix: sign in again and allow it")
}

// TestChromiumTabs opens one page twice: the tab that is answered counts, and the
// other one finds nobody.
func TestChromiumTabs(t *testing.T) {
	t.Parallel()
	left := chromium.Start(t)
	v := asVisitor(t, "")
	p, page := v.begin("login", "sso-dev", "--browser")
	left.Open(page)
	left.Click("signin-alice")
	left.WaitFor("allow")
	tab := left.Tab()
	tab.Open(page)
	tab.Click("allow")
	tab.WaitFor("signed-in")
	v.finishes(p, 0, "signed in to example-org: until ")
	left.Front()
	left.Click("allow")
	gone(left)
	v.runs(0, "latchkey", "whoami", "sso-dev")

	// One that was left behind by a sign-in that was given up does not disturb the next.
	ty := inTerminal(t, v.environ, "latchkey", "login", "sso-dev", "--browser", "--force")
	left.Open(v.page(2))
	left.WaitFor("allow")
	ty.typed("\x03")
	ty.ends(130)
	p, page = v.begin("login", "sso-dev", "--browser", "--force")
	left.Click("allow")
	gone(left)
	tab.Front()
	tab.Open(page)
	tab.Click("allow")
	tab.WaitFor("signed-in")
	v.finishes(p, 0, "signed in to example-org: until ")
}

// TestChromiumCrowd has twenty processes meet one expired sign-in: a person sees
// one tab, answers it, and all go on.
func TestChromiumCrowd(t *testing.T) {
	t.Parallel()
	tab := chromium.Start(t)
	v := asVisitor(t, "[login]\noffer = always\n")
	var tasks [][]string
	for i := range 20 {
		tasks = append(tasks, []string{"latchkey", "credentials", []string{"sso-dev", "sso-prod"}[i%2]})
	}
	command, endings := v.crowdOf(tasks)
	ty := inTerminal(t, v.environ, command...)
	tab.Open(v.page(1))
	tab.Click("signin-alice")
	v.wait(command, 19)
	tab.Click("allow")
	tab.WaitFor("signed-in")
	ty.ends(0)
	outs := map[string]int{}
	for i, end := range endings() {
		if end.Code != 0 {
			t.Errorf("process %d: exit %d: %s", i, end.Code, end.Err)
		}
		outs[end.Out]++
	}
	if len(outs) != 2 || v.opened() != 1 {
		t.Errorf("%d different outputs and %d tabs, want 2 and 1", len(outs), v.opened())
	}
}
