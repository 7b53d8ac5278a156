//go:build unix

package main

import (
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// A guest is a home of the sandbox in which nobody has signed in, with a browser
// that answers by itself and notes the pages that it is given.
type guest struct {
	*person
	tabs string // file of the pages
}

func asGuest(t *testing.T, settings string, opts ...sandbox.Option) *guest {
	t.Helper()
	server := sandbox.Start(t, append([]sandbox.Option{sandbox.WithAutoApprove()}, opts...)...)
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, cache := range []string{"sso", "login"} {
		if err := os.RemoveAll(filepath.Join(home.Dir, ".aws", cache)); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	g := &guest{person: &person{t: t, server: server, dir: home.Dir}, tabs: filepath.Join(folder, "tabs")}
	put(t, filepath.Join(home.Dir, ".config", "latchkey", "config"), settings)
	browser := filepath.Join(folder, "browser")
	put(t, browser, "#!/bin/sh\necho \"$1\" >>"+g.tabs+"\nexec latchkey sandbox visit \"$1\"\n")
	if err := os.Chmod(browser, 0o700); err != nil {
		t.Fatal(err)
	}
	g.environ = append(home.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true", "BROWSER="+browser)
	leave(t, g.environ)
	return g
}

// opened is how many pages the browser was given.
func (g *guest) opened() int {
	text, _ := os.ReadFile(g.tabs)
	return strings.Count(string(text), "\n")
}

// calls is how often the sandbox was asked for an operation.
func (p *person) calls(operation string) (n int) {
	for _, r := range p.server.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// TestSignInStorm starts a crowd of two roles on a sign-in that is over, in one
// terminal: one tab opens, and all end well.
func TestSignInStorm(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "[login]\noffer = always\n")
	s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
	var tasks [][]string
	for i := range 50 {
		tasks = append(tasks, []string{"latchkey", "credentials", []string{"sso-dev", "sso-prod"}[i%2]})
	}
	command, endings := s.crowdOf(tasks)
	ty := inTerminal(t, g.environ, command...)
	if code := ty.code(); code != 0 {
		t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
	}
	outs := map[string]int{}
	for i, end := range endings() {
		if end.Code != 0 {
			t.Errorf("process %d: exit %d: %s", i, end.Code, end.Err)
		}
		outs[end.Out]++
	}
	if len(outs) != 2 || g.opened() != 1 || g.calls("Authorize") != 1 {
		t.Errorf("%d different outputs, %d tabs and %d requests for the page; want 2, 1 and 1", len(outs), g.opened(), g.calls("Authorize"))
	}
}

// TestSignInDeclinedByOne asks a crowd's person once: no, and Ctrl-D, is the answer
// to all.
func TestSignInDeclinedByOne(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"no": "n\n", "Ctrl-D": "\x04"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := asGuest(t, "")
			s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
			command, endings := s.crowdOf(times(20, "latchkey", "credentials", "sso-dev"))
			ty := inTerminal(t, g.environ, command...)
			ty.await("sign in to example-org now? [y/n]: ", 1)
			s.wait(command, 19)
			ty.typed(answer)
			ty.code()
			for i, end := range endings() {
				if end.Code != 130 {
					t.Errorf("process %d: exit %d: %s", i, end.Code, end.Err)
				}
			}
			if n := strings.Count(ty.screen(), "[y/n]"); n != 1 || g.opened() != 0 {
				t.Errorf("asked %d times, %d tabs:\n%s", n, g.opened(), ty.screen())
			}
		})
	}
}

// TestSignInOffered is what a person meets: a question, and after a yes the answer.
func TestSignInOffered(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	ty := inTerminal(t, g.environ, "latchkey", "whoami", "sso-dev")
	ty.await("sign in to example-org now? [y/n]: ", 1)
	ty.typed("y\n")
	if screen := ty.ends(0); !strings.Contains(screen, ":assumed-role/AWSReservedSSO_Developer") {
		t.Errorf("it says:\n%s", screen)
	}
	ty = inTerminal(t, g.environ, "bash", "--norc", "-c", `eval "$(latchkey env login)"; latchkey whoami`)
	ty.await("sign in to login now? [y/n]: ", 1)
	ty.typed("y\n")
	if screen := ty.ends(0); !strings.Contains(screen, ":user/alice\n") {
		t.Errorf("it says:\n%s", screen)
	}
	if g.opened() != 2 {
		t.Errorf("%d tabs, want 2", g.opened())
	}
}

// TestSignInWithoutTerminal fails at once, naming the command; but waits where
// somebody is at it.
func TestSignInWithoutTerminal(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
	end := s.run(nil, "credentials", "sso-dev")
	if end.Code != 4 || !strings.Contains(end.Err, "fix: sign in: latchkey login sso-dev\n") {
		t.Errorf("exit %d: %s", end.Code, end.Err)
	}
	ty := inTerminal(t, g.environ, "latchkey", "credentials", "sso-dev")
	ty.await("[y/n]: ", 1)
	command, endings := s.crowdOf(times(10, "latchkey", "credentials", "sso-prod"))
	crowd := s.start(nil, "", command...)
	s.wait(command, 10)
	ty.typed("y\n")
	ty.ends(0)
	if end := finishOf(crowd); end.Code != 0 {
		t.Fatalf("%+v", end)
	}
	s.allSame(endings())
	if g.opened() != 1 {
		t.Errorf("%d tabs", g.opened())
	}
}

// TestSignInCancelled gives up in the middle: nothing goes on listening, and the
// next one can begin.
func TestSignInCancelled(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	environ := append(g.environ, "BROWSER=true")
	ty := inTerminal(t, environ, "latchkey", "login", "sso-dev")
	ty.await("code_challenge=", 1)
	began := time.Now()
	ty.typed("\x03")
	if screen := ty.ends(130); !strings.Contains(screen, "latchkey: error: cancelled\n") {
		t.Errorf("it says:\n%s", screen)
	}
	t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
	g.runs(0, "latchkey", "login", "sso-dev")
}

// TestDeviceCodeOverSSH shows all that a person compares, and opens nothing by itself.
func TestDeviceCodeOverSSH(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "", sandbox.WithWorld(quickCodes()))
	var environ []string
	for _, pair := range g.environ {
		if !strings.HasPrefix(pair, "BROWSER=") {
			environ = append(environ, pair)
		}
	}
	ty := inTerminal(t, append(environ, "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"), "latchkey", "login", "sso-dev")
	ty.await("no browser is opened here", 1)
	screen := ty.screen()
	page := screen[strings.Index(screen, g.server.URL()+"/device?user_code="):]
	page = page[:strings.IndexByte(page, '\n')]
	code := page[strings.IndexByte(page, '=')+1:]
	for _, want := range []string{"must show the code " + code, "asked for by latchkey login sso-dev on ", strings.TrimPrefix(g.server.URL(), "http://")} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q in:\n%s", want, screen)
		}
	}
	g.runs(0, "latchkey", "sandbox", "visit", page)
	if screen := ty.ends(0); !strings.Contains(screen, "signed in to example-org") {
		t.Errorf("it says:\n%s", screen)
	}
}

// quickCodes is the example organisation where a device may ask each second.
func quickCodes() *sandbox.World {
	world := sandbox.Example()
	world.Settings.DeviceInterval = time.Second
	return world
}

// TestRemoteConsoleSignIn brings the code of a browser elsewhere back by hand.
func TestRemoteConsoleSignIn(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	ty := inTerminal(t, append(g.environ, "SSH_TTY=/dev/pts/9", "BROWSER=true"), "latchkey", "login", "login")
	ty.await("code that the page shows: ", 1)
	screen := ty.screen()
	page := screen[strings.Index(screen, g.server.URL()+"/v1/authorize"):]
	code := pastedCode(t, page[:strings.IndexByte(page, '\n')])
	ty.typed("not this\n")
	ty.await("code that the page shows: ", 2)
	ty.typed(code + "\n")
	if screen := ty.ends(0); !strings.Contains(screen, "signed in to login") {
		t.Errorf("it says:\n%s", screen)
	}
	if out := g.runs(0, "latchkey", "whoami", "login"); !strings.Contains(out, ":user/alice") {
		t.Errorf("it says:\n%s", out)
	}
}

// pastedCode is what the page shows that a browser elsewhere ends at.
func pastedCode(t *testing.T, page string) string {
	t.Helper()
	resp, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`id="paste-code"[^>]*>([^<]+)<`).FindSubmatch(text)
	if code == nil {
		t.Fatalf("no code in the page:\n%s", text)
	}
	return html.UnescapeString(string(code[1]))
}

// TestRefusedInBrowser tells everybody who waits what the person chose.
func TestRefusedInBrowser(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	for _, way := range []string{"--browser", "--device-code"} {
		if err := g.server.Fail(sandbox.Failure{Service: "sso_oidc", Operation: "CreateToken", Code: "AccessDeniedException", Times: 1}); err != nil {
			t.Fatal(err)
		}
		out := g.runs(5, "latchkey", "login", way, "sso-dev")
		if !strings.Contains(out, "fix: sign in again and allow it") {
			t.Errorf("%s: it says:\n%s", way, out)
		}
	}
	if out := g.runs(4, "latchkey", "whoami", "sso-dev"); !strings.Contains(out, "latchkey login sso-dev") {
		t.Errorf("it says:\n%s", out)
	}
}
