package mfa_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
)

func TestCheckPair(t *testing.T) {
	t.Parallel()
	seed := secret.New("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	code := func(steps int) secret.Text {
		c, err := mfa.TOTP(seed, now.Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, tt := range []struct {
		name          string
		first, second secret.Text
		fault         mfa.PairFault
		off           time.Duration
	}{
		{"now", code(0), code(1), "", 0},
		{"before", code(-1), code(0), "", 0},
		{"device a little off", code(5), code(6), "", 0},
		{"swapped", code(1), code(0), mfa.PairSwapped, 0},
		{"same", code(0), code(0), mfa.PairApart, 0},
		{"one left out", code(0), code(2), mfa.PairApart, 0},
		{"ahead", code(20), code(21), mfa.PairClock, 10 * time.Minute},
		{"behind", code(-120), code(-119), mfa.PairClock, -time.Hour},
		{"another device", secret.New("000000"), code(1), mfa.PairForeign, 0},
		{"mistyped", code(0), secret.New("000001"), mfa.PairForeign, 0},
	} {
		err := mfa.CheckPair(seed, tt.first, tt.second, now)
		var fault *mfa.PairError
		errors.As(err, &fault)
		if (err == nil) != (tt.fault == "") || fault != nil && (fault.Fault != tt.fault || fault.Off != tt.off) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := mfa.CheckPair(secret.New("1"), code(0), code(1), now); !errors.Is(err, mfa.ErrSeed) {
		t.Errorf("no seed: %v", err)
	}
}

// TestPair gives two codes at once, and none of them again.
func TestPair(t *testing.T) {
	t.Parallel()
	seed := secret.New("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	waited := time.Duration(0)
	codes := mfa.New(mfa.Options{Folder: t.TempDir(), Now: func() time.Time { return now.Add(waited) },
		Sleep: func(_ context.Context, d time.Duration) error { waited += d; return nil }},
		mfa.Seed("the seed", func(context.Context, string) (secret.Text, error) { return seed, nil }))
	at := func(steps int) secret.Text {
		c, err := mfa.TOTP(seed, now.Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second, err := codes.Pair(t.Context(), "device", seed)
	if err != nil || !first.Equal(at(-1)) || !second.Equal(at(0)) || waited != 0 {
		t.Errorf("%v after %v", err, waited)
	}
	third, err := codes.Code(t.Context(), mfa.Request{Serial: "device"})
	if err != nil || !third.Equal(at(1)) || waited != 23*time.Second {
		t.Errorf("the next one: %v after %v", err, waited)
	}
	first, second, err = codes.Pair(t.Context(), "device", seed)
	if err != nil || !first.Equal(at(2)) || !second.Equal(at(3)) {
		t.Errorf("another pair: %v after %v", err, waited)
	}
	if _, _, err := codes.Pair(t.Context(), "device", secret.New("1")); !errors.Is(err, mfa.ErrSeed) {
		t.Errorf("no seed: %v", err)
	}
}
