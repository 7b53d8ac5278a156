package sso

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// LogoutAPI is what a sign-out needs of the portal; *awsapi.Client has it.
type LogoutAPI interface {
	Logout(ctx context.Context, portal awsapi.Endpoint, token secret.Text) error
}

// NotToldError says that a sign-out could not be told to AWS: there the session
// goes on until it ends by itself. On this machine it is gone.
type NotToldError struct{ Err error }

func (e *NotToldError) Error() string {
	return "sso sign-out: AWS could not be told: " + e.Err.Error()
}

func (e *NotToldError) Unwrap() error { return e.Err }

// SignOut ends the session at AWS and removes the token file, for all AWS tools.
// A token that has expired is first renewed where that is possible, because AWS
// knows the session by a living one only. Registrations of clients stay, as they
// do with the AWS CLI, and nobody being signed in is no error.
//
// Errors: *[NotToldError], the file having been removed all the same; those of
// the file system; the wrapped error of a ctx that ended, the file being there
// still.
func (t *Tokens) SignOut(ctx context.Context, api LogoutAPI, portal awsapi.Endpoint) error {
	told := t.tellSignOut(ctx, api, portal)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sso sign-out: %w", err)
	}
	if err := t.file.Remove(ctx); err != nil {
		return fmt.Errorf("sso sign-out: %w", err)
	}
	if told != nil {
		return &NotToldError{told}
	}
	return nil
}

// tellSignOut ends the session at AWS, if there is one.
func (t *Tokens) tellSignOut(ctx context.Context, api LogoutAPI, portal awsapi.Endpoint) error {
	token, _, err := t.AccessToken(ctx)
	var none *SignInRequiredError
	if errors.As(err, &none) {
		return nil
	}
	if err == nil {
		err = api.Logout(ctx, portal, token)
	}
	if statusOf(err) == http.StatusUnauthorized {
		return nil // it had ended before
	}
	return err
}

// RoleCacheFile returns the path of the file below cliCache, usually
// ~/.aws/cli/cache, in which the AWS CLI keeps the credentials of a role that it
// got with this sign-in:
// sha1({"accountId":…,"roleName":…,"sessionName" or "startUrl":…}).json.
func (t *Tokens) RoleCacheFile(cliCache, accountID, roleName string) string {
	last, value := "sessionName", t.config.SessionName
	if value == "" {
		last, value = "startUrl", t.config.StartURL
	}
	sum := sha1.Sum([]byte(`{"accountId":` + tokenfile.Quote(accountID) + `,"roleName":` + tokenfile.Quote(roleName) + `,"` + last + `":` + tokenfile.Quote(value) + `}`))
	return filepath.Join(cliCache, hex.EncodeToString(sum[:])+".json")
}
