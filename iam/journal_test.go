package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

const journalText = `{"format":1,"stage":"stored","user":"alice","arn":"arn:aws:iam::1:user/alice","started":"2026-03-04T05:06:07Z","old":"AKIAOLD","new":"AKIANEW","later":[""]}`

func TestJournal(t *testing.T) {
	t.Parallel()
	next, old := iam.Key{ID: "AKIANEW", Secret: secret.New("s")}, iam.Key{ID: "AKIAOLD", Secret: secret.New("s")}
	for _, tt := range []struct {
		name, from, to string
		key            iam.Key
		why            string
	}{
		{"whole", "", "", next, ""},
		{"unknown field", `{"format"`, `{"later":[1],"format"`, next, ""},
		{"creating", `"stored"`, `"creating"`, old, ""},
		{"switched", `"stored"`, `"switched"`, next, ""},
		{"deactivated", `"stored"`, `"deactivated","deactivated":"2026-03-04T05:06:08Z"`, next, ""},
		{"deactivated, but when", `"stored"`, `"deactivated"`, next, "does not say when the old key was deactivated"},
		{"cut", `[""]}`, ``, next, "not readable"},
		{"not JSON", journalText, "CANARY", next, "not readable"},
		{"newer", `"format":1`, `"format":2`, next, "written by a newer version"},
		{"no format", `"format":1`, `"format":0`, next, "has no format"},
		{"stage", `"stored"`, `"CANARY"`, next, "stage not known"},
		{"no user", `"alice","arn"`, `"","arn"`, next, "incomplete"},
		{"no old key", `"old":"AKIAOLD"`, `"old":""`, next, "incomplete"},
		{"same keys", `"AKIANEW"`, `"AKIAOLD"`, old, "incomplete"},
		{"swapped", "", "", old, "is kept with another key than it names"},
		{"without its key", "", "", iam.Key{}, "is kept with another key than it names"},
		{"without its secret", "", "", iam.Key{ID: "AKIANEW"}, "is kept with another key than it names"},
		{"no new key", `"new":"AKIANEW",`, ``, iam.Key{}, "is kept with another key than it names"},
		{"long", `"alice"`, `"` + strings.Repeat("a", 16<<10) + `"`, next, "longer than 16 KiB"},
	} {
		text := strings.Replace(journalText, tt.from, tt.to, 1)
		j, err := iam.Record{Key: tt.key, Text: text}.Journal()
		var bad *iam.JournalError
		switch {
		case tt.why == "" && (err != nil || j.User != "alice" || j.Old != "AKIAOLD"):
			t.Errorf("%s: %+v, %v", tt.name, j, err)
		case tt.why != "" && (!errors.As(err, &bad) || bad.Why != tt.why || bad.Newer != (tt.name == "newer") || j.Stage != ""):
			t.Errorf("%s: %+v, %v", tt.name, j, err)
		case err != nil && strings.Contains(err.Error(), "CANARY"):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestDamagedJournal: a journal that cannot be read stops everything, and stays.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.store.rec = iam.Record{Key: alice(), Text: "{"}
	var bad *iam.JournalError
	if _, err := iam.Rotate(t.Context(), b.rotation()); !errors.As(err, &bad) {
		t.Errorf("rotating: %v", err)
	}
	if err := iam.Abandon(t.Context(), b.rotation()); !errors.As(err, &bad) {
		t.Errorf("abandoning: %v", err)
	}
	if b.store.rec.Text != "{" || len(b.aws.Requests()) != 0 || b.store.locked {
		t.Errorf("journal %q after %d requests", b.store.rec.Text, len(b.aws.Requests()))
	}
}

func FuzzJournal(f *testing.F) {
	f.Add(journalText, "AKIANEW")
	f.Add(strings.Replace(journalText, "stored", "creating", 1), "AKIAOLD")
	f.Add(`{"format":1,"started":"x"}`, "")
	f.Fuzz(func(t *testing.T, text, id string) {
		j, err := iam.Record{Key: iam.Key{ID: id, Secret: secret.New("s")}, Text: text}.Journal()
		var bad *iam.JournalError
		switch {
		case err != nil && !errors.As(err, &bad):
			t.Errorf("%T %v", err, err)
		case err == nil && (j.User == "" || j.Old == "" || j.Old == j.New || id != j.Old && id != j.New):
			t.Errorf("%q with %q: %+v", text, id, j)
		}
	})
}
