package sandbox_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// largeWorld is the example with 1,000 accounts of 5 permission sets for alice.
func largeWorld() *sandbox.World {
	w := sandbox.Example()
	w.IdentityCenter.Generated = &sandbox.Generated{
		Accounts: 1000, PermissionSets: []string{"Admin", "Billing", "Developer", "Operator", "ReadOnly"}, Users: []string{"alice"},
	}
	return w
}

type portalAccount struct{ AccountID, AccountName, EmailAddress string }

// accounts walks through all pages.
func (b *bench) accounts(token string) []portalAccount {
	b.t.Helper()
	var all []portalAccount
	for next := ""; ; {
		status, body, _ := b.send("GET", "/assignment/accounts?max_result=100&next_token="+url.QueryEscape(next), "", bearer, token)
		var page struct {
			AccountList []portalAccount
			NextToken   string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 || len(page.AccountList) > 100 {
			b.t.Fatalf("%d %v: %d accounts", status, err, len(page.AccountList))
		}
		all = append(all, page.AccountList...)
		if next = page.NextToken; next == "" {
			return all
		}
	}
}

// TestLargeWorld lists 1,000 accounts and all their roles.
func TestLargeWorld(t *testing.T) {
	t.Parallel()
	w := largeWorld()
	b := newBench(t, sandbox.WithWorld(w))
	if len(w.Accounts) != 4 || w.IdentityCenter.Generated == nil || len(w.IdentityCenter.Users[0].Assignments) != 3 {
		t.Error("the caller's world was changed")
	}
	in, err := b.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	all := b.accounts(in.AccessToken)
	if len(all) != 1002 || all[0].AccountName != "dev" || all[1].AccountName != "prod" || all[2].AccountName != "payments-dev" {
		t.Fatalf("%d accounts, first %+v", len(all), all[:3])
	}
	ids, names := make(map[string]bool), make(map[string]int)
	zeros, odd := 0, 0
	for _, a := range all {
		ids[a.AccountID] = true
		names[a.AccountName]++
		if strings.HasPrefix(a.AccountID, "0") {
			zeros++
		}
		if strings.Trim(a.AccountName, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			odd++
		}
		if n := utf8.RuneCountInString(a.AccountName); n < 1 || n > 50 || len(a.AccountID) != 12 || strings.ContainsFunc(a.EmailAddress, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("account %+v", a)
		}
	}
	if len(ids) != len(all) || len(names) > len(all)-20 || zeros < 50 || odd < 30 {
		t.Errorf("%d ids, %d names, %d ids with zeros, %d odd names", len(ids), len(names), zeros, odd)
	}
	began := time.Now()
	roles := 0
	for _, a := range all[:200] {
		status, body, _ := b.send("GET", "/assignment/roles?account_id="+a.AccountID, "", bearer, in.AccessToken)
		if status != 200 {
			t.Fatalf("%s: %d %s", a.AccountID, status, body)
		}
		roles += strings.Count(body, "roleName")
	}
	if roles != 198*5+3 {
		t.Errorf("%d roles", roles)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("200 role lists took %s", took)
	}
	if status, body, _ := b.send("GET", devRole(all[1001].AccountID, "Operator"), "", bearer, in.AccessToken); status != 200 {
		t.Errorf("credentials: %d %s", status, body)
	}
	if n := len(b.Ready().Accounts); n != 1004 {
		t.Errorf("ready: %d accounts", n)
	}
	again := newBench(t, sandbox.WithWorld(largeWorld()))
	if in, err = again.SignInSSO("alice"); err != nil || !slices.Equal(all, again.accounts(in.AccessToken)) {
		t.Errorf("another server has other accounts: %v", err)
	}
}

const generatedWorld = smallWorld + `identity_center:
  start_url: https://example-org.awsapps.com/start
  session: s
  users:
    - name: ann
      assignments: [{account: base, permission_set: Own}]
  generated:
    accounts: 3
    permission_sets: [Admin, ReadOnly]
    users: [ann]
failures:
  - service: sso
    status: 503
    times: 1
settings:
  portal_rate: 2
  latency: 1ms
`

// TestGeneratedWorld reads it from a file, with its other settings.
func TestGeneratedWorld(t *testing.T) {
	t.Parallel()
	w, err := sandbox.ParseWorld([]byte(generatedWorld))
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Accounts) != 4 || len(w.IdentityCenter.Users[0].Assignments) != 7 || w.IdentityCenter.Generated != nil {
		t.Errorf("%d accounts, %d assignments", len(w.Accounts), len(w.IdentityCenter.Users[0].Assignments))
	}
	b := newBench(t, sandbox.WithWorld(w))
	in, err := b.SignInSSO("ann")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	// The failure, then as many as there may be in a second, by the server's clock.
	for i, want := range []int{503, 200, 200, 429, 429} {
		status, body, header := b.send("GET", "/assignment/accounts", "", bearer, in.AccessToken)
		if status != want || want == 429 && (header.Get("X-Amzn-Errortype") != "TooManyRequestsException" || body != `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`) {
			t.Errorf("request %d: %d %s", i, status, body)
		}
	}
	if took := time.Since(began); took < 5*time.Millisecond {
		t.Errorf("five answers with latency took %s", took)
	}
	b.clock.Advance(500 * time.Millisecond)
	if status, _, _ := b.send("GET", "/assignment/accounts", "", bearer, in.AccessToken); status != 200 {
		t.Errorf("half a second later: %d", status)
	}
	b.clock.Advance(-time.Minute)
	if status, _, _ := b.send("GET", "/assignment/accounts", "", bearer, in.AccessToken); status != 429 {
		t.Errorf("a clock that goes back: %d", status)
	}
}

// TestGeneratedMistakes names the line.
func TestGeneratedMistakes(t *testing.T) {
	t.Parallel()
	line := func(part string) string {
		before, _, _ := strings.Cut(generatedWorld, part)
		return strconv.Itoa(1 + strings.Count(before, "\n"))
	}
	for _, c := range []struct{ old, new, want string }{
		{"accounts: 3", "accounts: 0", "accounts 0 is not 1 to 10000"},
		{"accounts: 3", "accounts: 10001", "accounts 10001 is not 1 to 10000"},
		{"accounts: 3", "acounts: 3", `key "acounts" is not known; did you mean "accounts"?`},
		{"[Admin, ReadOnly]", "[]", "generated has no permission_sets"},
		{"[Admin, ReadOnly]", "[Admin, Admin]", `permission set Admin is there twice`},
		{"[Admin, ReadOnly]", "[a b]", `permission set "a b" is not`},
		{"users: [ann]", "users: []", "generated has no users"},
		{"users: [ann]", "users: [bob]", `the Identity Center has no user "bob"`},
		{"users: [ann]", "users: [ann, ann]", `user ann is there twice`},
		{"portal_rate: 2", "portal_rate: -1", "portal_rate is less than 0"},
		{"latency: 1ms", "latency: 2h", "latency 2h0m0s is not 0s to 1h"},
		{"latency: 1ms", "latency: 1", `duration "1" is not one like`},
		{"service: sso\n", "service: ssso\n", `service "ssso" is not one of`},
		{"status: 503", "status: 42", "status 42 is not 200 to 599"},
		{"status: 503", "statuss: 503", `key "statuss" is not known; did you mean "status"?`},
		{"status: 503", "hang: perhaps", ""},
		{"times: 1\n", "times: 1\n    delay: soon\n", `duration "soon" is not one like`},
	} {
		_, err := sandbox.ParseWorld([]byte(strings.Replace(generatedWorld, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
			continue
		}
		at := line(c.old)
		switch {
		case strings.HasPrefix(c.want, "generated has no"):
			at = line("accounts: 3")
		case strings.Contains(c.new, "soon"):
			at = line("settings:")
		}
		if !strings.HasPrefix(err.Error(), "world:"+at+": ") {
			t.Errorf("%s: not at line %s: %v", c.new, at, err)
		}
	}
	w := largeWorld()
	w.IdentityCenter.Generated.PermissionSets = make([]string, 501)
	if _, err := sandbox.New(sandbox.Options{World: w, Now: (&clock{}).Now}); err == nil || !strings.Contains(err.Error(), "generated makes 501000 assignments, more than 500000") {
		t.Errorf("too many: %v", err)
	}
	w = sandbox.Example()
	w.Failures = []sandbox.Failure{{Status: 1}}
	if _, err := sandbox.New(sandbox.Options{World: w, Now: (&clock{}).Now}); err == nil || err.Error() != "world: $.failures[0].status: status 1 is not 200 to 599" {
		t.Errorf("in Go: %v", err)
	}
}
