//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// codePrompt is what the question for a code begins with.
const codePrompt = "MFA code of"

// many is how many processes make a crowd: fewer where each of them is slow.
func many() int {
	if raceDetector {
		return 50
	}
	return 200
}

// TestStormInTerminal starts a crowd in one terminal: one of them asks, once,
// and all end with the same credentials after one call for each step.
func TestStormInTerminal(t *testing.T) {
	for _, delay := range []time.Duration{0, 200 * time.Millisecond, time.Second} {
		if raceDetector && delay == 200*time.Millisecond {
			continue
		}
		t.Run(delay.String(), func(t *testing.T) {
			s := newStage(t)
			s.way.slow(delay)
			command, endings := s.crowdOf(times(many(), "latchkey", "credentials", "r00"))
			ty := inTerminal(t, s.env, command...)
			ty.await(codePrompt, 1)
			time.Sleep(300 * time.Millisecond) // a person is slower
			ty.typed(s.code() + "\n")
			typed := time.Now()
			if code := ty.code(); code != 0 {
				t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
			}
			t.Logf("%d processes, delay %v: all done %v after the code", many(), delay, time.Since(typed).Round(time.Millisecond))
			s.allSame(endings())
			s.calledOnce(1)
			if n := strings.Count(ty.screen(), codePrompt); n != 1 {
				t.Errorf("asked %d times:\n%s", n, ty.screen())
			}
		})
	}
}

// allSame checks that all succeeded with one and the same output.
func (s *stage) allSame(list []ending) {
	s.t.Helper()
	failed := 0
	for i, end := range list {
		if end.Code != 0 || end.Out != list[0].Out || end.Out == "" {
			if failed++; failed <= 3 {
				s.t.Errorf("process %d of %d: exit %d, %s%s", i, len(list), end.Code, secretless(end.Out), end.Err)
			}
		}
	}
	if failed > 3 {
		s.t.Errorf("and %d more of %d", failed-3, len(list))
	}
}

// secretless shortens credentials to what tells them apart.
func secretless(out string) string { return fmt.Sprintf("%.60s", out) }

// calledOnce checks that there was one MFA session and so many roles.
func (s *stage) calledOnce(roles int) {
	s.t.Helper()
	if n, m := s.way.calls("GetSessionToken"), s.way.calls("AssumeRole"); n != 1 || m != roles {
		s.t.Errorf("%d GetSessionToken and %d AssumeRole, want 1 and %d", n, m, roles)
	}
	for _, r := range s.server.Requests() {
		if r.Code != "" {
			s.t.Errorf("%s was answered with %s", r.Operation, r.Code)
		}
	}
}

// TestStormOutsideTerminal has one process ask in a terminal while the crowd has
// none: they wait for it.
func TestStormOutsideTerminal(t *testing.T) {
	s := newStage(t)
	s.way.slow(200 * time.Millisecond)
	ty := inTerminal(t, s.env, "latchkey", "credentials", "r00")
	ty.await(codePrompt, 1)
	command, endings := s.crowdOf(times(many()-1, "latchkey", "credentials", "r00"))
	crowd := s.start(nil, "", command...)
	s.wait(command, many()-1)
	ty.typed(s.code() + "\n")
	typed := time.Now()
	if end := finishOf(crowd); end.Code != 0 {
		t.Fatalf("crowd: %+v", end)
	}
	t.Logf("%d processes: all done %v after the code", many(), time.Since(typed).Round(time.Millisecond))
	if code := ty.code(); code != 0 {
		t.Errorf("exit %d:\n%s", code, ty.screen())
	}
	list := endings()
	s.allSame(list)
	s.calledOnce(1)
	<-ty.done
	if !strings.Contains(ty.screen(), list[0].Out) {
		t.Error("the process in the terminal has other credentials")
	}
	holder := fmt.Sprintf("waiting for process %d (latchkey)", ty.cmd.Process.Pid)
	told := 0
	for _, end := range list {
		if strings.Count(end.Err, holder) == 1 {
			told++
		} else if end.Err != "" {
			t.Errorf("after %v it said %q, not once %q", end.Took, end.Err, holder)
		}
	}
	if told == 0 {
		t.Error("nobody was told who is waited for")
	}
}

// TestStormOfCodes has the code come from a command, and from a seed in the
// vault: it is one code, and one call for each step.
func TestStormOfCodes(t *testing.T) {
	t.Run("mfa_process", func(t *testing.T) {
		s := newStage(t)
		s.write("code", s.code())
		s.profile("p", "role_arn = arn:aws:iam::444455556666:role/R00\nsource_profile = alice\nmfa_serial = "+aliceDevice+
			"\nmfa_process = echo run >> "+s.home+"/runs; cat "+s.home+"/code\n")
		began := time.Now()
		list := s.crowded(nil, times(many(), "latchkey", "credentials", "p"))
		t.Logf("%d processes, no delay: all done after %v", many(), time.Since(began).Round(time.Millisecond))
		s.allSame(list)
		s.calledOnce(1)
		if runs, err := os.ReadFile(filepath.Join(s.home, "runs")); err != nil || string(runs) != "run\n" {
			t.Errorf("the command ran: %q, %v", runs, err)
		}
	})
	t.Run("seed", func(t *testing.T) {
		s := newStage(t)
		s.vaultInFile()
		s.addSeed("work")
		s.profile("p", "role_arn = arn:aws:iam::444455556666:role/R00\nsource_profile = work\nmfa_serial = "+aliceDevice+"\n")
		for _, delay := range []time.Duration{0, 200 * time.Millisecond, time.Second} {
			if end := s.run(nil, "sessions", "forget"); end.Code != 0 {
				t.Fatalf("%+v", end)
			}
			s.way.slow(delay)
			before, roles := s.way.calls("GetSessionToken"), s.way.calls("AssumeRole")
			began := time.Now()
			list := s.crowded(nil, times(many(), "latchkey", "credentials", "p"))
			took := time.Since(began)
			s.allSame(list)
			waited := 0 // for the device's next code
			for _, end := range list {
				waited += strings.Count(end.Err, "code of now has been used")
			}
			t.Logf("%d processes, delay %v: all done after %v; %d waited for the next code", many(), delay, took.Round(time.Millisecond), waited)
			if n, m := s.way.calls("GetSessionToken")-before, s.way.calls("AssumeRole")-roles; n != 1 || m != 1 {
				t.Errorf("delay %v: %d GetSessionToken, %d AssumeRole", delay, n, m)
			}
			if !longTests() {
				break // each further code takes up to half a minute to come
			}
		}
	})
}

// profile adds one to the config file.
func (s *stage) profile(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.home, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(".aws/config", string(old)+"[profile "+name+"]\nregion = eu-central-1\n"+text)
}

// TestStormOfRoles has twenty roles of one user, in two regions, wanted at once.
func TestStormOfRoles(t *testing.T) {
	s := newStage(t)
	s.way.slow(200 * time.Millisecond)
	var tasks [][]string
	for i := range many() {
		tasks = append(tasks, []string{"latchkey", "credentials", fmt.Sprintf("r%02d", i%stageRoles)})
	}
	command, endings := s.crowdOf(tasks)
	ty := inTerminal(t, s.env, command...)
	ty.await(codePrompt, 1)
	time.Sleep(300 * time.Millisecond)
	ty.typed(s.code() + "\n")
	typed := time.Now()
	if code := ty.code(); code != 0 {
		t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
	}
	t.Logf("%d processes of %d roles, delay 200ms: all done %v after the code", many(), stageRoles, time.Since(typed).Round(time.Millisecond))
	list := endings()
	for role := range stageRoles {
		var mine []ending
		for i := role; i < len(list); i += stageRoles {
			mine = append(mine, list[i])
		}
		s.allSame(mine)
	}
	s.calledOnce(stageRoles)
	if n := strings.Count(ty.screen(), codePrompt); n != 1 {
		t.Errorf("asked %d times:\n%s", n, ty.screen())
	}
}

// TestStormOfKinds mixes the ways to come by the credentials.
func TestStormOfKinds(t *testing.T) {
	s := newStage(t)
	s.profile("tool", "credential_process = latchkey credentials r00\n")
	kinds := [][]string{
		{"latchkey", "credentials", "r00"}, {"latchkey", "exec", "r00", "--", "showenv"}, {"latchkey", "env", "r00"}, {"latchkey", "whoami", "r00"},
		{"latchkey", "credentials", "r01"},
	}
	if ok, err := have("aws"); err != nil {
		t.Fatal(err)
	} else if ok {
		kinds = append(kinds, []string{"aws", "sts", "get-caller-identity", "--profile", "tool"})
	}
	tools := 0
	var tasks [][]string
	for i := range many() / 4 {
		kind := kinds[i%len(kinds)]
		if kind[0] == "aws" {
			if tools++; tools > 4 { // a second of computing each
				kind = kinds[0]
			}
		}
		tasks = append(tasks, kind)
	}
	command, endings := s.crowdOf(tasks)
	ty := inTerminal(t, s.env, command...)
	ty.await(codePrompt, 1)
	time.Sleep(300 * time.Millisecond)
	ty.typed(s.code() + "\n")
	if code := ty.code(); code != 0 {
		t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
	}
	for i, end := range endings() {
		if end.Code != 0 || end.Out == "" {
			t.Errorf("%q: exit %d, %s%s", tasks[i], end.Code, secretless(end.Out), end.Err)
		}
	}
	s.calledOnce(2)
	if n := strings.Count(ty.screen(), codePrompt); n != 1 {
		t.Errorf("asked %d times:\n%s", n, ty.screen())
	}
}
