package signin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

const sandboxARN = "arn:aws:iam::111122223333:user/alice"

// town is a sandbox, what is needed to sign in to it, and the clock of both.
type town struct {
	*sandbox.Server
	t       *testing.T
	elapsed atomic.Int64
	config  signin.Config
	api     *awsapi.Client
}

func newTown(t *testing.T, opts ...sandbox.Option) *town {
	t.Helper()
	w := &town{t: t, config: configFor(t, "")}
	w.Server = sandbox.Start(t, append([]sandbox.Option{sandbox.WithClock(w.now)}, opts...)...)
	w.config.Now = w.now
	w.config.Endpoint = awsapi.Endpoint{URL: w.URL(), SigningRegion: "eu-central-1"}
	w.api = awsapi.New(awsapi.Options{Now: w.now})
	t.Cleanup(w.api.CloseIdle)
	return w
}

func (w *town) now() time.Time { return noon.Add(time.Duration(w.elapsed.Load())) }

func (w *town) options(flow signin.Flow) signin.SignInOptions {
	shown := ""
	return signin.SignInOptions{
		API: w.api, Flow: flow,
		Visit: func(_ context.Context, v signin.Visit) error { shown = w.browse(v.URL); return nil },
		Paste: func(context.Context) (secret.Text, error) {
			_, text, _ := strings.Cut(shown, `id="paste-code">`)
			text, _, _ = strings.Cut(text, "<")
			return secret.New(text), nil
		},
	}
}

// browse follows redirects as a browser does, and returns the last page.
func (w *town) browse(url string) string {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Error(err)
	}
	answer, err := (&http.Client{Jar: jar}).Get(url)
	if err != nil {
		w.t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Error(err)
	}
	return string(body)
}

// use holds that the credentials of a sign-in are good at AWS.
func (w *town) use(session string) {
	w.t.Helper()
	w.config.LoginSession = session
	creds, err := signin.NewCredentials(w.config, w.api).Retrieve(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	who, err := w.api.GetCallerIdentity(w.t.Context(), w.config.Endpoint, creds)
	if err != nil || who.ARN != session || who.Account != creds.AccountID {
		w.t.Errorf("%+v, %v", who, err)
	}
}

// TestLifeInSandbox signs in, renews for half a day, and signs out.
func TestLifeInSandbox(t *testing.T) {
	t.Parallel()
	for _, flow := range []signin.Flow{signin.FlowBrowser, signin.FlowRemote} {
		w := newTown(t, sandbox.WithAutoApprove())
		in, err := signin.SignIn(t.Context(), w.config, w.options(flow))
		if err != nil || in.LoginSession != sandboxARN || in.Account != "111122223333" || !in.Expires.Equal(noon.Add(15*time.Minute)) {
			t.Fatalf("%s: %+v, %v", flow, in, err)
		}
		w.use(sandboxARN)
		for range 4 {
			w.elapsed.Add(int64(2*time.Hour + 50*time.Minute))
			ends, _, err := signin.NewCredentials(w.config, w.api).Lasting(t.Context(), 8*time.Hour)
			if err != nil || !ends.Equal(w.now().Add(15*time.Minute)) {
				t.Errorf("%s: %v, %v", flow, ends, err)
			}
			w.use(sandboxARN)
		}
		w.elapsed.Add(int64(time.Hour))
		_, _, err = signin.NewCredentials(w.config, w.api).Lasting(t.Context(), 8*time.Hour)
		var required *signin.SignInRequiredError
		if !errors.As(err, &required) || required.Reason != signin.ReasonExpired {
			t.Errorf("%s, after 12 hours: %v", flow, err)
		}
		// Again, over the old one.
		if _, err := signin.SignIn(t.Context(), w.config, w.options(flow)); err != nil {
			t.Errorf("%s, again: %v", flow, err)
		}
		w.use(sandboxARN)
		if err := signin.SignOut(t.Context(), w.config); err != nil {
			t.Error(err)
		}
		_, err = signin.NewCredentials(w.config, w.api).Retrieve(t.Context())
		if !errors.As(err, &required) || required.Reason != signin.ReasonMissing {
			t.Errorf("%s, signed out: %v", flow, err)
		}
	}
}

// TestFailuresInSandbox has the service say no in its own words.
func TestFailuresInSandbox(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failure sandbox.Failure
		is      func(error) bool
	}{
		"too late":      {sandbox.Failure{Code: "AUTHCODE_EXPIRED"}, as[*signin.CodeExpiredError]},
		"no permission": {sandbox.Failure{Code: "INSUFFICIENT_PERMISSIONS"}, as[*signin.PermissionError]},
		"too many":      {sandbox.Failure{Status: 429}, as[*awsapi.APIError]},
		"lost answer":   {sandbox.Failure{After: true, Close: true}, as[*awsapi.UnreachableError]},
		"rubbish":       {sandbox.Failure{Body: "<html>"}, func(err error) bool { return err != nil }},
	} {
		w := newTown(t, sandbox.WithAutoApprove())
		w.api = awsapi.New(awsapi.Options{Now: w.now, Limits: awsapi.Limits{Attempts: 1}})
		t.Cleanup(w.api.CloseIdle)
		tt.failure.Service, tt.failure.Operation = "signin", "CreateOAuth2Token"
		if err := w.Fail(tt.failure); err != nil {
			t.Fatal(err)
		}
		_, err := signin.SignIn(t.Context(), w.config, w.options(signin.FlowBrowser))
		if !tt.is(err) {
			t.Errorf("%s: %v", name, err)
		}
		wantNoFile(t, name, w.config)
		w.ClearFailures()
		if _, err := signin.SignIn(t.Context(), w.config, w.options(signin.FlowBrowser)); err != nil {
			t.Errorf("%s, again: %v", name, err)
		}
	}
}

// TestWrongClockInSandbox: AWS refuses a proof of an hour ago, once.
func TestWrongClockInSandbox(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		w := newTown(t, sandbox.WithAutoApprove())
		now := func() time.Time { return w.now().Add(off) }
		w.config.Now = now
		w.api = awsapi.New(awsapi.Options{Now: now})
		t.Cleanup(w.api.CloseIdle)
		in, err := signin.SignIn(t.Context(), w.config, w.options(signin.FlowBrowser))
		if err != nil || !in.Expires.Equal(now().Add(15*time.Minute)) {
			t.Fatalf("%v: %+v, %v", off, in, err)
		}
		w.use(sandboxARN)
		// A later process knows nothing of the clock either.
		w.elapsed.Add(int64(14 * time.Minute))
		w.api = awsapi.New(awsapi.Options{Now: now})
		t.Cleanup(w.api.CloseIdle)
		w.use(sandboxARN)
	}
}

// TestTwoAtOnceInSandbox: two sign-ins side by side do not disturb each other.
func TestTwoAtOnceInSandbox(t *testing.T) {
	t.Parallel()
	w := newTown(t, sandbox.WithAutoApprove())
	got := make(chan error, 2)
	for range cap(got) {
		go func() {
			_, err := signin.SignIn(t.Context(), w.config, w.options(signin.FlowBrowser))
			got <- err
		}()
	}
	for range cap(got) {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
	w.use(sandboxARN)
}

// botocoreReads prints whom AWS takes a profile with login_session for. botocore
// needs awscrt only for renewing, which a fresh sign-in does not; without awscrt
// the check for it is passed over.
const botocoreReads = `
import json, botocore.credentials as c, botocore.session
if c.EC is None:
    c.EC = object()
sts = botocore.session.Session(profile="console").create_client("sts")
print(json.dumps(sts.get_caller_identity()["Arn"]))
`

// TestBotocore: the Python SDK uses the sign-in.
func TestBotocore(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "from botocore.credentials import LoginProvider")
	w := newTown(t, sandbox.WithClock(time.Now), sandbox.WithAutoApprove())
	w.config.Now = time.Now
	w.api = awsapi.New(awsapi.Options{Now: time.Now})
	t.Cleanup(w.api.CloseIdle)
	in, err := signin.SignIn(t.Context(), w.config, w.options(signin.FlowBrowser))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	put(t, config, "[profile console]\nregion = eu-central-1\nlogin_session = "+in.LoginSession+"\n")
	cmd := exec.CommandContext(t.Context(), python, "-c", botocoreReads)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"), "AWS_CONFIG_FILE=" + config,
		"AWS_LOGIN_CACHE_DIRECTORY=" + w.config.CacheDir, "AWS_ENDPOINT_URL=" + w.URL(), "AWS_EC2_METADATA_DISABLED=true",
	}
	out, err := cmd.CombinedOutput()
	var arn string
	if json.Unmarshal(out, &arn) != nil || err != nil || arn != sandboxARN {
		t.Errorf("%v: %s", err, out)
	}
}
