package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// agreeing is a sandbox, a home and a clock in which what explain says is compared
// with what happens.
type agreeing struct {
	t                *testing.T
	aws              *sandbox.Server
	home             sandbox.Home
	now              atomic.Int64
	works, predicted int
}

func (a *agreeing) clock() time.Time { return time.Unix(0, a.now.Load()) }

// TestExplainAgrees makes configurations, explains them, runs them, and holds the one
// against the other: there is a plan where running gets past planning; whose the plan
// says the credentials are, they are; what is said to fail fails like that; and what
// is said to happen next happens.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	cases := uint64(400)
	if os.Getenv("LATCHKEY_TEST_LONG") == "1" {
		cases = 2000
	}
	a := agree(t)
	for seed := range cases {
		a.compare(generate(seed, a.home.Dir))
	}
	if a.works < int(cases)/5 || a.predicted < int(cases)/20 {
		t.Errorf("of %d configurations only %d work, and %d are said to fail: the others are no test of it", cases, a.works, a.predicted)
	}
	t.Logf("of %d configurations %d work, and %d are said to fail", cases, a.works, a.predicted)
}

// TestNextWhenDue: a session that is about to end is not said to be handed out as it is.
func TestNextWhenDue(t *testing.T) {
	t.Parallel()
	a := agree(t)
	s := setup{profile: "p", config: "[profile p]\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = q\n[profile q]\n" + agreeAlice}
	a.compare(s) // makes the session, of an hour
	for _, next := range []struct {
		pass time.Duration
		said string
	}{{30 * time.Minute, "hands out the session that is kept; "}, {18 * time.Minute, "asks AWS for a new session, because the one that is kept ends soon"}, {57 * time.Minute, "asks AWS; nobody"}} {
		s.pass = next.pass
		a.now.Add(int64(s.pass))
		if said, _ := a.explained(s); !strings.HasPrefix(said.Next, next.said) {
			t.Errorf("%s later: next %q, want %q", next.pass, said.Next, next.said)
		}
		s.pass = 0
		a.compare(s)
	}
}

// TestTryClock: with a clock far off, what is handed out works, and --try says for whom
// not; doctor says that something is wrong.
func TestTryClock(t *testing.T) {
	t.Parallel()
	a := agree(t)
	a.write(".aws/config", "[profile p]\nregion = eu-central-1\n"+agreeAlice)
	for _, tt := range []struct {
		off    time.Duration
		says   string
		doctor string
	}{
		{0, "\nit works\n", ""},
		{2 * time.Minute, "\nit works\n", "warning: this machine's clock is 2m"},
		{10 * time.Minute, "clock    error: this machine's clock is 10m", "error: this machine's clock is 10m"},
		{10 * time.Minute, "\nit works for latchkey; programs", "error: this machine's clock is 10m"},
	} {
		run := func(args ...string) (string, int) {
			var out bytes.Buffer
			code := Main(&Sys{Args: args, Environ: a.environ(nil), Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard, Now: func() time.Time { return a.clock().Add(tt.off) }})
			return out.String(), code
		}
		if out, code := run("explain", "p", "--try"); code != exitOK || !strings.Contains(out, tt.says) {
			t.Errorf("%v off: ends with %d\n%s", tt.off, code, out)
		}
		// A key in plaintext is told of in any case.
		if out, code := run("doctor", "--online"); code != exitFailed || !strings.Contains(out, tt.doctor) || tt.off == 0 && strings.Contains(out, "clock") {
			t.Errorf("%v off: doctor ends with %d\n%s", tt.off, code, out)
		}
	}
}

// agree sets up a sandbox, a home and a clock.
func agree(t *testing.T) *agreeing {
	t.Helper()
	a := &agreeing{t: t}
	a.now.Store(time.Now().UnixNano())
	a.aws = sandbox.Start(t, sandbox.WithClock(a.clock))
	var err error
	if a.home, err = a.aws.WriteHome(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	a.write(".config/latchkey/config", "[prompt]\nmethod = none\n[login]\noffer = never\n")
	a.write("key.json", `{"Version":1,"AccessKeyId":"AKIAALICE0001EXAMPLE","SecretAccessKey":"alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"}`)
	t.Cleanup(func() {
		r, err := latchkey.Load(latchkey.Options{Environ: a.environ(nil)})
		if err == nil {
			err = r.EndSessions(t.Context())
		}
		if err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return a
}

func (a *agreeing) write(name, text string) {
	a.t.Helper()
	path := filepath.Join(a.home.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agreeing) environ(more []string) []string {
	state := filepath.Join(a.home.Dir, "cache")
	list := append([]string{"XDG_CACHE_HOME=" + state, "XDG_RUNTIME_DIR=" + a.home.Dir, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true"}, more...)
	return append(list, a.home.Env...)
}

// setup is a generated configuration.
type setup struct {
	seed                uint64
	config, credentials string
	env                 []string
	profile             string // "" for none
	code                bool   // a code is given where one is needed
	pass                time.Duration
}

func (s setup) String() string {
	return fmt.Sprintf("seed %d, profile %q, code %v, env %q\n%s\n-- credentials --\n%s", s.seed, s.profile, s.code, s.env, s.config, s.credentials)
}

// explained runs explain and returns what it printed, read again.
func (a *agreeing) explained(s setup, args ...string) (*report, int) {
	a.t.Helper()
	var out bytes.Buffer
	code := a.run(s, &out, append([]string{"explain", "--json"}, args...)...)
	r := &report{}
	var read struct {
		Error    *explain.Finding
		Findings []explain.Finding
		Next     string
		Try      *trial
	}
	// Origins are written for people; what is read of them is not looked at here.
	text := bytes.ReplaceAll(out.Bytes(), []byte(`"where":`), []byte(`"at":`))
	if err := json.Unmarshal(text, &read); err != nil {
		a.t.Fatalf("%v: %s\n%v", err, out.Bytes(), s)
	}
	r.Error, r.Findings, r.Next, r.Try = read.Error, read.Findings, read.Next, read.Try
	if strings.Contains(out.String(), "Sandbox+Secret") || strings.Contains(out.String(), "canary") {
		a.t.Errorf("a secret in %s", out.String())
	}
	return r, code
}

func (a *agreeing) run(s setup, out io.Writer, args ...string) int {
	env := s.env
	if s.code {
		code, err := a.aws.MFACode("alice")
		if err != nil { // the codes of now are used up
			a.now.Add(int64(30 * time.Second))
			code, err = a.aws.MFACode("alice")
		}
		if err != nil {
			a.t.Fatal(err)
		}
		env = append(env[:len(env):len(env)], "TOTP_CODE="+code)
	}
	if s.profile != "" {
		args = append(args, s.profile)
	}
	return Main(&Sys{Args: args, Environ: a.environ(env), Stdin: strings.NewReader(""), Stdout: out, Stderr: io.Discard, Now: a.clock})
}

// compare explains a configuration, runs it, and holds the one against the other.
func (a *agreeing) compare(s setup) {
	a.t.Helper()
	a.write(".aws/config", s.config)
	a.write(".aws/credentials", s.credentials)
	a.now.Add(int64(s.pass))
	plan := a.plan(s)
	said, saidCode := a.explained(s)
	before := len(a.aws.Requests())
	was, code := a.explained(s, "--try")
	calls := a.aws.Requests()[before:]
	var who bytes.Buffer
	if other := a.run(s, &who, "whoami", "--json"); other != code && !(s.code && !said.kept()) {
		a.t.Errorf("explain --try ends with %d, whoami with %d\n%v", code, other, s)
	}
	switch {
	case (plan == nil) != (said.Error != nil), (saidCode == exitOK) != (plan != nil):
		a.t.Errorf("explain ends with %d, %+v; plan %+v\n%v", saidCode, said.Error, plan, s)
	case plan == nil && (code != saidCode || was.Try != nil):
		a.t.Errorf("running ends with %d, explain said %d\n%v", code, saidCode, s)
	case plan != nil && was.Try == nil:
		a.t.Errorf("there is a plan, and it was not run\n%v", s)
	case plan != nil:
		a.identity(s, plan, was.Try)
		a.predictions(s, said, was.Try)
		a.next(s, said.Next, was.Try, calls)
	}
}

func (r *report) kept() bool { return strings.Contains(r.Next, "session that is kept") }

func (a *agreeing) plan(s setup) *chain.Plan {
	r, err := latchkey.Load(latchkey.Options{Environ: a.environ(s.env), Now: a.clock})
	if err != nil {
		a.t.Fatal(err)
	}
	plan, err := r.Plan(s.profile, chain.Policy{})
	if err != nil {
		return nil
	}
	return plan
}

// identity compares whom the plan's last step names with whom AWS names.
func (a *agreeing) identity(s setup, plan *chain.Plan, was *trial) {
	a.t.Helper()
	if was.Works != (was.Error == nil) || was.Works != (was.Identity != nil) || len(was.Steps) < len(plan.Steps) {
		a.t.Errorf("trial %+v\n%v", was, s)
	}
	if !was.Works {
		return
	}
	a.works++
	last, want := plan.Last(), ""
	switch last.Kind {
	case chain.KindAssumeRole, chain.KindWebIdentity:
		arn := strings.Split(last.Get(chain.InputRoleARN), ":")
		want = "arn:aws:sts::" + arn[4] + ":assumed-role/" + arn[5][strings.LastIndex(arn[5], "/")+1:] + "/" + last.Get(chain.InputSessionName)
	case chain.KindSSO:
		want = "arn:aws:sts::" + last.Get(chain.InputSSOAccount) + ":assumed-role/AWSReservedSSO_" + last.Get(chain.InputSSORole) + "_"
	case chain.KindStatic, chain.KindEnvironment:
		want = map[string]string{"AKIAALICE0001EXAMPLE": ":user/alice", "AKIABOB000001EXAMPLE": ":user/bob"}[last.Get(chain.InputAccessKeyID)]
	case chain.KindLogin, chain.KindProcess:
		want = ":user/alice"
	}
	if want == "" || !strings.Contains(was.Identity.ARN, want) {
		a.t.Errorf("the plan names %q, AWS %s\n%v", want, was.Identity.ARN, s)
	}
}

// predictions holds the findings that say the plan will fail to it. Where there are
// several, the first step that fails decides; a code that nobody gives may be asked for
// before AWS is.
func (a *agreeing) predictions(s setup, said *report, was *trial) {
	a.t.Helper()
	classes := map[explain.Class]bool{}
	for _, f := range said.Findings {
		if f.Class != "" && !said.kept() {
			classes[f.Class] = true
			classes[explain.ClassNeedsUser] = !s.code || classes[explain.ClassNeedsUser] || f.Code == "mfa-of-session"
			a.predicted++
		}
	}
	switch {
	case len(classes) == 0:
	case was.Works, !classes[was.Error.Class] && was.Steps[0].Status != explain.StatusFailed:
		a.t.Errorf("findings say %v, and then %+v\n%v", classes, was.Error, s)
	}
}

// next compares what explain said would happen with what happened.
func (a *agreeing) next(s setup, said string, was *trial, calls []sandbox.Recorded) {
	a.t.Helper()
	asked := 0
	for _, c := range calls {
		if c.Operation != "GetCallerIdentity" && c.Operation != "GetRole" {
			asked++
		}
	}
	failure := ""
	if was.Error != nil {
		failure = was.Error.Code
	}
	last := was.Steps[len(was.Steps)-1]
	ok := false
	switch {
	case strings.HasPrefix(said, "hands out the session that is kept"):
		ok = last.Status == explain.StatusKept && asked == 0
	case strings.HasPrefix(said, "somebody has to sign in"):
		ok = was.Error != nil && was.Error.Class == explain.ClassNeedsUser && asked == 0
	case strings.HasPrefix(said, "needs a code of"):
		// Or a step before the code fails.
		ok = (failure == "mfa-required") == !s.code && (asked > 0 || !s.code) || failure != "mfa-required" && last.Status == explain.StatusNotReached
	case strings.HasPrefix(said, "asks AWS for a new session"):
		ok = was.Works && (last.Status == explain.StatusDone) == (asked > 0)
	case strings.HasPrefix(said, "asks AWS"):
		ok = failure != "mfa-required" && (asked > 0 || was.Error != nil)
	case strings.HasPrefix(said, "hands out the credentials without"):
		ok = failure != "mfa-required" && asked == 0
	}
	if !ok {
		a.t.Errorf("next was %q; then %q after %d calls, %+v\n%v", said, failure, asked, was.Steps, s)
	}
}

// generate makes the configuration of a seed.
func generate(seed uint64, home string) setup {
	g := &generator{rand.New(rand.NewPCG(seed, 20)), home, &strings.Builder{}, &strings.Builder{}, 0}
	s := setup{seed: seed, code: g.chance(80), pass: 95 * time.Second}
	if g.chance(10) {
		s.pass = time.Duration(g.IntN(70)) * time.Minute
	}
	last := g.base()
	for range g.pick(40, 50, 10) {
		last = g.role(last)
	}
	s.env = g.environment(last)
	if s.profile = last; g.chance(20) {
		s.profile = ""
		s.env = append(s.env, g.oneOf("AWS_PROFILE=", "AWS_PROFILE=", "AWS_DEFAULT_PROFILE=")+last)
	}
	s.config, s.credentials = g.config.String(), g.credentials.String()
	return s
}

// generator writes profiles.
type generator struct {
	*rand.Rand
	home                string
	config, credentials *strings.Builder
	n                   int
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) oneOf(list ...string) string { return list[g.IntN(len(list))] }

// pick returns an index by weights in percent.
func (g *generator) pick(weights ...int) int {
	at := g.IntN(100)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return 0
}

func (g *generator) profile(lines string) string {
	g.n++
	name := fmt.Sprintf("p%d", g.n)
	g.config.WriteString("[profile " + name + "]\n" + lines)
	return name
}

const (
	agreeAlice = "aws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n"
	agreeBob   = "aws_access_key_id = AKIABOB000001EXAMPLE\naws_secret_access_key = bob/Sandbox+Secret/000001/bPxREXAMPLEKEY\n"
)

// base writes a profile that gets credentials by itself, or tries to.
func (g *generator) base() string {
	keys := g.oneOf(agreeAlice, agreeAlice, agreeAlice, agreeAlice, agreeAlice, agreeAlice, agreeAlice, agreeAlice, agreeBob, agreeBob,
		"aws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = canary\n",
		"aws_access_key_id = AKIAALICE0001EXAMPLE\n", agreeAlice+"aws_session_token = canary\n",
		"aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary/Sandbox+canary/01/bPxREXAMPLEKEY\n",
		"aws_access_key_id = AKIANOBODY001EXAMPLE\naws_secret_access_key = canary/Sandbox+canary/01/bPxREXAMPLEKEY\n")
	sso := "sso_session = " + g.oneOf("example-org", "example-org", "example-org", "exampel-org", "away") + "\nsso_account_id = " + g.oneOf("444455556666", "444455556666", "123456789012") +
		"\nsso_role_name = " + g.oneOf("Developer", "ReadOnly") + "\n"
	g.config.WriteString("[sso-session example-org]\nsso_start_url = https://example-org.awsapps.com/start\nsso_region = eu-central-1\n" +
		"[sso-session away]\nsso_start_url = https://away.awsapps.com/start\nsso_region = eu-central-1\n")
	web := "role_arn = arn:aws:iam::444455556666:role/" + g.oneOf("ci/Deploy", "ci/Deploy", "Deploy", "Developer") + "\nweb_identity_token_file = " + g.home + g.oneOf("/.aws/web-identity/ci.jwt", "/.aws/web-identity/ci.jwt", "/.aws/web-identity/nowhere") + "\n"
	process := "credential_process = " + g.oneOf("cat "+g.home+"/key.json", "cat "+g.home+"/key.json", "echo hello", "false", "no-such-program") + "\n"
	switch g.pick(55, 18, 8, 12, 3, 4) {
	case 0:
		if g.chance(30) {
			g.n++
			fmt.Fprintf(g.credentials, "[p%d]\n%s", g.n, keys)
			return fmt.Sprintf("p%d", g.n)
		}
		return g.profile(keys)
	case 1:
		return g.profile(sso)
	case 2:
		return g.profile(web)
	case 3:
		return g.profile(process)
	case 4:
		return g.profile("region = eu-west-1\n")
	}
	return g.profile(g.oneOf(keys+sso, keys+process, sso+process))
}

// role writes a profile that assumes a role with another's credentials.
func (g *generator) role(source string) string {
	lines := "role_arn = arn:aws:iam::" + g.oneOf("444455556666:role/ReadOnly", "444455556666:role/ReadOnly", "444455556666:role/ReadOnly", "444455556666:role/Developer", "444455556666:role/Developer", "444455556666:role/Developer", "777788889999:role/Developer",
		"777788889999:role/Auditor", "777788889999:role/Release", "123456789012:role/Admin", "123456789012:role/ReadOnly", "444455556666:role/readonly", "444455556666:role/Nobody") + "\n"
	switch g.pick(94, 3, 2, 1) {
	case 0:
		lines += "source_profile = " + source + "\n"
	case 1:
		lines += "credential_source = Environment\n"
	case 2:
		lines += "source_profile = nowhere\n"
	}
	for _, v := range []struct {
		percent int
		line    string
	}{
		{55, "mfa_serial = arn:aws:iam::111122223333:mfa/" + g.oneOf("alice", "alice", "alice", "alice", "alice", "alice", "alice", "zoe")}, {20, "external_id = " + g.oneOf("latchkey-prod", "other")},
		{15, "duration_seconds = " + g.oneOf("900", "3600", "3600", "7200", "50000")}, {25, "role_session_name = alice"}, {15, "source_identity = alice"}, {10, "session_tags = Team=platform"},
	} {
		if g.chance(v.percent) {
			lines += v.line + "\n"
		}
	}
	return g.profile(lines)
}

// environment is what the shell has beside the home's variables.
func (g *generator) environment(string) []string {
	var env []string
	if g.chance(15) {
		env = append(env, "AWS_ACCESS_KEY_ID=AKIABOB000001EXAMPLE", "AWS_SECRET_ACCESS_KEY="+g.oneOf("bob/Sandbox+Secret/000001/bPxREXAMPLEKEY", "bob/Sandbox+Secret/000001/bPxREXAMPLEKEY", "canary"))
		switch g.pick(60, 20, 20) {
		case 1:
			env = append(env, "AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z")
		case 2:
			env = append(env, "AWS_CREDENTIAL_EXPIRATION="+g.oneOf("never", "2099-01-01T00:00:00Z"))
		}
	}
	if g.chance(5) {
		env = append(env, "AWS_WEB_IDENTITY_TOKEN_FILE="+g.home+"/nowhere", "AWS_ROLE_ARN=arn:aws:iam::444455556666:role/ci/Deploy")
	}
	if g.chance(5) {
		env = append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/left-over")
	}
	return env
}
