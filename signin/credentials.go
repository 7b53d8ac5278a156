// Package signin owns console sign-ins and the credentials they give, as of aws
// login: the way through the browser, where the AWS CLI and the SDKs cache the
// credentials, and how they are renewed.
//
// The files are shared with all other AWS tools, so that one sign-in serves
// them all. The package must not know profiles or the terminal.
package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// Config names one sign-in.
type Config struct {
	// LoginSession is the value of login_session as written: the ARN of the
	// identity that signed in.
	LoginSession string
	// CacheDir holds the cache files, usually ~/.aws/login/cache.
	CacheDir string
	// Endpoint is that of the sign-in service.
	Endpoint awsapi.Endpoint
	// LockDir holds the lock of the renewal; "" is CacheDir.
	LockDir string
	// Now is the clock.
	Now func() time.Time
}

// API is what a sign-in and a renewal need of the sign-in service. If it has the method
// Skew() time.Duration, AWS's clock minus ours, the proof of possession is dated
// by AWS's clock.
type API interface {
	CreateSignInToken(context.Context, awsapi.Endpoint, awsapi.SignInTokenInput) (awsapi.SignInTokenOutput, error)
}

// Credentials yields the credentials of one sign-in.
type Credentials struct {
	config Config
	api    API
}

// TokenFiles returns the paths where the cache file of loginSession may be, the
// first being where it should: sha256(value).json, of the value without blanks
// around it, and if that differs of the value as written, as botocore does.
func TokenFiles(cacheDir, loginSession string) []string {
	name := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return filepath.Join(cacheDir, hex.EncodeToString(sum[:])+".json")
	}
	trimmed := strings.TrimSpace(loginSession)
	if trimmed == loginSession {
		return []string{name(trimmed)}
	}
	return []string{name(trimmed), name(loginSession)}
}

// NewCredentials returns the credentials of the sign-in that c names.
func NewCredentials(c Config, api API) *Credentials { return &Credentials{c, api} }

// Retrieve returns the credentials, renewed when less than 5 minutes are left.
// AccountID is set; Source is not.
//
// Errors: *[SignInRequiredError]; *[PermissionError]; *[awsapi.UnreachableError]
// and the other errors of the call when expired credentials could not be renewed
// for want of an answer; the file's own error when it cannot be read.
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	file := c.file()
	doc, err := file.Current(ctx, c.rules(file.Path))
	if err != nil {
		return aws.Credentials{}, c.explain(file.Path, err)
	}
	return c.credentials(file.Path, doc)
}

// rules say how the file at path is read and renewed.
func (c *Credentials) rules(path string) tokenfile.Rules {
	return tokenfile.Rules{
		Inspect: func(d *tokenfile.Document) (tokenfile.State, error) { return inspect(path, d) },
		Refresh: c.refresh,
	}
}

// file picks the cache file anew each time: one may have appeared.
func (c *Credentials) file() tokenfile.File {
	paths := TokenFiles(c.config.CacheDir, c.config.LoginSession)
	file := tokenfile.File{Path: paths[0], LockDir: c.config.LockDir, Now: c.config.Now}
	for _, path := range paths {
		if tokenfile.Exists(path) {
			file.Path = path
			break
		}
	}
	return file
}

// inspect refuses a document without whole credentials, and reads when they end
// and whether they can be renewed.
func inspect(path string, d *tokenfile.Document) (tokenfile.State, error) {
	damaged := func(why string) (tokenfile.State, error) {
		return tokenfile.State{}, &tokenfile.DamagedError{Path: path, Why: why}
	}
	token, ok := d.Object("accessToken")
	if !ok {
		return damaged("no accessToken in it")
	}
	for _, name := range [...]string{"accessKeyId", "secretAccessKey", "sessionToken"} {
		if token.Text(name) == "" {
			return damaged("no " + name + " in it")
		}
	}
	expires, err := iso8601.Parse(token.Text("expiresAt"))
	if err != nil {
		return damaged("no usable expiresAt in it")
	}
	state := tokenfile.State{Expires: expires}
	if d.Text("clientId") != "" && d.Text("dpopKey") != "" {
		state.RefreshToken = d.Secret("refreshToken")
	}
	return state, nil
}

func (c *Credentials) credentials(path string, d *tokenfile.Document) (aws.Credentials, error) {
	state, err := inspect(path, d)
	if err != nil {
		return aws.Credentials{}, c.explain(path, err)
	}
	token, _ := d.Object("accessToken")
	account := token.Text("accountId")
	if arn, ok := awsapi.ParseARN(strings.TrimSpace(c.config.LoginSession)); account == "" && ok {
		account = arn.Account
	}
	return aws.Credentials{
		AccessKeyID:     token.Text("accessKeyId"),
		SecretAccessKey: token.Secret("secretAccessKey").Reveal(),
		SessionToken:    token.Secret("sessionToken").Reveal(),
		AccountID:       account,
		CanExpire:       true,
		Expires:         state.Expires,
	}, nil
}

// explain turns the trouble with the file into what a person can act on.
func (c *Credentials) explain(path string, err error) error {
	required := func(reason Reason, why string, cause error) error {
		return &SignInRequiredError{LoginSession: c.config.LoginSession, File: path, Reason: reason, Why: why, Err: cause}
	}
	var damaged *tokenfile.DamagedError
	var failure *tokenfile.RefreshError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return required(ReasonMissing, "not signed in", err)
	case errors.As(err, &damaged):
		return required(ReasonDamaged, "the file is damaged: "+damaged.Why, err)
	case errors.Is(err, tokenfile.ErrExpired):
		return required(ReasonExpired, "the sign-in has expired and holds nothing to renew it with", nil)
	case !errors.As(err, &failure):
		return fmt.Errorf("login session: %w", err)
	case !failure.Refused:
		return c.unanswered(failure)
	}
	switch failure.Code {
	case "INSUFFICIENT_PERMISSIONS":
		return &PermissionError{LoginSession: c.config.LoginSession, Action: "signin:CreateOAuth2Token", Err: failure.Err}
	case "TOKEN_EXPIRED", "AUTHCODE_EXPIRED":
		return required(ReasonExpired, "the sign-in has expired", failure.Err)
	case "USER_CREDENTIALS_CHANGED":
		return required(ReasonChanged, "the password or other credentials of the user have changed", failure.Err)
	}
	return required(ReasonRefused, "the sign-in has expired and AWS refused to renew it: "+failure.Reason(), failure.Err)
}
