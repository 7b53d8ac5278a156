//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// brokenHome is that of a new user who has got everything wrong: twenty faults.
func brokenHome(t *testing.T) (home string, environ []string) {
	t.Helper()
	home = t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	write(".aws/config", `[profile typo]
region = eu-wset-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
[profile dangling]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = bsae
[profile short]
region = eu-central-1
role_arn = arn:aws:iam::44445555666:role/A
source_profile = base
[profile key]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
mfa_serial = arn:aws:iam::111122223333:u2f/user/alice/key
[profile long]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
duration_seconds = 99999
[profile id]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
external_id = two words
[profile bad]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
rubbish
[profile styled]
region: eu-central-1 # where it is
role_arn = "arn:aws:iam::444455556666:role/A"
source_profile = base
[profile gone]
region = eu-central-1
credential_process = /nowhere/program
[profile local]
region = eu-central-1
role_arn = arn:aws:iam::444455556666:role/A
source_profile = base
endpoint_url = http://localhost:4566
`, 0o666)
	write(".aws/credentials", "[base]\naws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n", 0o644)
	write(".aws/sso/cache/a.json", `{"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z"}`, 0o644)
	write(".aws/cli/cache/a.json", `{"Credentials": {"Expiration": "2020-01-01T00:00:00Z"}}`, 0o600)
	write(".aws/login/cache/a.json", `{"acc`, 0o600)
	write(".aws/.latchkey-1.tmp", "x", 0o600)
	write(".config/latchkey/config", "[vault]\nbackned = age\n", 0o600)
	write("passphrase", "for the vault\n", 0o600)
	old := time.Now().Add(-time.Hour * 24)
	if err := errors.Join(os.Chmod(filepath.Join(home, ".aws"), 0o777), os.Chtimes(filepath.Join(home, ".aws/.latchkey-1.tmp"), old, old)); err != nil {
		t.Fatal(err)
	}
	environ = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0", "LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(home, "passphrase"),
		"AWS_DEFAULT_PROFILE=", "AWS_CA_BUNDLE=/nowhere/roots.pem"}
	leave(t, environ)
	return home, environ
}

// told is what the test reads of doctor --json.
type told struct {
	Errors, Warnings, Notes int
	Findings                []struct {
		Code, What, Fix string
		Where           struct {
			File string
			Line int
			Key  string
		}
		Count int
	}
}

func examine(t *testing.T, environ []string) told {
	t.Helper()
	cmd := exec.Command("latchkey", "doctor", "--json")
	cmd.Env = environ
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var found told
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return found
}

// TestDoctorCure follows nothing but the printed fixes, one after the other, from a
// home with twenty faults to one without any.
func TestDoctorCure(t *testing.T) {
	t.Parallel()
	_, environ := brokenHome(t)
	first := examine(t, environ)
	places := 0
	for _, f := range first.Findings {
		places += f.Count
	}
	if places < 20 {
		t.Fatalf("only %d faults: %+v", places, first)
	}
	for range 60 {
		found := examine(t, environ)
		if len(found.Findings) == 0 {
			return
		}
		f := found.Findings[0]
		t.Logf("%s: %s => %s", f.Code, f.What, f.Fix)
		environ = cure(t, environ, f.Code, f.Fix, f.Where.File, f.Where.Line)
	}
	t.Errorf("still ill: %+v", examine(t, environ))
}

// cure does what a fix says: runs its command, or edits the line as it is told.
func cure(t *testing.T, environ []string, code, fix, file string, line int) []string {
	t.Helper()
	word, rest, _ := strings.Cut(fix, " ")
	switch word {
	case "unset":
		return slices.DeleteFunc(environ, func(pair string) bool {
			name, _, _ := strings.Cut(pair, "=")
			return slices.Contains(strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ',' }), name)
		})
	case "chmod", "rm", "latchkey":
		command := strings.TrimSuffix(fix, ", then latchkey vault rotate base")
		if strings.HasPrefix(command, "latchkey vault import") { // nobody is there to ask, and AWS is not
			command += " --yes --no-verify --keep-in passphrase"
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Env = environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return environ
	}
	data, err := os.ReadFile(file)
	if err != nil || line == 0 {
		t.Fatalf("%s: %s: no line to edit: %v", code, fix, err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	lines[line-1] = edited(t, code, fix, lines[line-1])
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return environ
}

// edited is the line as a person would write it who reads the fix.
func edited(t *testing.T, code, fix, line string) string {
	t.Helper()
	key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
	if m := regexp.MustCompile(`did you mean (\S+?)(\?| or )`).FindStringSubmatch(fix); m != nil {
		if code == "unknown-setting" {
			return m[1] + " = " + value + "\n"
		}
		return key + " = " + m[1] + "\n"
	}
	if m := regexp.MustCompile(`^correct the name at \S+ to (\S+)$`).FindStringSubmatch(fix); m != nil {
		return key + " = " + m[1] + "\n"
	}
	switch {
	case strings.HasPrefix(fix, "write the account with twelve digits"):
		return strings.Replace(line, "44445555666:", "444455556666:", 1)
	case strings.Contains(fix, "write its ARN"):
		return key + " = arn:aws:iam::111122223333:mfa/alice\n"
	case strings.Contains(fix, "900 to 43200") || code == "duration-seconds":
		return key + " = 3600\n"
	case strings.HasPrefix(fix, "write it as whoever owns the role gave it"):
		return key + " = " + strings.ReplaceAll(value, " ", "-") + "\n"
	case strings.Contains(fix, "make it a comment with #"):
		return "# " + line
	case strings.Contains(fix, "write an equals sign"):
		return strings.Replace(line, ":", " =", 1)
	case strings.Contains(fix, "move the comment to a line of its own"):
		before, comment, _ := strings.Cut(line, " #")
		return "#" + comment + before + "\n"
	case strings.Contains(fix, "remove the quotes"):
		return strings.ReplaceAll(line, `"`, "")
	case strings.HasPrefix(fix, "install it, or write its full path"):
		return key + " = /bin/sh program\n"
	case strings.HasPrefix(fix, "remove it at"), strings.HasPrefix(fix, "correct or remove"):
		return ""
	}
	t.Fatalf("%s: a person cannot know what to do: %s (%s)", code, fix, strings.TrimSpace(line))
	return ""
}
