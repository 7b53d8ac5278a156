//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestPick has a person pick a profile where none is named: not where one is, nor
// where nobody is there.
func TestPick(t *testing.T) {
	t.Parallel()
	const region = "[default]\nregion = eu-central-1\n"
	p := atHome(t, region+aliceConfig, aliceCredentials)
	ty := inTerminal(t, p.environ, "latchkey", "whoami")
	ty.await("which profile?", 1)
	ty.await("number, 1 to ", 1) // the terminal is a dumb one
	number := ""
	for line := range strings.Lines(ty.screen()) {
		if words := strings.Fields(line); len(words) > 1 && words[1] == "alice" {
			number = words[0]
		}
	}
	ty.typed(number + "\n")
	if screen := ty.ends(0); !strings.Contains(screen, ":user/alice\n") {
		t.Errorf("it says:\n%s", screen)
	}
	// exec without a command is a shell with the profile that was picked.
	ty = inTerminal(t, append(p.environ, "SHELL=/bin/sh", "ENV=/dev/null"), "latchkey", "exec")
	ty.await("number, 1 to ", 1)
	ty.typed(number + "\n")
	ty.await("ready> ", 1)
	ty.typed("echo key-$AWS_ACCESS_KEY_ID; exit 7\n")
	if screen := ty.ends(7); !strings.Contains(screen, "key-AKIAALICE0001EXAMPLE\n") {
		t.Errorf("it says:\n%s", screen)
	}
	ty = inTerminal(t, p.environ, "latchkey", "env", "--shell", "sh")
	ty.await("number, 1 to ", 1)
	ty.typed("\x03")
	ty.ends(130)
	// Somebody has named one, or it is for a program.
	for _, command := range [][]string{{"env", "AWS_PROFILE=alice", "latchkey", "whoami"}, {"latchkey", "whoami", "alice"}} {
		if screen := inTerminal(t, p.environ, command...).ends(0); strings.Contains(screen, "which profile?") {
			t.Errorf("%v asks:\n%s", command, screen)
		}
	}
	if screen := inTerminal(t, p.environ, "latchkey", "credentials").ends(3); strings.Contains(screen, "which profile?") {
		t.Errorf("a credential_process asks:\n%s", screen)
	}
	alone := &stage{t: t, home: p.dir, env: p.environ}
	if end := alone.run(nil, "whoami"); end.Code != 3 {
		t.Errorf("without a terminal: exit %d: %s", end.Code, end.Err)
	}
	// The default one has credentials.
	p = atHome(t, region+aliceConfig, strings.Replace(aliceCredentials, "[alice]", "[default]", 1)+aliceCredentials)
	if screen := inTerminal(t, p.environ, "latchkey", "whoami").ends(0); strings.Contains(screen, "which profile?") {
		t.Errorf("there is a default one:\n%s", screen)
	}
}
