package pass_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/pass"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// gopass stands in for the program, with what it does in its own source (show,
// insert and rm of internal/action): -o shows the first line without its
// newline, and an entry is written over the old one.
const gopass = `#!/bin/sh
[ $# = 3 ] || exit 2
file="$PASSWORD_STORE_DIR/$3.age"
case "$1 $2" in
"show -o")   [ -f "$file" ] && printf %s "$(head -n 1 "$file")" ;;
"insert -f") mkdir -p "$(dirname "$file")" || exit 1
             [ -e "$PASSWORD_STORE_DIR/full" ] && { : >"$file"; cat >&2; exit 14; }
             { cat && echo "the rest"; } >"$file" ;;
"rm -f")     rm "$file" && { rmdir "$(dirname "$file")" 2>/dev/null; true; } ;;
*)           exit 2 ;;
esac
`

func gopassOptions(t *testing.T) pass.Options {
	t.Helper()
	need(t, "sh", "head")
	program := filepath.Join(t.TempDir(), "gopass")
	if err := os.WriteFile(program, []byte(gopass), 0o700); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	folder := filepath.Join(home, ".local", "share", "gopass", "stores", "root")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".age-recipients"), []byte("age1…\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return pass.Options{
		Program: program, Lock: filepath.Join(home, "lock"),
		Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PASSWORD_STORE_DIR=" + folder},
	}
}

func TestGopassConformance(t *testing.T) {
	t.Parallel()
	vaulttest.Run(t, func(t *testing.T) vault.Store { return pass.Open(gopassOptions(t)) })
}

// TestGopassFolder finds the store where gopass keeps it without a word.
func TestGopassFolder(t *testing.T) {
	t.Parallel()
	o := gopassOptions(t)
	o.Environ = o.Environ[:2]
	if names, err := pass.Open(o).List(t.Context()); len(names) != 0 || err != nil {
		t.Errorf("List: %q, %v", names, err)
	}
	o.Environ = append(o.Environ, "XDG_DATA_HOME="+t.TempDir())
	var none *vault.NoVaultError
	if _, err := pass.Open(o).List(t.Context()); !errors.As(err, &none) {
		t.Errorf("List elsewhere: %v, want *NoVaultError", err)
	}
}

// TestGopassFails lets it fail after it has cut the old file, and print the
// secret, as it does.
func TestGopassFails(t *testing.T) {
	t.Parallel()
	o := gopassOptions(t)
	s := pass.Open(o)
	if err := s.Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	folder := strings.TrimPrefix(o.Environ[2], "PASSWORD_STORE_DIR=")
	if err := os.WriteFile(filepath.Join(folder, "full"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := vaulttest.Key("prod")
	e.Secret = secret.New("canary-of-a-new-key")
	var failed *pass.ProgramError
	if err := s.Put(t.Context(), e); !errors.As(err, &failed) || strings.Contains(err.Error(), "canary") {
		t.Errorf("Put: %v", err)
	}
	got, err := s.Get(t.Context(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, vaulttest.Key("prod"))
}
