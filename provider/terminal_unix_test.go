//go:build linux || darwin

package provider_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/provider"
)

// terminalVariable makes the test binary play a program on a terminal, whose
// credential_process asks its user there.
const terminalVariable = "PROVIDER_TEST_TERMINAL"

func TestMain(m *testing.M) {
	if mode := os.Getenv(terminalVariable); mode != "" {
		os.Exit(onTerminal(mode))
	}
	os.Exit(m.Run())
}

// onTerminal runs a command that asks on /dev/tty, and then asks itself, which
// only the foreground job of the terminal can.
func onTerminal(mode string) int {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Println("no terminal:", err)
		return 1
	}
	command := `exec 3<>/dev/tty && printf 'key: ' >&3 && read -r line <&3 && test "$line" = first && ` + printGood
	creds, err := process(command, limit(5*time.Second), func(o *provider.ProcessOptions) {
		if mode == "given" {
			o.Terminal = terminal
		}
	}).Retrieve(context.Background())
	fmt.Printf("result: %s %v\n", creds.AccessKeyID, err)
	line, err := bufio.NewReader(terminal).ReadString('\n')
	fmt.Printf("after: %s %v\n", strings.TrimSpace(line), err)
	return 0
}

func TestProcessAsksOnTheTerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ mode, input, want string }{
		{"given", "first\nsecond\n", "result: ASIA1 <nil>|after: second <nil>"},
		{"none", "second\n", "result:  credential_process of profile dev: ended with exit status |after: second <nil>"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), terminalVariable+"="+tt.mode)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			master, err := pty.StartWithAttrs(cmd, nil, cmd.SysProcAttr)
			if err != nil {
				t.Fatal(err)
			}
			defer master.Close()
			stop := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			defer stop.Stop()
			if _, err := master.WriteString(tt.input); err != nil {
				t.Fatal(err)
			}
			var seen strings.Builder
			scanner := bufio.NewScanner(master)
			for scanner.Scan() {
				seen.WriteString(scanner.Text() + "\n")
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, seen.String())
			}
			for want := range strings.SplitSeq(tt.want, "|") {
				if !strings.Contains(seen.String(), want) {
					t.Errorf("no %q in:\n%s", want, seen.String())
				}
			}
		})
	}
}
