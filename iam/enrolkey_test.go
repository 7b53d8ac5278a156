package iam_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// place keeps a first key in memory.
type place struct {
	*bench
	key   iam.Key
	began time.Time
}

func (p *place) Began(context.Context) (time.Time, error) { return p.began, nil }

func (p *place) Begin(_ context.Context, at time.Time) error {
	return p.store.around("Begin", func() { p.began = at })
}

func (p *place) Store(ctx context.Context, k iam.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.store.around("Store", func() { p.key, p.began = k, time.Time{} })
}

// signedIn returns the credentials of a sign-in with MFA: as of the console, they are
// not a key.
func signedIn(t *testing.T, b *bench) aws.Credentials {
	t.Helper()
	code, err := b.aws.MFACode("alice")
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.client.GetSessionToken(t.Context(), b.endpoints().STS, creds(alice()), awsapi.SessionTokenInput{SerialNumber: "arn:aws:iam::111122223333:mfa/alice", TokenCode: secret.New(code)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

func (p *place) create(from aws.Credentials, drop string) (iam.Created, error) {
	return iam.CreateKey(p.t.Context(), iam.FirstKey{API: api{p.client, p.around}, Endpoints: p.endpoints(), From: from, Delete: drop,
		User: iam.User{Name: "alice", Account: "111122223333", ARN: aliceARN}, Keys: p, Now: p.clock.Now, Sleep: p.clock.Sleep})
}

// TestCreateKeyKilled kills a run before and after each of its calls, in turn: another
// one finishes, and there is no key whose secret nobody has.
func TestCreateKeyKilled(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, 4 * time.Second} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				p := &place{bench: newBench(t, alice(), delay)}
				from := signedIn(t, p.bench)
				calls, dead := 0, false
				p.hook = func(_ string, done bool) error {
					if dead {
						return errKilled
					}
					if done == after {
						calls++
					}
					if calls == n && done == after {
						dead = true
						return errKilled
					}
					return nil
				}
				_, err := p.create(from, "")
				p.hook = nil
				when := fmt.Sprintf("delay %v, killed at call %d, done %v", delay, n, after)
				if !dead {
					if err != nil || n < 5 {
						t.Fatalf("%s: %v", when, err)
					}
					break
				}
				if p.key.ID == "" { // as the command does: else it has a key
					got, err := p.create(from, "")
					if err != nil || got.ID != p.key.ID || len(got.Doubtful) != 0 {
						t.Fatalf("%s: another run: %+v, %v", when, got, err)
					}
				}
				if keys := p.keys(); len(keys) != 2 || keys[1] != p.key.ID+" Active" || !p.began.IsZero() {
					t.Fatalf("%s: keys %v, kept %s, begun %v", when, keys, p.key.ID, p.began)
				}
			}
		}
	}
}

// TestCreateKeyStore: a key that cannot be stored is deleted again.
func TestCreateKeyStore(t *testing.T) {
	t.Parallel()
	p := &place{bench: newBench(t, alice(), 0)}
	from := signedIn(t, p.bench)
	full := errors.New("disk full")
	p.hook = func(op string, done bool) error {
		if op == "Store" && !done {
			return full
		}
		return nil
	}
	_, err := p.create(from, "")
	var store *iam.StoreError
	if !errors.As(err, &store) || !store.Deleted || !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if keys := p.keys(); len(keys) != 1 {
		t.Errorf("keys %v", keys)
	}
}

// TestCreateKeyLimit: two keys leave no room, unless one is named.
func TestCreateKeyLimit(t *testing.T) {
	t.Parallel()
	p := &place{bench: newBench(t, alice(), 0)}
	from := signedIn(t, p.bench)
	other := p.makeKey(alice())
	var limit *iam.LimitError
	if _, err := p.create(from, ""); !errors.As(err, &limit) || len(limit.Keys) != 2 || limit.Keys[1].AtOnce {
		t.Fatalf("%v", err)
	}
	if got, err := p.create(from, other.ID); err != nil || got.ID != p.key.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if keys := strings.Join(p.keys(), " "); strings.Contains(keys, other.ID) || !strings.Contains(keys, p.key.ID) {
		t.Errorf("keys %s", keys)
	}
}

// TestCreateKeyDoubtful: a key that came about when a run was interrupted, but not at
// once, may be somebody else's: it is told of, and stays.
func TestCreateKeyDoubtful(t *testing.T) {
	t.Parallel()
	p := &place{bench: newBench(t, alice(), 0)}
	from := signedIn(t, p.bench)
	p.began = p.clock.Now().Add(-5 * time.Minute)
	other := p.makeKey(alice())
	var limit *iam.LimitError
	if _, err := p.create(from, ""); !errors.As(err, &limit) || len(limit.Keys) != 2 || !limit.Keys[1].Lost || limit.Keys[1].AtOnce {
		t.Fatalf("%v", err)
	}
	if keys := strings.Join(p.keys(), " "); !strings.Contains(keys, other.ID) {
		t.Errorf("keys %s", keys)
	}
}
