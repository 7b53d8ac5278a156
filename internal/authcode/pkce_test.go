package authcode_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestChallenge holds the example of RFC 7636, appendix B.
func TestChallenge(t *testing.T) {
	t.Parallel()
	got := authcode.Challenge(secret.New("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
	if want := "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRandomTexts(t *testing.T) {
	t.Parallel()
	const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for name, tt := range map[string]struct {
		make    func() string
		size    int
		allowed string
	}{
		"verifier": {func() string { return authcode.NewVerifier().Reveal() }, 64, base64url + ".~"},
		"state":    {authcode.NewState, 43, base64url},
	} {
		seen, letters := map[string]bool{}, map[rune]bool{}
		for range 200 {
			text := tt.make()
			if len(text) != tt.size || strings.Trim(text, tt.allowed) != "" || seen[text] {
				t.Fatalf("%s: %q", name, text)
			}
			seen[text] = true
			for _, r := range text {
				letters[r] = true
			}
		}
		if len(letters) != 64 {
			t.Errorf("%s: %d different characters in 200 texts, want all 64", name, len(letters))
		}
	}
}
