package procwatch_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/procwatch"
)

// sleeper is a process that ends when its standard input does.
func sleeper(t *testing.T) (*exec.Cmd, func()) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs cat")
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if !ended {
			ended = true
			_ = in.Close()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(end)
	return cmd, end
}

func TestWait(t *testing.T) {
	t.Parallel()
	cmd, end := sleeper(t)
	w, err := procwatch.New(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("before its end: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Wait(t.Context()) }()
	end()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("its end is not noticed")
	}
	if err := w.Wait(t.Context()); err != nil && runtime.GOOS == "linux" {
		t.Errorf("once more: %v", err)
	}
	if w, err := procwatch.New(cmd.Process.Pid); !errors.Is(err, procwatch.ErrEnded) {
		w.Close()
		t.Errorf("of a process that has ended: %v", err)
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	w, err := procwatch.New(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for _, pid := range []int{0, -1, 1 << 30} {
		if _, err := procwatch.New(pid); !errors.Is(err, procwatch.ErrEnded) {
			t.Errorf("%d: %v", pid, err)
		}
	}
}
