package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestDocumentedWorld reads the world in docs/sandbox.md, and finds every key
// of the schema in it.
func TestDocumentedWorld(t *testing.T) {
	t.Parallel()
	text := block(t, "yaml")
	if _, err := sandbox.ParseWorld([]byte(text)); err != nil {
		t.Error(err)
	}
	for _, name := range keysOf(reflect.TypeFor[sandbox.World](), nil) {
		if !regexp.MustCompile(`(^|[^a-z_])` + name + `:`).MatchString(text) {
			t.Errorf("key %s is not documented", name)
		}
	}
}

// keysOf lists the YAML keys of a type and all types below it.
func keysOf(t reflect.Type, out []string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return out
	}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			out = keysOf(t.Field(i).Type, append(out, name))
		}
	}
	return out
}

// block is the first block of code of a language in docs/sandbox.md.
func block(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n```"+language+"\n")
	text, _, found := strings.Cut(rest, "\n```\n")
	if !found {
		t.Fatalf("no %s in the page", language)
	}
	return text + "\n"
}

// TestDocumentedGo runs the Go test that docs/sandbox.md begins with, in a module
// of its own that uses this one.
func TestDocumentedGo(t *testing.T) {
	t.Parallel()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/latchkey-aws/latchkey"
	_, rest, found := strings.Cut(string(own), "module "+module+"\n")
	if !found {
		t.Fatal("go.mod has another module")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mytool_test.go": block(t, "go"), "go.sum": string(sums),
		"go.mod": "module example.com/mytool\n" + rest + "\nrequire " + module + " v0.0.0\nreplace " + module + " => " + strconv.Quote(here) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-mod=mod", "-count=1", "-v", ".")
	cmd.Dir = dir
	// What is left of the developer's own AWS set-up must not matter.
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "AWS_PROFILE=nobody", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCredentials") {
		t.Errorf("%v: %s", err, out)
	}
}
