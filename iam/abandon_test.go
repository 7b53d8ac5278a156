package iam_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/iam"
)

// TestConflict: a key that was put in by hand meanwhile is left alone until the
// rotation is given up.
func TestConflict(t *testing.T) {
	t.Parallel()
	for _, n := range []int{8, 13, 16} { // with the new key stored; switched; deactivated
		b := newBench(t, alice(), 0)
		if _, err := b.run(fault{n: n, kill: true}); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		j, err := b.store.rec.Journal()
		if err != nil {
			t.Fatal(err)
		}
		by, gone := b.store.key, aliceID // which makes room for the key by hand
		if j.Stage == iam.StageStored {
			gone = j.New
		}
		if err := b.client.DeleteAccessKey(t.Context(), b.endpoints().IAM, creds(by), "alice", gone); err != nil {
			t.Fatal(n, err)
		}
		b.store.key = b.makeKey(by)
		_, err = iam.Rotate(t.Context(), b.rotation())
		var conflict *iam.ConflictError
		if !errors.As(err, &conflict) || conflict.Current != b.store.key.ID || conflict.Old != aliceID || conflict.New != j.New {
			t.Fatalf("%s: %v", j.Stage, err)
		}
		if err := iam.Abandon(t.Context(), b.rotation()); err != nil {
			t.Fatalf("%s: %v", j.Stage, err)
		}
		if !b.store.rec.Empty() {
			t.Errorf("%s: journal %q", j.Stage, b.store.rec.Text)
		}
		b.works()
		// A new key that was in use may be needed elsewhere.
		if there := slices.Contains(b.keys(), j.New+" Active"); there != (j.Stage != iam.StageStored) {
			t.Errorf("%s: keys %q", j.Stage, b.keys())
		}
	}
}

// TestAbandon gives rotations up that could be finished.
func TestAbandon(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	if err := iam.Abandon(t.Context(), b.rotation()); err != nil || b.store.key.ID != aliceID {
		t.Errorf("nothing to abandon: %v", err)
	}
	if _, err := b.run(fault{n: 8, kill: true}); !errors.Is(err, errKilled) || len(b.keys()) != 2 {
		t.Fatalf("%v, keys %q", err, b.keys())
	}
	if err := iam.Abandon(t.Context(), b.rotation()); err != nil {
		t.Fatal(err)
	}
	if got := b.keys(); !slices.Equal(got, []string{aliceID + " Active"}) || !b.store.rec.Empty() || b.store.locked {
		t.Errorf("keys %q, journal %q", got, b.store.rec.Text)
	}
	o := b.rotation()
	o.Grace = time.Hour
	res, err := iam.Rotate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := iam.Abandon(t.Context(), o); err != nil || !b.store.rec.Empty() || b.store.key.ID != res.New {
		t.Errorf("%v, journal %q", err, b.store.rec.Text)
	}
	if got := b.keys(); !slices.Equal(got, []string{aliceID + " Inactive", res.New + " Active"}) {
		t.Errorf("keys %q", got)
	}
}
