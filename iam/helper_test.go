package iam_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// clock is the time of the sandbox and of the rotation; sleeping passes it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// store keeps one entry's key in memory. hook is called around each operation.
type store struct {
	key    iam.Key
	rec    iam.Record
	locked bool
	hook   func(op string, done bool) error
	before []string // ids of the keys that were replaced
}

func (s *store) around(op string, do func()) error {
	if err := s.hook(op, false); err != nil {
		return err
	}
	do()
	return s.hook(op, true)
}

func (s *store) Lock(context.Context) (func(), error) {
	if s.locked {
		return nil, errors.New("lock is held")
	}
	s.locked = true
	return func() { s.locked = false }, nil
}

func (s *store) Current(context.Context) (k iam.Key, err error) {
	err = s.around("Current", func() { k = s.key })
	return k, err
}

func (s *store) Switch(ctx context.Context, next iam.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.around("Switch", func() {
		s.before = append(s.before, s.key.ID)
		s.key = next
	})
}

func (s *store) Journal(context.Context) (r iam.Record, err error) {
	err = s.around("Journal", func() { r = s.rec })
	return r, err
}

func (s *store) WriteJournal(ctx context.Context, r iam.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.around("WriteJournal", func() { s.rec = r })
}

func (s *store) RemoveJournal(context.Context) error {
	return s.around("RemoveJournal", func() { s.rec = iam.Record{} })
}

// api is the real client with a hook around each call. A call whose hook fails
// beforehand is not made; one whose hook fails afterwards is, and its answer is lost.
type api struct {
	*awsapi.Client
	hook func(op string, done bool) error
}

func hooked[T any](a api, op string, call func() (T, error)) (T, error) {
	var none T
	if err := a.hook(op, false); err != nil {
		return none, err
	}
	out, err := call()
	if err != nil {
		return none, err
	}
	if err := a.hook(op, true); err != nil {
		return none, err
	}
	return out, nil
}

func (a api) GetCallerIdentity(ctx context.Context, e awsapi.Endpoint, from aws.Credentials) (awsapi.CallerIdentity, error) {
	return hooked(a, "GetCallerIdentity", func() (awsapi.CallerIdentity, error) { return a.Client.GetCallerIdentity(ctx, e, from) })
}

func (a api) ListAccessKeys(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.AccessKey, error) {
	return hooked(a, "ListAccessKeys", func() ([]awsapi.AccessKey, error) { return a.Client.ListAccessKeys(ctx, e, from, user) })
}

func (a api) CreateAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) (awsapi.NewAccessKey, error) {
	return hooked(a, "CreateAccessKey", func() (awsapi.NewAccessKey, error) { return a.Client.CreateAccessKey(ctx, e, from, user) })
}

func (a api) UpdateAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, id, status string) error {
	_, err := hooked(a, "UpdateAccessKey", func() (int, error) { return 0, a.Client.UpdateAccessKey(ctx, e, from, user, id, status) })
	return err
}

func (a api) DeleteAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, id string) error {
	_, err := hooked(a, "DeleteAccessKey", func() (int, error) { return 0, a.Client.DeleteAccessKey(ctx, e, from, user, id) })
	return err
}

func (a api) GetAccessKeyLastUsed(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, id string) (awsapi.KeyUse, error) {
	return hooked(a, "GetAccessKeyLastUsed", func() (awsapi.KeyUse, error) { return a.Client.GetAccessKeyLastUsed(ctx, e, from, id) })
}

// bench is a user's key in a store, and AWS.
type bench struct {
	t      *testing.T
	aws    *sandbox.Server
	clock  *clock
	client *awsapi.Client // without hooks
	store  *store
	hook   func(op string, done bool) error // of store and AWS; nil: none
	steps  []string
}

const (
	aliceID     = "AKIAALICE0001EXAMPLE"
	aliceSecret = "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"
	aliceARN    = "arn:aws:iam::111122223333:user/alice"
	carolID     = "AKIACAROL0001EXAMPLE"
	carolSecret = "carol/Sandbox+Secret/0001/bPxREXAMPLEKEY"
	carolSerial = "arn:aws:iam::111122223333:mfa/carol"
)

func alice() iam.Key { return iam.Key{ID: aliceID, Secret: secret.New(aliceSecret)} }

func newBench(t *testing.T, k iam.Key, delay time.Duration) *bench {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	w := sandbox.Example()
	w.Settings.NewKeyDelay = delay
	b := &bench{
		t: t, clock: c, aws: sandbox.Start(t, sandbox.WithClock(c.Now), sandbox.WithWorld(w)),
		client: awsapi.New(awsapi.Options{Now: c.Now, Sleep: c.Sleep}),
	}
	t.Cleanup(b.client.CloseIdle)
	b.store = &store{key: k, hook: b.around}
	return b
}

func (b *bench) around(op string, done bool) error {
	if b.hook != nil {
		return b.hook(op, done)
	}
	return nil
}

func (b *bench) endpoints() iam.Endpoints {
	e := awsapi.Endpoint{URL: b.aws.URL(), SigningRegion: "us-east-1"}
	return iam.Endpoints{STS: e, IAM: e}
}

func (b *bench) rotation() iam.Rotation {
	return iam.Rotation{
		API: api{b.client, b.around}, Endpoints: b.endpoints(), Keys: b.store, Now: b.clock.Now, Sleep: b.clock.Sleep,
		Progress: func(s iam.Step, _ string) { b.steps = append(b.steps, string(s)) },
	}
}

func creds(k iam.Key) aws.Credentials {
	return aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret.Reveal()}
}

// works checks that the key in use does: what must hold at every moment.
func (b *bench) works() {
	b.t.Helper()
	id, err := b.client.GetCallerIdentity(b.t.Context(), b.endpoints().STS, creds(b.store.key))
	if err != nil {
		b.t.Errorf("the key in use, %s: %v", b.store.key.ID, err)
	} else if !strings.HasPrefix(id.ARN, "arn:aws:iam::111122223333:user/") {
		b.t.Errorf("the key in use is of %s", id.ARN)
	}
}

// keys lists the user's keys as "ID status", by whatever key is in use.
func (b *bench) keys() []string {
	b.t.Helper()
	list, err := b.client.ListAccessKeys(b.t.Context(), b.endpoints().IAM, creds(b.store.key), "")
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, k := range list {
		out = append(out, k.ID+" "+k.Status)
	}
	return out
}

// makeKey makes a key beside the others.
func (b *bench) makeKey(by iam.Key) iam.Key {
	b.t.Helper()
	k, err := b.client.CreateAccessKey(b.t.Context(), b.endpoints().IAM, creds(by), "")
	if err != nil {
		b.t.Fatal(err)
	}
	return iam.Key{ID: k.ID, Secret: k.Secret}
}

// finished checks that a rotation has come to its end.
func (b *bench) finished(old string) {
	b.t.Helper()
	b.works()
	if k := b.keys(); len(k) != 1 || k[0] != b.store.key.ID+" Active" || b.store.key.ID == old {
		b.t.Errorf("keys are %q, in use is %s", k, b.store.key.ID)
	}
	// Whatever was cached for a key is lost when its entry changes: it does so
	// once, at the switch.
	if slices.Contains(b.store.before, b.store.key.ID) || len(slices.Compact(slices.Clone(b.store.before))) != len(b.store.before) {
		b.t.Errorf("the entry was changed from %q to %s", b.store.before, b.store.key.ID)
	}
	if !b.store.rec.Empty() || b.store.locked {
		b.t.Errorf("journal %q, locked %v", b.store.rec.Text, b.store.locked)
	}
}

// noSecret checks that neither text nor fields tell a secret that is in use.
func (b *bench) noSecret(v ...any) {
	b.t.Helper()
	text := fmt.Sprintf("%v\n%+v\n%#v", v, v, v)
	for _, k := range []iam.Key{b.store.key, b.store.rec.Key, alice()} {
		if s := k.Secret.Reveal(); s != "" && strings.Contains(text, s) {
			b.t.Errorf("a secret in %s", text)
		}
	}
}
