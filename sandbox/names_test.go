package sandbox

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedNames finds every service with its operations in docs/sandbox.md.
func TestDocumentedNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range failingServices() {
		row := "| `" + service + "` | `" + strings.Join(operationsOf(service), "` `") + "` |\n"
		if !strings.Contains(string(page), row) {
			t.Errorf("the page does not say %s", row)
		}
	}
}
