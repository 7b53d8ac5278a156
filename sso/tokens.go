// Package sso owns sign-ins at IAM Identity Center and what they are good for: the
// ways through the browser, where the AWS CLI and the SDKs cache the access tokens,
// how these are refreshed and ended, and which accounts and roles they open.
//
// The files are shared with all other AWS tools, so that one sign-in serves
// them all. The package must not know profiles or the terminal.
package sso

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// Config names one sign-in.
type Config struct {
	// StartURL and Region are of the sso-session, or of a profile in the
	// legacy form, exactly as written.
	StartURL, Region string
	// SessionName is the sso-session's name; "" is the legacy form, whose
	// tokens are never refreshed.
	SessionName string
	// CacheDir holds the token files, usually ~/.aws/sso/cache.
	CacheDir string
	// File is the token file where the names do not tell, of one of [CachedTokens];
	// "": the one that they name.
	File string
	// Endpoint is that of the OIDC service in Region.
	Endpoint awsapi.Endpoint
	// EndpointOf returns the OIDC service's endpoint in another region, for a
	// sign-in or a token that AWS says is of there; nil: that is an error.
	EndpointOf func(region string) (awsapi.Endpoint, error)
	// LockDir holds the lock of the refresh; "" is CacheDir.
	LockDir string
	// Now is the clock.
	Now func() time.Time
}

// OIDC is what a refresh needs of the OIDC service.
type OIDC interface {
	CreateToken(context.Context, awsapi.Endpoint, awsapi.CreateTokenInput) (awsapi.TokenOutput, error)
}

// Tokens yields the access token of one sign-in.
type Tokens struct {
	config Config
	oidc   OIDC
	file   tokenfile.File
}

// TokenFile returns the path of the token file in cacheDir:
// sha1(session name, or without one the start URL exactly as written).json.
func TokenFile(cacheDir, sessionName, startURL string) string {
	if sessionName == "" {
		sessionName = startURL
	}
	sum := sha1.Sum([]byte(sessionName))
	return filepath.Join(cacheDir, hex.EncodeToString(sum[:])+".json")
}

// NewTokens returns the tokens of the sign-in that c names.
func NewTokens(c Config, oidc OIDC) *Tokens {
	path := c.File
	if path == "" {
		path = TokenFile(c.CacheDir, c.SessionName, c.StartURL)
	}
	return &Tokens{c, oidc, tokenfile.File{Path: path, LockDir: c.LockDir, Now: c.Now}}
}

// AccessToken returns the access token and when it ends, refreshed when less
// than 5 minutes are left and that is possible without a person.
//
// Errors: *[SignInRequiredError]; *[awsapi.UnreachableError] and the other errors
// of the call when an expired token could not be refreshed for want of an
// answer; the file's own error when it cannot be read.
func (t *Tokens) AccessToken(ctx context.Context) (secret.Text, time.Time, error) {
	doc, err := t.file.Current(ctx, tokenfile.Rules{Inspect: t.inspect, Refresh: t.refresh})
	if err != nil {
		return secret.Text{}, time.Time{}, t.explain(err)
	}
	expires, err := iso8601.Parse(doc.Text("expiresAt"))
	if err != nil {
		return secret.Text{}, time.Time{}, t.explain(err)
	}
	return doc.Secret("accessToken"), expires, nil
}

// Ended returns the error for a token that AWS no longer accepts although it
// has not expired; cause is AWS's answer. The token counts as expired from then on.
func (t *Tokens) Ended(token secret.Text, cause error) error {
	t.file.End(t.inRegion(token))
	return t.required(ReasonEnded, "the session was ended on the server, by a sign-out or an administrator", cause)
}

// inspect reads when the token ends and whether it can be refreshed, which
// takes a client whose registration has not expired.
func (t *Tokens) inspect(d *tokenfile.Document) (tokenfile.State, error) {
	if d.Text("accessToken") == "" {
		return tokenfile.State{}, t.damaged("no accessToken in it")
	}
	expires, err := iso8601.Parse(d.Text("expiresAt"))
	if err != nil {
		return tokenfile.State{}, t.damaged("no usable expiresAt in it")
	}
	state := tokenfile.State{Expires: expires}
	if t.file.Ended(t.inRegion(d.Secret("accessToken"))) {
		state.Expires = time.Time{}
	}
	registered, err := iso8601.Parse(d.Text("registrationExpiresAt"))
	if t.config.SessionName == "" || err != nil || !registered.After(t.config.Now()) ||
		d.Text("clientId") == "" || d.Text("clientSecret") == "" {
		return state, nil
	}
	state.RefreshToken = d.Secret("refreshToken")
	return state, nil
}

// inRegion names a token together with the region that does not accept it: the one
// of a wrong sso_region accepts none.
func (t *Tokens) inRegion(token secret.Text) secret.Text {
	return secret.New(t.config.Region + " " + token.Reveal())
}

func (t *Tokens) damaged(why string) error {
	return &tokenfile.DamagedError{Path: t.file.Path, Why: why}
}

func (t *Tokens) required(reason Reason, why string, cause error) error {
	return &SignInRequiredError{
		SessionName: t.config.SessionName, StartURL: t.config.StartURL, File: t.file.Path,
		Reason: reason, Why: why, Err: cause,
	}
}

// explain turns the trouble with the file into what a person can act on.
func (t *Tokens) explain(err error) error {
	var damaged *tokenfile.DamagedError
	var failure *tokenfile.RefreshError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.required(ReasonMissing, "not signed in", err)
	case errors.As(err, &damaged):
		return t.required(ReasonDamaged, "the token file is damaged: "+damaged.Why, err)
	case errors.Is(err, tokenfile.ErrExpired):
		return t.required(ReasonExpired, "the sign-in has expired"+t.whyNoRefresh(), nil)
	case errors.As(err, &failure) && failure.Refused:
		return t.required(ReasonRefused, "the sign-in has expired and AWS refused to renew it: "+failure.Reason(), failure.Err)
	case errors.As(err, &failure):
		return t.unanswered(failure)
	}
	return fmt.Errorf("sso session: %w", err)
}

func (t *Tokens) whyNoRefresh() string {
	if t.config.SessionName == "" {
		return " (a profile without sso_session cannot renew it)"
	}
	return " and holds nothing to renew it with"
}
