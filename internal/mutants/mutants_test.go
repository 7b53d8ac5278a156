// Package mutants shows for each rule that loopback servers keep (bound to this
// machine, names, tokens, peers, limits, whole answers, their end) that a test fails
// when the line that keeps it is changed. A rule without a test is a wish.
//
// The tables always are held against the sources. The tests are run against each
// change with LATCHKEY_TEST_MUTANTS=1.
package mutants_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A mutant is a change that breaks a rule, and the test that must notice.
type mutant struct {
	rule    int    // see rules
	file    string // from the repository's root
	text    string // stands exactly once in the file
	becomes string
	pkg     string // folder of the test
	test    string // its name
}

// rules are what the tables are about.
func rules() map[int]string {
	return map[int]string{
		1: "an explicit loopback address, and no other port", 2: "the Host header, before routing", 3: "nothing of browsers and proxies",
		4: "no CORS, no OPTIONS, one method a path, empty answers", 5: "a token of 32 random bytes, compared as a digest", 6: "a token's scope and end",
		7: "the peer's user", 8: "limits", 9: "headers, codes, no foreign text", 10: "whole credentials with a minute left, one call for all",
		11: "an answer within a second", 12: "IMDSv2 alone", 13: "the sign-in's callback", 16: "a log without secrets, an end that is told",
		17: "shutdown", 19: "the stand-in for AWS",
	}
}

// notYet are rules of the same list that nothing here has to keep.
func notYet() map[int]string {
	return map[int]string{
		14: "there is no dashboard",
		15: "there are no WebSockets",
		18: "no port below 1024 is bound and no address added, so nothing is privileged",
	}
}

func all() []mutant {
	return slices.Concat(addresses(), handler(), container(), metadata(), keeper(), ends(), loopbackServer(), peers(), callback(), sandbox())
}

// TestTables: each text stands once in its file, each test is there, each rule
// has a mutant or a reason.
func TestTables(t *testing.T) {
	t.Parallel()
	covered := map[int]int{}
	for _, m := range all() {
		covered[m.rule]++
		if _, err := m.change(); err != nil {
			t.Error(err)
		}
		if !m.hasTest(t) {
			t.Errorf("%s: no test %s in %s", m, m.test, m.pkg)
		}
	}
	for rule := 1; rule <= 19; rule++ {
		_, listed := rules()[rule]
		if _, not := notYet()[rule]; listed == not {
			t.Errorf("rule %d is listed %v, and left out %v", rule, listed, not)
		}
		if listed != (covered[rule] > 0) {
			t.Errorf("rule %d has %d mutants", rule, covered[rule])
		}
	}
}

// TestMutants builds each change and requires that its test fails.
func TestMutants(t *testing.T) {
	t.Parallel()
	every, err := strconv.Atoi(os.Getenv("LATCHKEY_TEST_MUTANTS"))
	if err != nil || every < 1 {
		t.Skip("takes minutes; LATCHKEY_TEST_MUTANTS=1 runs it, and 4 every fourth of them")
	}
	for i, m := range all() {
		if i%every != 0 {
			continue
		}
		t.Run(fmt.Sprintf("%02d-%s-%03d", m.rule, path.Base(m.file), i), func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			why, err := m.run(t)
			if errors.Is(err, errNeedsRoot) {
				t.Skipf("%s: %v", m, err)
			}
			if err != nil {
				t.Fatalf("%s: %v", m, err)
			}
			t.Logf("%s: %s fails: %s (%.1f s)", m, m.test, why, time.Since(began).Seconds())
		})
	}
}

func (m mutant) String() string {
	return fmt.Sprintf("rule %d, %s: %q becomes %q", m.rule, m.file, m.text, m.becomes)
}

func root() string { return filepath.Join("..", "..") }

// change returns the file with the change.
func (m mutant) change() (string, error) {
	source, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.text); n != 1 || m.text == m.becomes {
		return "", fmt.Errorf("%s: the text stands there %d times", m, n)
	}
	return strings.Replace(string(source), m.text, m.becomes, 1), nil
}

func (m mutant) hasTest(t *testing.T) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(), filepath.FromSlash(m.pkg), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "func "+m.test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

// errNeedsRoot: only root can be another user.
var errNeedsRoot = errors.New("its test needs root")

// run has the test run against the change, and returns the first line of its
// failure. A change that does not build, a test that passes and one that does not
// run are errors.
func (m mutant) run(t *testing.T) (string, error) {
	t.Helper()
	changed, err := m.change()
	if err != nil {
		return "", err
	}
	if m.test == "TestConstantTime" { // which reads sources
		if found := unsteady(m.file, changed); len(found) > 0 {
			return found[0], nil
		}
		return "", errors.New("survives")
	}
	dir := t.TempDir()
	pkg, err := filepath.Abs(filepath.Join(root(), filepath.FromSlash(m.pkg)))
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "test")
	overlay, err := m.overlay(dir, changed)
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", program, ".")
	build.Dir, build.Env = pkg, environ()
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("does not build: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	test := exec.CommandContext(ctx, program, "-test.run", "^"+m.test+"$", "-test.v", "-test.timeout", "40s")
	test.Dir, test.Env = pkg, environ()
	out, err := test.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case strings.Contains(string(out), "no tests to run"):
		return "", fmt.Errorf("no test ran:\n%s", out)
	case strings.Contains(string(out), "needs root"):
		return "", errNeedsRoot
	case err == nil:
		return "", errors.New("survives")
	case !errors.As(err, &exit):
		return "", err
	}
	return reason(string(out))
}

// environ is this process's, less what would change how tests are built and run.
func environ() []string {
	return append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "LATCHKEY_TEST_") }), "GOFLAGS=-buildvcs=false")
}

// overlay has go build the changed text in the file's place.
func (m mutant) overlay(dir, changed string) (string, error) {
	original, err := filepath.Abs(filepath.Join(root(), filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	file, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: file}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(file, []byte(changed), 0o600), os.WriteFile(overlay, list, 0o600))
}

// reason finds what a failing test says.
func reason(out string) (string, error) {
	failed := regexp.MustCompile(`(?m)^\s*--- FAIL: |^panic: |^fatal error: `)
	if !failed.MatchString(out) {
		return "", fmt.Errorf("ends without a failure:\n%.2000s", out)
	}
	said := regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: .*$|^panic: .*$|^fatal error: .*$`).FindString(out)
	return fmt.Sprintf("%.150s", strings.TrimSpace(said)), nil
}
