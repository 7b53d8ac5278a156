package iam_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestRotate takes a key through all steps, with AWS slow to know the new one.
func TestRotate(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 5*time.Second)
	var ops []string
	b.hook = func(op string, done bool) error {
		if !done {
			ops = append(ops, op)
		}
		b.works()
		return nil
	}
	res, err := iam.Rotate(t.Context(), b.rotation())
	if err != nil || !res.Done || res.Resumed || res.Old != aliceID || res.New != b.store.key.ID || res.User.Name != "alice" ||
		res.User.Account != "111122223333" || res.OldUse.Service == "" {
		t.Fatalf("%+v, %v", res, err)
	}
	b.finished(aliceID)
	b.noSecret(res)
	want := []string{"check", "prepare", "create", "store", "verify", "switch", "deactivate", "delete", "finish"}
	if !slices.Equal(b.steps, want) {
		t.Errorf("steps %q", b.steps)
	}
	wantOps := "Current Journal GetCallerIdentity ListAccessKeys WriteJournal CreateAccessKey WriteJournal " +
		strings.Repeat("GetCallerIdentity ", 5+3) + "Switch WriteJournal GetAccessKeyLastUsed UpdateAccessKey WriteJournal DeleteAccessKey RemoveJournal"
	if got := strings.Join(ops, " "); got != wantOps {
		t.Errorf("operations %s\nwant       %s", got, wantOps)
	}
}

// errKilled stands for the end of the process: nothing runs after it.
var errKilled = errors.New("killed")

// fault is what happens to the nth operation.
type fault struct {
	n          int
	done, kill bool
}

func (f fault) String() string { return fmt.Sprintf("%+d done=%v kill=%v", f.n, f.done, f.kill) }

// run rotates once with a fault, and reports how many operations there were.
func (b *bench) run(f fault) (ops int, err error) {
	b.t.Helper()
	b.hook = func(op string, done bool) error {
		b.works()
		if !done {
			ops++
		}
		if ops != f.n || done != f.done {
			return nil
		}
		if f.kill {
			panic(errKilled)
		}
		if !done {
			return &awsapi.UnreachableError{Operation: op, Reason: awsapi.ReasonConnect, Err: errors.New("refused")}
		}
		return &awsapi.UnreachableError{Operation: op, Reason: awsapi.ReasonClosed, Err: errors.New("lost")}
	}
	defer func() {
		b.hook = nil
		b.store.locked = false // the kernel lets go of a dead process's lock
		switch r := recover(); r {
		case nil:
		case errKilled:
			err = errKilled
		default:
			panic(r)
		}
	}()
	_, err = iam.Rotate(b.t.Context(), b.rotation())
	return ops, err
}

// check holds what must be true after whatever happened.
func (b *bench) check(what string, err error) {
	b.t.Helper()
	b.works()
	if n := len(b.keys()); n > 2 {
		b.t.Errorf("%s: %d keys", what, n)
	}
	b.noSecret(err, b.store.rec.Text)
	if !b.store.rec.Empty() {
		if _, err := b.store.rec.Journal(); err != nil {
			b.t.Errorf("%s: %v", what, err)
		}
	}
}

// finish rotates without faults until it is done. A key that was lost is named as
// a person would.
func (b *bench) finish(what string) {
	b.t.Helper()
	o := b.rotation()
	for range 4 {
		res, err := iam.Rotate(b.t.Context(), o)
		if err == nil && res.Done {
			b.finished(aliceID)
			return
		}
		var limit *iam.LimitError
		if errors.As(err, &limit) && limit.Keys[1].Lost && o.Delete == "" {
			o.Delete = limit.Keys[1].ID
			continue
		}
		var verify *iam.VerifyError // a lost write of the journal: the new key was deleted already
		if !errors.As(err, &verify) {
			b.t.Errorf("%s, then: %+v, %v", what, res, err)
			return
		}
	}
	b.t.Errorf("%s: no end", what)
}

// TestInterrupted kills, fails and loses every single operation of a rotation,
// and finishes it with another run.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 2*time.Second)
	total, err := b.run(fault{})
	if err != nil || total < 15 {
		t.Fatalf("%v after %d operations", err, total)
	}
	for n := 1; n <= total; n++ {
		for _, f := range []fault{{n, false, true}, {n, true, true}, {n, false, false}, {n, true, false}} {
			t.Run(f.String(), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, alice(), 2*time.Second)
				_, err := b.run(f)
				b.check(f.String(), err)
				b.finish(fmt.Sprintf("%v (%v)", f, err))
			})
		}
	}
}

// TestInterruptedAgain interrupts the runs that finish, too.
func TestInterruptedAgain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		faults := []fault{
			{1 + r.IntN(24), r.IntN(2) == 0, r.IntN(2) == 0}, {1 + r.IntN(20), r.IntN(2) == 0, r.IntN(2) == 0}, {1 + r.IntN(12), r.IntN(2) == 0, r.IntN(2) == 0},
		}
		t.Run(fmt.Sprint(faults), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, alice(), 2*time.Second)
			for _, f := range faults {
				_, err := b.run(f)
				b.check(f.String(), err)
			}
			if b.store.rec.Empty() && b.store.key.ID != aliceID {
				b.finished(aliceID) // done before all faults were used up
				return
			}
			b.finish(fmt.Sprint(faults))
		})
	}
}

// TestGrace keeps the old key inactive until another run after its time.
func TestGrace(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	o := b.rotation()
	o.Grace = 24 * time.Hour
	res, err := iam.Rotate(t.Context(), o)
	if err != nil || res.Done || !res.DeleteAfter.After(b.clock.Now().Add(23*time.Hour)) {
		t.Fatalf("%+v, %v", res, err)
	}
	want := []string{aliceID + " Inactive", res.New + " Active"}
	if got := b.keys(); !slices.Equal(got, want) {
		t.Fatalf("keys %q, want %q", got, want)
	}
	asked := len(b.aws.Requests())
	again, err := iam.Rotate(t.Context(), o)
	if err != nil || again.Done || !again.Resumed || again.DeleteAfter != res.DeleteAfter || again.New != res.New || again.User != res.User || len(b.aws.Requests()) != asked {
		t.Errorf("within the time: %+v, %v after %d requests", again, err, len(b.aws.Requests())-asked)
	}
	_ = b.clock.Sleep(t.Context(), 24*time.Hour)
	last, err := iam.Rotate(t.Context(), o)
	if err != nil || !last.Done || !last.Resumed || last.New != res.New {
		t.Errorf("after the time: %+v, %v", last, err)
	}
	b.finished(aliceID)
}

// TestForceMFA rotates the key of a user whom nothing is allowed without MFA.
func TestForceMFA(t *testing.T) {
	t.Parallel()
	b := newBench(t, iam.Key{ID: carolID, Secret: secret.New(carolSecret)}, 3*time.Second)
	_, err := iam.Rotate(t.Context(), b.rotation())
	var refused *awsapi.APIError
	if !errors.As(err, &refused) || refused.Code != "AccessDenied" || !b.store.rec.Empty() {
		t.Fatalf("without MFA: %v", err)
	}
	o := b.rotation()
	var signed []string
	o.Sign = func(ctx context.Context, k iam.Key) (aws.Credentials, error) {
		signed = append(signed, k.ID)
		code, err := b.aws.MFACode("carol")
		if err != nil {
			return aws.Credentials{}, err
		}
		out, err := b.client.GetSessionToken(ctx, b.endpoints().STS, creds(k), awsapi.SessionTokenInput{SerialNumber: carolSerial, TokenCode: secret.New(code)})
		return out.Credentials, err
	}
	res, err := iam.Rotate(t.Context(), o)
	if err != nil || !res.Done || res.Old != carolID {
		t.Fatalf("%+v, %v", res, err)
	}
	if want := []string{carolID, res.New}; !slices.Equal(signed, want) {
		t.Errorf("signed by %q, want %q", signed, want)
	}
	b.works()

	cancelled := errors.New("no code given")
	o.Sign = func(context.Context, iam.Key) (aws.Credentials, error) { return aws.Credentials{}, cancelled }
	if _, err := iam.Rotate(t.Context(), o); !errors.Is(err, cancelled) || !b.store.rec.Empty() {
		t.Errorf("without a code: %v", err)
	}
}
