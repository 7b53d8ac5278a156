package sso_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/sso"
)

// large is an organisation of 1,000 accounts with five roles each, and somebody who
// is signed in to it.
func large(t *testing.T, rate int) (*sandbox.Server, *sso.Tokens, *awsapi.Client, secret.Text) {
	t.Helper()
	w := sandbox.Example()
	w.Settings.PortalRate = rate
	w.IdentityCenter.Users[0].Assignments = nil
	w.IdentityCenter.Generated = &sandbox.Generated{Accounts: 1000, PermissionSets: []string{"Reader", "Admin", "Billing", "Ops", "Dev"}, Users: []string{"alice"}}
	w.Profiles = slices.DeleteFunc(w.Profiles, func(p sandbox.Profile) bool { return p.SSOUser != "" })
	server := sandbox.Start(t, sandbox.WithWorld(w))
	in, err := server.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	client := awsapi.New(awsapi.Options{Now: time.Now})
	t.Cleanup(client.CloseIdle)
	f := newFixture(t, "corp", `{"accessToken": "`+in.AccessToken+`", "expiresAt": "`+in.ExpiresAt.UTC().Format(time.RFC3339)+`"}`)
	f.config.Now, f.config.LockDir = time.Now, filepath.Join(t.TempDir(), "locks")
	return server, sso.NewTokens(f.config, client), client, secret.New(in.AccessToken)
}

// TestDiscoverSandbox discovers it at a portal that throttles and stumbles, as
// often as it takes to see each of that.
func TestDiscoverSandbox(t *testing.T) {
	t.Parallel()
	server, tokens, client, _ := large(t, 400)
	if err := server.Fail(sandbox.Failure{Service: "sso", Operation: "ListAccountRoles", Status: 503, Skip: 100, Times: 20}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	list, err := tokens.Discover(t.Context(), sso.DiscoverOptions{API: client, Endpoint: awsapi.Endpoint{URL: server.URL()}, Roles: true})
	if err != nil || len(list) != 1000 {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	for _, a := range list {
		if !slices.Equal(a.Roles, []string{"Admin", "Billing", "Dev", "Ops", "Reader"}) || a.Refused {
			t.Fatalf("%+v", a)
		}
	}
	t.Log(time.Since(began).Round(time.Millisecond))
}

// TestDiscoverSignedOut: somebody signs out while it runs.
func TestDiscoverSignedOut(t *testing.T) {
	t.Parallel()
	server, tokens, client, token := large(t, 0)
	_, err := tokens.Discover(t.Context(), sso.DiscoverOptions{
		API: client, Endpoint: awsapi.Endpoint{URL: server.URL()}, Roles: true, Progress: func(done, total int) {
			if done == 100 && total > 0 {
				if err := client.Logout(t.Context(), awsapi.Endpoint{URL: server.URL()}, token); err != nil {
					t.Error(err)
				}
			}
		},
	})
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonEnded {
		t.Errorf("error %v", err)
	}
}

// TestSignOutSandbox: the sandbox knows the session no more.
func TestSignOutSandbox(t *testing.T) {
	t.Parallel()
	server, tokens, client, token := large(t, 0)
	portal := awsapi.Endpoint{URL: server.URL()}
	if err := tokens.SignOut(t.Context(), client, portal); err != nil {
		t.Fatal(err)
	}
	var refused *awsapi.APIError
	if _, err := client.ListAccounts(t.Context(), portal, awsapi.ListAccountsInput{AccessToken: token}); !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("the token lives: %v", err)
	}
	if err := tokens.SignOut(t.Context(), client, portal); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
