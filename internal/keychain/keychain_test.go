package keychain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/latchkey-aws/latchkey/internal/keychain"
	"github.com/latchkey-aws/latchkey/secret"
)

const canary = "canary-AGE-SECRET-KEY-1QQ"

// TestOverAnyKeychain holds for every system: the library's own stand-in is
// behind the port. It is a global of the library, so this is not parallel.
func TestOverAnyKeychain(t *testing.T) {
	keyring.MockInit()
	k := keychain.New(keychain.Options{BusAddress: "unix:path=/unused"})
	if _, err := k.Get(t.Context(), "service", "account"); err != keychain.ErrNotFound {
		t.Errorf("Get of nothing: %v", err)
	}
	if err := k.Delete(t.Context(), "service", "account"); err != keychain.ErrNotFound {
		t.Errorf("Delete of nothing: %v", err)
	}
	for _, value := range []string{canary, "another"} {
		if err := k.Set(t.Context(), "service", "account", secret.New(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Get(t.Context(), "service", "account"); err != nil || got.Reveal() != value {
			t.Errorf("Get after Set of %q: %v", value, err)
		}
	}
	if err := k.Set(t.Context(), "service", "account", secret.Text{}); err == nil {
		t.Error("an empty secret was kept")
	}
	if _, err := k.Get(t.Context(), "service", "other"); err != keychain.ErrNotFound {
		t.Errorf("Get of another account: %v", err)
	}
	if err := k.Delete(t.Context(), "service", "account"); err != nil {
		t.Error(err)
	}
	if _, err := k.Get(t.Context(), "service", "account"); err != keychain.ErrNotFound {
		t.Errorf("Get after Delete: %v", err)
	}
}

func TestLibraryErrors(t *testing.T) {
	k := keychain.New(keychain.Options{BusAddress: "unix:path=/unused"})
	tests := []struct {
		from error
		want string
	}{
		{keyring.ErrUnsupportedPlatform, "keychain: there is none on this system"},
		{keyring.ErrSetDataTooBig, "keychain: the secret is too long for it"},
		{errors.New("failed to unlock correct collection '/org/x'"), "keychain: it is locked, and was not unlocked when it asked"},
		{errors.New("name\x1b[31m\nnot provided"), "keychain: it answers: name[31m not provided"},
		{errors.New(strings.Repeat("long", 1000)), "keychain: it answers: " + strings.Repeat("long", 49) + "lon…"},
	}
	for _, tt := range tests {
		keyring.MockInitWithError(tt.from)
		_, err := k.Get(t.Context(), "service", "account")
		for call, err := range map[string]error{"Get": err, "Set": k.Set(t.Context(), "service", "account", secret.New(canary)), "Delete": k.Delete(t.Context(), "service", "account")} {
			var unavailable *keychain.UnavailableError
			if !errors.As(err, &unavailable) || !errors.Is(err, tt.from) || err.Error() != tt.want {
				t.Errorf("%s with %.40q: %q, want %q", call, tt.from, err, tt.want)
			}
			if strings.Contains(fmt.Sprintf("%+v", err), canary) {
				t.Errorf("%s: the secret is in the error", call)
			}
		}
	}
}

func TestTimeoutError(t *testing.T) {
	t.Parallel()
	err := error(&keychain.TimeoutError{Limit: 3 * time.Second})
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() || !strings.Contains(err.Error(), "3s") || !strings.Contains(err.Error(), "unlock") {
		t.Errorf("%v", err)
	}
}
