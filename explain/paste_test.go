package explain_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
)

// TestFacts holds what is recognised beside the rule.
func TestFacts(t *testing.T) {
	t.Parallel()
	const refused = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/Prod"
	for _, tt := range []struct {
		text string
		want map[string]string
	}{
		{refused, map[string]string{explain.FactCode: "AccessDenied", explain.FactOperation: "AssumeRole", explain.FactCaller: "arn:aws:iam::111122223333:user/alice",
			explain.FactResource: "arn:aws:iam::444455556666:role/Prod", explain.FactAccount: "444455556666"}},
		{"operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 9a1b2c3d-0000-1111-2222-333344445555, api error ExpiredToken: over", map[string]string{
			explain.FactService: "STS", explain.FactOperation: "GetCallerIdentity", explain.FactStatus: "403", explain.FactRequestID: "9a1b2c3d-0000-1111-2222-333344445555", explain.FactCode: "ExpiredToken"}},
		{"AccessDenied: no\n\tstatus code: 403, request id: 9a1b2c3d-0000-1111-2222-333344445555", map[string]string{explain.FactStatus: "403", explain.FactRequestID: "9a1b2c3d-0000-1111-2222-333344445555"}},
		{`Could not connect to the endpoint URL: "https://sts.us-esat-1.amazonaws.com/"`, map[string]string{explain.FactEndpoint: "sts.us-esat-1.amazonaws.com", explain.FactRegion: "us-esat-1"}},
		{"The config profile (my prod) could not be found", map[string]string{explain.FactProfile: "my prod"}},
		{"Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)", map[string]string{explain.FactClock: "this machine's clock is 1h45m1s behind AWS's"}},
		{"Signature not yet current: 20220127T031427Z is still later than 20220127T021928Z (20220127T020428Z + 15 min.)", map[string]string{explain.FactClock: "this machine's clock is 1h9m59s ahead of AWS's"}},
		{"api error Unheard: of", map[string]string{explain.FactCode: "Unheard"}},
		{"nothing", nil},
	} {
		got := map[string]string{}
		for _, f := range explain.FromText(tt.text, nil).Recognised {
			got[f.Name] = f.Value
		}
		for name, value := range tt.want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", tt.text, name, got[name], value)
			}
		}
		if tt.want == nil && len(got) > 0 {
			t.Errorf("%s: %v", tt.text, got)
		}
	}
	r := explain.FromText(refused, nil)
	if f := r.Findings[0]; !strings.Contains(f.Why, "two accounts") || len(f.Evidence) == 0 || !strings.HasPrefix(f.What, "An error occurred") {
		t.Errorf("%+v", f)
	}
	same := explain.FromText(strings.ReplaceAll(refused, "444455556666", "111122223333"), nil).Findings[0]
	if !strings.Contains(same.Why, "in one account") {
		t.Errorf("one account: %s", same.Why)
	}
	clock := explain.FromText("SignatureDoesNotMatch: Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)", nil).Findings[0]
	if clock.Why != "this machine's clock is 1h45m1s behind AWS's" {
		t.Errorf("clock: %s", clock.Why)
	}
}

// TestBlamed: with a plan, the line is named that is to blame.
func TestBlamed(t *testing.T) {
	t.Parallel()
	s := newBench(t).keys("[base]\n" + aliceKey).config("[profile one]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111122223333:role/One\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n" +
		"[profile two]\nregion = us-esat-1\nrole_arn = arn:aws:iam::444455556666:role/Two\nsource_profile = one\nduration_seconds = 1800\n").env("AWS_REGION=")
	plan, err := s.load().Plan("two", chain.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	const denied = "AccessDenied: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: sts:AssumeRole on resource: "
	for text, want := range map[string]string{
		denied + "arn:aws:iam::111122223333:role/One":                                       "config:3",
		denied + "arn:aws:iam::444455556666:role/Two":                                       "config:8",
		denied + "arn:aws:iam::444455556666:role/Else":                                      "config:8",
		"MultiFactorAuthentication failed, unable to validate MFA code":                     "config:5",
		"InvalidClientTokenId: The security token included in the request is invalid.":      "credentials:2",
		"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.":   "config:10",
		"dial tcp: lookup sts.us-esat-1.amazonaws.com: no such host":                        "config:7",
		"assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.": "config:5",
		"Error loading SSO Token: Token for corp does not exist":                            "",
	} {
		f := explain.FromText(text, plan).Findings[0]
		where := ""
		if f.Where != nil {
			where = f.Where.String()
		}
		if !strings.Contains(where, want) || want == "" && where != "" || f.Profile != "two" || strings.Contains(f.Fix, "PROFILE") {
			t.Errorf("%s: at %q, want %q: %+v", text, where, want, f)
		}
	}
}

// secrets are planted beside every text that a rule knows.
func secrets() map[string]string {
	return map[string]string{
		"secret key":    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1",
		"session token": "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD" + strings.Repeat("Canary0+/", 30) + "==",
		"access token":  "aoaAAAAAGcanary" + strings.Repeat("Zx9-_q", 40),
		"web identity":  "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMyJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
		"sign-in token": "VCQgs5qZZt3Q6ciqCanary" + strings.Repeat("a1B2", 30),
		"signature":     "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
	}
}

// plants are the ways in which programs print secrets. None shows in a finding.
func plants(text, secret string) []string {
	folded := ""
	for i := 0; i < len(secret); i += 76 {
		folded += "\n│ " + secret[i:min(len(secret), i+76)]
	}
	var list []string
	for _, s := range []string{
		"AWS_SECRET_ACCESS_KEY=" + secret, "aws_session_token = " + secret, `"SecretAccessKey": "` + secret + `",`, `\"SessionToken\":\"` + secret + `\"`,
		"<SessionToken>" + secret + "</SessionToken>", "X-Amz-Security-Token: " + secret, "x-amz-sso_bearer_token: " + secret,
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=" + secret,
		"https://signin.aws.amazon.com/federation?Action=login&SigninToken=" + url.QueryEscape(secret), "Bearer " + secret, secret,
		base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), "token:" + folded,
		`{"accessToken": "` + secret + `", "n": 1}`,
	} {
		list = append(list, [...]string{s + "\n" + text, text + "\n" + s, text + " " + s, s + " " + text}[(len(list)+len(text))%4])
	}
	return append(list, strings.ReplaceAll(text, "…", secret), strings.ReplaceAll(text, "…", "'"+secret+"'"))
}

// TestNoSecrets plants secrets beside and inside every text that a rule knows.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(secrets()))
	for i, r := range explain.Rules() {
		for j, raw := range r.Texts {
			some := names[(i+j)%len(names):][:1] // all of them with every rule take a minute
			if os.Getenv("LATCHKEY_TEST_LONG") == "1" {
				some = names
			}
			for _, name := range some {
				planted(t, r.Code, raw.Raw, name)
			}
		}
	}
}

// planted holds that a secret of the kind does not show in what is said of a text.
func planted(t *testing.T, code, raw, name string) {
	t.Helper()
	secret := secrets()[name]
	for _, text := range plants(strings.ReplaceAll(raw, "*", "…"), secret) {
		out, err := json.Marshal(explain.FromText(text, nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range pieces(secret) {
			if strings.Contains(string(out), part) {
				t.Errorf("%s: the %s shows (%s) of %q: %s", code, name, part, text, out)
				return
			}
		}
	}
}

// pieces are parts of a secret that nobody should see either.
func pieces(secret string) []string {
	var list []string
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), url.QueryEscape(secret)} {
		for i := 0; i+12 <= len(form); i += 12 {
			list = append(list, form[i:i+12])
		}
	}
	return list
}

// TestHostileText: however odd a text is, what comes out fits a terminal, is small,
// and comes soon.
func TestHostileText(t *testing.T) {
	t.Parallel()
	const known = "Unable to locate credentials"
	for _, text := range []string{
		"", "\x00\xff\xfe", strings.Repeat("\x1b[31m", 100_000) + known, strings.Repeat("(", 1<<20), strings.Repeat("AccessDenied", 80_000), strings.Repeat("AccessDenied ", 80_000),
		strings.Repeat("The config profile (", 50_000), strings.Repeat(`\"`, 500_000) + known, strings.Repeat(`{"a":"\\\\`, 100_000), strings.Repeat("arn:aws:iam::111122223333:role/", 30_000),
		strings.Repeat("wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1\n", 25_000) + known, strings.Repeat("x\n", 500_000) + known, strings.Repeat("secret_key=", 90_000), strings.Repeat("│", 300_000) + known,
		known + strings.Repeat("\u202e\u0000", 100_000), strings.Repeat("An error occurred (X) when calling the Y operation: ", 20_000),
	} {
		began := time.Now()
		r := explain.FromText(text, nil)
		t.Logf("%.30q…: %v", text, time.Since(began))
		fits(t, text, r)
		if strings.Contains(text, known) && (len(r.Findings) != 1 || r.Findings[0].Code != "no-credentials") {
			t.Errorf("%.40q…: %d findings", text, len(r.Findings))
		}
	}
}

// fits holds every text of a reading to what a terminal may be shown.
func fits(t *testing.T, text string, r explain.Reading) {
	t.Helper()
	check := func(s string) {
		bad := func(c rune) bool {
			return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Bidi_Control, c)
		}
		if strings.ContainsFunc(s, bad) || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 600 {
			t.Errorf("%.60q: %.200q", text, s)
		}
	}
	if len(r.Findings) > 10 || len(r.Recognised) > 30 {
		t.Errorf("%.60q: %d findings, %d facts", text, len(r.Findings), len(r.Recognised))
	}
	for _, f := range r.Findings {
		for _, s := range append([]string{f.What, f.Why, f.Fix, f.Profile, f.Title, f.Code}, f.Docs...) {
			check(s)
		}
	}
	for _, f := range r.Recognised {
		check(f.Value)
	}
}

func FuzzFromText(f *testing.F) {
	for _, s := range sayings() {
		f.Add(s.text)
	}
	for name, text := range showings(`User: arn:aws:iam::111122223333:user/a is not authorized to perform: sts:AssumeRole on resource: "x"`) {
		if name != "long log" {
			f.Add(text)
		}
	}
	f.Add("Signature expired: 99999999T999999Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)")
	f.Add("secret_access_key=\nwJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1")
	f.Fuzz(func(t *testing.T, text string) {
		r := explain.FromText(text, nil)
		fits(t, text, r)
		const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1"
		out := fmt.Sprint(explain.FromText(text+"\naws_secret_access_key = "+secret+"\n"+text, nil))
		if strings.Contains(out, secret) && !strings.Contains(text, secret) {
			t.Errorf("%q: %s", text, out)
		}
	})
}

// TestCodesCovered: every code that the files' reader and the planner give has a page.
func TestCodesCovered(t *testing.T) {
	t.Parallel()
	for _, file := range []struct{ path, form string }{
		{"../profile/codes.go", `Code\w+\s*=\s*"([a-z0-9-]+)"`},
		{"../chain", `\.note(?:Once)?\("([a-z-]+)"`},
	} {
		text := source(t, file.path)
		codes := regexp.MustCompile(file.form).FindAllStringSubmatch(text, -1)
		if len(codes) < 30 {
			t.Errorf("%s: %d codes", file.path, len(codes))
		}
		for _, m := range codes {
			if _, ok := explain.RuleOf(m[1]); !ok {
				t.Errorf("%s: no page is about %s", file.path, m[1])
			}
		}
	}
}

// source is the text of a file, or of all files of a folder that are no tests.
func source(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var all strings.Builder
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			all.WriteString(source(t, path+"/"+e.Name()))
		}
	}
	return all.String()
}
