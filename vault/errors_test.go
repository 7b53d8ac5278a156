package vault_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for want, err := range map[string]error{
		`vault entry "a\nb": not in the vault`:                                          &vault.NotFoundError{Name: "a\nb"},
		`vault entry "ä": is there already`:                                             &vault.ExistsError{Name: "ä"},
		`vault entry "": a name must not be empty`:                                      vault.CheckName(""),
		`vault entry "x": Seed: is not UTF-8`:                                           &vault.EntryError{Name: "x", Field: "Seed", Why: "is not UTF-8"},
		`vault: damaged: /v/a.age: is empty`:                                            &vault.DamagedError{Path: "/v/a.age", Why: "is empty"},
		`vault /v: locked: nobody to ask: cause`:                                        &vault.LockedError{Folder: "/v", Why: "nobody to ask", Err: cause},
		`vault /v: locked: nobody to ask`:                                               &vault.LockedError{Folder: "/v", Why: "nobody to ask"},
		`vault: /v/identity.age: wrong passphrase`:                                      &vault.PassphraseError{Path: "/v/identity.age"},
		`vault: /v/identity.age: empty passphrase refused`:                              &vault.PassphraseError{Path: "/v/identity.age", Empty: true},
		`vault /v: has not been created`:                                                &vault.NoVaultError{Folder: "/v"},
		`vault /v: is there already`:                                                    &vault.VaultExistsError{Folder: "/v"},
		`vault entry "x": command: ended with exit status 3`:                            &vault.CommandError{Name: "x", Why: "ended with exit status 3", Err: cause},
		`access key: there is no text`:                                                  &vault.KeyError{Why: "there is no text"},
		`vault: /v/vault.json: format 2 is of a newer latchkey; this one reads up to 1`: &vault.FormatError{Path: "/v/vault.json", Format: 2, Known: 1},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err.Error(), want)
		}
	}
}

// TestEntriesThatAreRefused tries one fault in each field.
func TestEntriesThatAreRefused(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*vault.Entry){
		"Secret":      func(e *vault.Entry) { e.Secret = secret.New("two\nlines") },
		"AccessKeyID": func(e *vault.Entry) { e.AccessKeyID = strings.Repeat("A", 600) },
		"Seed":        func(e *vault.Entry) { e.Seed = secret.New("ä") },
		"MFASerial":   func(e *vault.Entry) { e.MFASerial = "two words" },
		"Note":        func(e *vault.Entry) { e.Note = "\x1b[31m" },
		"Created":     func(e *vault.Entry) { e.Created = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"Command":     func(e *vault.Entry) { e.Command = "true" },
		"Extra":       func(e *vault.Entry) { e.Extra = map[string]secret.Text{"a": secret.New(strings.Repeat("x", 17<<10))} },
	} {
		e := vaulttest.Key("prod")
		change(&e)
		var refused *vault.EntryError
		if _, err := vault.Encode(e); !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	e := vaulttest.Key("prod")
	e.Extra = map[string]secret.Text{"a\nb": secret.New("x")}
	if _, err := vault.Encode(e); err == nil {
		t.Error("a name in Extra with a line feed was taken")
	}
	e.Extra = map[string]secret.Text{"a": secret.New("\xff")}
	if _, err := vault.Encode(e); err == nil {
		t.Error("a value in Extra that JSON cannot hold was taken")
	}
}
