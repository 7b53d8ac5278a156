package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// beat is how often the provider is asked, which renews ahead of the expiry
	// when it is time. Timers do not run while the machine sleeps, so no long one
	// is set.
	beat = 10 * time.Second
	// patience is how long a request waits for credentials: botocore gives up after
	// two seconds, the metadata service's clients after one.
	patience = 900 * time.Millisecond
	// After a failure requests do not have the provider asked again before
	// firstPause, which doubles to longestPause.
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Second
	// askPause is how long a person who has been asked is left alone.
	askPause = 30 * time.Second
)

// keeper keeps the credentials of one source current. One call of the provider is
// under way at a time; it belongs to the keeper, so that a request that goes away
// takes nothing from the others.
type keeper struct {
	source  Source
	now     func() time.Time
	ctx     context.Context // ends with the server
	current atomic.Pointer[snapshot]
	work    sync.WaitGroup

	mu       sync.Mutex
	flight   *flight // the call under way
	err      error   // of the last call
	person   bool    // which only a person can end
	failures int     // in a row
	next     time.Time
	asking   bool      // a person is being asked
	askNext  time.Time // and not again before
	ended    bool
}

// flight is one call of the provider.
type flight struct {
	requested bool // somebody waits; guarded by the keeper's lock
	done      chan struct{}
	err       error // set before done is closed, and so is person
	person    bool
}

// unavailable says why there are no credentials, in words that may be shown to
// whoever asks.
type unavailable struct {
	code, message string
	after         time.Duration
}

func newKeeper(ctx context.Context, source Source, now func() time.Time) *keeper {
	return &keeper{source: source, now: now, ctx: ctx}
}

// begin renews in the background until the server ends.
func (k *keeper) begin() {
	k.work.Add(1)
	go func() {
		defer k.work.Done()
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for {
			select {
			case <-k.ctx.Done():
				return
			case <-ticker.C:
			}
			if k.current.Load() != nil || k.troubled() { // something was asked for
				k.fetch(false)
			}
		}
	}()
}

// end waits for all that the keeper has begun. The context has ended before.
func (k *keeper) end() {
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
	k.work.Wait()
}

// get returns credentials that may be handed out, or why there are none, soon.
func (k *keeper) get(ctx context.Context) (*snapshot, *unavailable) {
	if s := k.current.Load(); s.serves(k.now()) {
		return s, nil
	}
	if f := k.fetch(true); f != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-f.done:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if s := k.current.Load(); s.serves(k.now()) {
		return s, nil
	}
	return nil, k.why()
}

// wait is get without hurry.
func (k *keeper) wait(ctx context.Context) (*snapshot, error) {
	if s := k.current.Load(); s.serves(k.now()) {
		return s, nil
	}
	f := k.fly(false)
	if f == nil {
		return nil, context.Cause(k.ctx)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.done:
		return k.current.Load(), f.err
	}
}

// fetch has the provider asked, unless it has just failed, and returns the call to
// wait for. requested: somebody wants credentials now, so that a person may be
// asked for them.
func (k *keeper) fetch(requested bool) *flight {
	k.mu.Lock()
	pausing := requested && (k.asking || k.now().Before(k.next))
	if pausing {
		k.turnToPerson()
	}
	k.mu.Unlock()
	if pausing {
		return nil
	}
	return k.fly(requested)
}

// fly starts the call, or returns the one under way. It is nil when the keeper has
// ended.
func (k *keeper) fly(requested bool) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight != nil {
		k.flight.requested = k.flight.requested || requested
	}
	if k.ended || k.flight != nil {
		return k.flight
	}
	f := &flight{requested: requested, done: make(chan struct{})}
	k.flight = f
	k.work.Add(1)
	go func() {
		defer k.work.Done()
		f.person, f.err = k.call()
		k.land(f)
	}()
	return f
}

// call asks the provider once, and whether it takes a person to have it answer.
// Both are somebody else's, and may do as they like: no lock is held meanwhile.
func (k *keeper) call() (person bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			person, err = false, k.panicked()
		}
	}()
	err = k.renew()
	return err != nil && k.source.NeedsPerson != nil && k.source.NeedsPerson(err), err
}

func (k *keeper) renew() error {
	creds, err := k.source.Provider.Retrieve(k.ctx)
	if s := k.current.Load(); err != nil || s.is(creds) && s.serves(k.now()) {
		return err
	}
	s, err := newSnapshot(k.source.Name, creds, k.now())
	if err != nil {
		return err
	}
	k.current.Store(s)
	return nil
}

// panicked does not say how: there could be a secret in it.
func (k *keeper) panicked() error { return errors.New(k.source.Name + ": the provider panicked") }

// land settles a call, and has a person asked if it takes one.
func (k *keeper) land(f *flight) {
	serving := k.current.Load().serves(k.now())
	k.mu.Lock()
	k.flight, k.err, k.person = nil, f.err, f.person
	if f.err == nil {
		k.failures, k.next = 0, time.Time{}
	} else {
		k.next = k.now().Add(min(longestPause, firstPause<<min(k.failures, 8)))
		k.failures++
	}
	if f.requested && !serving {
		k.turnToPerson()
	}
	k.mu.Unlock()
	close(f.done)
	if f.err != nil {
		k.tell(f.err, serving)
	}
}

// tell has the program know of a failure, unless that is the end.
func (k *keeper) tell(err error, serving bool) {
	if k.ctx.Err() == nil && k.source.Failed != nil {
		k.source.Failed(err, serving)
	}
}

// turnToPerson has a person asked, and the provider after it, where that is what
// the credentials wait for. It is called with the lock.
func (k *keeper) turnToPerson() {
	if k.asking || k.ended || k.source.Ask == nil || !k.person || k.now().Before(k.askNext) {
		return
	}
	why := k.err
	k.asking = true
	k.work.Add(1)
	go func() {
		defer k.work.Done()
		k.ask(why)
		k.mu.Lock()
		k.asking, k.askNext = false, k.now().Add(askPause)
		k.mu.Unlock()
		k.fly(false)
	}()
}

// ask returns when a person has been asked.
func (k *keeper) ask(why error) {
	defer func() {
		if p := recover(); p != nil {
			k.tell(k.panicked(), k.current.Load().serves(k.now()))
		}
	}()
	k.source.Ask(k.ctx, why)
}

// troubled reports whether the last call has failed.
func (k *keeper) troubled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err != nil
}

// why there are no credentials. What the provider says is for the person who runs
// the server, not for whoever asks it.
func (k *keeper) why() *unavailable {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := &unavailable{CodePending, "the credentials of " + k.source.Name + " are being fetched", min(longestPause, max(time.Second, k.next.Sub(k.now())))}
	if k.err == nil && !k.asking {
		return u
	}
	u.code, u.message = "CredentialsUnavailable", "the credentials of "+k.source.Name+" could not be renewed"
	if k.asking || k.person {
		u.code, u.message = CodePerson, "the credentials of "+k.source.Name+" wait for a person"
	}
	if k.source.Hint != "" {
		u.message += "; " + k.source.Hint
	}
	return u
}
