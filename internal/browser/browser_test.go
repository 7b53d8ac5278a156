//go:build unix

package browser_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/latchkey-aws/latchkey/internal/browser"
)

// script writes a script for sh and returns it as a command of BROWSER. Its $D
// is the folder that is returned too.
func script(t *testing.T, text string) (command, folder string) {
	t.Helper()
	folder = t.TempDir()
	file := filepath.Join(folder, "a script")
	if err := os.WriteFile(file, []byte("D='"+folder+"'\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "/bin/sh '" + file + "'", folder
}

// until waits for the file that a script writes, and returns what is in it.
func until(t *testing.T, file string) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "end\n") {
			return string(text)
		}
	}
	t.Fatalf("%s was not written", filepath.Base(file))
	return ""
}

func options(browsers string, more ...string) browser.Options {
	return browser.Options{Environ: append([]string{"BROWSER=" + browsers, "PATH=" + os.Getenv("PATH")}, more...), Root: fstest.MapFS{}}
}

// TestOpen looks at what the program of BROWSER gets.
func TestOpen(t *testing.T) {
	t.Parallel()
	command, folder := script(t, `
{ printf '<%s>' "$@"; echo
echo "key=$AWS_SECRET_ACCESS_KEY phrase=$LATCHKEY_VAULT_PASSPHRASE home=$HOME browser=$BROWSER"
cat; (: </dev/tty) 2>/dev/null && echo terminal
echo end; } > "$D/out"
echo noise; echo noise >&2`)
	o := options(command+` --new "%s" last`, "AWS_SECRET_ACCESS_KEY=canary", "LATCHKEY_VAULT_PASSPHRASE=canary", "HOME=/somewhere")
	if err := browser.Open(t.Context(), o, page); err != nil {
		t.Fatal(err)
	}
	want := "<--new><" + page + "><last>\nkey= phrase= home=/somewhere browser=" + o.Environ[0][len("BROWSER="):] + "\nend\n"
	if got := until(t, filepath.Join(folder, "out")); got != want {
		t.Errorf("the program got\n%s, want\n%s", got, want)
	}
}

// TestOpenLasts ends the wait for a program that goes on, and the program stays.
func TestOpenLasts(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", " &"} {
		command, folder := script(t, `echo end > "$D/began"; while ! test -e "$D/go"; do sleep 0.02; done; echo end > "$D/out"`)
		ctx, cancel := context.WithCancel(t.Context())
		opened := make(chan error, 1)
		go func() { opened <- browser.Open(ctx, options(command+end), page) }()
		until(t, filepath.Join(folder, "began"))
		if end == "" {
			select {
			case err := <-opened:
				t.Errorf("it does not wait: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			cancel()
		}
		if err := <-opened; err != nil {
			t.Errorf("%q: %v", end, err)
		}
		cancel()
		if err := os.WriteFile(filepath.Join(folder, "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		until(t, filepath.Join(folder, "out"))
	}
}

// TestOpenNext tries the next command where one fails at once, and none where it
// fails later.
func TestOpenNext(t *testing.T) {
	t.Parallel()
	good, folder := script(t, `echo "$1" > "$D/out"; echo end >> "$D/out"`)
	bad, _ := script(t, "exit 3")
	late, _ := script(t, "sleep 1.5; exit 4")
	killed, _ := script(t, "kill -9 $$")
	var failed *browser.Error
	if err := browser.Open(t.Context(), options(bad+":no-such-program:w3m:/no/such:"+folder+`:"":`+good), page); err != nil {
		t.Errorf("the next one was not tried: %v", err)
	}
	if got := until(t, filepath.Join(folder, "out")); got != page+"\nend\n" {
		t.Errorf("it got %q", got)
	}
	err := browser.Open(t.Context(), options(bad+":no-such-program:"+killed+":"+late+":"+good), page)
	if !errors.As(err, &failed) || err.Error() != "sh: ended with exit status 3; no-such-program: is not installed, or not in PATH; sh: was ended by a signal; sh: ended with exit status 4" {
		t.Errorf("it says: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "example") {
		t.Errorf("the address is in the error: %v", err)
	}
}

// TestOpenRefuses gives no program what is no address.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	command, folder := script(t, `: > "$D/out"`)
	for _, url := range []string{"", "https:", "file:///etc/passwd", "-https://a", "javascript:alert(1)", " https://a", "https://a b", "https://a\n", "https://a\"", `https://a\b`, "https://ä",
		"https://a`id`", "https://a\x1b[2J", "https://" + strings.Repeat("a", 3000)} {
		if err := browser.Open(t.Context(), options(command), url); !errors.Is(err, browser.ErrURL) {
			t.Errorf("%.30q: %v", url, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := browser.Open(ctx, options(command), page); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "out")); err == nil {
		t.Error("the program was run")
	}
}

// TestOpenSystem finds the system's program in the PATH that is given, and says
// so where there is none.
func TestOpenSystem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := browser.Options{GOOS: "linux", Root: fstest.MapFS{}, Environ: []string{"PATH=" + folder + ":relative:"}}
	if err := browser.Open(t.Context(), o, page); err == nil || err.Error() != "xdg-open: is not installed, or not in PATH; x-www-browser: is not installed, or not in PATH" {
		t.Errorf("without a program: %v", err)
	}
	if err := os.Symlink("/bin/sh", filepath.Join(folder, "x-www-browser")); err != nil {
		t.Fatal(err)
	}
	if err := browser.Open(t.Context(), o, page); err == nil || !strings.Contains(err.Error(), "x-www-browser: ended with exit status") { // sh finds no file of that name
		t.Errorf("with one that fails: %v", err)
	}
	if err := os.Symlink("/bin/true", filepath.Join(folder, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	if err := browser.Open(t.Context(), o, page); err != nil {
		t.Errorf("with one that works: %v", err)
	}
}

// TestPathWithBlanks is usual inside Windows, where nobody quotes it.
func TestPathWithBlanks(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "a browser")
	if err := os.Symlink("/bin/true", program); err != nil {
		t.Fatal(err)
	}
	if err := browser.Open(t.Context(), options(program), page); err != nil {
		t.Error(err)
	}
}
