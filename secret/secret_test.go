package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/secret"
)

const canary = "canary-wJalrXUtnFEMI"

// TestNeverPrinted feeds the canary through every way a value is usually
// printed, alone and inside a struct, a pointer, a map and a slice.
func TestNeverPrinted(t *testing.T) {
	t.Parallel()
	text := secret.New(canary)
	holder := struct {
		Exported secret.Text
		hidden   secret.Text
	}{text, text}
	values := map[string]any{
		"value": text, "pointer": &text, "struct": holder,
		"map": map[string]secret.Text{"k": text}, "slice": []secret.Text{text},
	}
	for name, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		if j, err := json.Marshal(v); err == nil {
			out.Write(j)
		}
		hex := fmt.Sprintf("%x", canary)
		if got := out.String(); strings.Contains(got, canary) || strings.Contains(got, hex) {
			t.Errorf("%s prints the secret: %s", name, got)
		}
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	text := secret.New(canary)
	if text.Reveal() != canary || text.Empty() || text.Len() != len(canary) {
		t.Errorf("Reveal, Empty, Len = %q, %v, %d", text.Reveal(), text.Empty(), text.Len())
	}
	if text.String() != secret.Redacted {
		t.Errorf("String = %q, want %q", text.String(), secret.Redacted)
	}
	if !text.Equal(secret.New(canary)) || text.Equal(secret.New("other")) {
		t.Error("Equal does not compare the content")
	}
	var zero secret.Text
	if !zero.Empty() || zero.String() != "" {
		t.Errorf("zero Text: Empty %v, String %q", zero.Empty(), zero.String())
	}
}

// TestForm: what may be said of a secret's form.
func TestForm(t *testing.T) {
	t.Parallel()
	text := secret.New("ab c")
	if text.Only("abc") || !text.Only("abc ") || !text.HasAny(" \"") || text.HasAny("xyz") {
		t.Error("Only, HasAny do not look at the characters")
	}
	var zero secret.Text
	if !zero.Only("") || zero.HasAny("a") {
		t.Error("an empty secret has characters")
	}
}
