package sandbox_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestOtherUser connects as another user of the machine, which only root can try.
func TestOtherUser(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if os.Getuid() != 0 || err != nil {
		t.Skip("needs root and bash")
	}
	s := sandbox.Start(t)
	host, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
	script := "exec 3<>/dev/tcp/" + host + "/" + port + ` || exit 9
printf 'GET /_sandbox/ready HTTP/1.1\r\nHost: ` + host + ":" + port + `\r\nConnection: close\r\n\r\n' >&3; cat <&3`
	run := func(uid uint32) string {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, bash, "-c", script)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		out, _ := cmd.Output() // a reset connection is what we hope for
		return string(out)
	}
	if out := run(0); !strings.Contains(out, `"container_token"`) {
		t.Errorf("our own user gets %q", out)
	}
	if out := run(65534); out != "" {
		t.Errorf("another user gets %q", out)
	}
}
