//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// newcomer is somebody whose set-up is broken, and who does what explain prints.
type newcomer struct {
	t       *testing.T
	server  *sandbox.Server
	home    string
	env     []string
	profile string // "" for none
	// knows is what a person knows of themselves, by key of the config: whose role it is,
	// which external id was given.
	knows map[string]string
	// device is at hand: codes are given. done is the advice that was followed.
	device bool
	done   map[string]bool
}

const homeConfig, homeKeys = ".aws/config", ".aws/credentials"

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	n := &newcomer{t: t, server: sandbox.Start(t, sandbox.WithAutoApprove()), home: t.TempDir(), profile: "alice", done: map[string]bool{}, knows: map[string]string{
		"sso_region": "eu-central-1", "external_id": "latchkey-prod", "mfa_serial": "arn:aws:iam::111122223333:mfa/alice", "sso_role_name": "Developer",
		"role_arn": "arn:aws:iam::444455556666:role/Developer", "aws_access_key_id": "AKIAALICE0001EXAMPLE", "aws_secret_access_key": "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY",
	}}
	home, err := n.server.WriteHome(n.home)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range home.Env {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL") || name == "HOME" || name == "LATCHKEY_SANDBOX_URL" {
			n.env = append(n.env, pair)
		}
	}
	n.env = append(n.env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0", "BROWSER=latchkey sandbox visit %s")
	leave(t, n.env)
	return n
}

func (n *newcomer) path(name string) string { return filepath.Join(n.home, name) }

func (n *newcomer) set(name, value string) {
	n.unset(name)
	n.env = append(n.env, name+"="+value)
}

func (n *newcomer) unset(name string) {
	n.env = slices.DeleteFunc(n.env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}

// change replaces a text of a file.
func (n *newcomer) change(name, old, new string) {
	n.t.Helper()
	text, err := os.ReadFile(n.path(name))
	if err != nil || !strings.Contains(string(text), old) {
		n.t.Fatalf("%s: no %q: %v", name, old, err)
	}
	if err := os.WriteFile(n.path(name), []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n *newcomer) add(name, text string) {
	n.t.Helper()
	old, _ := os.ReadFile(n.path(name))
	if err := os.WriteFile(n.path(name), append(old, text...), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n *newcomer) run(args ...string) (string, int) {
	n.t.Helper()
	cmd := exec.Command("latchkey", args...)
	cmd.Env, cmd.Dir = n.env, n.home
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func (n *newcomer) shell(line string) (string, error) {
	cmd := exec.Command("sh", "-c", line)
	cmd.Env, cmd.Dir = n.env, n.home
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// advice is one thing that explain tells to do, and where.
type advice struct{ what, file, line, variable, fix string }

// advise takes what a person reads out of explain: an error first, then the findings.
// They know of themselves that they are in a sandbox.
func advise(out string) []advice {
	var list []advice
	for line := range strings.Lines(out) {
		text := strings.TrimSpace(line)
		label, rest, ok := strings.Cut(text, ": ")
		switch {
		case strings.HasPrefix(text, "- "), label == "error", label == "latchkey: error", strings.HasPrefix(text, "clock ") && strings.Contains(text, "error: "):
			list = append(list, advice{what: text})
		case !ok || len(list) == 0:
		case label == "at":
			at := &list[len(list)-1]
			place, _, _ := strings.Cut(rest, " (")
			at.file, at.line, _ = strings.Cut(place, ":")
			if name, ok := strings.CutPrefix(place, "$"); ok {
				at.file, at.line, at.variable = "", "", name
			}
		case label == "fix":
			list[len(list)-1].fix = rest
		}
	}
	return slices.DeleteFunc(list, func(a advice) bool {
		return a.fix == "" || strings.Contains(a.what, "which is not AWS's") && !strings.Contains(a.what, "127.0.0.1:1,")
	})
}

// obey does what a fix says. False: nobody can know what that is, or it was done before.
func (n *newcomer) obey(a advice) bool {
	n.t.Helper()
	where := a.fix + a.file + a.line
	if n.done[where] {
		return false // and it has not helped
	}
	n.done[where] = true
	for _, form := range [...]struct {
		words string
		do    func(m []string)
	}{
		{`^(?:sign in: )?(latchkey login[^;,]*)`, func(m []string) { n.command(m[1]) }},
		{`give the six digits with --mfa-code`, func([]string) { n.device = true }},
		{`^run latchkey vault unlock .*; without one, (LATCHKEY_VAULT_PASSPHRASE_FILE) `, func(m []string) { n.set(m[1], n.path("passphrase")) }},
		{`^name a profile that has credentials`, func([]string) { n.profile = "alice" }},
		{`compare (\w+) at (\S+):(\d+)`, func(m []string) { n.edit(advice{file: m[2], line: m[3]}, n.known(m[1])) }},
		{"^eval \"\\$\\((latchkey env --unset)\\)\"", func(m []string) { n.unsetAll(n.command(m[1])) }},
		{`^set both variables or unset both`, func([]string) { n.unset(a.variable) }},
		{`(?:^|or |; )unset ((?:[A-Z][A-Z_]+(?:, | and )?)+)`, func(m []string) { n.unsetAll(m[1]) }},
		{`^correct the path at \$(\w+), or unset the variable`, func(m []string) { n.unset(m[1]) }},
		{`^did you mean (\S+?)(?: or \S+)*\?`, func(m []string) { n.meant(a, m[1]) }},
		{`^correct the name at \S+ to (\S+)$`, func(m []string) { n.edit(a, m[1]) }},
		{`^write (\[.+\]) at (\S+):(\d+)$`, func(m []string) { n.rewrite(m[2], m[3], func(string) string { return m[1] }) }},
		{`^add (\w+) to the section (\[.+\])$`, func(m []string) { n.insert(homeConfig, m[2], m[1]) }},
		{`^add (\w+) to the same section$`, func(m []string) {
			n.rewrite(a.file, a.line, func(old string) string { return old + "\n" + m[1] + " = " + n.known(m[1]) })
		}},
		{`^write (?:for example )?(\d+)(?:,|$)`, func(m []string) { n.edit(a, m[1]) }},
		{`^lower (duration_seconds)`, func([]string) { n.edit(a, "3600") }},
		{`^set the clock`, func([]string) { n.unset(clockVariable) }},
		{`^remove the quotes`, func([]string) {
			n.rewrite(a.file, a.line, func(old string) string { return strings.ReplaceAll(old, `"`, "") })
		}},
		{`^move the comment to a line of its own`, func([]string) {
			n.rewrite(a.file, a.line, func(old string) string {
				before, comment, _ := strings.Cut(old, " #")
				return "#" + comment + "\n" + before
			})
		}},
		{`^make them one section`, func([]string) { n.rewrite(a.file, a.line, func(string) string { return "" }) }},
		{`^let one of them name a profile with credentials`, func([]string) { n.edit(a, "alice") }},
		{`write the pair again|write a new pair|copy the pair anew`, func([]string) { n.pair(a) }},
		// What only the person knows, or whoever they ask.
		{`\b(external_id|role_arn|mfa_serial|sso_role_name|web_identity_token_file|credential_process|aws_secret_access_key|aws_access_key_id)\b`, func(m []string) { n.edit(a, n.known(keyOf(n.lineAt(a), m[1]))) }},
		{`absolute path|compare|write its ARN|write the account|correct the path`, func([]string) { n.edit(a, n.known(keyOf(n.lineAt(a), ""))) }},
	} {
		if m := regexp.MustCompile(form.words).FindStringSubmatch(a.fix); m != nil {
			form.do(m)
			return true
		}
	}
	return false
}

// command runs a command of a fix; the sign-in page and the device are at hand.
func (n *newcomer) command(line string) string {
	n.t.Helper()
	out, _ := n.run(strings.Fields(strings.TrimSpace(line))[1:]...) // whether it helped, explain tells
	return out
}

// unsetAll unsets the variables that a text names.
func (n *newcomer) unsetAll(text string) {
	for _, name := range regexp.MustCompile(`[A-Z][A-Z_]{3,}`).FindAllString(text, -1) {
		n.unset(name)
	}
}

// meant puts the right name in the place of a wrong one.
func (n *newcomer) meant(a advice, name string) {
	n.t.Helper()
	switch {
	case a.variable != "":
		n.set(a.variable, name)
	case a.line != "":
		n.edit(a, name)
	default:
		n.profile = name
	}
}

// known is what the person knows, or looks up, of themselves.
func (n *newcomer) known(key string) string {
	n.t.Helper()
	value, ok := n.knows[key]
	if !ok {
		n.t.Fatalf("nobody knows %s", key)
	}
	return value
}

// edit gives the key of a line another value.
func (n *newcomer) edit(a advice, value string) {
	n.t.Helper()
	n.rewrite(a.file, a.line, func(old string) string { return keyOf(old, "") + " = " + value })
}

// pair writes both halves of a key anew, where they stand in a file.
func (n *newcomer) pair(a advice) {
	n.t.Helper()
	if a.line == "" {
		return
	}
	at, _ := strconv.Atoi(a.line)
	for _, line := range []int{at - 1, at, at + 1} {
		a.line = strconv.Itoa(line)
		if key := keyOf(n.lineAt(a), ""); key == "aws_access_key_id" || key == "aws_secret_access_key" {
			n.edit(a, n.known(key))
		}
	}
}

func keyOf(line, otherwise string) string {
	if key, _, ok := strings.Cut(line, "="); ok {
		return strings.TrimSpace(key)
	}
	return otherwise
}

func (n *newcomer) lineAt(a advice) string {
	n.t.Helper()
	text := ""
	if a.line != "" {
		n.rewrite(a.file, a.line, func(old string) string { text = old; return old })
	}
	return text
}

// rewrite changes a line of a file.
func (n *newcomer) rewrite(file, line string, to func(string) string) {
	n.t.Helper()
	text, err := os.ReadFile(file)
	at, _ := strconv.Atoi(line)
	lines := strings.Split(string(text), "\n")
	if err != nil || at < 1 || at > len(lines) {
		n.t.Fatalf("there is no %s:%s to edit: %v", file, line, err)
	}
	lines[at-1] = to(lines[at-1])
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// insert adds a key to a section, as the person knows it.
func (n *newcomer) insert(name, section, key string) {
	n.t.Helper()
	n.change(name, section+"\n", section+"\n"+key+" = "+n.known(key)+"\n")
}

// TestExplainCure solves the broken set-ups by following nothing but what explain prints,
// step after step, until the credentials are those that are wanted and nothing is left.
func TestExplainCure(t *testing.T) {
	t.Parallel()
	for _, s := range brokenSetups() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			n := newNewcomer(t)
			s.broken(n)
			if n.sound(s.who) {
				t.Fatal("nothing is wrong with it")
			}
			for range 6 {
				list := n.explain()
				if len(list) == 0 {
					break
				}
				if !slices.ContainsFunc(list, n.obey) {
					t.Fatalf("a person cannot know what to do: %+v", list)
				}
			}
			if !n.sound(s.who) {
				out, _ := n.run("explain", "--try", n.profile)
				t.Errorf("still broken: %s", out)
			}
		})
	}
}

// explain asks what is wrong, with one answer after the other tried.
func (n *newcomer) explain() []advice {
	n.t.Helper()
	args := n.args("explain", "--try")
	if n.device {
		code, err := n.server.MFACode("alice")
		if err != nil {
			n.t.Fatal(err)
		}
		args = append(args, "--mfa-code", code)
	}
	out, code := n.run(args...)
	list := advise(out)
	for _, a := range list {
		n.t.Logf("exit %d: %s => %s", code, a.what, a.fix)
	}
	return list
}

func (n *newcomer) args(words ...string) []string {
	if n.profile != "" {
		words = append(words, n.profile)
	}
	return words
}

// sound reports whether the credentials are those that are wanted, and explain has
// nothing to say.
func (n *newcomer) sound(who string) bool {
	n.t.Helper()
	out, code := n.run(n.args("whoami")...)
	said, _ := n.run(n.args("explain", "--try")...)
	return code == 0 && strings.Contains(out, who) && len(advise(said)) == 0
}
