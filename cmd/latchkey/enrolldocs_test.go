package main

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestEnrollDocs runs the commands of docs/enroll.md, block by block, each in the home
// of a new user.
func TestEnrollDocs(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for sh")
	}
	page, err := os.ReadFile("../../docs/enroll.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```sh\n")[1:]
	if len(blocks) != 3 {
		t.Errorf("%d blocks of commands", len(blocks))
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		t.Run(strings.Fields(block)[2], func(t *testing.T) {
			t.Parallel()
			environ := freshUser(t, block)
			for line := range strings.Lines(block) {
				line, _, _ = strings.Cut(line, "#")
				runExample(t, environ, settled(strings.TrimSpace(line)))
			}
		})
	}
}
