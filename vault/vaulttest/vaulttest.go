// Package vaulttest is the conformance suite of vault.Store: what every backend
// must do, and what vault's callers may rely on.
package vaulttest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// Run tries the store that open returns; each call of open yields a new, empty
// one, which is ready to be used without asking anybody.
func Run(t *testing.T, open func(t *testing.T) vault.Store) {
	t.Helper()
	tests := []struct {
		name string
		run  func(*testing.T, vault.Store)
	}{
		{"empty", empty}, {"fields", fields}, {"names", names}, {"put replaces", replaces}, {"add is exclusive", exclusive},
		{"remove", removes}, {"stamp", stamps}, {"refused", refused}, {"no alias", noAlias}, {"add at once", atOnce},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

// Key returns an entry that is an access key, different for each name.
func Key(name string) vault.Entry {
	return vault.Entry{
		Name: name, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Secret: secret.New("secret/of+" + fmt.Sprintf("%x", name)),
		Created: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
	}
}

// Same fails the test unless both entries are equal, secrets included.
func Same(t *testing.T, got, want vault.Entry) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("entry %q is not what was put in:\n got %+v\nwant %+v", want.Name, got, want)
	}
}

func put(t *testing.T, s vault.Store, e vault.Entry) {
	t.Helper()
	if err := s.Put(t.Context(), e); err != nil {
		t.Fatalf("Put %q: %v", e.Name, err)
	}
}

func get(t *testing.T, s vault.Store, name string) vault.Entry {
	t.Helper()
	e, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatalf("Get %q: %v", name, err)
	}
	return e
}

func list(t *testing.T, s vault.Store) string {
	t.Helper()
	found, err := s.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return fmt.Sprintf("%q", found)
}

// missing checks everything that a name without an entry must answer.
func missing(t *testing.T, s vault.Store, name string) {
	t.Helper()
	_, getErr := s.Get(t.Context(), name)
	text, stampErr := s.Stamp(name)
	for what, err := range map[string]error{"Get": getErr, "Stamp": stampErr, "Remove": s.Remove(t.Context(), name)} {
		var typed *vault.NotFoundError
		if !errors.Is(err, vault.ErrNotFound) || !errors.As(err, &typed) || typed.Name != name {
			t.Errorf("%s of a name without an entry: %v, want *NotFoundError", what, err)
		}
	}
	if text != "" {
		t.Errorf("Stamp of a name without an entry is %q", text)
	}
}

func empty(t *testing.T, s vault.Store) {
	if got := list(t, s); got != "[]" {
		t.Errorf("List of an empty store: %s", got)
	}
	missing(t, s, "prod")
}

func fields(t *testing.T, s vault.Store) {
	full := Key("full")
	full.Seed, full.MFASerial = secret.New("JBSWY3DPEHPK3PXP"), "arn:aws:iam::123456789012:mfa/jane"
	full.Note = "printed <&> ünïcode \"quoted\""
	full.Extra = map[string]secret.Text{"rotation": secret.New("{\"step\": \"pending\"}\n"), "empty": {}}
	seed := vault.Entry{Name: "seed", Seed: secret.New("JBSWY3DPEHPK3PXP"), MFASerial: "GAHT12345678"}
	for _, e := range []vault.Entry{full, seed, Key("plain")} {
		put(t, s, e)
	}
	for _, e := range []vault.Entry{full, seed, Key("plain")} {
		Same(t, get(t, s, e.Name), e)
	}
	local := Key("local")
	local.Created = time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("x", 3600))
	put(t, s, local)
	if got := get(t, s, "local").Created; got != time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC) {
		t.Errorf("Created is %v, want UTC and whole seconds", got)
	}
}

func names(t *testing.T, s vault.Store) {
	all := []string{
		"%41", "..", "A", "AUX", "a", "a b", "a.b", "a/b", `a\b`, "aux", "com1", "default", "prod", "prod.age", "user@host:x", "ä", "日本",
		strings.Repeat("x", vault.MaxName),
	}
	for _, name := range all {
		if err := s.Add(t.Context(), Key(name)); err != nil {
			t.Errorf("Add %q: %v", name, err)
		}
	}
	want := []string{
		"%41", "..", "A", "AUX", "a", "a b", "a.b", "a/b", `a\b`, "aux", "com1", "default", "prod", "prod.age", "user@host:x",
		strings.Repeat("x", vault.MaxName), "ä", "日本",
	}
	if got := list(t, s); got != fmt.Sprintf("%q", want) {
		t.Errorf("List: %s", got)
	}
	for _, name := range all {
		Same(t, get(t, s, name), Key(name))
	}
}

func replaces(t *testing.T, s vault.Store) {
	put(t, s, Key("prod"))
	put(t, s, Key("other"))
	e := Key("prod")
	e.Secret, e.Note = secret.New("the-new-one"), "rotated"
	put(t, s, e)
	Same(t, get(t, s, "prod"), e)
	Same(t, get(t, s, "other"), Key("other"))
	if got := list(t, s); got != `["other" "prod"]` {
		t.Errorf("List: %s", got)
	}
}

func exclusive(t *testing.T, s vault.Store) {
	if err := s.Add(t.Context(), Key("prod")); err != nil {
		t.Fatal(err)
	}
	e := Key("prod")
	e.Secret = secret.New("another")
	var exists *vault.ExistsError
	if err := s.Add(t.Context(), e); !errors.As(err, &exists) || exists.Name != "prod" {
		t.Errorf("Add of a taken name: %v, want *ExistsError", err)
	}
	Same(t, get(t, s, "prod"), Key("prod"))
}

func removes(t *testing.T, s vault.Store) {
	put(t, s, Key("prod"))
	put(t, s, Key("dev"))
	if err := s.Remove(t.Context(), "prod"); err != nil {
		t.Fatal(err)
	}
	missing(t, s, "prod")
	if got := list(t, s); got != `["dev"]` {
		t.Errorf("List: %s", got)
	}
	if err := s.Add(t.Context(), Key("prod")); err != nil {
		t.Errorf("Add after Remove: %v", err)
	}
	Same(t, get(t, s, "dev"), Key("dev"))
}

func stamps(t *testing.T, s vault.Store) {
	stamp := func(name string) string {
		text, err := s.Stamp(name)
		if err != nil || text == "" || len(text) > 128 {
			t.Fatalf("Stamp %q = %q, %v", name, text, err)
		}
		return text
	}
	put(t, s, Key("prod"))
	put(t, s, Key("dev"))
	first := stamp("prod")
	get(t, s, "prod")
	if again := stamp("prod"); again != first || stamp("dev") == first {
		t.Errorf("Stamp: %q, then %q; dev has %q", first, again, stamp("dev"))
	}
	e := Key("prod")
	e.Secret = secret.New("the-new-one")
	put(t, s, e)
	if stamp("prod") == first {
		t.Error("Stamp did not change with the entry")
	}
}

func refused(t *testing.T, s vault.Store) {
	for _, name := range []string{"", "a\nb", "\x00", " a", "a ", "\xff", "a\u202eb", strings.Repeat("x", vault.MaxName+1)} {
		e := Key("x")
		e.Name = name
		_, getErr := s.Get(t.Context(), name)
		_, stampErr := s.Stamp(name)
		for what, err := range map[string]error{
			"Put": s.Put(t.Context(), e), "Add": s.Add(t.Context(), e), "Get": getErr, "Stamp": stampErr, "Remove": s.Remove(t.Context(), name),
		} {
			var typed *vault.NameError
			if !errors.As(err, &typed) {
				t.Errorf("%s of the name %q: %v, want *NameError", what, name, err)
			}
		}
	}
	session := Key("x")
	session.AccessKeyID = "ASIAIOSFODNN7EXAMPLE"
	for what, e := range map[string]vault.Entry{
		"nothing": {Name: "x"}, "id only": {Name: "x", AccessKeyID: "AKIAIOSFODNN7EXAMPLE"}, "secret only": {Name: "x", Secret: secret.New("s")},
		"session": session, "two lines": {Name: "x", AccessKeyID: "AKIA\n", Secret: secret.New("s")},
	} {
		var typed *vault.EntryError
		if err := s.Put(t.Context(), e); !errors.As(err, &typed) {
			t.Errorf("Put of %s: %v, want *EntryError", what, err)
		}
	}
	if got := list(t, s); got != "[]" {
		t.Errorf("List: %s", got)
	}
}

// noAlias checks that a store keeps nothing that its caller can change.
func noAlias(t *testing.T, s vault.Store) {
	e := Key("prod")
	e.Extra = map[string]secret.Text{"a": secret.New("1")}
	put(t, s, e)
	e.Extra["a"] = secret.New("2")
	get(t, s, "prod").Extra["a"] = secret.New("3")
	if got := get(t, s, "prod").Extra["a"].Reveal(); got != "1" {
		t.Errorf("Extra became %q", got)
	}
}

// atOnce adds from several goroutines, all of them the same name as well.
func atOnce(t *testing.T, s vault.Store) {
	const writers = 8
	var won atomic.Int32
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			if err := s.Add(t.Context(), Key(fmt.Sprintf("own%d", i))); err != nil {
				t.Errorf("Add: %v", err)
			}
			var exists *vault.ExistsError
			switch err := s.Add(t.Context(), Key("contested")); {
			case err == nil:
				won.Add(1)
			case !errors.As(err, &exists):
				t.Errorf("Add: %v", err)
			}
		})
	}
	group.Wait()
	if found, err := s.List(t.Context()); err != nil || len(found) != writers+1 || won.Load() != 1 {
		t.Errorf("%d of %d entries, %v; %d won the contested name", len(found), writers+1, err, won.Load())
	}
}
