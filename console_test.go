package latchkey_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// tab is a browser of its own.
type tab struct {
	t      *testing.T
	client *http.Client
	body   string
}

func newTab(t *testing.T) *tab {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// open goes to a page and returns the status.
func (b *tab) open(url string) int {
	b.t.Helper()
	page, err := b.client.Get(url)
	if err != nil {
		b.t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.body = string(text)
	return page.StatusCode
}

// text is what stands in an element of the page.
func (b *tab) text(id string) string {
	_, rest, _ := strings.Cut(b.body, `id="`+id+`">`)
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// console makes a link with the credentials of a profile.
func (b *bench) console(name string, policy chain.Policy, o latchkey.ConsoleOptions, change ...func(*latchkey.Options)) (latchkey.ConsoleURL, error) {
	b.t.Helper()
	r := b.load(change...)
	policy.Console = true
	plan, err := r.Plan(name, policy)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.Console(b.t.Context(), plan, o)
}

// TestConsole opens links of every kind of credentials that the console takes, and
// looks at the page that they lead to.
func TestConsole(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	admin := []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
	onTop := func(role string) chain.Policy { return chain.Policy{Role: origin.Value{Text: role}} }
	for _, tt := range []struct {
		name, profile string
		policy        chain.Policy
		options       latchkey.ConsoleOptions
		want          latchkey.ConsoleURL // without URL and Page; Expires as a duration from now
		lasts         time.Duration
		calls         string // of STS and the console, in order
	}{
		{"a user's key", "alice", chain.Policy{}, latchkey.ConsoleOptions{}, latchkey.ConsoleURL{Account: "111122223333", User: "alice", Policies: admin},
			12 * hour, "GetCallerIdentity GetFederationToken GetSigninToken"},
		{"a user's key, for a while", "alice", chain.Policy{}, latchkey.ConsoleOptions{For: 15 * time.Minute}, latchkey.ConsoleURL{Account: "111122223333", User: "alice", Policies: admin},
			15 * time.Minute, "GetCallerIdentity GetFederationToken GetSigninToken"},
		{"a user's key, narrowed", "alice", chain.Policy{ReadOnly: true}, latchkey.ConsoleOptions{Bounds: console.Bounds{ReadOnly: true}},
			latchkey.ConsoleURL{Account: "111122223333", User: "alice", Policies: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}, 12 * hour, "GetCallerIdentity GetFederationToken GetSigninToken"},
		{"a user's MFA session", "alice", chain.Policy{MFA: true}, latchkey.ConsoleOptions{}, latchkey.ConsoleURL{Account: "111122223333", User: "alice", Policies: admin, WithoutMFA: true},
			12 * hour, "GetCallerIdentity GetFederationToken GetSigninToken"},
		{"a role", "alice", onTop(readOnly), latchkey.ConsoleOptions{}, latchkey.ConsoleURL{Account: "444455556666", Role: "ReadOnly"}, hour, "AssumeRole GetSigninToken"},
		{"a role, for a while", "alice", onTop(readOnly), latchkey.ConsoleOptions{For: 8 * hour}, latchkey.ConsoleURL{Account: "444455556666", Role: "ReadOnly"}, 8 * hour, "AssumeRole GetSigninToken"},
		{"a role with MFA, for a while", "dev", chain.Policy{}, latchkey.ConsoleOptions{For: 8 * hour}, latchkey.ConsoleURL{Account: "444455556666", Role: "Developer", Limit: console.LimitMFA},
			hour, "GetSessionToken AssumeRole GetSigninToken"},
		{"a role that takes the code itself", "dev", chain.Policy{Duration: 2 * hour}, latchkey.ConsoleOptions{For: 8 * hour}, latchkey.ConsoleURL{Account: "444455556666", Role: "Developer"},
			8 * hour, "AssumeRole GetSigninToken"},
		{"a role of a role", "dev", onTop("arn:aws:iam::777788889999:role/Release"), latchkey.ConsoleOptions{For: 8 * hour}, latchkey.ConsoleURL{Account: "777788889999", Role: "Release", Limit: console.LimitChained},
			hour, "GetSessionToken AssumeRole AssumeRole GetSigninToken"},
		{"web identity", "ci", chain.Policy{}, latchkey.ConsoleOptions{For: 8 * hour}, latchkey.ConsoleURL{Account: "444455556666", Role: "Deploy"}, 8 * hour, "AssumeRoleWithWebIdentity GetSigninToken"},
		{"Identity Center", "sso-dev", chain.Policy{}, latchkey.ConsoleOptions{}, latchkey.ConsoleURL{Account: "444455556666", Role: "Developer"}, hour, "GetSigninToken"},
		{"Identity Center, for a while", "sso-dev", chain.Policy{}, latchkey.ConsoleOptions{For: 2 * hour}, latchkey.ConsoleURL{Account: "444455556666", Role: "Developer"}, 2 * hour, "GetSigninToken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			tt.options.To = "s3"
			got, err := b.console(tt.profile, tt.policy, tt.options, b.code)
			if err != nil {
				t.Fatal(err)
			}
			if page := "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1"; got.Page != page {
				t.Errorf("it leads to %s", got.Page)
			}
			if left := got.Expires.Sub(b.clock.now()); left > tt.lasts || left < tt.lasts-2*time.Second {
				t.Errorf("it lasts %s, want %s", left, tt.lasts)
			}
			if got.Account != tt.want.Account || got.Role != tt.want.Role || got.User != tt.want.User || got.Limit != tt.want.Limit || got.WithoutMFA != tt.want.WithoutMFA || !slices.Equal(got.Policies, tt.want.Policies) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			var calls []string
			for _, r := range b.aws.Requests() {
				if r.Service == "sts" || r.Service == "console" {
					calls = append(calls, r.Operation)
				}
			}
			if got := strings.Join(calls, " "); got != tt.calls {
				t.Errorf("calls %s, want %s", got, tt.calls)
			}
			browser := newTab(t)
			if status := browser.open(got.URL.Reveal()); status != 200 {
				t.Fatalf("%d %s", status, browser.body)
			}
			who := browser.text("role") + browser.text("user")
			if tt.profile == "sso-dev" {
				who = strings.TrimPrefix(who, "AWSReservedSSO_")
			}
			if browser.text("account") != got.Account || !strings.HasPrefix(who, got.Role+got.User) || browser.text("ends") != got.Expires.UTC().Truncate(time.Second).Format(time.RFC3339) {
				t.Errorf("%+v is %s in %s until %s", got, who, browser.text("account"), browser.text("ends"))
			}
			if status := browser.open(got.URL.Reveal()); status != 400 {
				t.Errorf("the link signs in twice: %d", status)
			}
		})
	}
}

// TestConsoleIssuer: people who come from Identity Center sign in there again.
func TestConsoleIssuer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for profile, want := range map[string]string{"sso-dev": "Issuer=https%3A%2F%2Fexample-org.awsapps.com%2Fstart&", "alice": "Issuer=https%3A%2F%2Fgithub.com%2Flatchkey-aws%2Flatchkey&"} {
		got, err := b.console(profile, chain.Policy{}, latchkey.ConsoleOptions{})
		if err != nil || !strings.Contains(got.URL.Reveal(), want) {
			t.Errorf("%s: %s, %v", profile, got.URL.Reveal(), err)
		}
	}
}

// TestConsoleSignOut: a browser that knows one identity at a time is signed out of
// it first, if that is asked for.
func TestConsoleSignOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	browser := newTab(t)
	link := func(policy chain.Policy, out bool) string {
		t.Helper()
		got, err := b.console("alice", policy, latchkey.ConsoleOptions{SignOut: out})
		if err != nil {
			t.Fatal(err)
		}
		return got.URL.Reveal()
	}
	browser.open(link(chain.Policy{}, false))
	browser.open(link(onReadOnly(), false))
	if browser.text("problem") != "You must first log out before logging into a different AWS account." {
		t.Errorf("the second identity meets %s", browser.body)
	}
	browser.open(link(onReadOnly(), true))
	if browser.text("role") != "ReadOnly" || browser.text("user") != "" {
		t.Errorf("after signing out: %s", browser.body)
	}
}

// TestConsoleFresh: the console ends with its session, so an old one is replaced
// where that takes nobody, and does where it would.
func TestConsoleFresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, step := range []struct {
		wait  time.Duration
		code  bool
		lasts time.Duration
		roles int
	}{
		{0, true, time.Hour, 1},
		{10 * time.Minute, false, 50 * time.Minute, 1},
		{10 * time.Minute, false, time.Hour, 2},
		{11*time.Hour + 20*time.Minute, false, time.Hour, 3}, // of an MFA session of 12 h
		{30 * time.Minute, true, 30 * time.Minute, 3},        // which is over by now, and nobody is asked
	} {
		b.clock.advance(step.wait)
		change := func(*latchkey.Options) {}
		if step.code {
			change = b.code
		}
		got, err := b.console("dev", chain.Policy{}, latchkey.ConsoleOptions{}, change)
		if err != nil {
			t.Fatalf("after %s: %v", step.wait, err)
		}
		if left := got.Expires.Sub(b.clock.now()).Round(time.Minute); left != step.lasts {
			t.Errorf("after %s: %s left, want %s", step.wait, left, step.lasts)
		}
		b.count("after "+step.wait.String(), "AssumeRole", step.roles)
		b.count("after "+step.wait.String(), "GetSessionToken", 1)
	}
}

// TestConsoleUnfit: credentials that open no console, and why.
func TestConsoleUnfit(t *testing.T) {
	t.Parallel()
	world := sandbox.Example()
	world.Accounts[0].RootAccessKeys = []sandbox.AccessKey{{ID: "AKIAROOT00001EXAMPLE", Secret: "root/Sandbox+Secret/00001/bPxREXAMPLEKEY"}}
	b := newBench(t, sandbox.WithWorld(world))
	b.config("[profile root]\nregion = eu-central-1\naws_access_key_id = AKIAROOT00001EXAMPLE\naws_secret_access_key = root/Sandbox+Secret/00001/bPxREXAMPLEKEY\n")
	creds, err := b.provider("alice", chain.Policy{MFA: true}, b.code).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	session := "region = eu-central-1\naws_access_key_id = " + creds.AccessKeyID + "\naws_secret_access_key = " + creds.SecretAccessKey + "\naws_session_token = " + creds.SessionToken + "\n"
	if creds, err = b.provider("alice", onReadOnly()).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	role := "region = eu-central-1\naws_access_key_id = " + creds.AccessKeyID + "\naws_secret_access_key = " + creds.SecretAccessKey + "\naws_session_token = " + creds.SessionToken + "\n"
	b.config("[profile session]\n" + session + "[profile role]\n" + role)
	narrow := latchkey.ConsoleOptions{Bounds: console.Bounds{Policy: "{}"}}
	for _, tt := range []struct {
		profile string
		options latchkey.ConsoleOptions
		reason  console.Reason
		says    string
	}{
		{"root", latchkey.ConsoleOptions{}, console.ReasonRoot, "arn:aws:iam::111122223333:root"},
		{"session", latchkey.ConsoleOptions{}, console.ReasonUserSession, "arn:aws:iam::111122223333:user/alice"},
		{"login", latchkey.ConsoleOptions{}, console.ReasonSignIn, "arn:aws:iam::111122223333:user/alice"},
		{"role", narrow, console.ReasonPolicy, "assumed-role/ReadOnly"},
		{"sso-dev", narrow, console.ReasonPolicy, "Developer"},
	} {
		got, err := b.console(tt.profile, chain.Policy{}, tt.options)
		var unfit *console.CredentialsError
		if !errors.As(err, &unfit) || unfit.Reason != tt.reason || !strings.Contains(err.Error(), tt.says) || unfit.Page == "" || !got.URL.Empty() {
			t.Errorf("%s: %+v, %v", tt.profile, got, err)
		}
	}
	b.count("for those", "GetSigninToken", 0)
	if got, err := b.console("role", chain.Policy{}, latchkey.ConsoleOptions{}); err != nil || got.Role != "ReadOnly" || got.Expires.IsZero() == false {
		t.Errorf("a role's session in the files: %+v, %v", got, err)
	}
}

// TestConsoleRefused: the endpoint says nothing of what is wrong, so it is asked
// for elsewhere.
func TestConsoleRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fail := func(times int) {
		t.Helper()
		if err := b.aws.Fail(sandbox.Failure{Service: "console", Operation: "GetSigninToken", Times: times, Status: 400, Body: "<html>Invalid Credentials Parameter</html>"}); err != nil {
			t.Fatal(err)
		}
	}
	fail(1)
	got, err := b.console("alice", onReadOnly(), latchkey.ConsoleOptions{For: 8 * time.Hour})
	if err != nil || got.Limit != console.LimitRefused || got.Expires.Sub(b.clock.now()).Round(time.Minute) != time.Hour {
		t.Errorf("a duration that is refused: %+v, %v", got, err)
	}
	fail(2)
	var unfit *console.CredentialsError
	var page *awsapi.ResponseError
	if _, err = b.console("alice", onReadOnly(), latchkey.ConsoleOptions{For: 8 * time.Hour}); !errors.As(err, &unfit) || unfit.Reason != console.ReasonRefused || !errors.As(err, &page) || !strings.Contains(err.Error(), "assumed-role/ReadOnly") {
		t.Errorf("a session that is refused: %v", err)
	}
	b.config("[profile over]\nregion = eu-central-1\naws_access_key_id = ASIAOVER00001EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n" +
		"[profile role-of-over]\nregion = eu-central-1\nrole_arn = " + readOnly + "\nsource_profile = alice\n")
	var api *awsapi.APIError
	if _, err = b.console("over", chain.Policy{}, latchkey.ConsoleOptions{}); !errors.As(err, &api) || !api.HasCode("InvalidClientTokenId") {
		t.Errorf("credentials of nobody: %v", err)
	}
	// What is kept here may be over at AWS.
	if _, err := b.console("role-of-over", chain.Policy{}, latchkey.ConsoleOptions{}); err != nil {
		t.Fatal(err)
	}
	fail(1)
	if err := b.aws.Fail(sandbox.Failure{Service: "sts", Operation: "GetCallerIdentity", Times: 1, Code: "ExpiredToken"}); err != nil {
		t.Fatal(err)
	}
	if _, err = b.console("role-of-over", chain.Policy{}, latchkey.ConsoleOptions{}); !errors.As(err, &api) || !api.HasCode("ExpiredToken") {
		t.Errorf("a session that is over: %v", err)
	}
}

// TestConsoleSessions: sessions that somebody else has made.
func TestConsoleSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := aliceKey()
	client := awsapi.New(awsapi.Options{Now: b.clock.now})
	defer client.CloseIdle()
	made, err := client.GetFederationToken(t.Context(), awsapi.Endpoint{URL: b.aws.URL(), SigningRegion: "eu-central-1"},
		aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.Secret.Reveal()}, awsapi.FederationTokenInput{Name: "visitor", Duration: 36 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c := made.Credentials
	b.opts.Environ = append([]string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_SESSION_TOKEN=" + c.SessionToken,
		"AWS_CREDENTIAL_EXPIRATION=" + c.Expires.Format(time.RFC3339), "AWS_REGION=eu-central-1"}, b.opts.Environ...)
	got, err := b.console("", chain.Policy{}, latchkey.ConsoleOptions{For: time.Hour})
	if err != nil || got.User != "visitor" || got.Role != "" || got.Limit != console.LimitFederated || len(got.Policies) > 0 {
		t.Errorf("a federated user: %+v, %v", got, err)
	}
	if left := got.Expires.Sub(b.clock.now()); left != 12*time.Hour {
		t.Errorf("it lasts %s", left)
	}
	browser := newTab(t)
	if status := browser.open(got.URL.Reveal()); status != 200 || browser.text("user") != "visitor" {
		t.Errorf("%d %s", status, browser.body)
	}
}
