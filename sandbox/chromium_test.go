//go:build unix

package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/chromium"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// shot keeps pictures of the page where LATCHKEY_TEST_SHOTS names a folder.
func shot(page *chromium.Page, name string) {
	folder := os.Getenv("LATCHKEY_TEST_SHOTS")
	if folder == "" {
		return
	}
	page.Dark(true)
	page.Screenshot(filepath.Join(folder, name+"-dark.png"))
	page.Dark(false)
	page.Screenshot(filepath.Join(folder, name+"-light.png"))
}

// TestChromium signs in with a real browser, which holds the pages to their
// policies: the flows of the Identity Center and the console's for another machine.
func TestChromium(t *testing.T) {
	t.Parallel()
	page := chromium.Start(t)
	page.Size(900, 900)
	b := &bench{sandbox.Start(t), t, &clock{now: time.Now()}}
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
	page.Open(b.authorizeURL(a, "redirect_uri", redirect))
	page.WaitFor("signin-alice")
	shot(page, "signin")
	page.Click("signin-alice")
	page.WaitFor("allow")
	shot(page, "consent")
	page.Click("allow")
	page.WaitFor("back")
	in := redeem((<-answers).Get("code"))
	in["redirectUri"] = redirect
	if status, out, _ := b.oidc("/token", a.with(in)); status != 200 {
		t.Errorf("tokens: %d %v", status, out)
	}
	page.Open(b.authorizeURL(a, "redirect_uri", redirect))
	page.Click("deny")
	page.WaitFor("back")
	if got := <-answers; got.Get("error") != "access_denied" {
		t.Errorf("denied: %v", got)
	}

	d := b.device(deviceClient())
	page.Open(d.home)
	page.WaitFor("code")
	shot(page, "code")
	page.Type("code", strings.ToLower(d.user))
	page.Click("submit-code")
	page.WaitFor("confirm")
	shot(page, "confirm")
	page.Click("confirm")
	page.Click("allow")
	page.WaitFor("done")
	shot(page, "done")
	if out, code := d.poll(); code != "" {
		t.Errorf("device: %v", out)
	}

	page.Open(b.loginURL(crossDevice, b.URL()+"/v1/sessions/confirmation"))
	page.WaitFor("signin-carol")
	shot(page, "signin-console")
	page.Click("signin-carol")
	page.WaitFor("allow")
	shot(page, "consent-console")
	page.Click("allow")
	page.WaitFor("paste-code")
	shot(page, "paste")

	_, token := b.federate(federated(b))
	page.Open(b.URL() + b.consoleURL(token))
	page.WaitFor("logout") // carol is signed in
	shot(page, "console-other")
	page.Click("logout")
	page.WaitFor("destination")
	if got := page.Text("identity"); got != "arn:aws:sts::111122223333:federated-user/fred" {
		t.Errorf("console of %s", got)
	}
	shot(page, "console")
	page.Open(b.URL() + "/switchrole?account=dev&roleName=ReadOnly")
	page.WaitFor("allowed")
	shot(page, "switchrole")
	// The one complaint is the status of the page that carol is asked to leave by.
	if said := page.Complaints(); len(said) != 1 || !strings.Contains(said[0], "status of 400 (Bad Request) "+b.URL()+"/federation?") {
		t.Errorf("the browser complains: %q", said)
	}
}
