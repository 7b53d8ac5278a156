package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestPaste: what happens to a text between two windows does not matter, and
// what it is not is said.
func TestPaste(t *testing.T) {
	t.Parallel()
	const code = "canary-code"
	for name, tt := range map[string]struct {
		paste func(state string) string
		why   string
	}{
		"as shown":      {func(s string) string { return b64("state=" + s + "&code=" + code) }, ""},
		"other order":   {func(s string) string { return b64("code=" + code + "&state=" + s) }, ""},
		"more in it":    {func(s string) string { return b64("state=" + s + "&x=1&code=" + code) }, ""},
		"blanks around": {func(s string) string { return " \t" + b64("state="+s+"&code="+code) + " \r\n" }, ""},
		"lines broken": {func(s string) string {
			text := b64("state=" + s + "&code=" + code)
			return text[:20] + "\r\n  " + text[20:40] + "\u00a0\u200b" + text[40:]
		}, ""},
		"no padding": {func(s string) string { return strings.TrimRight(b64("state="+s+"&code="+code+"12"), "=") }, ""},
		"URL-safe": {func(s string) string {
			return base64.URLEncoding.EncodeToString([]byte("state=" + s + "&x=\xfb\xff&code=" + code))
		}, ""},
		"pasted mark": {func(s string) string { return "\x1b" + b64("state="+s+"&code="+code) }, ""},

		"nothing":      {func(string) string { return " \n" }, "nothing was pasted"},
		"words":        {func(string) string { return "what code?" }, "it is not whole, or not what the page shows"},
		"plain":        {func(s string) string { return "state=" + s + "&code=" + code }, "it is not whole, or not what the page shows"},
		"cut":          {func(s string) string { return b64("state=" + s) }, "it is not whole, or not what the page shows"},
		"cut before":   {func(s string) string { return b64("code=" + code) }, "it is not whole, or not what the page shows"},
		"no code":      {func(s string) string { return b64("state=" + s + "&code=") }, "it is not whole, or not what the page shows"},
		"two codes":    {func(s string) string { return b64("state=" + s + "&code=a&code=" + code) }, "it is not whole, or not what the page shows"},
		"two states":   {func(s string) string { return b64("state=" + s + "&state=" + s + "&code=" + code) }, "it is not whole, or not what the page shows"},
		"both":         {func(s string) string { return b64("state=" + s + "&error=x&code=" + code) }, "it is not whole, or not what the page shows"},
		"bad escape":   {func(s string) string { return b64("state=" + s + "&code=%zz") }, "it is not whole, or not what the page shows"},
		"other state":  {func(string) string { return b64("state=x&code=" + code) }, "it belongs to another sign-in"},
		"longer state": {func(s string) string { return b64("state=" + s + "x&code=" + code) }, "it belongs to another sign-in"},
		"empty state":  {func(string) string { return b64("state=&code=" + code) }, "it belongs to another sign-in"},
		"huge":         {func(s string) string { return strings.Repeat("x", 1<<16) }, "it is too long"},
	} {
		d, c := newDesk(t), configFor(t, "")
		again := func() string { return tt.paste(d.query.Get("state")) }
		o := d.remote(again, again, again)
		var told []string
		o.Pasted = func(e *signin.PasteError) { told = append(told, e.Why) }
		in, err := signin.SignIn(t.Context(), c, o)
		if tt.why == "" {
			if err != nil || in.LoginSession != arn || len(told) != 0 || !strings.HasPrefix(d.in[0].Code.Reveal(), code) {
				t.Errorf("%s: %v, told %q", name, err, told)
			}
			continue
		}
		var wrong *signin.PasteError
		if !errors.As(err, &wrong) || wrong.Why != tt.why || strings.Join(told, "|") != tt.why+"|"+tt.why || len(d.in) != 0 {
			t.Errorf("%s: %v, told %q", name, err, told)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPasteAgain: a wrong paste costs nothing.
func TestPasteAgain(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	if _, err := signin.SignIn(t.Context(), c, d.remote(func() string { return "" }, func() string { return b64("state=x&code=y") }, d.shown)); err != nil {
		t.Error(err)
	}
}

func TestPasteDenied(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	_, err := signin.SignIn(t.Context(), c, d.remote(func() string {
		return b64("error=access_denied&error_description=no%1b&state=" + d.query.Get("state"))
	}))
	var denied *signin.DeniedError
	if !errors.As(err, &denied) || err.Error() != "console sign-in: refused in the browser: access_denied (no)" {
		t.Errorf("got %v", err)
	}
}

func TestPasteFails(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	nobody := errors.New("no terminal")
	o := d.remote()
	o.Paste = func(context.Context) (secret.Text, error) { return secret.Text{}, nobody }
	if _, err := signin.SignIn(t.Context(), c, o); !errors.Is(err, nobody) {
		t.Errorf("got %v", err)
	}
}

// TestPastePatience: after ten minutes the question is taken away.
func TestPastePatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, c := newDesk(t), configFor(t, "")
		o := d.remote()
		o.Paste = func(ctx context.Context) (secret.Text, error) {
			<-ctx.Done()
			return secret.Text{}, ctx.Err()
		}
		begun := time.Now()
		_, err := signin.SignIn(t.Context(), c, o)
		var expired *signin.CodeExpiredError
		if took := time.Since(begun); !errors.As(err, &expired) || expired.Err != nil || took != 10*time.Minute {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// FuzzPaste holds that no text without the state gets through, and that nothing
// of it is in the error.
func FuzzPaste(f *testing.F) {
	for _, seed := range []string{"", "state", b64("state=x&code=y"), b64("state=x&error=y"), "\xff", "===="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, c := newDesk(t), configFor(t, "")
		again := func() string { return text }
		_, err := signin.SignIn(t.Context(), c, d.remote(again, again, again))
		var wrong *signin.PasteError
		if !errors.As(err, &wrong) || len(err.Error()) > 100 {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzIdentity holds that whatever is taken for an identity is one line that the
// config can hold.
func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{`{"sub":"` + arn + `"}`, `{"sub":1}`, `{`, `{"sub":"arn:aws:iam::123456789012:x\n"}`, `{"sub":"arn:aws-:sts::123456789012:é"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		d, c := newDesk(t), configFor(t, "")
		d.out.IDToken = secret.New(idToken(claims))
		in, err := signin.SignIn(t.Context(), c, d.remote(d.shown))
		if err != nil {
			return
		}
		if strings.ContainsAny(in.LoginSession, " \t\r\n\x00") || len(in.LoginSession) > 1024 || len(in.Account) != 12 || !strings.HasPrefix(in.LoginSession, "arn:aws") {
			t.Errorf("%q: %+v", claims, in)
		}
	})
}
