//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// later gives a person and the sandbox a clock, and returns what sets it on. Programs
// without latchkey keep theirs.
func later(t *testing.T, config, credentials string) (p *person, sleep func(time.Duration)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clock")
	server := sandbox.Start(t, sandbox.WithWorld(people()), sandbox.WithClock(func() time.Time { return time.Now().Add(clockAhead(file)) }))
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home.Dir, ".aws", "config"), config)
	put(t, filepath.Join(home.Dir, ".aws", "credentials"), credentials)
	p = &person{t: t, server: server, dir: home.Dir, environ: append(home.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0",
		"AWS_EC2_METADATA_DISABLED=true", clockVariable+"="+file)}
	leave(t, p.environ)
	return p, func(d time.Duration) { t.Helper(); put(t, file+"2", d.String()); rename(t, file+"2", file) }
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// exported are the values of a variable on a screen.
func exported(screen, name string) (values []string) {
	for _, m := range regexp.MustCompile(`(?m)^export `+name+`='(.*)';$`).FindAllStringSubmatch(screen, -1) {
		values = append(values, m[1])
	}
	return values
}

// TestServePrompts: a day later the code is asked for where it is served, when a request
// comes and not before, and once for two roles that it is for.
func TestServePrompts(t *testing.T) {
	t.Parallel()
	p, sleep := later(t, aliceConfig, aliceCredentials)
	ty := inTerminal(t, p.environ, "latchkey", "serve", "dev", "prod", "--shell", "sh")
	ty.await(alicePrompt, 1)
	ty.typed(p.code("alice") + "\n")
	ty.await("latchkey: serving dev, prod on http://127.0.0.1:", 1)
	urls, tokens := exported(ty.screen(), "AWS_CONTAINER_CREDENTIALS_FULL_URI"), exported(ty.screen(), "AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if len(urls) != 2 || len(tokens) != 2 {
		t.Fatalf("it says:\n%s", ty.screen())
	}
	before := requested(t, urls[0], tokens[0])
	if before.Status != 200 {
		t.Fatalf("%+v", before)
	}
	sleep(13 * time.Hour)
	time.Sleep(11 * time.Second) // it has looked by itself
	if s := ty.screen(); strings.Count(s, "MFA code of") != 1 {
		t.Fatalf("it asks though nobody waits:\n%s", s)
	}
	for i := range urls {
		if r := requested(t, urls[i], tokens[i]); r.Status != 503 || r.Retry == "" {
			t.Errorf("%+v", r)
		}
		ty.await("MFA code of", 2)
	}
	time.Sleep(1500 * time.Millisecond) // for a second question and a word of waiting, which must not come
	ty.typed(p.code("alice") + "\n")
	for i := range urls {
		soon(t, "it goes on\n"+ty.screen(), func() bool { time.Sleep(100 * time.Millisecond); return requested(t, urls[i], tokens[i]).Status == 200 })
	}
	if after := requested(t, urls[0], tokens[0]); after.AccessKeyID == before.AccessKeyID {
		t.Errorf("%+v, as a day before", after)
	}
	if s := ty.screen(); strings.Count(s, "MFA code of") != 2 || strings.Contains(s, "waiting for process") || !strings.Contains(s, "latchkey: a program waits for the credentials of ") {
		t.Errorf("it says:\n%s", s)
	}
	ty.typed("\x03")
	if code := ty.code(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, ty.screen())
	}
}

// TestServeAsksInTurn: what two people's devices are asked for is asked one after the
// other.
func TestServeAsksInTurn(t *testing.T) {
	t.Parallel()
	p, sleep := later(t, aliceConfig+"[profile other]\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = eve\nmfa_serial = arn:aws:iam::111122223333:mfa/eve-phone\n",
		aliceCredentials+eveCredentials)
	ty := inTerminal(t, p.environ, "latchkey", "serve", "dev", "other", "--shell", "sh")
	prompt := regexp.MustCompile(`MFA code of arn:aws:iam::111122223333:mfa/([a-z]+)[-a-z]* for`)
	answer := func(n int) {
		t.Helper()
		ty.await("MFA code of", n)
		ty.await(": ", n)
		time.Sleep(500 * time.Millisecond)
		asked := prompt.FindAllStringSubmatch(ty.screen(), -1)
		if len(asked) != n {
			t.Fatalf("%d questions at a time:\n%s", len(asked)-n+1, ty.screen())
		}
		ty.typed(p.code(asked[n-1][1]) + "\n")
	}
	answer(1)
	answer(2)
	ty.await("Ctrl-C ends it", 1)
	urls, tokens := exported(ty.screen(), "AWS_CONTAINER_CREDENTIALS_FULL_URI"), exported(ty.screen(), "AWS_CONTAINER_AUTHORIZATION_TOKEN")
	sleep(13 * time.Hour)
	for i := range urls {
		if r := requested(t, urls[i], tokens[i]); r.Status != 503 || r.Code != "PersonNeeded" {
			t.Errorf("%+v", r)
		}
	}
	answer(3)
	answer(4)
	for i := range urls {
		soon(t, "it goes on", func() bool { time.Sleep(100 * time.Millisecond); return requested(t, urls[i], tokens[i]).Status == 200 })
	}
}

// TestServeEndedAsking: a signal at a question, the first or a later one, ends it; the
// terminal shows again what is typed, and nothing stays.
func TestServeEndedAsking(t *testing.T) {
	t.Parallel()
	for _, with := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		for _, first := range []bool{true, false} {
			t.Run(with.String(), func(t *testing.T) {
				t.Parallel()
				p, sleep := later(t, aliceConfig, aliceCredentials)
				dir := t.TempDir()
				ty := inTerminal(t, p.environ, "sh", "-c", `sh -c 'echo "pid-$$"; exec latchkey serve dev --socket "$0"' "$0"; echo "code-$?"; stty -a`, filepath.Join(dir, "s"))
				ty.await(alicePrompt, 1)
				want := "code-130\n"
				if !first {
					ty.typed(p.code("alice") + "\n")
					ty.await("latchkey: serving dev on ", 1)
					sleep(13 * time.Hour)
					p.runs(4, "latchkey", "credentials", "--from", "unix:"+filepath.Join(dir, "s"))
					ty.await(alicePrompt, 2)
					want = "code-0\n"
				}
				began := time.Now()
				pid, err := strconv.Atoi(regexp.MustCompile(`pid-(\d+)`).FindStringSubmatch(ty.screen())[1])
				if err == nil {
					err = syscall.Kill(pid, with)
				}
				if err != nil {
					t.Fatal(err)
				}
				ty.await("code-", 1)
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("it took %v to end", took)
				}
				if screen := ty.ends(0); !strings.Contains(screen, want) || strings.Contains(screen, " -echo ") {
					t.Errorf("it says:\n%s", screen)
				}
				empty(t, dir)
			})
		}
	}
}

// TestServeMFAElsewhere: without a terminal the line names the command that makes the
// session of a key, and that makes it go on.
func TestServeMFAElsewhere(t *testing.T) {
	t.Parallel()
	p, sleep := later(t, "", aliceCredentials)
	s := serve(t, p.environ, "alice", "--mfa-code", p.code("alice"))
	token := s.ready.Profiles[0].Token
	before := s.asks(0, token)
	sleep(13 * time.Hour)
	if r := s.asks(0, token); before.Status != 200 || r.Status != 503 || r.Code != "PersonNeeded" || !strings.HasSuffix(r.Message, "; run: latchkey login alice --mfa") {
		t.Errorf("%+v, before %+v", r, before)
	}
	soon(t, "it says what to run", func() bool {
		return strings.Contains(s.says(), "in another terminal, run: latchkey login alice --mfa\n")
	})
	p.runs(0, "latchkey", "login", "alice", "--mfa", "--mfa-code", p.code("alice"))
	began := time.Now()
	soon(t, "it goes on", func() bool { time.Sleep(100 * time.Millisecond); return s.asks(0, token).Status == 200 })
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %v", took)
	}
}
