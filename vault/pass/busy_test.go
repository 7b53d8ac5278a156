package pass_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/vault/pass"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// TestWaits: who writes behind another is told so.
func TestWaits(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	held, ok, err := lockfile.Try(o.Lock)
	if !ok {
		t.Fatal(err)
	}
	told := 0
	o.Waiting = func(holder string) {
		if told++; !strings.HasPrefix(holder, "process ") {
			t.Errorf("waiting for %q", holder)
		}
		_ = held.Release()
	}
	if err := pass.Open(o).Add(t.Context(), vaulttest.Key("prod")); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
}
