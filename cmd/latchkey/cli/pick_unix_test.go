//go:build unix

package cli

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// TestPickProfile picks on a real terminal.
func TestPickProfile(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environ := append(pickHome(t, pickConfig), pickVariable+"=1")
	_, resolver, _ := pickSys(t, environ)
	resolver.Used("zeta")
	for _, tt := range []struct {
		name, shows, typed, want string
		config                   string
		environ                  []string
	}{
		{name: "used lately", shows: "zeta", typed: "\r", want: `picked "zeta" <nil>`},
		{name: "by the role", shows: "Enter takes one", typed: "team\r", want: `picked "alpha" <nil>`},
		{name: "by the account's name", shows: "Payments", typed: "pay\r", want: `picked "zeta" <nil>`},
		{name: "broken", shows: "error: source_profile", typed: "brok\r", want: `picked "broken" <nil>`},
		{name: "Ctrl-C", shows: "Enter takes one", typed: "\x03", want: `picked "" context canceled false`},
		{name: "Ctrl-D", shows: "Enter takes one", typed: "\x04", want: `picked "" terminal: input ended true`},
		{name: "dumb", shows: "number, 1 to 3: ", typed: "2\n", want: `picked "alpha" <nil>`, environ: []string{"TERM=dumb"}},
		{name: "no colours", shows: "Enter takes one", typed: "\r", want: `picked "zeta" <nil>`, environ: []string{"NO_COLOR=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self, "-test.run=^TestPickChild$")
			cmd.Env = append(environ[:len(environ):len(environ)], tt.environ...)
			terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
			if err != nil {
				t.Skipf("no terminal to be had: %v", err)
			}
			defer terminal.Close()
			kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
			seen := await(t, terminal, tt.shows)
			if _, err := terminal.WriteString(tt.typed); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(terminal) // ends with an error when the program does
			_ = cmd.Wait()
			if !strings.Contains(string(rest), tt.want) {
				t.Errorf("no %s on the terminal: %q", tt.want, seen+string(rest))
			}
			if strings.Contains(seen, "\x1b[0;") == (tt.environ != nil) {
				t.Errorf("colours: %q", seen)
			}
		})
	}
}

func await(t *testing.T, terminal *os.File, text string) string {
	t.Helper()
	var seen strings.Builder
	chunk := make([]byte, 1024)
	for !strings.Contains(seen.String(), text) {
		n, err := terminal.Read(chunk)
		seen.Write(chunk[:n])
		if err != nil {
			t.Fatalf("%s was not shown: %q, %v", text, seen.String(), err)
		}
	}
	return seen.String()
}
