// Package installed owns the question of tests whether a program that people use is
// there to be run. Only tests import it.
package installed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// ErrRequired says that LATCHKEY_TEST_REQUIRE wants each program to be there, as CI
// does: one that is missing is a failure.
var ErrRequired = errors.New("LATCHKEY_TEST_REQUIRE is set")

// Look returns the path of a program, which does with the arguments of a probe, if
// there are any, what it should. Errors: why it cannot be used; [ErrRequired] as well
// where it must be there.
func Look(name string, probe ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil && len(probe) > 0 {
		var out []byte
		if out, err = exec.Command(path, probe...).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %.200s", err, out)
		}
	}
	switch {
	case err == nil:
		return path, nil
	case os.Getenv("LATCHKEY_TEST_REQUIRE") != "":
		return "", fmt.Errorf("%s: %w (%w)", name, err, ErrRequired)
	}
	return "", fmt.Errorf("%s: %w", name, err)
}

// Need is [Look] that skips the test where the program cannot be used, or fails it
// where it must be there.
func Need(t testing.TB, name string, probe ...string) string {
	t.Helper()
	path, err := Look(name, probe...)
	if errors.Is(err, ErrRequired) {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return path
}
