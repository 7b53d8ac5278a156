package awsapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// pageSize is the most that the portal lists at once.
	pageSize = "100"
	// maxPage is the most that is read of a page, whatever was asked for.
	maxPage = 1000
	// maxPageToken is the longest token that names the next page, in bytes: it
	// goes into a URL.
	maxPageToken = 4096
)

// ListAccountsInput asks for one page of accounts.
type ListAccountsInput struct {
	AccessToken secret.Text
	NextToken   string // of the page before; "" for the first
}

// AccountItem is an account that the person who signed in has a role in. Name
// and Email may be "", and hold nothing that does not show.
type AccountItem struct{ ID, Name, Email string }

// ListAccountsOutput is one page. NextToken is "" on the last.
type ListAccountsOutput struct {
	Accounts  []AccountItem
	NextToken string
}

// ListAccountRolesInput asks for one page of the roles in an account.
type ListAccountRolesInput struct {
	AccessToken secret.Text
	AccountID   string
	NextToken   string // of the page before; "" for the first
}

// ListAccountRolesOutput is one page. NextToken is "" on the last.
type ListAccountRolesOutput struct {
	Roles     []string
	NextToken string
}

// ListAccounts returns up to 100 of the accounts that are assigned to whom the
// access token belongs to. An entry without an id is a *[ResponseError].
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_ListAccounts.html
func (c *Client) ListAccounts(ctx context.Context, e Endpoint, in ListAccountsInput) (ListAccountsOutput, error) {
	k := portalList("ListAccounts", e, in.AccessToken, "/assignment/accounts", in.NextToken, nil)
	d, items, next, err := c.page(ctx, k, in.AccessToken, "accountList")
	if err != nil {
		return ListAccountsOutput{}, err
	}
	out := ListAccountsOutput{NextToken: next}
	for _, at := range items {
		a := AccountItem{ID: d.token(at + "accountId"), Name: d.shown(at + "accountName"), Email: d.shown(at + "emailAddress")}
		if !IsAccountID(a.ID) {
			return ListAccountsOutput{}, k.lacks("accountId")
		}
		out.Accounts = append(out.Accounts, a)
	}
	return out, nil
}

// ListAccountRoles returns up to 100 of the roles that are assigned in an
// account to whom the access token belongs to. An account without any is an
// *[APIError] with ForbiddenException.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_ListAccountRoles.html
func (c *Client) ListAccountRoles(ctx context.Context, e Endpoint, in ListAccountRolesInput) (ListAccountRolesOutput, error) {
	k := portalList("ListAccountRoles", e, in.AccessToken, "/assignment/roles", in.NextToken, url.Values{"account_id": {in.AccountID}})
	d, items, next, err := c.page(ctx, k, in.AccessToken, "roleList")
	if err != nil {
		return ListAccountRolesOutput{}, err
	}
	out := ListAccountRolesOutput{NextToken: next}
	for _, at := range items {
		role := d.name(at + "roleName")
		if role == "" || len(role) > maxName {
			return ListAccountRolesOutput{}, k.lacks("roleName")
		}
		out.Roles = append(out.Roles, role)
	}
	return out, nil
}

// Logout ends the session of an access token on the server: nobody can use it or
// its refresh token any more.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Logout.html
func (c *Client) Logout(ctx context.Context, e Endpoint, token secret.Text) error {
	k := portalCall("Logout", e, token)
	k.method, k.path, k.format = http.MethodPost, "/logout", formatNone
	if token.Empty() {
		return &InputError{k.label(), "no access token"}
	}
	_, err := c.do(ctx, k)
	return err
}

// portalCall is a call that carries an access token.
func portalCall(operation string, e Endpoint, token secret.Text) call {
	return call{
		service: SSO, operation: operation, endpoint: e, method: http.MethodGet, format: formatJSON,
		header: http.Header{"X-Amz-Sso_bearer_token": {token.Reveal()}}, secrets: []string{token.Reveal()},
	}
}

func portalList(operation string, e Endpoint, token secret.Text, path, next string, query url.Values) call {
	if query == nil {
		query = make(url.Values, 2)
	}
	query.Set("max_result", pageSize)
	if next != "" {
		query.Set("next_token", next)
	}
	k := portalCall(operation, e, token)
	k.path = path + "?" + query.Encode()
	return k
}

// page makes a call that lists, and returns the prefixes of the items and the
// token of the next page.
func (c *Client) page(ctx context.Context, k call, token secret.Text, list string) (d document, items []string, next string, err error) {
	if token.Empty() {
		return d, nil, "", &InputError{k.label(), "no access token"}
	}
	if d, err = c.do(ctx, k); err != nil {
		return d, nil, "", err
	}
	next = d.token("nextToken")
	switch {
	case d.lists[list] > maxPage:
		return d, nil, "", k.lacks(list + " of at most 100 items")
	case len(next) > maxPageToken || next == "" && d.text("nextToken") != "":
		return d, nil, "", k.lacks("nextToken")
	}
	return d, d.members(list), next, nil
}

// shown returns a text that people gave, without what does not show.
func (d document) shown(path string) string {
	return strings.TrimSpace(display.Text(d.text(path), maxName))
}

// IsAccountID reports whether s is 12 digits.
func IsAccountID(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }
