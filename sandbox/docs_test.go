package sandbox_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestDocumentedWorld reads the world in docs/sandbox.md, and finds every key
// of the schema in it.
func TestDocumentedWorld(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no world in the page")
	}
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
