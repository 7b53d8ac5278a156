package deliver_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/deliver"
)

func TestComment(t *testing.T) {
	t.Parallel()
	for shell, want := range map[deliver.Shell]string{
		deliver.Sh: "# my prod ü %PATH% & x\n", deliver.Fish: "# my prod ü %PATH% & x\n", deliver.PowerShell: "# my prod ü %PATH% & x\n",
		deliver.Nu: "# my prod ü %PATH% & x\n", deliver.Dotenv: "# my prod ü %PATH% & x\n", deliver.JSON: "",
		deliver.Cmd: "rem my prod _ _PATH_ _ x\r\n",
	} {
		if got := string(shell.Comment("my\nprod ü %PATH% & x")); got != want {
			t.Errorf("%s: %q, want %q", shell, got, want)
		}
	}
}

// TestCommentReal has real shells pass over hostile names.
func TestCommentReal(t *testing.T) {
	t.Parallel()
	for _, shell := range realShells() {
		t.Run(shell.program+" "+shell.locale, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			var script bytes.Buffer
			for range 50 {
				script.Write(shell.shell.Comment(hostile(r, shell.locale != "C.UTF-8")))
			}
			after, err := deliver.Variables{}.With("AFTER", "reached").Format(shell.shell)
			if err != nil {
				t.Fatal(err)
			}
			script.Write(after)
			if got := shell.run(t, script.Bytes()); got["AFTER"] != "reached" {
				t.Error("what follows is passed over too")
			}
			if n := strings.Count(script.String(), "\n"); n < 50 {
				t.Errorf("%d lines", n)
			}
		})
	}
}
