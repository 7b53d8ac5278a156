//go:build unix

package chromium

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

const (
	// program is the name of Debian's.
	program = "chromium"
	// patience is for everything that a test waits for: a browser starts slowly on
	// a machine that is busy.
	patience = 30 * time.Second
	// parting is how long the browser may take to end by itself.
	parting = 5 * time.Second
)

// flags keep the browser away from the network, the keyring and the person's files.
func flags(folder string) []string {
	list := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + filepath.Join(folder, "profile"), "--window-size=1000,800",
		"--no-first-run", "--no-default-browser-check", "--no-proxy-server", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-breakpad",
		"--disable-crash-reporter", "--disable-features=Translate,MediaRouter,OptimizationHints", "--password-store=basic", "--use-mock-keychain",
		"--hide-scrollbars", "--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]",
	}
	if os.Geteuid() == 0 {
		list = append(list, "--no-sandbox") // Chromium refuses to be run by root with it
	}
	return append(list, "about:blank")
}

// Start starts a browser with one empty page; both end with the test. Where
// Chromium is not installed the test is skipped, or fails if
// LATCHKEY_TEST_REQUIRE is 1.
func Start(t testing.TB) *Page {
	t.Helper()
	at := installed.Need(t, program)
	folder := t.TempDir()
	said, err := os.Create(filepath.Join(folder, "said"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(at, flags(folder)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder, "LANG=C.UTF-8", "TZ=UTC"}
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p := &Page{t: t, pipe: launch(t, cmd)}
	_ = said.Close()
	if err := p.attach(); err != nil {
		text, _ := os.ReadFile(said.Name())
		t.Fatalf("%s does not start: %v\n%s", program, err, text)
	}
	return p
}

// launch starts the browser, whose ends of the pipes are the files 3 and 4, and
// has it end with the test.
func launch(t testing.TB, cmd *exec.Cmd) *pipe {
	t.Helper()
	theirIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	err = cmd.Start()
	_, _ = theirIn.Close(), theirOut.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := newPipe(to, from)
	t.Cleanup(func() { end(cmd, p) })
	return p
}

// end ends the browser with all of its processes, so that nobody writes into
// its folder any more when that is removed.
func end(cmd *exec.Cmd, p *pipe) {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	_ = p.call(ctx, "", "Browser.close", nil, nil)
	kill := time.AfterFunc(parting, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	_ = cmd.Wait()
	kill.Stop()
	for range 100 {
		if syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) != nil {
			break // there is none left
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.close()
}
