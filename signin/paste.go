package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// pasteTries is how often a person is asked for the code of one sign-in.
	pasteTries = 3
	// maxPaste is far above what the page shows (1 KiB).
	maxPaste = 32 << 10
)

// byHand gets the code from the person, whose browser may be anywhere.
func (a *attempt) byHand(ctx context.Context) (code secret.Text, redirect string, err error) {
	if err := checkPage(a.config.Endpoint); err != nil {
		return secret.Text{}, "", err
	}
	redirect = a.config.Endpoint.URL + "/v1/sessions/confirmation"
	waiting, stop := context.WithTimeoutCause(ctx, authcode.Patience, authcode.ErrPatience)
	defer stop()
	if err := a.options.Visit(waiting, a.visit(redirect)); errors.Is(err, context.Canceled) {
		return secret.Text{}, "", overtime(waiting, err)
	}
	for try := 1; ; try++ {
		text, err := a.options.Paste(waiting)
		if err != nil {
			return secret.Text{}, "", overtime(waiting, err)
		}
		code, err := a.readPaste(text)
		var wrong *PasteError
		if !errors.As(err, &wrong) || try == pasteTries {
			return code, redirect, err
		}
		if a.options.Pasted != nil {
			a.options.Pasted(wrong)
		}
	}
}

// overtime says that the patience has run out, when that is what ended ctx.
func overtime(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), authcode.ErrPatience) {
		return authcode.ErrPatience
	}
	return err
}

// readPaste takes the code from what the confirmation page shows: the base64 of
// state=…&code=…. Terminals and chat programs break lines, add blanks and drop
// padding; none of that matters.
func (a *attempt) readPaste(pasted secret.Text) (secret.Text, error) {
	wrong := func(why string) (secret.Text, error) { return secret.Text{}, &PasteError{why} }
	text := strings.TrimRight(strings.Map(base64Letter, pasted.Reveal()), "=")
	switch {
	case text == "":
		return wrong("nothing was pasted")
	case len(text) > maxPaste:
		return wrong("it is too long")
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return wrong("it is not whole, or not what the page shows")
	}
	query, err := url.ParseQuery(string(data))
	if err != nil || len(query["state"]) != 1 || len(query["code"]) > 1 || len(query["error"]) > 1 {
		return wrong("it is not whole, or not what the page shows")
	}
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.state)) != 1 {
		return wrong("it belongs to another sign-in")
	}
	switch code, denied := query.Get("code"), query.Get("error"); {
	case code != "" && denied == "":
		return secret.New(code), nil
	case code == "" && denied != "":
		return secret.Text{}, &DeniedError{Code: display.Text(denied, 100), Description: display.Text(query.Get("error_description"), 300)}
	}
	return wrong("it is not whole, or not what the page shows")
}

// base64Letter drops blanks and what cannot be seen, and turns the URL-safe
// alphabet into the standard one.
func base64Letter(r rune) rune {
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return -1
	case r == '-':
		return '+'
	case r == '_':
		return '/'
	}
	return r
}
