//go:build linux || darwin || freebsd || netbsd || openbsd

package procwatch_test

import (
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/procwatch"
)

// TestPolled: without the system's help.
func TestPolled(t *testing.T) {
	t.Parallel()
	cmd, end := sleeper(t)
	if procwatch.Polled(cmd.Process.Pid, time.Millisecond) {
		t.Error("ended before its end")
	}
	end()
	if !procwatch.Polled(cmd.Process.Pid, time.Minute) {
		t.Error("its end is not noticed")
	}
}
