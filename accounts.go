package latchkey

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/sso"
)

// AccountsOptions say what [Resolver.Accounts] lists.
type AccountsOptions struct {
	// Roles lists the roles of each account as well. Account is the id or the name
	// of the only account wanted, "" for all.
	Roles   bool
	Account string
	// Progress, if not nil, is told how many accounts are done, of how many; 0: not
	// known yet.
	Progress func(done, total int)
	// Waits, if not nil, is told that AWS has to be waited for, and until when.
	Waits func(until time.Time)
}

// In is a sign-in at the Identity Center of another region.
func (r *Resolver) In(s chain.SignIn, region string) (chain.SignIn, error) {
	return s.In(r.config(), region)
}

// Accounts lists the accounts that whoever has signed in at Identity Center may
// use. Errors: those of sso.Tokens.Discover, among them *sso.SignInRequiredError.
func (r *Resolver) Accounts(ctx context.Context, s chain.SignIn, o AccountsOptions) ([]sso.Account, error) {
	client := r.client(s.CABundle)
	defer client.CloseIdle()
	return r.tokens(s, client).Discover(ctx, sso.DiscoverOptions{API: client, Endpoint: s.Portal, Roles: o.Roles, Account: o.Account, Progress: o.Progress, Waits: o.Waits})
}
