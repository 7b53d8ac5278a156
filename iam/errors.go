package iam

import (
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// NotUserError is credentials that belong to no IAM user: of a role's session
// or of a federated user, which have neither keys nor MFA devices.
type NotUserError struct{ ARN string }

// Error names whose they are.
func (e *NotUserError) Error() string {
	return "credentials of " + display.Text(e.ARN, 200) + ", which is not an IAM user"
}

// UnsuitableError is a key that cannot be rotated.
type UnsuitableError struct {
	KeyID string
	Why   string
}

// Error names the key and the reason.
func (e *UnsuitableError) Error() string { return "access key " + shown(e.KeyID) + ": " + e.Why }

// KeyInfo describes one of a user's keys.
type KeyInfo struct {
	ID, Status string
	Created    time.Time // zero if AWS does not say
	// LastUsed lags behind by minutes to hours; zero is never. It says nothing
	// unless UseKnown.
	LastUsed time.Time
	Service  string // that saw the last use
	UseKnown bool
	// Current is the key that is kept here. Lost is one that an interrupted
	// rotation seems to have made, whose secret nobody has then.
	Current, Lost bool
	// AtOnce is a Lost key that was made within seconds of the interrupted call
	// that would have made it, and never used as far as AWS knows.
	AtOnce bool
}

// LimitError says that the user has as many keys as AWS allows. One that is not
// Current must go before there can be a new one: see [Rotation.Delete].
type LimitError struct {
	User string
	Keys []KeyInfo
	Err  error // AWS's refusal, if it came to that
}

// Error lists the keys with what is known of them.
func (e *LimitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "user %s has %d access keys, and AWS allows no more:", shown(e.User), len(e.Keys))
	for i, k := range e.Keys {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + k.String())
	}
	return b.String()
}

// Unwrap returns AWS's refusal.
func (e *LimitError) Unwrap() error { return e.Err }

// String describes the key in one line.
func (k KeyInfo) String() string {
	s := shown(k.ID) + " ("
	switch {
	case k.Current:
		s += "kept here, "
	case k.Lost:
		s += "seems to be left over from an interrupted rotation, without its secret, "
	}
	s += strings.ToLower(shown(k.Status))
	if !k.Created.IsZero() {
		s += ", made " + k.Created.Format(time.DateOnly)
	}
	switch {
	case !k.UseKnown:
		s += ", last use not known"
	case k.LastUsed.IsZero():
		s += ", never used"
	default:
		s += ", last used " + k.LastUsed.Format(time.DateOnly) + " for " + shown(k.Service)
	}
	return s + ")"
}

// VerifyError is a new key that AWS did not take in time. The key in use is as
// it was.
type VerifyError struct {
	KeyID   string
	Deleted bool // the new key is gone again
	Err     error
}

// Error names the key and what AWS said last.
func (e *VerifyError) Error() string {
	s := "new access key " + shown(e.KeyID) + " is not accepted"
	if e.Deleted {
		s += " and was deleted again"
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns what AWS said last.
func (e *VerifyError) Unwrap() error { return e.Err }

// StoreError is a new key that could not be written down. Unless Deleted is
// true it still exists, and nobody has its secret: it should be deleted by hand.
type StoreError struct {
	KeyID     string
	Deleted   bool
	Err       error // of the store
	DeleteErr error // of the attempt to delete the key again
}

// Error names the key, the cause, and whether the key is still there.
func (e *StoreError) Error() string {
	s := "new access key " + shown(e.KeyID) + " could not be stored: " + e.Err.Error()
	if e.Deleted {
		return s + "; it was deleted again"
	}
	return s + "; it could not be deleted either, delete it by hand: " + e.DeleteErr.Error()
}

// Unwrap returns the store's error.
func (e *StoreError) Unwrap() error { return e.Err }

// ConflictError says that the key kept here is neither the old nor the new one
// of an unfinished rotation: somebody has put another one there. [Abandon] ends it.
type ConflictError struct{ Current, Old, New string }

// Error names the three keys.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("access key %s is kept here, but the unfinished rotation is from %s to %s",
		shown(e.Current), shown(e.Old), shown(e.New))
}

// InUseError says that the old key, which a rotation had deactivated, has been
// switched on again, or used long after that: somebody needs it still. It is
// deleted if [Rotation.Delete] names it; [Abandon] keeps it.
type InUseError struct{ Key KeyInfo }

// Error describes the key.
func (e *InUseError) Error() string {
	return "old access key " + e.Key.String() + " was switched on again or used after its rotation had made it inactive"
}

// UnfinishedError is a rotation that stopped on its way, with a working key in
// its place and the rest written down: another run goes on from there.
type UnfinishedError struct {
	Step     Step
	Old, New string // New is "" while no new key is known
	Err      error
}

// Error names the step, its key and the cause.
func (e *UnfinishedError) Error() string {
	key := e.New
	if e.Step == StepDeactivate || e.Step == StepDelete || key == "" {
		key = e.Old
	}
	return fmt.Sprintf("key rotation: %s %s: %v", e.Step, shown(key), e.Err)
}

// Unwrap returns the cause.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// JournalError is a journal that cannot be read.
type JournalError struct {
	Why   string
	Newer bool // written by a newer latchkey
}

// Error says what is wrong with it.
func (e *JournalError) Error() string { return "journal of the key rotation: " + e.Why }

func shown(s string) string { return display.Text(s, 128) }
