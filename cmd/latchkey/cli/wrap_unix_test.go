//go:build unix

package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/explain"
)

// TestOnTerminal: a terminal's width and colours count, unless something says plain.
func TestOnTerminal(t *testing.T) {
	t.Parallel()
	f := explain.Finding{What: "it does not work", Why: "of something that takes more words than there are columns in this terminal", Fix: "latchkey login prod"}
	for environ, want := range map[string]string{
		"":           "\x1b[1;31mlatchkey: error\x1b[0m: it does not work\r\n\x1b[1mwhy\x1b[0m: of something that takes more words\r\n     than there are columns in this\r\n     terminal\r\n\x1b[1mfix\x1b[0m: latchkey login prod\r\n",
		"NO_COLOR=1": "latchkey: error: it does not work\r\nwhy: of something that takes more words\r\n     than there are columns in this\r\n     terminal\r\nfix: latchkey login prod\r\n",
		"TERM=dumb":  "latchkey: error: it does not work\r\nwhy: of something",
		"CI=true":    "latchkey: error: it does not work\r\nwhy: of something",
	} {
		master, slave, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := pty.Setsize(slave, &pty.Winsize{Rows: 24, Cols: 40}); err != nil {
			t.Fatal(err)
		}
		sys := &Sys{Stderr: slave, Environ: []string{environ}}
		sys.findings(sys.Stderr).failure(f)
		_ = slave.Close()
		out, _ := io.ReadAll(master) // Linux ends it with an error
		if !strings.HasPrefix(string(out), want) {
			t.Errorf("%q: %q\nwant %q", environ, out, want)
		}
		_ = master.Close()
	}
}
