package iam_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// at fails one operation, and counts them: the nth of its name.
func at(op string, n int, done bool, err error) func(string, bool) error {
	return func(got string, after bool) error {
		if got != op || after != done {
			return nil
		}
		if n--; n == 0 {
			return err
		}
		return nil
	}
}

// TestLimit explains a full house, and makes room only for a key that was named.
func TestLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	other := b.makeKey(alice())
	for _, del := range []string{"", aliceID, "AKIANOBODY001EXAMPLE"} {
		o := b.rotation()
		o.Delete = del
		_, err := iam.Rotate(t.Context(), o)
		var limit *iam.LimitError
		if !errors.As(err, &limit) || limit.User != "alice" || len(limit.Keys) != 2 {
			t.Fatalf("%q: %v", del, err)
		}
		mine, its := limit.Keys[0], limit.Keys[1]
		if !mine.Current || mine.ID != aliceID || !mine.UseKnown || mine.LastUsed.IsZero() || mine.Lost {
			t.Errorf("%q: ours is %+v", del, mine)
		}
		if its.Current || its.ID != other.ID || its.Status != "Active" || !its.UseKnown || !its.LastUsed.IsZero() || its.Lost {
			t.Errorf("%q: the other is %+v", del, its)
		}
		want := "user alice has 2 access keys, and AWS allows no more: " + aliceID + " (kept here, active, made 2025-12-04, last used 2026-03-04 for iam); " +
			other.ID + " (active, made 2026-03-04, never used)"
		if err.Error() != want {
			t.Errorf("%q: %s\nwant %s", del, err, want)
		}
		if n := len(b.keys()); n != 2 || !b.store.rec.Empty() {
			t.Errorf("%q: %d keys, journal %q", del, n, b.store.rec.Text)
		}
	}
	o := b.rotation()
	o.Delete = other.ID
	if res, err := iam.Rotate(t.Context(), o); err != nil || !res.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	b.finished(aliceID)
}

// TestLimitMeanwhile: somebody else takes the last slot after it was looked at.
func TestLimitMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	b.hook = func(op string, done bool) error {
		if op == "CreateAccessKey" && !done {
			b.makeKey(alice())
		}
		return nil
	}
	_, err := iam.Rotate(t.Context(), b.rotation())
	var limit *iam.LimitError
	var refused *awsapi.APIError
	if !errors.As(err, &limit) || len(limit.Keys) != 2 || limit.Keys[1].Lost || !errors.As(err, &refused) || refused.Code != "LimitExceeded" {
		t.Errorf("%v", err)
	}
	if !b.store.rec.Empty() {
		t.Errorf("journal %q", b.store.rec.Text)
	}
}

// TestStoreFails: a new key that cannot be written down is deleted at once, and
// where that fails too its id is told.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	full, denied := errors.New("disk full"), &awsapi.APIError{Service: awsapi.IAM, Operation: "DeleteAccessKey", Code: "AccessDenied", Status: 403}
	for _, c := range []struct {
		name    string
		deleted bool
		hook    func(b *bench, cancel func()) func(string, bool) error
	}{
		{"deleted", true, func(*bench, func()) func(string, bool) error { return at("WriteJournal", 2, false, full) }},
		{"not deleted", false, func(*bench, func()) func(string, bool) error {
			write, remove := at("WriteJournal", 2, false, full), at("DeleteAccessKey", 1, false, denied)
			return func(op string, done bool) error { return errors.Join(write(op, done), remove(op, done)) }
		}},
		{"cancelled meanwhile", true, func(_ *bench, cancel func()) func(string, bool) error {
			write := at("WriteJournal", 2, false, full)
			return func(op string, done bool) error {
				if op == "CreateAccessKey" && done {
					cancel()
				}
				return write(op, done)
			}
		}},
	} {
		b := newBench(t, alice(), 0)
		ctx, cancel := context.WithCancel(t.Context())
		b.hook = c.hook(b, cancel)
		_, err := iam.Rotate(ctx, b.rotation())
		b.hook = nil
		var stored *iam.StoreError
		if !errors.As(err, &stored) || stored.Deleted != c.deleted || !errors.Is(err, full) || !strings.Contains(err.Error(), stored.KeyID) {
			t.Fatalf("%s: %v", c.name, err)
		}
		left := 1
		if c.deleted != b.store.rec.Empty() {
			t.Errorf("%s: journal %q", c.name, b.store.rec.Text)
		}
		if !c.deleted {
			left = 2
			if !errors.Is(stored.DeleteErr, denied) || !strings.Contains(err.Error(), "by hand") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if n := len(b.keys()); n != left {
			t.Errorf("%s: %d keys", c.name, n)
		}
		b.works()
		b.noSecret(err)
		b.finish(c.name) // a key that stayed is recognised, and deleted
		cancel()
	}
}

// TestCancelledAfterCreation: a key that was made is written down although
// nobody waits any more.
func TestCancelledAfterCreation(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	ctx, cancel := context.WithCancel(t.Context())
	b.hook = func(op string, done bool) error {
		if op == "CreateAccessKey" && done {
			cancel()
		}
		return nil
	}
	_, err := iam.Rotate(ctx, b.rotation())
	var unfinished *iam.UnfinishedError
	if !errors.As(err, &unfinished) || unfinished.Step != iam.StepVerify || !errors.Is(err, context.Canceled) || unfinished.New == "" {
		t.Fatalf("%v", err)
	}
	b.hook = nil
	j, err := b.store.rec.Journal()
	if err != nil || j.Stage != iam.StageStored || j.New != unfinished.New || b.store.rec.Key.ID != j.New {
		t.Errorf("journal %+v, %v", j, err)
	}
	if res, err := iam.Rotate(t.Context(), b.rotation()); err != nil || !res.Resumed || res.New != j.New {
		t.Errorf("%+v, %v", res, err)
	}
	b.finished(aliceID)
}

// TestNeverAccepted: a new key that AWS does not know in a minute is deleted
// again; without an answer from AWS it is kept for another run.
func TestNeverAccepted(t *testing.T) {
	t.Parallel()
	unknown := &awsapi.APIError{Service: awsapi.STS, Operation: "GetCallerIdentity", Code: "InvalidClientTokenId", Status: 403}
	silence := &awsapi.UnreachableError{Operation: "sts GetCallerIdentity", Reason: awsapi.ReasonTimeout, Err: errors.New("no answer")}
	for _, c := range []struct {
		err  error
		kept bool
	}{{unknown, false}, {silence, true}} {
		b := newBench(t, alice(), 0)
		n := 0
		b.hook = func(op string, done bool) error {
			if op != "GetCallerIdentity" || done {
				return nil
			}
			// The first is the old key's. Two good answers are not enough.
			if n++; n > 1 && n%3 != 0 {
				return c.err
			}
			return nil
		}
		began := b.clock.Now()
		_, err := iam.Rotate(t.Context(), b.rotation())
		b.hook = nil
		if took := b.clock.Now().Sub(began); took < time.Minute || took > 65*time.Second {
			t.Errorf("%v: took %s", c.err, took)
		}
		var verify *iam.VerifyError
		var unfinished *iam.UnfinishedError
		if !errors.Is(err, c.err) || errors.As(err, &verify) == c.kept || errors.As(err, &unfinished) != c.kept || b.store.rec.Empty() == c.kept {
			t.Errorf("%v: %v, journal %q", c.err, err, b.store.rec.Text)
		}
		if verify != nil && !verify.Deleted || (len(b.keys()) == 2) != c.kept || b.store.key.ID != aliceID {
			t.Errorf("%v: %v, keys %q", c.err, err, b.keys())
		}
		b.finish(c.err.Error())
	}
}

// TestUnsuitable refuses what cannot be rotated before anything is written.
func TestUnsuitable(t *testing.T) {
	t.Parallel()
	b := newBench(t, iam.Key{ID: "ASIAALICE0001EXAMPLE", Secret: secret.New(aliceSecret)}, 0)
	var unsuitable *iam.UnsuitableError
	if _, err := iam.Rotate(t.Context(), b.rotation()); !errors.As(err, &unsuitable) {
		t.Errorf("session: %v", err)
	}
	b.store.key = iam.Key{ID: aliceID, Secret: secret.New("wrong")}
	var refused *awsapi.APIError
	if _, err := iam.Rotate(t.Context(), b.rotation()); !errors.As(err, &refused) || refused.Code != "SignatureDoesNotMatch" {
		t.Errorf("wrong secret: %v", err)
	}
	b.store.key = alice()
	for arn, want := range map[string]string{
		"arn:aws:iam::111122223333:root":                       "root user",
		"arn:aws:sts::111122223333:assumed-role/Developer/me":  "not an IAM user",
		"arn:aws:sts::111122223333:federated-user/fred":        "not an IAM user",
		"arn:aws:iam::111122223333:user/":                      "not an IAM user",
		"rubbish\x1b":                                          "not an IAM user",
		"arn:aws:iam::111122223333:user/contractors/somebody":  "",
		"arn:aws-cn:iam::111122223333:user/division/x/alicia":  "",
		"arn:aws:iam::111122223333:group/alice":                "not an IAM user",
		"arn:aws:notiam::111122223333:user/alice":              "not an IAM user",
		"arn:aws:iam::111122223333:user/alice/\u202eevil\x1b[": "",
	} {
		o := b.rotation()
		o.API = as{api{b.client, b.around}, arn}
		_, err := iam.Rotate(t.Context(), o)
		if want == "" { // taken for a user, which the sandbox does not have
			if !errors.As(err, &refused) || refused.Operation != "ListAccessKeys" {
				t.Errorf("%q: %v", arn, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%q: %v", arn, err)
		}
	}
	b.store.locked = true
	if _, err := iam.Rotate(t.Context(), b.rotation()); err == nil {
		t.Error("rotated under another's lock")
	}
	if err := iam.Abandon(t.Context(), b.rotation()); err == nil {
		t.Error("abandoned under another's lock")
	}
	if !b.store.rec.Empty() || b.keys()[0] != aliceID+" Active" {
		t.Errorf("journal %q, keys %q", b.store.rec.Text, b.keys())
	}
}

// as is an AWS that takes everybody for the one with the ARN.
type as struct {
	api
	arn string
}

func (a as) GetCallerIdentity(context.Context, awsapi.Endpoint, aws.Credentials) (awsapi.CallerIdentity, error) {
	return awsapi.CallerIdentity{Account: "111122223333", ARN: a.arn, UserID: "AIDA"}, nil
}

// TestAnotherUsersKey: a new key that turns out to be somebody else's is not used.
func TestAnotherUsersKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	calls := 0
	o := b.rotation()
	o.API = asAfter{api{b.client, b.around}, &calls}
	_, err := iam.Rotate(t.Context(), o)
	var verify *iam.VerifyError
	if !errors.As(err, &verify) || !verify.Deleted || !strings.Contains(err.Error(), "user/mallory") {
		t.Errorf("%v", err)
	}
	if got := b.keys(); !slices.Equal(got, []string{aliceID + " Active"}) || !b.store.rec.Empty() {
		t.Errorf("keys %q", got)
	}
}

// asAfter takes the second and all later callers for somebody else.
type asAfter struct {
	api
	calls *int
}

func (a asAfter) GetCallerIdentity(ctx context.Context, e awsapi.Endpoint, from aws.Credentials) (awsapi.CallerIdentity, error) {
	id, err := a.api.GetCallerIdentity(ctx, e, from)
	if *a.calls++; *a.calls > 1 {
		id.ARN = "arn:aws:iam::111122223333:user/mallory"
	}
	return id, err
}
