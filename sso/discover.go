package sso

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

// Account is one that the person who signed in has roles in. Name and Email may
// be "", and hold nothing that does not show.
type Account struct {
	ID, Name, Email string
	// Roles are sorted. They are listed only where that was asked for.
	Roles []string
	// Refused is set where AWS lists the account and then refuses to tell its
	// roles: a suspended account, or an assignment that ended a moment ago.
	Refused bool
}

// DirectoryAPI is what discovery needs of the portal; *awsapi.Client has it.
type DirectoryAPI interface {
	ListAccounts(context.Context, awsapi.Endpoint, awsapi.ListAccountsInput) (awsapi.ListAccountsOutput, error)
	ListAccountRoles(context.Context, awsapi.Endpoint, awsapi.ListAccountRolesInput) (awsapi.ListAccountRolesOutput, error)
}

// DiscoverOptions say what is looked for. API and Endpoint are required.
type DiscoverOptions struct {
	API      DirectoryAPI
	Endpoint awsapi.Endpoint // of the portal
	Roles    bool            // list the roles as well
	Account  string          // the id, or the name in any case, of the only account wanted; "" for all
	Parallel int             // the most calls at once; 0: 8
	// Progress, if not nil, is told how many accounts are done, of how many; a
	// total of 0 is not known yet. Calls of it never overlap.
	Progress func(done, total int)
	// Waits, if not nil, is told the first time that AWS has to be waited for, and
	// until when at most. It may be called by several goroutines.
	Waits func(until time.Time)
	// Sleep waits between tries; nil waits for real.
	Sleep func(context.Context, time.Duration) error
}

// defaultParallel is what the portal bears: more calls at once are throttled.
const defaultParallel = 8

// The most pages that are read of one list. No organisation comes near, and a
// server that never ends a list is given up on.
const (
	maxAccountPages = 1000
	maxRolePages    = 100
)

// Discover lists the accounts that are assigned to whom this sign-in belongs to,
// sorted by name and then id, and the roles in each. What AWS throttles is asked
// for again, more slowly, until that has taken a call two minutes.
//
// Errors: those of [Tokens.AccessToken]; *[SignInRequiredError] also where the
// portal no longer accepts the token; those of the calls, of which the first ends
// all others; the wrapped error of a ctx that ended.
func (t *Tokens) Discover(ctx context.Context, o DiscoverOptions) ([]Account, error) {
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Sleep == nil {
		o.Sleep = pause.For
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	d := &discovery{tokens: t, DiscoverOptions: o, turns: newTurns(o.Parallel)}
	accounts, err := d.accounts(ctx)
	if err != nil {
		return nil, err
	}
	if o.Roles {
		err = d.roles(ctx, accounts)
	} else {
		o.Progress(len(accounts), len(accounts))
	}
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// discovery is one run.
type discovery struct {
	DiscoverOptions
	tokens *Tokens
	turns  *turns
	token  liveToken
	told   sync.Once
}

// accounts reads all pages of accounts.
func (d *discovery) accounts(ctx context.Context) ([]Account, error) {
	var list []Account
	seen := make(map[string]bool)
	p := pages{operation: "sso ListAccounts", endpoint: d.Endpoint, max: maxAccountPages}
	for more := true; more; {
		var out awsapi.ListAccountsOutput
		err := d.call(ctx, func(token secret.Text) (err error) {
			out, err = d.API.ListAccounts(ctx, d.Endpoint, awsapi.ListAccountsInput{AccessToken: token, NextToken: p.next})
			return err
		})
		if err == nil {
			more, err = p.turn(out.NextToken)
		}
		if err != nil {
			return nil, err
		}
		for _, a := range out.Accounts {
			if !seen[a.ID] && (d.Account == "" || d.Account == a.ID || strings.EqualFold(d.Account, a.Name)) {
				seen[a.ID] = true
				list = append(list, Account{ID: a.ID, Name: a.Name, Email: a.Email})
			}
		}
		d.Progress(len(list), 0)
	}
	sort.Slice(list, func(i, j int) bool {
		return cmp.Or(cmp.Compare(list[i].Name, list[j].Name), cmp.Compare(list[i].ID, list[j].ID)) < 0
	})
	return list, nil
}

// roles fills in the roles of all accounts, several at a time. The first error
// ends the others, and all have ended when it returns.
func (d *discovery) roles(ctx context.Context, accounts []Account) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.Progress(0, len(accounts))
	next, done := 0, 0
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(d.Parallel, len(accounts)) {
		workers.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(accounts) {
					return
				}
				if err := d.rolesOf(ctx, &accounts[i]); err != nil {
					cancel(err) // the first one counts
					return
				}
				mu.Lock()
				done++
				d.Progress(done, len(accounts))
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// rolesOf reads all pages of the roles in one account.
func (d *discovery) rolesOf(ctx context.Context, a *Account) error {
	p := pages{operation: "sso ListAccountRoles", endpoint: d.Endpoint, max: maxRolePages}
	for more := true; more; {
		var out awsapi.ListAccountRolesOutput
		err := d.call(ctx, func(token secret.Text) (err error) {
			out, err = d.API.ListAccountRoles(ctx, d.Endpoint, awsapi.ListAccountRolesInput{AccessToken: token, AccountID: a.ID, NextToken: p.next})
			return err
		})
		switch status := statusOf(err); {
		case status == http.StatusForbidden || status == http.StatusNotFound:
			a.Roles, a.Refused = nil, true
			return nil
		case err == nil:
			more, err = p.turn(out.NextToken)
		}
		if err != nil {
			return err
		}
		a.Roles = append(a.Roles, out.Roles...)
	}
	slices.Sort(a.Roles)
	a.Roles = slices.Compact(a.Roles)
	return nil
}

// pages walks through the pages of one list.
type pages struct {
	operation string
	endpoint  awsapi.Endpoint
	max       int
	next      string
	seen      map[string]bool
}

// turn takes the token of the next page and reports whether there is one. A
// server that leads in a circle or nowhere is an *awsapi.ResponseError.
func (p *pages) turn(next string) (more bool, err error) {
	if next == "" {
		return false, nil
	}
	why := ""
	switch {
	case p.seen[next]:
		why = "the pages of the list go in a circle"
	case len(p.seen)+1 >= p.max:
		why = fmt.Sprintf("the list has more than %d pages", p.max)
	}
	if why != "" {
		return false, &awsapi.ResponseError{Operation: p.operation, Endpoint: p.endpoint.URL, Status: http.StatusOK, Why: why}
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[next] = true
	p.next = next
	return true, nil
}
