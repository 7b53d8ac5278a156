package sandbox_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// chromium is a real browser, driven over its DevTools pipe: JSON messages that
// end in a zero byte, to its file 3 and from its file 4.
type chromium struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	session string
	last    int
	said    []string // what the page's console has said: refusals of the CSP are there
}

func newChromium(t *testing.T) *chromium {
	t.Helper()
	path := program(t, "chromium", "--version")
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: helper processes may write there a moment longer.
	dir, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--remote-debugging-pipe", "--user-data-dir="+dir, "--window-size=900,900", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+dir)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	c := &chromium{t: t, to: in, from: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close() // ends it
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		out.Close()
		_ = os.RemoveAll(dir)
	})
	stuck := time.AfterFunc(90*time.Second, func() { _ = cmd.Process.Kill() }) // then call meets the end of the pipe
	t.Cleanup(func() { stuck.Stop() })
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	c.call("Target.getTargets", nil, &targets)
	for _, target := range targets.TargetInfos {
		if target.Type == "page" {
			var attached struct{ SessionID string }
			c.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached)
			c.session = attached.SessionID
		}
	}
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		c.call(domain+".enable", nil, nil)
	}
	return c
}

func (c *chromium) call(method string, params object, into any) {
	c.t.Helper()
	c.last++
	message := object{"id": c.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if c.session != "" {
		message["sessionId"] = c.session
	}
	body, err := json.Marshal(message)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.to.Write(append(body, 0)); err != nil {
		c.t.Fatal(err)
	}
	for {
		raw, err := c.from.ReadBytes(0)
		if err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID            int
			Method        string
			Params        struct{ Entry struct{ Text, URL string } }
			Result, Error json.RawMessage
		}
		if err := json.Unmarshal(raw[:len(raw)-1], &got); err != nil {
			c.t.Fatal(err)
		}
		if got.Method == "Log.entryAdded" {
			c.said = append(c.said, got.Params.Entry.Text+" "+got.Params.Entry.URL)
		}
		if got.ID != c.last {
			continue
		}
		if got.Error != nil {
			c.t.Fatalf("%s: %s", method, got.Error)
		}
		if into != nil {
			if err := json.Unmarshal(got.Result, into); err != nil {
				c.t.Fatal(err)
			}
		}
		return
	}
}

// eval returns what an expression is in the page, as text.
func (c *chromium) eval(expression string) string {
	c.t.Helper()
	var out struct{ Result struct{ Value any } }
	c.call("Runtime.evaluate", object{"expression": expression, "returnByValue": true}, &out)
	return fmt.Sprint(out.Result.Value)
}

// await waits for an element, or another condition.
func (c *chromium) await(condition string) {
	c.t.Helper()
	for range 100 {
		if c.eval(condition) == "true" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("%s never came: %s\n%s\n%s", condition, c.eval("location.href"), c.eval("document.body.innerText"), strings.Join(c.said, "\n"))
}

func present(id string) string {
	return `document.readyState == "complete" && !!document.getElementById("` + id + `")`
}

// click waits for an element and clicks in its middle.
func (c *chromium) click(id string) {
	c.t.Helper()
	c.await(present(id))
	var at struct {
		Result struct{ Value struct{ X, Y float64 } }
	}
	c.call("Runtime.evaluate", object{"returnByValue": true, "expression": `(() => { const e = document.getElementById("` + id + `"); e.scrollIntoView();
		const r = e.getBoundingClientRect(); return {X: r.x + r.width/2, Y: r.y + r.height/2} })()`}, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		c.call("Input.dispatchMouseEvent", object{"type": kind, "x": at.Result.Value.X, "y": at.Result.Value.Y, "button": "left", "clickCount": 1}, nil)
	}
}

func (c *chromium) visit(where string) { c.call("Page.navigate", object{"url": where}, nil) }

// shot keeps a picture of the page where LATCHKEY_TEST_SHOTS names a folder.
func (c *chromium) shot(name string) {
	dir := os.Getenv("LATCHKEY_TEST_SHOTS")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"dark", "light"} {
		c.call("Emulation.setEmulatedMedia", object{"features": []object{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
		var out struct{ Data []byte }
		c.call("Page.captureScreenshot", object{"format": "png"}, &out)
		if err := os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), out.Data, 0o600); err != nil {
			c.t.Error(err)
		}
	}
}

// TestChromium signs in with a real browser, which holds the pages to their
// policies: the flows of the Identity Center and the console's for another machine.
func TestChromium(t *testing.T) {
	t.Parallel()
	c := newChromium(t)
	b := &bench{sandbox.Start(t), t, &clock{now: start()}}
	answers := make(chan url.Values, 2)
	callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/callback" {
			answers <- r.URL.Query()
			if referer := r.Header.Get("Referer"); referer != "" {
				t.Errorf("the callback is told where the browser was: %s", referer)
			}
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<link rel="icon" href="data:,"><p id="back">back</p>`)
	}))
	t.Cleanup(callback.Close)
	redirect := callback.URL + "/oauth/callback"

	a := b.register(codeClient())
	c.visit(b.authorizeURL(a, "redirect_uri", redirect))
	c.await(present("signin-alice"))
	c.shot("signin")
	c.click("signin-alice")
	c.await(present("allow"))
	c.shot("consent")
	c.click("allow")
	c.await(present("back"))
	in := redeem((<-answers).Get("code"))
	in["redirectUri"] = redirect
	if status, out, _ := b.oidc("/token", a.with(in)); status != 200 {
		t.Errorf("tokens: %d %v", status, out)
	}
	c.visit(b.authorizeURL(a, "redirect_uri", redirect))
	c.click("deny")
	c.await(present("back"))
	if got := <-answers; got.Get("error") != "access_denied" {
		t.Errorf("denied: %v", got)
	}

	d := b.device(deviceClient())
	c.visit(d.home)
	c.await(present("code"))
	c.shot("code")
	c.click("code")
	c.call("Input.insertText", object{"text": strings.ToLower(d.user)}, nil)
	c.click("submit-code")
	c.await(present("confirm"))
	c.shot("confirm")
	c.click("confirm")
	c.click("allow")
	c.await(present("done"))
	c.shot("done")
	if out, code := d.poll(); code != "" {
		t.Errorf("device: %v", out)
	}

	c.visit(b.loginURL(crossDevice, b.URL()+"/v1/sessions/confirmation"))
	c.await(present("signin-carol"))
	c.shot("signin-console")
	c.click("signin-carol")
	c.await(present("allow"))
	c.shot("consent-console")
	c.click("allow")
	c.await(present("paste-code"))
	c.shot("paste")
	if len(c.said) > 0 {
		t.Errorf("the browser complains: %q", c.said)
	}
}
