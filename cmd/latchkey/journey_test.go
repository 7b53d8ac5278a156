//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

const journeyRole = "arn:aws:iam::444455556666:role/Developer"

// A journey is where an IAM user's life takes place.
type journey struct {
	t       *testing.T
	url     string
	admin   []string // the administrator's environment
	user    []string // zoe's
	account string
	// strict is a place that knows policies, passwords and codes. Moto lets all pass,
	// takes every user for one called moto, and lacks some of what offboard asks for.
	strict bool
}

func newJourney(t *testing.T, url, account string, strict bool) *journey {
	t.Helper()
	j := &journey{t: t, url: url, account: account, strict: strict}
	j.admin, j.user = j.home(), j.home()
	put(t, filepath.Join(homeOf(j.admin), ".aws", "credentials"), danaKeys)
	put(t, filepath.Join(homeOf(j.admin), ".aws", "config"), "[default]\nregion = eu-central-1\n")
	return j
}

// home makes the environment of somebody with an empty home folder.
func (j *journey) home() []string {
	home := j.t.TempDir()
	put(j.t, filepath.Join(home, "passphrase"), "not empty")
	environ := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + j.t.TempDir(), "AWS_ENDPOINT_URL=" + j.url, "AWS_EC2_METADATA_DISABLED=true",
		"GORACE=atexit_sleep_ms=0", "LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(home, "passphrase")}
	leave(j.t, environ)
	return environ
}

func homeOf(environ []string) string { return strings.TrimPrefix(environ[0], "HOME=") }

// A phone has an authenticator app: it shows each code once, and a person waits for
// the next one.
type phone struct {
	t    *testing.T
	seed secret.Text
	last int64
}

func (p *phone) next() string {
	p.t.Helper()
	const step = 30
	// The first is the one before this, so that the second need not be waited for.
	p.last = max(p.last+1, time.Now().Unix()/step-1)
	time.Sleep(time.Until(time.Unix((p.last-1)*step, 0))) // a step ahead is good
	code, err := mfa.TOTP(p.seed, time.Unix(p.last*step, 0))
	if err != nil {
		p.t.Fatal(err)
	}
	return code.Reveal()
}

// answers has a person answer each question as often as it comes, until the program ends.
func (ty *typist) answers(to map[string]func() string) string {
	ty.t.Helper()
	given := map[string]int{}
	timer := time.AfterFunc(4*time.Minute, func() { _ = ty.cmd.Process.Kill() })
	defer timer.Stop()
	for {
		screen := ty.screen()
		for question, answer := range to {
			if strings.Count(screen, question) > given[question] {
				given[question]++
				ty.typed(answer() + "\n")
			}
		}
		select {
		case <-ty.done:
			return ty.ends(0)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func text(s string) func() string { return func() string { return s } }

// run runs latchkey without a terminal.
func (j *journey) run(environ []string, args ...string) (code int, out string) {
	j.t.Helper()
	cmd := exec.Command("latchkey", args...)
	cmd.Env = append(environ, "LATCHKEY_PROMPT=none")
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		j.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(said)
}

// keys lists zoe's keys that work, as the administrator sees them.
func (j *journey) keys() (active []string) {
	j.t.Helper()
	client := awsapi.New(awsapi.Options{Now: time.Now})
	defer client.CloseIdle()
	list, err := client.ListAccessKeys(j.t.Context(), awsapi.Endpoint{URL: j.url, SigningRegion: "us-east-1"},
		aws.Credentials{AccessKeyID: "AKIADANA00001EXAMPLE", SecretAccessKey: "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"}, "zoe")
	if err != nil {
		j.t.Fatal(err)
	}
	for _, key := range list {
		if key.Status == awsapi.KeyActive {
			active = append(active, key.ID)
		}
	}
	return active
}

// holds requires that zoe has one key that works, which is the one of her vault.
func (j *journey) holds(not string) (id string) {
	j.t.Helper()
	_, shown := j.run(j.user, "vault", "show", "zoe")
	found := regexp.MustCompile(`(?m)^key +(AKIA\w+)$`).FindStringSubmatch(shown)
	if keys := j.keys(); found == nil || len(keys) != 1 || keys[0] != found[1] || found[1] == not {
		j.t.Fatalf("AWS has the keys %q, and the vault:\n%s", keys, shown)
	}
	return found[1]
}

// onboards has the administrator make the user; what the person gets is returned.
func (j *journey) onboards() (password, id, key string) {
	j.t.Helper()
	ty := inTerminal(j.t, j.admin, "latchkey", "iam", "onboard", "zoe", "--role", journeyRole, "--access-key")
	screen := ty.answers(map[string]func() string{"Make these changes to user zoe of account " + j.account + "? [y/n]: ": text("y")})
	found := regexp.MustCompile(`(?m)^(?:temporary password|access key id|secret access key): +(\S+)$`).FindAllStringSubmatch(screen, -1)
	if len(found) != 3 || !strings.Contains(screen, "latchkey iam enroll --as zoe --role "+journeyRole+"\n") {
		j.t.Fatalf("the administrator sees:\n%s", screen)
	}
	return found[0][1], found[1][1], found[2][1]
}

// enrols has the person set up everything, with a phone.
func (j *journey) enrols(password, id, key string) *phone {
	j.t.Helper()
	app := &phone{t: j.t}
	const mine = "Chosen-by-zoe-42"
	changes := "y"
	if !j.strict {
		changes = "n" // moto breaks down over ChangePassword
	}
	ty := inTerminal(j.t, j.user, "latchkey", "iam", "enroll", "--as", "zoe", "--region", "eu-central-1", "--role", "dev="+journeyRole)
	code := func() string {
		if app.seed.Empty() {
			app.seed = ty.shownSeed()
		}
		return app.next()
	}
	screen := ty.answers(map[string]func() string{
		"access key id: ":                           text(id),
		"secret access key: ":                       text(key),
		"Begin? [y/n]: ":                            text("y"),
		"Change your console password now? [y/n]: ": text(changes),
		"console password of now: ":                 text(password),
		"new console password: ":                    text(mine),
		"the new one again: ":                       text(mine),
		"Keep the seed in the vault as well? [y/n]": text("n"),
		"the one that the app shows now: ":          code,
		"the next one, when the app shows it: ":     code,
		"Write these profiles? [y/n]: ":             text("y"),
		":mfa/zoe for profile ":                     code,
	})
	for _, s := range []string{key, password, mine} {
		if strings.Contains(screen, s) {
			j.t.Errorf("%s shows:\n%s", s, screen)
		}
	}
	if !strings.Contains(screen, "assumed-role/Developer/") {
		j.t.Fatalf("zoe sees:\n%s", screen)
	}
	searchFiles(j.t, homeOf(j.user), map[string]string{"the first secret": key, "the first password": password, "the password": mine, "the seed": app.seed.Reveal()})
	return app
}

// TestJourney is an IAM user's life: onboarded by an administrator, set up by the person,
// in a role of another account with MFA, with a new key, and gone.
func TestJourney(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"sandbox", "moto"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			if place == "moto" {
				installed.Need(t, "moto_server")
				newJourney(t, motoURL(func(err error) {
					if err != nil {
						t.Fatal(err)
					}
				}, t.Cleanup), "123456789012", false).live()
				return
			}
			newJourney(t, sandbox.Start(t, sandbox.WithWorld(offices())).URL(), "111122223333", true).live()
		})
	}
}

func (j *journey) live() {
	t := j.t
	password, firstID, firstKey := j.onboards()
	app := j.enrols(password, firstID, firstKey)
	id := j.holds(firstID)

	// The session of the set-up serves: nobody is asked.
	if code, out := j.run(j.user, "whoami", "dev"); code != 0 || !strings.Contains(out, ":sts::444455556666:assumed-role/Developer/") {
		t.Errorf("whoami dev: exit %d: %s", code, out)
	}
	ty := inTerminal(t, j.user, "latchkey", "vault", "rotate", "zoe", "--grace", "0s")
	ty.answers(map[string]func() string{":mfa/zoe for ": app.next})
	j.holds(id)
	if code, out := j.run(j.user, "whoami", "zoe"); code != 0 && code != 4 { // 4: it would ask for a code
		t.Errorf("whoami zoe: exit %d: %s", code, out)
	}
	j.leaves()
	if code, out := j.run(j.user, "vault", "verify", "zoe"); j.strict && code == 0 {
		t.Errorf("zoe's key still works: %s", out)
	}
}

// leaves has the administrator shut the user out, and then delete it.
func (j *journey) leaves() {
	j.t.Helper()
	code, out := j.run(j.admin, "iam", "offboard", "zoe", "--yes")
	if (code == 0) != j.strict || !strings.Contains(out, "user zoe is shut out: no password, no active credential, and everything is denied") {
		j.t.Errorf("offboard: exit %d: %s", code, out)
	}
	if keys := j.keys(); len(keys) != 0 {
		j.t.Errorf("keys that work: %q", keys)
	}
	if code, out := j.run(j.user, "whoami", "dev"); j.strict && code == 0 && !strings.Contains(out, "assumed-role") {
		j.t.Errorf("whoami dev: %s", out)
	}
	ty := inTerminal(j.t, j.admin, "latchkey", "iam", "offboard", "zoe", "--delete")
	screen := ty.answers(map[string]func() string{"Type the name of the user to be deleted": text("zoe")})
	if !strings.Contains(screen, "user zoe is deleted: AWS knows no such user (NoSuchEntity)") {
		j.t.Errorf("the administrator sees:\n%s", screen)
	}
}
