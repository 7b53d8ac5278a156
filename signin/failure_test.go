package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

func parsePEM(t *testing.T, text string) *ecdsa.PrivateKey {
	t.Helper()
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) != 0 {
		t.Fatal("no PEM")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestDenied(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	d.answers = "error=access_denied&error_description=no%1b%5B2J+way"
	_, err := signin.SignIn(t.Context(), c, d.options())
	var denied *signin.DeniedError
	if !errors.As(err, &denied) || denied.Code != "access_denied" || denied.Description != "no[2J way" || len(d.in) != 0 {
		t.Errorf("got %v", err)
	}
	wantNoFile(t, "denied", c)
}

// TestRefusedExchange: the code came, and AWS gives nothing for it.
func TestRefusedExchange(t *testing.T) {
	t.Parallel()
	refuse := func(code string, status int) func(*desk) {
		return func(d *desk) {
			d.errs = []error{&awsapi.APIError{Service: awsapi.SignIn, Code: code, Type: "AccessDeniedException", Status: status, Message: "canary"}}
		}
	}
	unreachable := &awsapi.UnreachableError{Operation: "CreateOAuth2Token", Endpoint: "https://signin.test", Reason: awsapi.ReasonTimeout, Err: errors.New("timeout")}
	for name, tt := range map[string]struct {
		change func(*desk)
		is     func(error) bool
		text   string
	}{
		"too late":      {refuse("AUTHCODE_EXPIRED", 401), as[*signin.CodeExpiredError], "console sign-in: the authorization code has expired"},
		"no permission": {refuse("INSUFFICIENT_PERMISSIONS", 403), as[*signin.PermissionError], "console sign-in: the identity lacks the permission signin:CreateOAuth2Token"},
		"other":         {refuse("INVALID_REQUEST", 400), as[*awsapi.APIError], ""},
		"no answer":     {func(d *desk) { d.errs = []error{unreachable} }, as[*awsapi.UnreachableError], ""},
		"no keys":       {func(d *desk) { d.out.Credentials.SecretAccessKey = "" }, always, "console sign-in: no whole credentials in the answer"},
		"no session":    {func(d *desk) { d.out.Credentials.SessionToken = "" }, always, "console sign-in: no whole credentials in the answer"},
		"no refresh":    {func(d *desk) { d.out.RefreshToken = secret.Text{} }, always, "console sign-in: no whole credentials in the answer"},
		"no lifetime":   {func(d *desk) { d.out.ExpiresIn = 0 }, always, "console sign-in: no whole credentials in the answer"},
		"no identity":   {func(d *desk) { d.out.IDToken = secret.Text{} }, always, "console sign-in: the answer has no identity token that can be read"},
	} {
		d, c := newDesk(t), configFor(t, "")
		tt.change(d)
		_, err := signin.SignIn(t.Context(), c, d.options())
		if err == nil || !tt.is(err) || tt.text != "" && err.Error() != tt.text || tt.text != "" && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
		wantNoFile(t, name, c)
	}
}

func as[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func always(error) bool { return true }

// TestIdentityToken: what it names goes into a file's name and into the config.
func TestIdentityToken(t *testing.T) {
	t.Parallel()
	sub := func(s string) string { return idToken(`{"sub":` + jsonText(s) + `}`) }
	for name, tt := range map[string]struct{ token, account string }{
		"user":          {sub(arn), "123456789012"},
		"path":          {sub("arn:aws:iam::123456789012:user/a/b#;=c/alice"), "123456789012"},
		"root":          {sub("arn:aws:iam::000000000001:root"), "000000000001"},
		"role":          {sub("arn:aws:sts::123456789012:assumed-role/Admin/alice@example.com"), "123456789012"},
		"China":         {sub("arn:aws-cn:iam::123456789012:user/alice"), "123456789012"},
		"GovCloud":      {sub("arn:aws-us-gov:iam::123456789012:user/alice"), "123456789012"},
		"padded":        {strings.Replace(sub(arn+"1"), ".canary-s", "=.canary-s", 1), "123456789012"},
		"two parts":     {"a.b", ""},
		"four parts":    {sub(arn) + ".x", ""},
		"no base64":     {"a.!canary!.c", ""},
		"no JSON":       {idToken("canary"), ""},
		"no sub":        {idToken(`{"aud":"canary"}`), ""},
		"sub a number":  {idToken(`{"sub":1}`), ""},
		"empty":         {sub(""), ""},
		"no ARN":        {sub("canary"), ""},
		"of another":    {sub("arn:aws:s3:::canary"), ""},
		"with region":   {sub("arn:aws:iam:us-east-1:123456789012:user/canary"), ""},
		"short account": {sub("arn:aws:iam::12345678901:user/canary"), ""},
		"long account":  {sub("arn:aws:iam::1234567890123:user/canary"), ""},
		"wrong account": {sub("arn:aws:iam::12345678901x:user/canary"), ""},
		"partition":     {sub("arn:azure:iam::123456789012:user/canary"), ""},
		"partition, up": {sub("arn:aws-X:iam::123456789012:user/canary"), ""},
		"no resource":   {sub("arn:aws:iam::123456789012:"), ""},
		"line break":    {sub(arn + "\nrole_arn = canary"), ""},
		"blank":         {sub(arn + " # canary"), ""},
		"escape":        {sub(arn + "\x1b[2Jcanary"), ""},
		"not ASCII":     {sub(arn + "é"), ""},
		"too long":      {sub(arn + strings.Repeat("x", 1024)), ""},
		"huge":          {sub(arn) + strings.Repeat("x", 1<<16), ""},
	} {
		d, c := newDesk(t), configFor(t, "")
		d.out.IDToken = secret.New(tt.token)
		got, err := signin.SignIn(t.Context(), c, d.options())
		if got.Account != tt.account || (err == nil) != (tt.account != "") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if err != nil {
			wantNoFile(t, name, c)
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestVisitFails: a browser that does not open is not the end, the person can go
// there by hand.
func TestVisitFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		ends bool
	}{
		"no browser": {errors.New("no browser"), false}, "browser too slow": {context.DeadlineExceeded, false},
		"cancelled": {fmt.Errorf("asking: %w", context.Canceled), true},
	} {
		for _, flow := range []signin.Flow{signin.FlowBrowser, signin.FlowRemote} {
			d, c := newDesk(t), configFor(t, "")
			o := d.remote(d.shown)
			o.Flow = flow
			o.Visit = func(ctx context.Context, v signin.Visit) error {
				if tt.ends || flow == signin.FlowRemote {
					d.look(v)
				} else if err := d.come(ctx, v); err != nil {
					return err
				}
				return tt.err
			}
			if _, err := signin.SignIn(t.Context(), c, o); tt.ends && !errors.Is(err, tt.err) || !tt.ends && err != nil {
				t.Errorf("%s, %s: %v", name, flow, err)
			}
		}
	}
}

// TestBrowserStaysOpen: the browser's command may run for as long as the window
// is open; its context says when it is no longer waited for.
func TestBrowserStaysOpen(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	o := d.options()
	o.Visit = func(ctx context.Context, v signin.Visit) error {
		if err := d.come(ctx, v); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if _, err := signin.SignIn(t.Context(), c, o); err != nil {
		t.Error(err)
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	d, c := newDesk(t), configFor(t, "")
	o := d.options()
	o.Port = busy.Addr().(*net.TCPAddr).Port
	_, err = signin.SignIn(t.Context(), c, o)
	var failure *authcode.PortError
	if !errors.As(err, &failure) || failure.Port != o.Port || d.query != nil {
		t.Errorf("got %v", err)
	}
	if err := busy.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := signin.SignIn(t.Context(), c, o); err != nil {
		t.Errorf("when it is free: %v", err)
	} else if want := "http://127.0.0.1:" + strconv.Itoa(o.Port) + "/oauth/callback"; d.query.Get("redirect_uri") != want {
		t.Errorf("redirect to %s, want %s", d.query.Get("redirect_uri"), want)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, flow := range []signin.Flow{signin.FlowBrowser, signin.FlowRemote} {
		d, c := newDesk(t), configFor(t, "")
		ctx, cancel := context.WithCancel(t.Context())
		var at time.Time
		o := d.options()
		o.Flow = flow
		o.Visit = func(ctx context.Context, v signin.Visit) error {
			d.look(v)
			at = time.Now()
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		_, err := signin.SignIn(ctx, c, o)
		if took := time.Since(at); !errors.Is(err, context.Canceled) || took > 5*time.Second {
			t.Errorf("%s: %v after %v", flow, err, took)
		}
		if _, err := http.Get(d.query.Get("redirect_uri")); flow == signin.FlowBrowser && err == nil {
			t.Error("the listener still answers")
		}
		wantNoFile(t, string(flow), c)
	}
}

// TestCancelledWithTheAnswerHere: what came is not thrown away.
func TestCancelledWithTheAnswerHere(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, arn)
	ctx, cancel := context.WithCancel(t.Context())
	d.before = cancel
	in, err := signin.SignIn(ctx, c, d.options())
	if err != nil || in.LoginSession != arn {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := os.Stat(in.File); err != nil {
		t.Error(err)
	}
}

func TestNoSuchFlow(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	o := d.options()
	o.Flow = "telepathy"
	if _, err := signin.SignIn(t.Context(), c, o); err == nil || d.query != nil {
		t.Errorf("got %v", err)
	}
}

func TestUnwritable(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	if err := os.WriteFile(c.CacheDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := signin.SignIn(t.Context(), c, d.options()); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}
