//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A hunt looks for secrets where they have no business.
type hunt struct {
	*stage
	// secrets by name; guarded by mu, because sampling goes on beside.
	mu      sync.Mutex
	secrets map[string]string
	// own are the files that the test or the user wrote them into.
	own map[string]bool
}

func (h *hunt) know(name, secret string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets[name] = secret
}

// found returns the name of a secret that a text holds in any form, "" if none.
func (h *hunt) found(text string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, secret := range h.secrets {
		for _, form := range append(forms(secret), within64(secret)...) {
			if strings.Contains(text, form) {
				return name
			}
		}
	}
	return ""
}

// within64 is how a secret looks inside of a longer text in base64: what its
// neighbours have no part in.
func within64(secret string) []string {
	var list []string
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		whole := (shift + len(secret)) / 3 * 4
		list = append(list, text[(shift*8+5)/6:whole])
	}
	return list
}

// run runs latchkey and looks through what it says; asked is what its standard
// output is for.
func (h *hunt) run(asked bool, more []string, input string, args ...string) ending {
	h.t.Helper()
	end := h.feed(more, input, args...)
	said := end.Err
	if !asked {
		said += end.Out
	}
	if name := h.found(said); name != "" {
		h.t.Errorf("%q tells the %s: %s", args, name, said)
	}
	return end
}

// search looks through the files.
func (h *hunt) search() {
	h.t.Helper()
	for _, folder := range []string{h.home, "/dev/shm"} {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || h.own[path] || strings.HasPrefix(path, filepath.Join(h.home, ".aws", "credentials")) {
				return nil // in /dev/shm, other people's
			}
			text, err := os.ReadFile(path)
			if name := h.found(string(text)); err == nil && name != "" {
				h.t.Errorf("%s holds the %s", path, name)
			}
			return nil
		})
	}
}

// sample looks at arguments and environments of all processes of this home until
// stop is closed.
func (h *hunt) sample(stop <-chan struct{}) (looks int) {
	mine := []byte("HOME=" + h.home + "\x00")
	for {
		select {
		case <-stop:
			return looks
		case <-time.After(time.Millisecond):
		}
		processes, _ := filepath.Glob("/proc/[0-9]*")
		for _, process := range processes {
			environ, err := os.ReadFile(process + "/environ")
			if err != nil || !bytes.Contains(environ, mine) {
				continue
			}
			looks++
			arguments, _ := os.ReadFile(process + "/cmdline")
			if name := h.found(string(arguments)); name != "" {
				h.t.Errorf("the arguments %q hold the %s", arguments, name)
			}
			// The command of exec is to have the session, and nothing else.
			if name := h.found(string(environ)); name != "" && !(strings.HasPrefix(name, "session") && bytes.HasPrefix(arguments, []byte("showenv"))) {
				h.t.Errorf("the environment of %q holds the %s", arguments, name)
			}
		}
	}
}

// TestCanaryVault takes a key through its life in a vault behind a passphrase, with
// programs that are run on the way, and looks for all secrets everywhere.
func TestCanaryVault(t *testing.T) {
	t.Parallel()
	const passphrase, newPassphrase = "Canary passphrase +/ of the vault", "Canary passphrase +/ the next one"
	h := &hunt{stage: newStage(t), own: map[string]bool{}, secrets: map[string]string{
		"secret": aliceSecret, "seed": aliceSeed, "old secret": oldSecret, "passphrase": passphrase, "new passphrase": newPassphrase}}
	for name, text := range map[string]string{"passphrase": passphrase + "\n", "next": newPassphrase + "\n", "wrong": "Canary passphrase that is wrong\n", "code": ""} {
		h.write(name, text)
		h.own[filepath.Join(h.home, name)] = true
	}
	h.know("wrong passphrase", "Canary passphrase that is wrong")
	stop, done := make(chan struct{}), make(chan int)
	go func() { done <- h.sample(stop) }()
	opened := []string{"LATCHKEY_VAULT_PASSPHRASE_COMMAND=env > " + h.home + "/environ-passphrase; cat " + h.home + "/passphrase"}
	key := aliceKey + "\n" + aliceSecret + "\n"
	h.mayNeed(h.run(false, opened, key+aliceSeed+"\n", "vault", "add", "work", "--stdin", "--totp", "--mfa-serial", aliceDevice, "--write-profile", "--note", "a note", "--keep-in", "passphrase"))
	h.profile("p", "role_arn = arn:aws:iam::444455556666:role/R00\nsource_profile = work\nmfa_serial = "+aliceDevice+"\nmfa_process = env > "+h.home+"/environ-code; cat "+h.home+"/code\n")
	h.profile("bad", "role_arn = arn:aws:iam::444455556666:role/Refused\nsource_profile = work\nmfa_serial = "+aliceDevice+"\n")
	h.profile("tool", "credential_process = env > "+h.home+"/environ-tool; latchkey credentials p\n")
	h.mayNeed(h.run(false, nil, "", "vault", "add", "byhand", "--no-verify", "--command", "env > "+h.home+"/environ-command; printf '"+oldKey+"\\n'; cat "+h.home+"/oldsecret"))
	h.write("oldsecret", oldSecret+"\n")
	h.own[filepath.Join(h.home, "oldsecret")] = true
	code := h.code()
	h.know("code", code)
	h.write("code", code)
	end := h.run(true, opened, "", "credentials", "p")
	h.mayNeed(end)
	var creds struct{ SecretAccessKey, SessionToken string }
	if err := json.Unmarshal([]byte(end.Out), &creds); err != nil || creds.SessionToken == "" {
		t.Fatalf("%v: %s", err, end.Out)
	}
	h.know("session secret", creds.SecretAccessKey)
	h.know("session token", creds.SessionToken)
	h.matrix(opened)
	h.failures(opened)
	h.mayNeed(h.run(false, opened, "", "sessions", "forget", "p"))
	h.traced(key)
	h.search()
	close(stop)
	t.Logf("%d looks at processes", <-done)
	for _, name := range []string{"environ-passphrase", "environ-code", "environ-command", "environ-tool"} {
		if text, err := os.ReadFile(filepath.Join(h.home, name)); err != nil || len(text) == 0 {
			t.Errorf("the program that writes %s did not run: %v", name, err)
		}
	}
}

// matrix runs all commands. Those that need the vault's key are given opened.
func (h *hunt) matrix(opened []string) {
	h.t.Helper()
	for _, args := range [][]string{{"credentials", "p"}, {"env", "p"}, {"env", "p", "--shell", "json"}, {"exec", "p", "--", "showenv"}, {"credentials", "byhand"}, {"credentials", "work"}, {"exec", "tool", "--", "showenv"}} {
		end := h.run(true, opened, "", args...)
		h.mayNeed(end)
		if args[len(args)-1] == "showenv" && strings.Contains(end.Out, aliceSecret) {
			h.t.Errorf("%q hands the long-term key on", args)
		}
	}
	for _, args := range [][]string{
		{"whoami", "p"}, {"whoami", "p", "--json"}, {"explain", "p"}, {"explain", "p", "--json"}, {"explain", "work"}, {"explain", "byhand", "--json"}, {"explain", "bad"},
		{"profiles"}, {"profiles", "--json"}, {"sessions"}, {"sessions", "--json"}, {"vault", "list"}, {"vault", "list", "--json"}, {"vault", "show", "work"},
		{"vault", "show", "work", "--json"}, {"vault", "show", "byhand"}, {"vault", "unlock", "--for", "1m"}, {"vault", "lock"}, {"vault", "import", "--dry-run"},
		{"vault", "import", "alice", "--yes", "--no-verify"}, {"vault", "rotate", "alice"}, {"vault", "list"}, {"vault", "remove", "byhand", "--yes"},
	} {
		h.mayNeed(h.run(false, opened, "", args...))
	}
	rekey := []string{"LATCHKEY_VAULT_PASSPHRASE_FILE=" + h.home + "/passphrase", "LATCHKEY_VAULT_NEW_PASSPHRASE_FILE=" + h.home + "/next"}
	h.mayNeed(h.run(false, rekey, "", "vault", "rekey", "--keep-in", "passphrase"))
	h.write("passphrase", "Canary passphrase +/ the next one\n")
	h.run(false, opened, "", "vault", "rotate", "alice", "--grace", "0s")
}

// traced looks through all that leaves the program, to whomever: the long-term
// secrets are in none of it.
func (h *hunt) traced(key string) {
	h.t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	strace, trace := canTrace(h.t), filepath.Join(h.t.TempDir(), "trace")
	for _, args := range [][]string{{"vault", "add", "traced", "--stdin", "--no-verify"}, {"whoami", "traced"}, {"explain", "traced", "--json"}, {"vault", "show", "traced"}} {
		outer := []string{strace, "-f", "-qq", "-s", "100000", "-o", trace, "-e", "trace=write,pwrite64,writev,sendto,sendmsg,execve", "latchkey"}
		more := []string{"LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(h.home, "passphrase")}
		end := finishOf(h.start(more, key, append(outer, args...)...))
		text, err := os.ReadFile(trace)
		if name := h.found(string(text)); err != nil || name != "" || end.Code == 0 && !bytes.Contains(text, []byte("write(")) {
			h.t.Errorf("%q lets the %s out: exit %d, %v", args, name, end.Code, err)
		}
	}
}

// failures has commands fail: none may tell why by telling a secret.
func (h *hunt) failures(opened []string) {
	h.t.Helper()
	wrong := []string{"LATCHKEY_VAULT_PASSPHRASE_FILE=" + h.home + "/wrong"}
	nowhere := append([]string{"AWS_ENDPOINT_URL=http://127.0.0.1:9"}, opened...)
	path := filepath.Join(vaultIn(h.home), "entries", "work.age")
	for _, fail := range []struct {
		more  []string
		input string
		args  []string
	}{
		{wrong, "", []string{"credentials", "work"}},
		{nil, "", []string{"credentials", "work"}},
		{nowhere, "", []string{"whoami", "alice"}},
		{append([]string{"TOTP_CODE=000000"}, opened...), "", []string{"whoami", "bad", "--duration", "1h"}},
		{opened, aliceKey + "\n" + aliceSecret + "\nand " + aliceSeed + " more\n", []string{"vault", "add", "x", "--stdin", "--no-verify"}},
		{opened, "garbage " + aliceSecret, []string{"vault", "add", "x", "--stdin", "--no-verify"}},
		{opened, aliceKey + "\n" + oldSecret + "\n", []string{"vault", "add", "x", "--stdin"}}, // a wrong pair
		{opened, aliceKey + "\n" + aliceSecret + "\n", []string{"vault", "add", "work", "--stdin"}},
		{opened, aliceSecret + "\n" + aliceKey + "\n", []string{"vault", "add", "y", "--stdin", "--no-verify"}},
	} {
		if end := h.run(false, fail.more, fail.input, fail.args...); end.Code == 0 {
			h.t.Errorf("%q did not fail: %s", fail.args, secretless(end.Out))
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, at := range []int{30, len(data) / 2, len(data) - 5} {
		spoilt := bytes.Clone(data)
		spoilt[at] ^= 4
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			h.t.Fatal(err)
		}
		if end := h.run(false, opened, "", "credentials", "work"); end.Code != 7 {
			h.t.Errorf("damaged: exit %d, %s", end.Code, end.Err)
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// TestModes: whatever the umask, what we make is for its owner alone.
func TestModes(t *testing.T) {
	t.Parallel()
	for _, umask := range []string{"000", "077", "027"} {
		t.Run(umask, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.identity()
			s.write("code", s.code())
			s.profile("p", "role_arn = arn:aws:iam::444455556666:role/R00\nsource_profile = alice\nmfa_serial = "+aliceDevice+"\nmfa_process = cat "+s.home+"/code\n")
			before := map[string]bool{}
			walk := func(each func(path string, mode fs.FileMode)) {
				err := filepath.WalkDir(s.home, func(path string, d fs.DirEntry, err error) error {
					if err != nil {
						return err
					}
					info, err := d.Info()
					if err == nil {
						each(path, info.Mode())
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			walk(func(path string, _ fs.FileMode) { before[path] = true })
			key := aliceKey + "\n" + aliceSecret + "\n"
			line := fmt.Sprintf(`umask %s; set -e
printf '%%s' '%s' | latchkey vault add work --stdin --no-verify --write-profile --keep-in file:%s/key.txt
latchkey credentials p
latchkey vault add other --no-verify --command 'cat x'
latchkey vault import --yes --no-verify
latchkey vault rekey --keep-in file:%s/key.txt
latchkey sessions
latchkey vault rotate work --grace 0s
! latchkey credentials nosuch`, umask, key, s.home, s.home)
			if end := finishOf(s.start(nil, "", "sh", "-c", line)); end.Code != 0 {
				t.Fatalf("%+v", end)
			}
			n := 0
			walk(func(path string, mode fs.FileMode) {
				if before[path] {
					return
				}
				n++
				if want := map[bool]fs.FileMode{false: 0o600, true: fs.ModeDir | 0o700}[mode.IsDir()]; mode != want {
					t.Errorf("%s has mode %v", strings.TrimPrefix(path, s.home), mode)
				}
			})
			t.Logf("%d files and folders made", n)
		})
	}
}
