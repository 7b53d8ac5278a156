//go:build linux || darwin

package pass_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/vault/pass"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// The test binary plays a program on a terminal when this variable is set: to the
// store's folder. It prints the names of the entry it got.
const storeVariable = "PASS_TEST_STORE"

func TestMain(m *testing.M) {
	folder := os.Getenv(storeVariable)
	if folder == "" {
		os.Exit(m.Run())
	}
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err == nil {
		s := pass.Open(pass.Options{
			Folder: folder, Lock: folder + ".lock", Environ: os.Environ(), Terminal: terminal, Stderr: os.Stderr,
		})
		e, failed := s.Get(context.Background(), "prod")
		fmt.Println("got", e.AccessKeyID)
		err = failed
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestAsksOnTerminal types a passphrase into the real pinentry-curses, while
// stdin and stdout are no terminals.
func TestAsksOnTerminal(t *testing.T) {
	t.Parallel()
	need(t, "pinentry-curses")
	curses, err := exec.LookPath("pinentry-curses")
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t, "open sesame")
	o := h.options(t)
	if err := pass.Open(o).Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(h.folder, "gpg-agent.conf")
	if err := os.WriteFile(conf, []byte("pinentry-program "+curses+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.run(t, "gpgconf", "--kill", "all")

	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	_ = pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: 100})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(self)
	cmd.Env = append(h.environ(), storeVariable+"="+o.Folder)
	cmd.Stdout, cmd.Stderr = &out, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	stop := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	shown := make(chan string)
	go func() { shown <- typeWhenAsked(master, "assphrase", "open sesame\r") }()
	err = cmd.Wait()
	screen := <-shown
	if err != nil || out.String() != "got AKIAIOSFODNN7EXAMPLE\n" {
		t.Errorf("%v: %q; on the terminal: %q", err, out.String(), screen)
	}
	if !strings.Contains(screen, "assphrase") || strings.Contains(screen, "sesame") {
		t.Errorf("on the terminal: %q", screen)
	}
}

// typeWhenAsked types the answer once the question is on the terminal, and
// returns all that was shown when nobody has the terminal any more.
func typeWhenAsked(terminal *os.File, question, answer string) string {
	var shown strings.Builder
	buffer := make([]byte, 4096)
	asked := false
	for {
		n, err := terminal.Read(buffer)
		shown.Write(buffer[:n])
		if !asked && strings.Contains(shown.String(), question) {
			asked = true
			time.Sleep(300 * time.Millisecond) // curses throws away what came before it was ready
			_, _ = terminal.WriteString(answer)
		}
		if err != nil {
			return shown.String()
		}
	}
}
