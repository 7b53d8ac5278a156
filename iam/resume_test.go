package iam_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
)

// killedAt has a rotation killed before its nth operation, and the stage that
// its journal is left in.
func (b *bench) killedAt(n int, want iam.Stage) {
	b.t.Helper()
	if _, err := b.run(fault{n: n, kill: true}); !errors.Is(err, errKilled) {
		b.t.Fatal(err)
	}
	if j, err := b.store.rec.Journal(); err != nil || j.Stage != want {
		b.t.Fatalf("%+v, %v, want stage %s", j, err, want)
	}
}

// TestOldKeyGone: an old key that somebody has deleted meanwhile needs nothing more.
func TestOldKeyGone(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.killedAt(13, iam.StageSwitched)
	if err := b.client.DeleteAccessKey(t.Context(), b.endpoints().IAM, creds(b.store.key), "alice", aliceID); err != nil {
		t.Fatal(err)
	}
	if res, err := iam.Rotate(t.Context(), b.rotation()); err != nil || !res.Done || !res.Resumed {
		t.Errorf("%+v, %v", res, err)
	}
	b.finished(aliceID)
}

// TestSlowIAM: IAM may know a new key later than STS does, and is given 20 s.
func TestSlowIAM(t *testing.T) {
	t.Parallel()
	unknown := &awsapi.APIError{Service: awsapi.IAM, Operation: "UpdateAccessKey", Code: "InvalidClientTokenId", Status: 403}
	for _, c := range []struct {
		late time.Duration
		ok   bool
	}{{15 * time.Second, true}, {time.Hour, false}} {
		b := newBench(t, alice(), 0)
		var first time.Time
		b.hook = func(op string, done bool) error {
			if op != "UpdateAccessKey" || done {
				return nil
			}
			if first.IsZero() {
				first = b.clock.Now()
			}
			if b.clock.Now().Before(first.Add(c.late)) {
				return unknown
			}
			return nil
		}
		_, err := iam.Rotate(t.Context(), b.rotation())
		if (err == nil) != c.ok || b.clock.Now().Sub(first) > 22*time.Second {
			t.Errorf("%s: %v after %s", c.late, err, b.clock.Now().Sub(first))
		}
		var unfinished *iam.UnfinishedError
		if !c.ok && (!errors.As(err, &unfinished) || unfinished.Step != iam.StepDeactivate || !errors.Is(err, unknown)) {
			t.Errorf("%s: %v", c.late, err)
		}
		b.hook = nil
		if !c.ok {
			b.finish("slow")
		}
	}
}

// TestReplacedWhileCreating: a key that was put in by hand after an
// interruption is rotated as any other.
func TestReplacedWhileCreating(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.killedAt(6, iam.StageCreating)
	b.store.key = b.makeKey(alice())
	byHand := b.store.key.ID
	o := b.rotation()
	var limit *iam.LimitError
	if _, err := iam.Rotate(t.Context(), o); !errors.As(err, &limit) || !b.store.rec.Empty() {
		t.Fatalf("%v", err)
	}
	o.Delete = aliceID
	if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done || res.Resumed || res.Old != byHand {
		t.Fatalf("%+v, %v", res, err)
	}
	b.finished(byHand)
}

// TestLostKey: a key whose secret was lost is told, and the rotation begins anew
// without it when it is named. One that was made at another time is not taken for it.
func TestLostKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.killedAt(7, iam.StageCreating)
	if len(b.keys()) != 2 {
		t.Fatalf("keys %q", b.keys())
	}
	o := b.rotation()
	for range 2 {
		var limit *iam.LimitError
		if _, err := iam.Rotate(t.Context(), o); !errors.As(err, &limit) || !limit.Keys[1].Lost || !limit.Keys[1].AtOnce || len(b.keys()) != 2 {
			t.Fatalf("not named: %v, keys %q", err, b.keys())
		}
		o.Delete = limit.Keys[0].ID // the one in use
		if o.Delete != aliceID {
			t.Fatal(limit)
		}
	}
	o.Delete, _, _ = strings.Cut(b.keys()[1], " ")
	if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done || res.Resumed {
		t.Errorf("%+v, %v", res, err)
	}
	b.finished(aliceID)

	for name, change := range map[string]func(*awsapi.AccessKey, time.Time){
		"later":   func(k *awsapi.AccessKey, now time.Time) { k.CreateDate = now.Add(17 * time.Minute) },
		"earlier": func(k *awsapi.AccessKey, now time.Time) { k.CreateDate = now.Add(-17 * time.Minute) },
		"unknown": func(k *awsapi.AccessKey, _ time.Time) { k.CreateDate = time.Time{} },
	} {
		b := newBench(t, alice(), 0)
		b.killedAt(7, iam.StageCreating)
		o := b.rotation()
		o.API = dated{api{b.client, b.around}, func(k *awsapi.AccessKey) { change(k, b.clock.Now()) }}
		var limit *iam.LimitError
		if _, err := iam.Rotate(t.Context(), o); !errors.As(err, &limit) || limit.Keys[1].Lost || len(b.keys()) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeyByHand: a key that somebody makes after a rotation was interrupted, just
// before it made one itself, is not taken for its own.
func TestKeyByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.killedAt(6, iam.StageCreating)
	other := b.makeKey(alice())
	var limit *iam.LimitError
	if _, err := iam.Rotate(t.Context(), b.rotation()); !errors.As(err, &limit) || !limit.Keys[1].Lost {
		t.Errorf("%v", err)
	}
	if _, err := b.client.GetCallerIdentity(t.Context(), b.endpoints().STS, creds(other)); err != nil {
		t.Errorf("the key by hand: %v", err)
	}
}

// TestLostKeyAtOnce: a key that came a minute after the interrupted call may be
// somebody else's.
func TestLostKeyAtOnce(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]bool{-10 * time.Second: false, 0: true, 20 * time.Second: true, time.Minute: false} {
		b := newBench(t, alice(), 0)
		b.killedAt(7, iam.StageCreating)
		began := b.clock.Now()
		o := b.rotation()
		o.API = dated{api{b.client, b.around}, func(k *awsapi.AccessKey) { k.CreateDate = began.Add(after) }}
		var limit *iam.LimitError
		if _, err := iam.Rotate(t.Context(), o); !errors.As(err, &limit) || limit.Keys[1].AtOnce != want {
			t.Errorf("made after %v: %v", after, err)
		}
	}
}

// TestOldKeyInUse: an old key that was switched on again in the grace period, or
// used in spite of it, is only deleted if it is named.
func TestOldKeyInUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after string }{
		"on":      {awsapi.KeyActive, awsapi.KeyActive},
		"off":     {awsapi.KeyActive, awsapi.KeyInactive},
		"stopped": {awsapi.KeyInactive, awsapi.KeyInactive},
	} {
		b := newBench(t, alice(), 0)
		o := b.rotation()
		o.Grace = time.Hour
		if res, err := iam.Rotate(t.Context(), o); err != nil || res.Done {
			t.Fatalf("%+v, %v", res, err)
		}
		_ = b.clock.Sleep(t.Context(), 30*time.Minute)
		set := func(status string) {
			if err := b.client.UpdateAccessKey(t.Context(), b.endpoints().IAM, creds(b.store.key), "alice", aliceID, status); err != nil {
				t.Fatal(err)
			}
		}
		set(c.before)
		_, used := b.client.GetCallerIdentity(t.Context(), b.endpoints().STS, creds(alice()))
		set(c.after)
		_ = b.clock.Sleep(t.Context(), time.Hour)
		res, err := iam.Rotate(t.Context(), o)
		if c.before == awsapi.KeyInactive {
			if used == nil || err != nil || !res.Done {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
			continue
		}
		var inUse *iam.InUseError
		if used != nil || !errors.As(err, &inUse) || inUse.Key.ID != aliceID || inUse.Key.Status != c.after || len(b.keys()) != 2 || b.store.rec.Empty() {
			t.Errorf("%s: %+v, %v; keys %q", name, res, err, b.keys())
		}
		o.Delete = aliceID
		if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		b.finished(aliceID)
	}
}

// TestLostKeyInUse: a key that an interrupted run seems to have made, but that
// somebody uses, is not deleted unless it is named.
func TestLostKeyInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	lost := &awsapi.UnreachableError{Operation: "iam CreateAccessKey", Reason: awsapi.ReasonClosed, Err: errors.New("lost")}
	b.hook = at("CreateAccessKey", 1, false, lost)
	_, err := iam.Rotate(t.Context(), b.rotation())
	b.hook = nil
	var unfinished *iam.UnfinishedError
	if !errors.As(err, &unfinished) || unfinished.Step != iam.StepCreate {
		t.Fatalf("%v", err)
	}
	other := b.makeKey(alice()) // made by somebody just then
	if _, err := b.client.GetCallerIdentity(t.Context(), b.endpoints().STS, creds(other)); err != nil {
		t.Fatal(err)
	}
	_, err = iam.Rotate(t.Context(), b.rotation())
	var limit *iam.LimitError
	if !errors.As(err, &limit) || limit.Keys[1].Lost || len(b.keys()) != 2 {
		t.Fatalf("%v", err)
	}
	o := b.rotation()
	o.Delete = other.ID
	if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	b.finished(aliceID)
}

// TestLostKeyNotSeen: where nobody may look at the use of keys, a lost key is
// not deleted unless it is named.
func TestLostKeyNotSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	if _, err := b.run(fault{n: 6, done: true, kill: true}); !errors.Is(err, errKilled) || len(b.keys()) != 2 {
		t.Fatalf("%v, keys %q", err, b.keys())
	}
	denied := &awsapi.APIError{Code: "AccessDenied", Status: 403}
	b.hook = func(op string, _ bool) error {
		if op == "GetAccessKeyLastUsed" {
			return denied
		}
		return nil
	}
	_, err := iam.Rotate(t.Context(), b.rotation())
	var limit *iam.LimitError
	if !errors.As(err, &limit) || limit.Keys[1].UseKnown || !limit.Keys[1].Lost || !strings.Contains(err.Error(), "last use not known") {
		t.Fatalf("%v", err)
	}
	o := b.rotation()
	o.Delete = limit.Keys[1].ID
	if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	b.finished(aliceID)
}

// dated changes what AWS says of the second key.
type dated struct {
	api
	change func(*awsapi.AccessKey)
}

func (d dated) ListAccessKeys(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.AccessKey, error) {
	list, err := d.api.ListAccessKeys(ctx, e, from, user)
	if len(list) > 1 {
		d.change(&list[1])
	}
	return list, err
}
