package installed_test

import (
	"errors"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

func TestLook(t *testing.T) {
	for _, required := range []string{"", "1"} {
		t.Setenv("LATCHKEY_TEST_REQUIRE", required)
		if path, err := installed.Look("go", "version"); err != nil || path == "" {
			t.Errorf("go: %q, %v", path, err)
		}
		for _, command := range [][]string{{"no-such-program-anywhere"}, {"go", "no-such-command"}} {
			path, err := installed.Look(command[0], command[1:]...)
			if path != "" || err == nil || errors.Is(err, installed.ErrRequired) != (required == "1") {
				t.Errorf("%v with %q: %q, %v", command, required, path, err)
			}
		}
	}
}
