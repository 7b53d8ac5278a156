package sso_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/sso"
)

// directory is a portal. Its answers can be replaced call by call.
type directory struct {
	accounts []awsapi.AccountItem
	roles    []string // in every account
	trouble  func(call int, account string) error
	takes    time.Duration
	ended    bool // the token that the fixtures begin with is

	mu            sync.Mutex
	calls         int
	running, most int // calls at once
	tokens        []string
}

func (d *directory) enter(token secret.Text, account string) error {
	d.mu.Lock()
	d.calls++
	n := d.calls
	d.running++
	d.most = max(d.most, d.running)
	if d.tokens == nil || d.tokens[len(d.tokens)-1] != token.Reveal() {
		d.tokens = append(d.tokens, token.Reveal())
	}
	d.mu.Unlock()
	time.Sleep(d.takes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	if d.ended && token.Reveal() == "canary-old-access" {
		return answered(401, "UnauthorizedException")
	}
	if d.trouble == nil {
		return nil
	}
	return d.trouble(n, account)
}

// page cuts a page out of a list; tokens are the index that follows.
func page[T any](list []T, token string, size int) ([]T, string) {
	from, _ := strconv.Atoi(token)
	to := min(from+size, len(list))
	if to == len(list) {
		return list[from:to], ""
	}
	return list[from:to], strconv.Itoa(to)
}

func (d *directory) ListAccounts(_ context.Context, _ awsapi.Endpoint, in awsapi.ListAccountsInput) (out awsapi.ListAccountsOutput, err error) {
	if err := d.enter(in.AccessToken, ""); err != nil {
		return out, err
	}
	out.Accounts, out.NextToken = page(d.accounts, in.NextToken, 100)
	return out, nil
}

func (d *directory) ListAccountRoles(_ context.Context, _ awsapi.Endpoint, in awsapi.ListAccountRolesInput) (out awsapi.ListAccountRolesOutput, err error) {
	if err := d.enter(in.AccessToken, in.AccountID); err != nil {
		return out, err
	}
	out.Roles, out.NextToken = page(d.roles, in.NextToken, 2)
	return out, nil
}

// organisation has n accounts, listed in no order, and five roles in each.
func organisation(n int) *directory {
	d := &directory{roles: []string{"Reader", "Admin", "Billing", "Ops", "Dev"}}
	for i := range n {
		i = (i*7919 + 13) % n
		d.accounts = append(d.accounts, awsapi.AccountItem{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("account-%04d", i), Email: fmt.Sprintf("a%d@example.com", i)})
	}
	return d
}

// wantOrganisation is what is found of it.
func wantOrganisation(n int, roles bool) (list []sso.Account) {
	for i := range n {
		a := sso.Account{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("account-%04d", i), Email: fmt.Sprintf("a%d@example.com", i)}
		if roles {
			a.Roles = []string{"Admin", "Billing", "Dev", "Ops", "Reader"}
		}
		list = append(list, a)
	}
	return list
}

// sleeps counts how long was slept, in no time.
type sleeps struct {
	mu  sync.Mutex
	sum time.Duration
	n   int
}

func (s *sleeps) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum += d
	s.n++
	return ctx.Err()
}

// discover runs a discovery by somebody who is signed in for an hour.
func discover(t *testing.T, ctx context.Context, o sso.DiscoverOptions) ([]sso.Account, *sleeps, error) {
	t.Helper()
	f := newFixture(t, "corp", file(noon.Add(time.Hour)))
	slept := &sleeps{}
	o.Sleep = slept.sleep
	list, err := sso.NewTokens(f.config, good()).Discover(ctx, o)
	return list, slept, err
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	for _, roles := range []bool{false, true} {
		d := organisation(1000)
		d.takes = 200 * time.Microsecond
		var steps [][2]int
		list, slept, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: roles, Progress: func(done, total int) { steps = append(steps, [2]int{done, total}) }})
		if err != nil || !reflect.DeepEqual(list, wantOrganisation(1000, roles)) {
			t.Fatalf("roles %v: %d accounts, %v", roles, len(list), err)
		}
		want, most := 10, 1
		if roles {
			want, most = 10+3*1000, 8
		}
		if d.calls != want || d.most > most || roles && d.most < 2 || slept.n > 0 {
			t.Errorf("roles %v: %d calls, %d at once, %d waits", roles, d.calls, d.most, slept.n)
		}
		if !slices.IsSortedFunc(steps, func(a, b [2]int) int { return (a[1]-b[1])*10000 + a[0] - b[0] }) || steps[len(steps)-1] != [2]int{1000, 1000} {
			t.Errorf("progress %v", steps)
		}
	}
}

func TestDiscoverOneAccount(t *testing.T) {
	t.Parallel()
	d := organisation(150)
	d.accounts[3].Name, d.accounts[120].Name = "Twin", "twin"
	for _, tt := range []struct {
		account string
		found   int
	}{{"000000000007", 1}, {"ACCOUNT-0007", 1}, {"tWin", 2}, {"nobody", 0}} {
		list, _, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true, Account: tt.account})
		if err != nil || len(list) != tt.found || tt.found > 0 && len(list[0].Roles) != 5 {
			t.Errorf("%s: %v, %v", tt.account, list, err)
		}
	}
}

func answered(status int, code string) *awsapi.APIError {
	return &awsapi.APIError{Service: awsapi.SSO, Operation: "List", Code: code, Status: status, Attempts: 3}
}

// TestDiscoverThrottled: what is throttled is asked for again, with fewer calls
// at once and later with more.
func TestDiscoverThrottled(t *testing.T) {
	t.Parallel()
	d := organisation(200)
	d.takes = 200 * time.Microsecond
	var few, later int
	d.trouble = func(n int, _ string) error {
		switch {
		case n > 20 && n <= 40:
			return answered(429, "TooManyRequestsException")
		case n > 44 && n <= 50:
			few = max(few, d.running+1)
		case n > 450:
			later = max(later, d.running+1)
		}
		return nil
	}
	list, slept, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	if err != nil || !reflect.DeepEqual(list, wantOrganisation(200, true)) {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	if slept.n != 20 || few > 1 || later < 2 || d.most > 8 {
		t.Errorf("%d waits; at once %d at most, %d when it was throttled, %d later", slept.n, d.most, few, later)
	}
}

func TestDiscoverFails(t *testing.T) {
	t.Parallel()
	slow := answered(429, "TooManyRequestsException")
	slow.RetryAfter = time.Hour
	tests := []struct {
		name    string
		trouble func(n int, account string) error
		calls   int           // at most
		slept   time.Duration // of any one call, at most
		waits   bool
		status  int
	}{
		{"throttled for ever", func(int, string) error { return answered(429, "TooManyRequestsException") }, 60, 2 * time.Minute, true, 429},
		{"throttled for an hour", func(int, string) error { return slow }, 1, 0, false, 429},
		{"broken for ever", func(int, string) error { return answered(500, "InternalServerException") }, 10, 5 * time.Second, true, 500},
		{"no AWS answer", func(int, string) error {
			return &awsapi.ResponseError{Operation: "sso ListAccounts", Status: 502, Why: "no AWS"}
		}, 10, 5 * time.Second, true, 502},
		{"refused", func(int, string) error { return answered(403, "ForbiddenException") }, 1, 0, false, 403},
		{"roles not readable", func(n int, a string) error {
			if a == "" || n < 50 {
				return nil
			}
			return answered(400, "InvalidRequestException")
		}, 58, 0, false, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := organisation(100)
			d.trouble = tt.trouble
			list, slept, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true})
			var api *awsapi.APIError
			var other *awsapi.ResponseError
			status := 0
			if errors.As(err, &api) {
				status = api.Status
			} else if errors.As(err, &other) {
				status = other.Status
			}
			if list != nil || status != tt.status || d.calls > tt.calls || slept.sum > tt.slept || (slept.n > 0) != tt.waits || d.running != 0 {
				t.Errorf("%v, %v after %d calls and %v of waiting", list, err, d.calls, slept.sum)
			}
		})
	}
}

// TestDiscoverTroubleThatPasses: trouble of single calls does not end it all.
func TestDiscoverTroubleThatPasses(t *testing.T) {
	t.Parallel()
	d := organisation(50)
	d.trouble = func(n int, _ string) error {
		if n%10 == 0 {
			return answered(503, "ServiceUnavailable")
		}
		return nil
	}
	list, slept, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	if err != nil || !reflect.DeepEqual(list, wantOrganisation(50, true)) || slept.n == 0 {
		t.Errorf("%d accounts, %v, %d waits", len(list), err, slept.n)
	}
}

// TestDiscoverRefusedAccount: an account whose roles AWS does not tell is one
// among others.
func TestDiscoverRefusedAccount(t *testing.T) {
	t.Parallel()
	d := organisation(20)
	d.trouble = func(_ int, account string) error {
		if account == "000000000004" {
			return answered(403, "ForbiddenException")
		}
		return nil
	}
	want := wantOrganisation(20, true)
	want[4].Roles, want[4].Refused = nil, true
	if list, _, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true}); err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%v, %v", list, err)
	}
}

// TestDiscoverSignInEnds: AWS ends the sign-in in the middle.
func TestDiscoverSignInEnds(t *testing.T) {
	t.Parallel()
	d := organisation(100)
	d.trouble = func(n int, _ string) error {
		if n > 30 {
			return answered(401, "UnauthorizedException")
		}
		return nil
	}
	_, slept, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonEnded || d.calls > 30+2*8 || slept.n > 0 {
		t.Errorf("%v after %d calls", err, d.calls)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, required), "canary") {
		t.Errorf("the error holds a token: %+v", required)
	}
}

// TestDiscoverTokenEnds: AWS ends the access token, and not the sign-in.
func TestDiscoverTokenEnds(t *testing.T) {
	t.Parallel()
	f, o, d := newFixture(t, "corp", file(noon.Add(time.Hour))), good(), organisation(100)
	d.trouble = func(n int, _ string) error {
		d.ended = n >= 30
		return nil
	}
	list, err := sso.NewTokens(f.config, o).Discover(t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	if err != nil || !reflect.DeepEqual(list, wantOrganisation(100, true)) || o.calls.Load() != 1 {
		t.Errorf("%d accounts, %v, %d renewals", len(list), err, o.calls.Load())
	}
}

// TestDiscoverNotSignedIn: nothing is asked of AWS.
func TestDiscoverNotSignedIn(t *testing.T) {
	t.Parallel()
	d, f := organisation(1), newFixture(t, "corp", "")
	_, err := sso.NewTokens(f.config, good()).Discover(t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonMissing || d.calls != 0 {
		t.Errorf("%v after %d calls", err, d.calls)
	}
}

// TestDiscoverRenews: a sign-in that is about to end is renewed before the call
// that would meet the end.
func TestDiscoverRenews(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "corp", file(noon.Add(7*time.Minute))), good()
	var clock sync.Mutex
	now := noon
	f.config.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return now
	}
	d := organisation(300)
	d.trouble = func(n int, _ string) error {
		if n == 100 {
			clock.Lock()
			now = now.Add(4 * time.Minute)
			clock.Unlock()
		}
		return nil
	}
	list, err := sso.NewTokens(f.config, o).Discover(t.Context(), sso.DiscoverOptions{API: d, Roles: true})
	if err != nil || len(list) != 300 || o.calls.Load() != 1 || d.tokens[0] != "canary-old-access" || d.tokens[len(d.tokens)-1] != "canary-new-access" {
		t.Errorf("%d accounts, %v, %d renewals, tokens %v", len(list), err, o.calls.Load(), d.tokens)
	}
}

// TestDiscoverCancelled: whatever it waits for, it ends at once, and nothing of
// it is left.
func TestDiscoverCancelled(t *testing.T) {
	t.Parallel()
	for name, sleep := range map[string]func(context.Context, time.Duration) error{
		"between calls": nil,
		"waiting":       func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		d, f := organisation(1000), newFixture(t, "corp", file(noon.Add(time.Hour)))
		d.trouble = func(n int, _ string) error {
			if n == 50 {
				time.AfterFunc(20*time.Millisecond, cancel)
			}
			if n > 50 && sleep != nil {
				return answered(429, "TooManyRequestsException")
			}
			return nil
		}
		d.takes = time.Millisecond
		_, err := sso.NewTokens(f.config, good()).Discover(ctx, sso.DiscoverOptions{API: d, Roles: true, Sleep: sleep})
		if !errors.Is(err, context.Canceled) || d.running != 0 || d.calls > 1000 {
			t.Errorf("%s: %v after %d calls, %d running", name, err, d.calls, d.running)
		}
		cancel()
	}
}

// endless lists without end.
type endless struct {
	directory
	next func(n int) string
	in   string // the list that does not end
}

func (e *endless) ListAccounts(ctx context.Context, at awsapi.Endpoint, in awsapi.ListAccountsInput) (out awsapi.ListAccountsOutput, err error) {
	out, err = e.directory.ListAccounts(ctx, at, awsapi.ListAccountsInput{AccessToken: in.AccessToken})
	if e.in == "accounts" {
		out.NextToken = e.next(e.calls)
	}
	return out, err
}

func (e *endless) ListAccountRoles(ctx context.Context, at awsapi.Endpoint, in awsapi.ListAccountRolesInput) (out awsapi.ListAccountRolesOutput, err error) {
	out, err = e.directory.ListAccountRoles(ctx, at, awsapi.ListAccountRolesInput{AccessToken: in.AccessToken, AccountID: in.AccountID})
	if e.in == "roles" {
		out.NextToken = e.next(e.calls)
	}
	return out, err
}

func TestDiscoverEndlessLists(t *testing.T) {
	t.Parallel()
	circle := func(n int) string { return strconv.Itoa(n % 2) }
	for _, tt := range []struct {
		in    string
		next  func(int) string
		calls int
		want  string
	}{
		{"accounts", circle, 3, "sso ListAccounts: not an AWS response from https://portal.test: the pages of the list go in a circle (HTTP 200)"},
		{"accounts", strconv.Itoa, 1000, "sso ListAccounts: not an AWS response from https://portal.test: the list has more than 1000 pages (HTTP 200)"},
		{"roles", circle, 1 + 3, "sso ListAccountRoles: not an AWS response from https://portal.test: the pages of the list go in a circle (HTTP 200)"},
		{"roles", strconv.Itoa, 1 + 100, "sso ListAccountRoles: not an AWS response from https://portal.test: the list has more than 100 pages (HTTP 200)"},
	} {
		org := organisation(1)
		d := &endless{directory: directory{accounts: org.accounts, roles: org.roles}, next: tt.next, in: tt.in}
		_, _, err := discover(t, t.Context(), sso.DiscoverOptions{API: d, Roles: true, Endpoint: awsapi.Endpoint{URL: "https://portal.test"}})
		if err == nil || err.Error() != tt.want || d.calls != tt.calls {
			t.Errorf("%s: %v after %d calls", tt.in, err, d.calls)
		}
	}
}
