//go:build unix

package signin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/chromium"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

// signedIn is how a sign-in ended.
type signedIn struct {
	signin.SignedIn
	err error
}

// begin starts a sign-in whose pages the test walks through itself.
func (w *town) begin(flow signin.Flow, paste <-chan string) (visit string, end <-chan signedIn) {
	visits, ended := make(chan string, 1), make(chan signedIn, 1)
	go func() {
		in, err := signin.SignIn(w.t.Context(), w.config, signin.SignInOptions{
			API: w.api, Flow: flow,
			Visit: func(_ context.Context, v signin.Visit) error { visits <- v.URL; return nil },
			Paste: func(context.Context) (secret.Text, error) { return secret.New(<-paste), nil },
		})
		ended <- signedIn{in, err}
	}()
	return <-visits, ended
}

// TestChromium walks a real browser through the pages: on this machine, from
// another, and with a no.
func TestChromium(t *testing.T) {
	t.Parallel()
	w, page := newTown(t), chromium.Start(t)

	url, end := w.begin(signin.FlowBrowser, nil)
	page.Open(url)
	page.Click("signin-alice")
	page.Click("allow")
	page.WaitFor("signed-in")
	if in := <-end; in.err != nil || in.LoginSession != sandboxARN {
		t.Fatalf("browser: %+v", in)
	}
	w.use(sandboxARN)

	paste := make(chan string, 1)
	url, end = w.begin(signin.FlowRemote, paste)
	page.Open(url)
	page.Click("allow") // the browser is signed in still
	paste <- page.Text("paste-code")
	if in := <-end; in.err != nil || in.LoginSession != sandboxARN {
		t.Fatalf("remote: %+v", in)
	}
	w.use(sandboxARN)

	url, end = w.begin(signin.FlowBrowser, nil)
	page.Open(url)
	page.Click("deny")
	page.WaitFor("not-signed-in")
	var denied *signin.DeniedError
	if in := <-end; !errors.As(in.err, &denied) || denied.Code != "access_denied" {
		t.Errorf("denied: %+v", in)
	}
}
