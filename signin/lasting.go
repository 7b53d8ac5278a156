package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// longest is the most that [Credentials.Lasting] insists on. A renewal brings
// credentials of 15 minutes: whoever wants more of them than that has to have
// them renewed on the way, and asking a person again would change nothing.
const longest = 10 * time.Minute

// Lasting returns when the credentials end, renewed if less than least is left, and
// whether they can be renewed then; of least no more than 10 minutes count, since a renewal brings 15 at most. For
// as long as the sign-in can be renewed (12 hours) it does not ask for a person.
//
// Errors: as [Credentials.Retrieve], with [ReasonExpiring] when the credentials
// live and nothing can renew them.
func (c *Credentials) Lasting(ctx context.Context, least time.Duration) (expires time.Time, renews bool, err error) {
	least = min(least, longest)
	file := c.file()
	rules := c.rules(file.Path)
	rules.Least = least
	renewed := false
	var failed error
	rules.Refresh = func(ctx context.Context, d *tokenfile.Document) error {
		failed = c.refresh(ctx, d)
		renewed = failed == nil
		return failed
	}
	doc, err := file.Current(ctx, rules)
	if err != nil {
		return time.Time{}, false, c.explain(file.Path, err)
	}
	state, err := inspect(file.Path, doc)
	if err != nil {
		return time.Time{}, false, c.explain(file.Path, err)
	}
	left := state.Expires.Sub(c.config.Now())
	switch {
	case left >= least || renewed: // one that was just made is all there is to have
		return state.Expires, !state.RefreshToken.Empty(), nil
	case failed != nil:
		return time.Time{}, false, c.explain(file.Path, failed)
	}
	why := fmt.Sprintf("the credentials last for %v more, and nothing in the file can renew them", left.Truncate(time.Second))
	return time.Time{}, false, &SignInRequiredError{LoginSession: c.config.LoginSession, File: file.Path, Reason: ReasonExpiring, Why: why}
}

// Standing returns when the credentials end, by what their file says, and whether
// they can be renewed then. Nobody is asked, AWS neither. Errors: as
// [Credentials.Retrieve], for what takes no call.
func (c *Credentials) Standing(ctx context.Context) (expires time.Time, renews bool, err error) {
	file := c.file()
	_, state, err := file.Look(ctx, c.rules(file.Path))
	if err == nil && !file.Stands(state) {
		err = tokenfile.ErrExpired
	}
	if err != nil {
		return time.Time{}, false, c.explain(file.Path, err)
	}
	return state.Expires, !state.RefreshToken.Empty(), nil
}

// SignOut removes what the machine knows of the sign-in that c names. AWS is not
// told, there is no call for it: credentials that were handed out live for up to
// 15 minutes more.
func SignOut(ctx context.Context, c Config) error {
	if strings.TrimSpace(c.LoginSession) == "" {
		return errors.New("login session: none is named")
	}
	var all error
	for _, path := range TokenFiles(c.CacheDir, c.LoginSession) {
		all = errors.Join(all, tokenfile.File{Path: path, LockDir: c.LockDir, Now: c.Now}.Remove(ctx))
	}
	if all != nil {
		return fmt.Errorf("login session: %w", all)
	}
	return nil
}
