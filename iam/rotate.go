package iam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// KeyAPI is what rotation needs of AWS; *awsapi.Client has it.
type KeyAPI interface {
	Identity
	ListAccessKeys(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.AccessKey, error)
	CreateAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) (awsapi.NewAccessKey, error)
	UpdateAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, id, status string) error
	DeleteAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, id string) error
	GetAccessKeyLastUsed(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, id string) (awsapi.KeyUse, error)
}

// Keys is where the key of one entry is kept, with the journal of its rotation
// beside it. Each write MUST replace its record as a whole or not at all, and
// MUST be on disk when it returns.
type Keys interface {
	// Lock keeps all other rotations of the entry out until unlock is called.
	Lock(ctx context.Context) (unlock func(), err error)
	// Current returns the key in use.
	Current(ctx context.Context) (Key, error)
	// Switch puts next in the place of the key in use. Everything else of the
	// entry stays as it is.
	Switch(ctx context.Context, next Key) error
	// Journal returns what WriteJournal has kept, an empty Record if nothing.
	Journal(ctx context.Context) (Record, error)
	WriteJournal(ctx context.Context, r Record) error
	// RemoveJournal succeeds also if there is none.
	RemoveJournal(ctx context.Context) error
}

// Rotation says what to rotate and how.
type Rotation struct {
	API       KeyAPI
	Endpoints Endpoints
	Keys      Keys
	// Sign returns the credentials that sign IAM calls in a key's name: the key
	// itself, or where a policy wants MFA, a session of it with MFA. nil is the
	// key itself. It is called at most once for each of the two keys.
	Sign func(ctx context.Context, k Key) (aws.Credentials, error)
	// Grace is how long the old key stays inactive before it is deleted, so that
	// whoever still uses it shows up while it can be brought back. With 0 it is
	// deleted at once.
	Grace time.Duration
	// Delete is the id of another key of the user that may be deleted if there
	// is no room for a new one, or of the old key, although it is in use again;
	// "" for none.
	Delete string
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	// Progress is told of each step before it is taken, and of the key that it
	// is about ("" while it has no id); nil for nobody.
	Progress func(step Step, keyID string)
}

// Step is one step of a rotation.
type Step string

// The steps, in their order.
const (
	StepCheck      Step = "check"      // whose key is it, and is there room for another
	StepMakeRoom   Step = "make room"  // delete the one of [Rotation.Delete]
	StepPrepare    Step = "prepare"    // write the journal, which also proves that it can be
	StepCreate     Step = "create"     // make the new key
	StepStore      Step = "store"      // write it into the journal
	StepVerify     Step = "verify"     // use it until AWS knows it everywhere
	StepSwitch     Step = "switch"     // put it in the place of the old one
	StepDeactivate Step = "deactivate" // make the old one inactive
	StepDelete     Step = "delete"     // delete the old one
	StepFinish     Step = "finish"     // remove the journal
)

// Result is how far a rotation has come without an error.
type Result struct {
	User     User
	Old, New string // ids
	// Done: the old key is deleted and the journal is gone. Otherwise the old
	// key is inactive, and a run after DeleteAfter deletes it.
	Done        bool
	DeleteAfter time.Time
	// Resumed: this run went on with a rotation that another had begun.
	Resumed bool
	// OldUse is the last use of the old key that AWS knew of before it was
	// deactivated by this run; zero if this run did not, or could not see it.
	OldUse awsapi.KeyUse
}

// Rotate replaces the key in use by a new one, or goes on with a rotation that
// was begun before. It may be killed or fail at any point: the key in use works
// at every moment, and another call finishes. While the grace period of an
// earlier rotation lasts it does nothing. Where AWS may have made a key just
// before its secret could be kept, the next call finds one that came at that time,
// and ends with a [*LimitError]: the caller says with Delete that it is to go, as
// [KeyInfo].AtOnce may tell.
//
// Errors: [*NotUserError] and [*UnsuitableError] for a key that cannot be
// rotated, [*LimitError], [*StoreError], [*VerifyError], [*ConflictError],
// [*JournalError], [*InUseError], and [*UnfinishedError] where another call can
// go on; those of the interfaces are behind or in place of them.
func Rotate(ctx context.Context, o Rotation) (Result, error) {
	unlock, err := o.Keys.Lock(ctx)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	r := &run{Rotation: o, signed: make(map[string]aws.Credentials, 2)}
	if err := r.load(ctx); err != nil {
		return Result{}, err
	}
	return r.rotate(ctx)
}

// Abandon gives an unfinished rotation up: a new key that was never put in use is
// deleted, all others stay as they are, and the journal is removed. It needs the
// key in use to work, and does nothing if there is no journal.
func Abandon(ctx context.Context, o Rotation) error {
	unlock, err := o.Keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	r := &run{Rotation: o, signed: make(map[string]aws.Credentials, 2)}
	if err := r.load(ctx); err != nil || r.journal.Stage == "" {
		return err
	}
	if r.journal.Stage == StageStored && r.journal.New != r.current.ID {
		if err := r.drop(ctx, r.current, r.journal.New); err != nil {
			return err
		}
	}
	return r.Keys.RemoveJournal(ctx)
}
