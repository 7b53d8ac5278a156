package signin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// Flow is a way through the browser.
type Flow string

// The flows.
const (
	// FlowBrowser: the browser runs on this machine and brings the code itself.
	FlowBrowser Flow = "browser"
	// FlowRemote: the browser runs anywhere, and the person carries the code over.
	FlowRemote Flow = "remote"
)

// SignInOptions say how a person signs in.
type SignInOptions struct {
	// API is the sign-in service.
	API API
	// Flow is the way through the browser.
	Flow Flow
	// Port of the loopback listener of FlowBrowser; 0 is a free one.
	Port int
	// Visit shows the person where to go and opens the browser. For FlowBrowser
	// it runs beside the listener and may block until the browser's command
	// ends; its ctx ends when there is an answer, and it returns soon then. For
	// FlowRemote it runs before Paste. Its error ends the sign-in only if it is
	// [context.Canceled]: the person can still go to the page by hand.
	Visit func(context.Context, Visit) error
	// Paste asks the person for what the confirmation page of FlowRemote shows.
	// It is asked three times at most.
	Paste func(context.Context) (secret.Text, error)
	// Pasted, if not nil, is told what was wrong before Paste is asked again.
	Pasted func(*PasteError)
	// Other decides what happens when somebody else signed in than
	// Config.LoginSession says: nil goes on with that identity, an error ends
	// the sign-in with it. Nothing has been written yet. A nil Other is
	// *[OtherIdentityError].
	Other func(ctx context.Context, got string) error
}

// Visit is where the person has to go.
type Visit struct {
	Flow Flow
	// URL is safe to open: on AWS's sign-in hosts, or on this machine. Host is
	// its host.
	URL, Host string
	// Expires is when the sign-in is given up.
	Expires time.Time
}

// SignedIn is what a sign-in brought.
type SignedIn struct {
	// LoginSession is the ARN of who signed in: the value for login_session.
	LoginSession string
	// Account is the id of the ARN's account, 12 digits.
	Account string
	// Expires is when the first credentials end, at most 15 minutes from now.
	// They are renewed for up to 12 hours.
	Expires time.Time
	// File is the cache file that was written.
	File string
}

// attempt is one sign-in under way.
type attempt struct {
	config   Config
	options  SignInOptions
	client   string
	state    string
	verifier secret.Text
	key      *ecdsa.PrivateKey
}

// SignIn has a person sign in to the console in a browser, and writes what comes
// of it where the AWS CLI and the SDKs look for it, in the AWS CLI's form. With
// an empty c.LoginSession it takes whoever signs in. Credentials that came are
// written although ctx has ended meanwhile.
//
// Errors: *[DeniedError]; *[CodeExpiredError]; *[PermissionError];
// *[OtherIdentityError] or that of Other; *[UnsafeURLError]; *[PasteError];
// *[authcode.PortError]; the wrapped error of a ctx that ended, of Visit where it
// ended the sign-in, or of Paste; those of the call and of the file.
func SignIn(ctx context.Context, c Config, o SignInOptions) (SignedIn, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return SignedIn{}, fmt.Errorf("console sign-in: %w", err)
	}
	a := &attempt{config: c, options: o, state: authcode.NewState(), verifier: authcode.NewVerifier(), key: key}
	var code secret.Text
	var redirect string
	switch o.Flow {
	case FlowBrowser:
		a.client = "arn:aws:signin:::devtools/same-device"
		code, redirect, err = a.inBrowser(ctx)
	case FlowRemote:
		a.client = "arn:aws:signin:::devtools/cross-device"
		code, redirect, err = a.byHand(ctx)
	default:
		err = errors.New("no such flow")
	}
	if err != nil {
		return SignedIn{}, a.explain(err)
	}
	return a.redeem(ctx, code, redirect)
}

// redeem trades the code for credentials, and keeps them.
func (a *attempt) redeem(ctx context.Context, code secret.Text, redirect string) (SignedIn, error) {
	sent := a.config.Now()
	out, err := NewCredentials(a.config, a.options.API).ask(ctx, a.key, awsapi.SignInTokenInput{
		ClientID: a.client, GrantType: "authorization_code", Code: code, CodeVerifier: a.verifier, RedirectURI: redirect,
	})
	if err != nil {
		return SignedIn{}, a.explain(err)
	}
	if !out.Credentials.HasKeys() || out.Credentials.SessionToken == "" || out.ExpiresIn <= 0 || out.RefreshToken.Empty() {
		return SignedIn{}, errors.New("console sign-in: no whole credentials in the answer")
	}
	who, err := subject(out.IDToken)
	if err != nil {
		return SignedIn{}, fmt.Errorf("console sign-in: %w", err)
	}
	if err := a.expect(ctx, who.String()); err != nil {
		return SignedIn{}, err
	}
	done := SignedIn{LoginSession: who.String(), Account: who.Account, Expires: sent.Add(out.ExpiresIn).UTC().Truncate(time.Second)}
	document, err := a.document(done, out)
	if err != nil {
		return SignedIn{}, fmt.Errorf("console sign-in: %w", err)
	}
	done.File = TokenFiles(a.config.CacheDir, done.LoginSession)[0]
	file := tokenfile.File{Path: done.File, LockDir: a.config.LockDir, Now: a.config.Now}
	if err := file.Replace(ctx, document); err != nil {
		return SignedIn{}, fmt.Errorf("console sign-in: %w", err)
	}
	return done, nil
}

// expect compares who signed in with who should.
func (a *attempt) expect(ctx context.Context, got string) error {
	want := strings.TrimSpace(a.config.LoginSession)
	switch {
	case want == "" || want == got:
		return nil
	case a.options.Other == nil:
		return &OtherIdentityError{Expected: a.config.LoginSession, Got: got}
	}
	return a.options.Other(ctx, got)
}

// document is the cache file in the AWS CLI's form: the same members in the same
// order, the key as SEC 1 PEM.
func (a *attempt) document(done SignedIn, out awsapi.SignInTokenOutput) (*tokenfile.Document, error) {
	key, err := formatKey(a.key)
	if err != nil {
		return nil, err
	}
	tokenType := out.TokenType
	if tokenType == "" {
		tokenType = "aws_sigv4"
	}
	d := tokenfile.New()
	token := d.SetObject("accessToken")
	token.Set("accessKeyId", out.Credentials.AccessKeyID)
	token.Set("secretAccessKey", out.Credentials.SecretAccessKey)
	token.Set("sessionToken", out.Credentials.SessionToken)
	token.Set("accountId", done.Account)
	token.Set("expiresAt", iso8601.Format(done.Expires))
	d.Set("tokenType", tokenType)
	d.Set("clientId", a.client)
	d.Set("refreshToken", out.RefreshToken.Reveal())
	d.Set("idToken", out.IDToken.Reveal())
	d.Set("dpopKey", key.Reveal())
	return d, nil
}
