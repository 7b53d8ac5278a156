package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// helpOf returns the sections of a command's help by their titles; what stands
// before the first is under "".
func helpOf(t *testing.T, command string) map[string][]string {
	t.Helper()
	out, err := exec.Command("latchkey", append(strings.Fields(command), "--help")...).Output()
	if err != nil {
		t.Fatalf("latchkey %s --help: %v", command, err)
	}
	sections, title := map[string][]string{}, ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutSuffix(line, ":"); ok && slices.Contains([]string{"Usage", "Examples", "Available Commands", "Flags"}, name) {
			title = name
		} else if line != "" {
			sections[title] = append(sections[title], line)
		}
	}
	return sections
}

// allHelp returns the help of every command by its name.
func allHelp(t *testing.T) map[string]map[string][]string {
	t.Helper()
	all := map[string]map[string][]string{}
	for queue := []string{""}; len(queue) > 0; queue = queue[1:] {
		help := helpOf(t, queue[0])
		all[queue[0]] = help
		for _, line := range help["Available Commands"] {
			if strings.HasPrefix(line, "  ") {
				queue = append(queue, strings.TrimSpace(queue[0]+" "+strings.Fields(line)[0]))
			}
		}
	}
	return all
}

// TestHelp holds every help text to the same form: what it does and when to use
// it, an example, and a word on each flag; nothing wider than a terminal but the
// flags.
func TestHelp(t *testing.T) {
	t.Parallel()
	all := allHelp(t)
	for _, name := range []string{"", "exec", "env", "credentials", "whoami", "explain", "profiles", "sandbox", "sandbox mfa-code", "demo", "completion", "version", "help"} {
		if all[name] == nil {
			t.Errorf("there is no help of latchkey %s", name)
		}
	}
	flag := regexp.MustCompile(`^ +(-., )?--[a-z-]+( [a-zA-Z]+)? {2,}(.+)$`)
	for name, help := range all {
		if len(help[""]) < 1 || len(help["Examples"]) < 1 || len(help["Usage"]) < 1 {
			t.Errorf("latchkey %s: the help lacks a description, a usage or examples: %v", name, help)
		}
		for _, line := range slices.Concat(help[""], help["Examples"]) {
			if len(line) > 100 {
				t.Errorf("latchkey %s: wider than a terminal: %s", name, line)
			}
		}
		for _, line := range help["Flags"] {
			if strings.HasPrefix(line, " ") && flag.FindStringSubmatch(line) == nil {
				t.Errorf("latchkey %s: flag without a description: %s", name, line)
			}
		}
		if fact := strings.Contains(strings.Join(help["Flags"], "\n"), "--json"); fact && !strings.Contains(strings.Join(help[""], "\n"), "With --json, ") {
			t.Errorf("latchkey %s: the help does not say what --json prints", name)
		}
	}
}

// TestHelpExamples runs every example of every command in a home folder of the
// sandbox.
func TestHelpExamples(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for sh")
	}
	environ := readmeHome(t)
	for name, help := range allHelp(t) {
		for _, line := range help["Examples"] {
			line = strings.TrimSpace(line)
			t.Run(fmt.Sprintf("%s: %s", name, line), func(t *testing.T) {
				t.Parallel()
				runExample(t, environ, line)
			})
		}
	}
}

// runExample runs one line as a user would, in the shell that it is for.
func runExample(t *testing.T, environ []string, line string) {
	t.Helper()
	shell := []string{"bash", "-c"}
	switch {
	case strings.Contains(line, "| Invoke-Expression"):
		line, _, _ = strings.Cut(line, " | ") // evaluated only where PowerShell is
	case strings.HasSuffix(line, "| source"):
		if ok, err := have("fish"); err != nil || !ok {
			t.Skip("fish is not installed")
		}
		shell = []string{"fish", "--no-config", "-c"}
	case strings.Contains(line, "--listen"): // serves until it is told to end
		line = "exec " + strings.Replace(line, ":4566", ":0", 1)
	}
	cmd := exec.Command(shell[0], append(shell[1:], line)...)
	cmd.Dir, cmd.Env = t.TempDir(), environ
	if err := os.WriteFile(filepath.Join(cmd.Dir, "long-job"), []byte("#!/bin/sh\ntest -n \"$AWS_SESSION_TOKEN\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(line, "exec ") {
		time.Sleep(2 * time.Second)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out.String())
	}
}
