//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/qr"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// A newUser is the home of somebody who has got a first key, in the console's file.
type newUser struct {
	t       *testing.T
	server  *sandbox.Server
	home    string
	environ []string
	csv     string
}

func asNewUser(t *testing.T, server *sandbox.Server, id, key string) *newUser {
	t.Helper()
	u := &newUser{t: t, server: server, home: t.TempDir()}
	u.csv = filepath.Join(t.TempDir(), "accessKeys.csv")
	put(t, u.csv, "Access key ID,Secret access key\n"+id+","+key+"\n")
	put(t, filepath.Join(u.home, "passphrase"), "not empty")
	u.environ = []string{"HOME=" + u.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + server.URL(), "LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(u.home, "passphrase")}
	leave(t, u.environ)
	return u
}

// run runs latchkey without a terminal, and looks for secrets in what it says.
func (u *newUser) run(secrets []string, args ...string) (code int, out string) {
	u.t.Helper()
	cmd := exec.Command("latchkey", args...)
	cmd.Env, cmd.SysProcAttr = u.environ, &syscall.SysProcAttr{Setsid: true}
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		u.t.Fatal(err)
	}
	for _, s := range secrets {
		if strings.Contains(string(text), s) {
			u.t.Errorf("latchkey %s tells %s:\n%s", args, s, text)
		}
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

const (
	nickID, nickSecret = "AKIANICK00001EXAMPLE", "nick0/Sandbox+Secret/0001/bPxREXAMPLEKEY"
	noraID, noraSecret = "AKIANORA00001EXAMPLE", "nora0/Sandbox+Secret/0001/bPxREXAMPLEKEY"
)

// shownSeed is the secret that a terminal without colours shows.
func (ty *typist) shownSeed() secret.Text {
	ty.t.Helper()
	ty.await("  secret   ", 1)
	ty.await("\n\n", 1)
	found := regexp.MustCompile(`  secret   ([A-Z2-7 ]+)`).FindStringSubmatch(ty.screen())
	if found == nil {
		ty.t.Fatalf("no secret:\n%s", ty.screen())
	}
	return secret.New(strings.ReplaceAll(found[1], " ", ""))
}

// codeOf types the code of a time.
func (ty *typist) codeOf(seed secret.Text, at time.Time) {
	ty.t.Helper()
	code, err := mfa.TOTP(seed, at)
	if err != nil {
		ty.t.Fatal(err)
	}
	ty.typed(code.Reveal() + "\n")
}

// TestEnrollTyped is the whole way of a person: password, phone, codes and profiles,
// clumsily; and the same command once more.
func TestEnrollTyped(t *testing.T) {
	t.Parallel()
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), noraID, noraSecret)
	line := []string{"latchkey", "iam", "enroll", "work", "--csv", u.csv, "--region", "eu-central-1", "--role", "dev=arn:aws:iam::444455556666:role/Developer"}
	ty := inTerminal(t, u.environ, line...)
	ty.await("Begin? [y/n]: ", 1)
	ty.typed("y\n")
	ty.await("Change your console password now? [y/n]: ", 1)
	ty.typed("y\n")
	for i, texts := range [][3]string{{"Given-by-another-1", "short", "short"}, {"Given-by-another-1", "Better-of-mine-2", "Better-of-mine-3"}, {"Given-by-another-1", "Better-of-mine-2", "Better-of-mine-2"}} {
		for j, prompt := range []string{"console password of now: ", "new console password: ", "the new one again: "} {
			ty.await(prompt, i+1)
			ty.typed(texts[j] + "\n")
		}
	}
	ty.await("the new password needs at least 8 characters", 1)
	ty.await("the two are not the same", 1)
	ty.await("the console password is the new one", 1)
	ty.await("Keep the seed in the vault as well? [y/n]: ", 1)
	ty.typed("n\n")
	seed := ty.shownSeed()
	first, next := "the one that the app shows now: ", "the next one, when the app shows it: "
	base := time.Now()
	at := func(steps int) {
		t.Helper()
		ty.codeOf(seed, base.Add(time.Duration(steps)*30*time.Second))
	}
	ty.await(first, 1)
	at(-2) // the later one first
	ty.await(next, 1)
	at(-3)
	ty.await("the later code came first", 1)
	ty.await(first, 2)
	at(-2) // was used
	ty.await("that code has been used", 1)
	at(-1)
	ty.await(next, 2)
	at(0)
	ty.await("Write these profiles? [y/n]: ", 1)
	ty.typed("y\n")
	// A session of the first key, and one of the new one: AWS takes each code once, and
	// none that is more than a step ahead.
	device := "MFA code of arn:aws:iam::111122223333:mfa/nora for profile work: "
	ty.await(device, 1)
	at(1)
	ty.await(device, 2)
	time.Sleep(time.Until(base.Add(30 * time.Second)))
	at(2)
	screen := ty.ends(0)
	if !strings.Contains(screen, "work     arn:aws:iam::111122223333:user/nora\n") || !strings.Contains(screen, "arn:aws:sts::444455556666:assumed-role/Developer/") {
		t.Errorf("it ends with:\n%s", screen)
	}
	for _, s := range []string{noraSecret, "Given-by-another-1", "Better-of-mine"} {
		if strings.Contains(screen, s) {
			t.Errorf("%s shows:\n%s", s, screen)
		}
	}
	u.clean(noraSecret, seed.Reveal(), "Better-of-mine-2")
	ty = inTerminal(t, u.environ, line...)
	if screen := ty.ends(0); !strings.Contains(screen, "all is done already; nothing was changed") || strings.Contains(screen, "[y/n]") {
		t.Errorf("once more:\n%s", screen)
	}
}

// clean looks for secrets in the files of the home.
func (u *newUser) clean(secrets ...string) {
	u.t.Helper()
	err := filepath.WalkDir(u.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(text, []byte(s)) {
				u.t.Errorf("%s holds %s", path, s)
			}
		}
		return err
	})
	if err != nil {
		u.t.Error(err)
	}
}

// keys lists a user's keys at AWS, as the administrator sees them.
func (u *newUser) keys(user string) (ids []string) {
	u.t.Helper()
	client := awsapi.New(awsapi.Options{Now: time.Now})
	defer client.CloseIdle()
	list, err := client.ListAccessKeys(u.t.Context(), awsapi.Endpoint{URL: u.server.URL(), SigningRegion: "us-east-1"},
		aws.Credentials{AccessKeyID: "AKIADANA00001EXAMPLE", SecretAccessKey: "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"}, user)
	if err != nil {
		u.t.Error(err)
	}
	for _, k := range list {
		ids = append(ids, k.ID)
	}
	return ids
}

// TestEnrollDraws draws the code that its text says, on a terminal that can.
func TestEnrollDraws(t *testing.T) {
	t.Parallel()
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), nickID, nickSecret)
	put(t, filepath.Join(u.home, ".aws", "credentials"), "[default]\naws_access_key_id = "+nickID+"\naws_secret_access_key = "+nickSecret+"\n")
	picture := filepath.Join(u.home, "code.png")
	small := inTerminal(t, u.environ, "sh", "-c", "stty rows 10; TERM=xterm-256color exec latchkey mfa enroll --no-keep-seed")
	small.await("the one that the app shows now: ", 1)
	if screen := small.screen(); !strings.Contains(screen, "or is too small: type the secret into the app") || strings.Contains(screen, "▀") {
		t.Errorf("on ten lines:\n%s", screen)
	}
	small.typed("\x03")
	small.ends(130)

	ty := inTerminal(t, u.environ, "env", "TERM=xterm-256color", "latchkey", "mfa", "enroll", "--no-keep-seed", "--text", "--png", picture)
	ty.await("the one that the app shows now: ", 1)
	screen := ty.screen()
	link := regexp.MustCompile(`otpauth://totp/AWS:nick@111122223333\?secret=([A-Z2-7]+)&issuer=AWS`).FindStringSubmatch(screen)
	if link == nil {
		t.Fatalf("no text:\n%s", screen)
	}
	code, err := qr.Encode(link[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(screen, code.Terminal()) {
		t.Errorf("another code:\n%s", screen)
	}
	if png, err := os.ReadFile(picture); err != nil || !bytes.Equal(png, code.PNG()) {
		t.Errorf("another picture: %v", err)
	}
	if info, err := os.Stat(picture); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	seed := secret.New(link[1])
	ty.codeOf(seed, time.Now().Add(-30*time.Second))
	ty.await("the next one, when the app shows it: ", 1)
	ty.codeOf(seed, time.Now())
	if screen := ty.ends(0); !strings.Contains(screen, "MFA device arn:aws:iam::111122223333:mfa/nick is yours") || !strings.Contains(screen, "does not count: a security key") {
		t.Errorf("it ends with:\n%s", screen)
	}
	if code, out := u.run(nil, "mfa", "enroll", "--png", picture); code != 2 || !strings.Contains(out, "is there already") {
		t.Errorf("another picture: exit %d: %s", code, out)
	}
	if code, out := u.run(nil, "mfa", "enroll"); code != 0 || !strings.Contains(out, "nothing was changed") {
		t.Errorf("once more: exit %d: %s", code, out)
	}
}

// TestEnrollKilled kills a set-up at each of its requests, in turn. The same command
// finishes it; there is one device, whose seed is kept, and one key, which is kept.
func TestEnrollKilled(t *testing.T) {
	t.Parallel()
	step := 3
	if os.Getenv("LATCHKEY_TEST_LONG") == "1" {
		step = 1
	}
	var wait sync.WaitGroup
	room := make(chan struct{}, 8) // most of the time is spent waiting for codes
	for at := 2; at <= 27; at += step {
		for _, done := range []bool{false, true} {
			wait.Add(1)
			go func() {
				defer wait.Done()
				room <- struct{}{}
				defer func() { <-room }()
				killedAt(t, at, done)
			}()
		}
	}
	wait.Wait()
}

func killedAt(t *testing.T, at int, done bool) {
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), nickID, nickSecret)
	k := newRelay(t, u.server, nickID, nickSecret)
	args := []string{"iam", "enroll", "work", "--csv", u.csv, "--keep-seed", "--yes", "--role", "dev=arn:aws:iam::444455556666:role/Developer"}
	first := exec.Command("latchkey", args...)
	first.Env = append(append([]string(nil), u.environ...), "AWS_ENDPOINT_URL="+k.URL)
	first.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var text bytes.Buffer
	first.Stdout, first.Stderr = &text, &text
	started := make(chan struct{})
	k.at, k.done, k.kill = at, done, func() {
		<-started
		_ = first.Process.Kill()
	}
	if err := first.Start(); err != nil {
		t.Error(err)
		return
	}
	close(started)
	err := first.Wait()
	when := fmt.Sprintf("killed at request %d, done %v", at, done)
	if status, ok := first.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		if count := k.requests(); err != nil || count >= at {
			t.Errorf("%s: after %d it ends with %v: %s", when, count, err, text.Bytes())
		}
		return // so many requests there are not
	}
	secrets := []string{nickSecret}
	code, out := u.run(secrets, args...)
	if code != 0 {
		t.Errorf("%s: another run ends with %d: %s", when, code, out)
		return
	}
	if code, out = u.run(secrets, append(args, "--json")...); code != 0 || !strings.Contains(out, `"changed": false`) {
		t.Errorf("%s: a third run ends with %d: %s", when, code, out)
	}
	_, key := u.run(secrets, "vault", "show", "work", "--json")
	id := regexp.MustCompile(`"access_key_id": "([A-Z0-9]+)"`).FindStringSubmatch(key)
	keys := u.keys("nick")
	if id == nil || id[1] == nickID || len(keys) != 1 || keys[0] != id[1] || !strings.Contains(key, `"totp_seed": true`) {
		t.Errorf("%s: AWS has the keys %v, the vault %s", when, keys, key)
	}
	_, devices := u.run(secrets, "mfa", "devices", "work", "--json")
	if strings.Count(devices, `"usable": true`) != 1 {
		t.Errorf("%s: devices %s", when, devices)
	}
	u.clean(nickSecret)
}

// TestEnrollSignedIn begins with a sign-in at the console. Without MFA it gets as far as
// a device, and is told to sign in again; with MFA it makes a key in the vault.
func TestEnrollSignedIn(t *testing.T) {
	t.Parallel()
	world := people()
	world.Profiles = append(world.Profiles, sandbox.Profile{Name: "nora-login", LoginOf: "base/nora", Config: sandbox.Config{{Key: "region", Value: "eu-central-1"}}})
	server := sandbox.Start(t, sandbox.WithWorld(world))
	u := asNewUser(t, server, noraID, noraSecret)
	home, err := server.WriteHome(u.home)
	if err != nil {
		t.Fatal(err)
	}
	u.environ = append(u.environ, home.Env...)
	args := []string{"iam", "enroll", "nora-login", "--as", "work", "--keep-seed", "--yes", "--skip-password"}
	code, out := u.run(nil, args...)
	if code != 4 || !strings.Contains(out, "fix: sign in again with a code of the MFA device, and then run the same command, which goes on from here: latchkey login nora-login --force") {
		t.Fatalf("without MFA: exit %d: %s", code, out)
	}
	if keys := u.keys("nora"); len(keys) != 1 {
		t.Errorf("keys %v", keys)
	}
	// The code that the person types in the browser then is one of the seed in the vault.
	code, out = u.run(nil, "mfa", "code", "work")
	typed := regexp.MustCompile(`(?m)^[0-9]{6}$`).FindString(out)
	if code != 0 || typed == "" {
		t.Fatalf("no code: exit %d: %s", code, out)
	}
	client := awsapi.New(awsapi.Options{Now: time.Now})
	defer client.CloseIdle()
	session, err := client.GetSessionToken(t.Context(), awsapi.Endpoint{URL: server.URL(), SigningRegion: "us-east-1"}, aws.Credentials{AccessKeyID: noraID, SecretAccessKey: noraSecret},
		awsapi.SessionTokenInput{SerialNumber: "arn:aws:iam::111122223333:mfa/nora", TokenCode: secret.New(typed)})
	if err != nil {
		t.Fatal(err)
	}
	c := session.Credentials
	put(t, filepath.Join(u.home, ".aws", "credentials"), "[signed-in]\naws_access_key_id = "+c.AccessKeyID+"\naws_secret_access_key = "+c.SecretAccessKey+"\naws_session_token = "+c.SessionToken+"\n")
	args[2] = "signed-in"
	secrets := []string{c.SecretAccessKey, c.SessionToken}
	if code, out = u.run(secrets, args...); code != 0 || !strings.Contains(out, "work     arn:aws:iam::111122223333:user/nora") {
		t.Fatalf("with MFA: exit %d: %s", code, out)
	}
	if keys := u.keys("nora"); len(keys) != 2 {
		t.Errorf("keys %v", keys)
	}
	if code, out = u.run(secrets, args...); code != 0 || !strings.Contains(out, "all is done already") {
		t.Errorf("once more: exit %d: %s", code, out)
	}
}
