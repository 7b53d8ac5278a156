package latchkey_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/vault"
)

// TestRecentCode: a role that wants a recent code gets one when the MFA session
// has grown too old for it, and a role that is refused anyway costs one more try.
func TestRecentCode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	get := func(name string, change ...func(*latchkey.Options)) error {
		_, err := b.provider(name, chain.Policy{}, change...).Retrieve(t.Context())
		return err
	}
	if err := get("prod", b.code); err != nil {
		t.Fatal(err)
	}
	b.count("the first", "GetSessionToken", 1)
	b.clock.advance(61 * time.Minute)
	// Nobody there: AWS's answer, and the session stays for roles that take it.
	var refused *awsapi.APIError
	if err := get("prod"); !errors.As(err, &refused) || !refused.HasCode("AccessDenied") {
		t.Errorf("without a code: %v", err)
	}
	if err := get("dev"); err != nil {
		t.Errorf("another role: %v", err)
	}
	b.count("nobody there", "GetSessionToken", 1)
	if err := get("prod", b.code); err != nil {
		t.Errorf("with a code: %v", err)
	}
	b.count("anew", "GetSessionToken", 2)
	// A session of a minute ago is not to blame.
	b.clock.advance(time.Minute)
	b.config(strings.Replace(readFile(t, filepath.Join(b.home.Dir, ".aws", "config")), "latchkey-prod", "wrong-id", 1))
	if err := get("prod", b.code); !errors.As(err, &refused) {
		t.Errorf("refused for another reason: %v", err)
	}
	b.count("young", "GetSessionToken", 2)
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNoHome: without a home nothing is shared, and nothing is left in the folder
// that all users can write to.
func TestNoHome(t *testing.T) {
	b := newBench(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	config := filepath.Join(b.home.Dir, ".aws", "config")
	credentials := filepath.Join(b.home.Dir, ".aws", "credentials")
	for range 2 {
		p := b.provider("dev", chain.Policy{}, b.code, func(o *latchkey.Options) {
			var kept []string
			for _, pair := range o.Environ {
				if !strings.HasPrefix(pair, "HOME=") {
					kept = append(kept, pair)
				}
			}
			o.Environ, o.StateFolder, o.ConfigFile, o.CredentialsFile = kept, "", config, credentials
		})
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.count("each by itself", "GetSessionToken", 2)
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCommandLoop: a vault entry whose command leads back to latchkey ends.
func TestCommandLoop(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store := b.memory(vault.Entry{Name: "ops", AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: aliceKey().Secret})
	p := b.provider("ops", chain.Policy{}, func(o *latchkey.Options) {
		o.Vault = store
		o.Environ = append(o.Environ[:len(o.Environ):len(o.Environ)], "_AWS_CLI_PROFILE_CHAIN=a,the vault,b,the vault")
	})
	var config *chain.ConfigError
	if _, err := p.Retrieve(t.Context()); !errors.As(err, &config) || !strings.Contains(err.Error(), "more than 4 deep") {
		t.Errorf("%v", err)
	}
	r := b.load(func(o *latchkey.Options) {
		o.Environ = []string{"HOME=/h", "AWS_SECRET_ACCESS_KEY=x", "TOTP_CODE=1", "PATH=/bin", "_AWS_CLI_PROFILE_CHAIN=a"}
	})
	if got := strings.Join(r.HelperEnviron(), " "); got != "HOME=/h PATH=/bin _AWS_CLI_PROFILE_CHAIN=a,a helper" {
		t.Errorf("helpers see %s", got)
	}
}
