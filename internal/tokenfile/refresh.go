package tokenfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// Window is the time left below which a token is refreshed.
	Window = 5 * time.Minute
	// Gap is the least time between two tries while the old token lives.
	Gap = time.Minute
	// patience is how long a process waits for another one that refreshes: as
	// long as that one's call may take and a little more, and less than 30 s.
	patience = 29900 * time.Millisecond
	// grace is how long an answer that is on its way is waited for after a
	// cancellation: without it the single-use refresh token would be lost. A
	// person who presses Ctrl-C does not notice.
	grace = 70 * time.Millisecond
)

// ErrExpired says that the token has expired and nothing in the file can
// refresh it.
var ErrExpired = errors.New("expired, and it cannot be refreshed")

// File is one token file.
type File struct {
	// Path of the file.
	Path string
	// LockDir holds the lock and the record of the last try; "" is the file's
	// own folder.
	LockDir string
	// Now is the clock.
	Now func() time.Time
}

// State is what decides whether a document needs a refresh.
type State struct {
	// Expires is when the access token ends.
	Expires time.Time
	// RefreshToken is empty when the document cannot be refreshed.
	RefreshToken secret.Text
}

// Rules say how one kind of token file is understood and refreshed.
type Rules struct {
	// Inspect reads the state of a document.
	Inspect func(*Document) (State, error)
	// Refresh asks for new tokens and puts them into the document, which is a
	// copy. It should fail with *RefreshError.
	Refresh func(context.Context, *Document) error
	// Least is the time left below which the caller wants a refresh; 0 is the
	// routine one at [Window]. A caller that says how long the token must last
	// would have to ask a person otherwise, so it waits for somebody else's
	// refresh although the old token lives, and tries without a [Gap].
	Least time.Duration
}

// enough reports whether left makes a refresh needless.
func (r Rules) enough(left time.Duration) bool { return left > max(r.Least, Window) }

// routine reports whether a living token is good enough to go on with.
func (r Rules) routine() bool { return r.Least <= 0 }

// RefreshError is a refresh that failed. Its texts are recorded in a file for
// waiting processes and must hold no secret.
type RefreshError struct {
	// Refused tells an answer that says no from trouble on the way.
	Refused bool
	// Code is the issuer's code or the reason of the trouble, Text the rest.
	Code, Text string
	// Err is the cause; nil when another process made the call.
	Err error
}

func (e *RefreshError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return e.Code + ": " + e.Text + " (seen by another process)"
}

func (e *RefreshError) Unwrap() error { return e.Err }

// Reason is the code, with the rest in brackets.
func (e *RefreshError) Reason() string {
	if e.Text == "" {
		return e.Code
	}
	return e.Code + " (" + e.Text + ")"
}

// Current returns the document, refreshed when less than [Window] or rules.Least
// is left and that is possible. Exactly one process refreshes; those that still have a
// living token go on with it, the others wait for the answer and share it, or
// the failure. A failure is silent while the old token lives. The new document
// is returned even when it cannot be written.
//
// Errors: as [Read], those of Inspect, [ErrExpired], *[RefreshError], and the
// wrapped error of a ctx that ended.
func (f File) Current(ctx context.Context, rules Rules) (*Document, error) {
	doc, state, err := f.Look(ctx, rules)
	if err != nil || rules.enough(f.left(state)) {
		return doc, err
	}
	alive := f.left(state) > 0
	if state.RefreshToken.Empty() {
		return unlessDead(doc, alive, ErrExpired)
	}
	if alive && rules.routine() && f.lastTry().recent(f.Now(), state) {
		return doc, nil
	}
	began := f.Now()
	lock, waited, err := f.lock(ctx, alive && rules.routine())
	switch {
	case errors.Is(err, errBusy):
		return doc, nil
	case err != nil:
		return unlessDead(doc, alive && ctx.Err() == nil, err)
	case lock != nil:
		defer func() { _ = lock.Release() }()
	case alive:
		// Where no lock can be written the answer could not be kept either,
		// and a refresh would use up the sign-in for nothing.
		return doc, nil
	}
	return f.refresh(ctx, rules, waited, began)
}

func unlessDead(doc *Document, alive bool, err error) (*Document, error) {
	if alive {
		return doc, nil
	}
	return nil, err
}

func (f File) left(s State) time.Duration { return s.Expires.Sub(f.Now()) }

// Stands reports whether a state is of use: it lives, or can be refreshed.
func (f File) Stands(s State) bool { return f.left(s) > 0 || !s.RefreshToken.Empty() }

// Look returns the document as it is, and its state: nothing is refreshed, and no
// lock is taken. Errors: as [Read], and those of Inspect.
func (f File) Look(ctx context.Context, rules Rules) (*Document, State, error) {
	doc, err := Read(ctx, f.Path)
	if err != nil {
		return nil, State{}, err
	}
	state, err := rules.Inspect(doc)
	return doc, state, err
}

// errBusy says that somebody else refreshes.
var errBusy = errors.New("lock is held")

// lock takes the lock. Where no lock can be had at all (a read-only disk, say)
// it returns nil: an expired token is then refreshed unlocked, as by other tools.
// To a caller that does not wait it answers errBusy.
func (f File) lock(ctx context.Context, now bool) (lock *lockfile.Lock, waited bool, err error) {
	path := f.beside(".lock")
	lock, ok, err := lockfile.Try(path)
	if ok || err != nil {
		return lock, false, nil
	}
	if now {
		return nil, false, errBusy
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lock, err = lockfile.Acquire(waiting, path)
	if ctx.Err() != nil && lock == nil {
		return nil, true, fmt.Errorf("token file %s: %w", f.Path, ctx.Err())
	}
	if waiting.Err() != nil && lock == nil {
		return nil, true, fmt.Errorf("token file %s: %s holds %s for more than %v", f.Path, lockfile.Holder(path), path, patience)
	}
	return lock, true, nil
}

// refresh runs under the lock.
func (f File) refresh(ctx context.Context, rules Rules, waited bool, began time.Time) (*Document, error) {
	doc, state, err := f.Look(ctx, rules)
	if err == nil && f.adopt(rules, state) {
		doc, state, err = f.Look(ctx, rules)
	}
	if err != nil || rules.enough(f.left(state)) {
		return doc, err
	}
	alive := f.left(state) > 0
	if state.RefreshToken.Empty() {
		return unlessDead(doc, alive, ErrExpired)
	}
	last := f.lastTry()
	if alive && rules.routine() && last.recent(f.Now(), state) {
		return doc, nil
	}
	if failure := last.failure(state); waited && failure != nil && !last.at.Before(began) {
		return unlessDead(doc, alive, failure)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("token file %s: %w", f.Path, ctx.Err())
	}
	f.record(state, nil)
	next := doc.Clone()
	asking, cancel := withGrace(ctx)
	defer cancel()
	err = f.ask(asking, rules, next)
	if err == nil {
		f.keep(rules, state, next)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("token file %s: %w", f.Path, ctx.Err())
		}
		return next, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("token file %s: %w", f.Path, ctx.Err())
	}
	f.record(state, err)
	if other := f.answerOfOthers(ctx, rules, state, err); other != nil {
		return other, nil
	}
	return unlessDead(doc, f.left(state) > 0, err)
}

// withGrace returns a context that outlives the cancellation of ctx by [grace].
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = pause.For(later, grace)
		cancel()
	})
	return later, func() { stop(); cancel() }
}

// ask refreshes doc and refuses an answer that is of no use.
func (f File) ask(ctx context.Context, rules Rules, doc *Document) error {
	if err := rules.Refresh(ctx, doc); err != nil {
		return err
	}
	state, err := rules.Inspect(doc)
	if err == nil && f.left(state) <= 0 {
		err = errors.New("the new token has expired already")
	}
	if err != nil {
		return &RefreshError{Code: "answer", Text: err.Error(), Err: err}
	}
	return nil
}

// answerOfOthers looks for a token that a program without our lock fetched. Its
// use of the single-use refresh token is why ours was refused, and it may not
// have written the answer yet: a second is what a call and a slow start of Python
// leave between the two.
func (f File) answerOfOthers(ctx context.Context, rules Rules, old State, cause error) *Document {
	looks := 1
	var failure *RefreshError
	if f.left(old) <= 0 && errors.As(cause, &failure) && failure.Refused {
		looks = 10
	}
	for i := range looks {
		if i > 0 && pause.For(ctx, 100*time.Millisecond) != nil {
			return nil
		}
		doc, state, err := f.Look(ctx, rules)
		if err != nil {
			continue
		}
		changed := !state.Expires.Equal(old.Expires) || !state.RefreshToken.Equal(old.RefreshToken)
		if changed && f.left(state) > 0 {
			return doc
		}
	}
	return nil
}

// beside returns the path of the file's companion. It is keyed by the file's
// name, which is a digest of the sign-in, so that all spellings of one folder meet.
func (f File) beside(suffix string) string {
	folder := f.LockDir
	if folder == "" {
		folder = filepath.Dir(f.Path)
	}
	return filepath.Join(folder, strings.TrimSuffix(filepath.Base(f.Path), ".json")+suffix)
}
