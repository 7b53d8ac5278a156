package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// StoreOptions are the settings of a Store.
type StoreOptions struct {
	// Folder holds the sealed sessions, one file each. It is made with mode 0700
	// when the first is kept. Required.
	Folder string
	// Locks holds the locks and the records of failures; "": Folder.
	Locks string
	// Key gives the key that seals the sessions; nil: none is kept.
	Key KeySource
	// Now is this machine's clock, without correction. Required.
	Now func() time.Time
	// Skew is AWS's clock minus this machine's, as far as it is known once
	// credentials have been fetched. Nil: none.
	Skew func() time.Duration
	// Windows replaces the default windows where not zero.
	Windows Windows
	// Jitter returns a number from 0 to 1, by which the advisory window is
	// shortened by up to a tenth. Nil: no jitter.
	Jitter func() float64
	// Waiting is told who is waited for when that has taken a second, once for
	// each wait: "process 42 (latchkey)". Nil: nobody is told.
	Waiting func(holder string)
	// Warn is told what went wrong while there still were credentials to hand
	// out: *DamagedError, *NotKeptError, *RenewalError, or an error of a lock.
	// Each text is told once. Nil: nobody is told.
	Warn func(error)
	// Encode makes a failure into a text for the processes that waited, without
	// secrets; false says that it is no failure of theirs (there was nobody to
	// prompt, say), so that they try themselves. Nil: the error's text.
	Encode func(error) (string, bool)
	// Decode makes the text into an error again. Nil: an error of that text.
	Decode func(string) error
	// Linger says how long a failure is shared even by those who begin later,
	// such as the last of a burst of processes; at most a minute. Nil or 0: they
	// try again.
	Linger func(error) time.Duration
}

// Store shares sessions between the processes of one user: on disk, sealed,
// and with one process fetching while the others wait. It is safe for
// concurrent use. Errors of the disk or of the key never withhold credentials.
type Store struct {
	opts StoreOptions
	// limits are shorter in tests.
	limits lockfile.Limits
	skew   atomic.Int64

	mu    sync.Mutex
	told  map[string]bool
	key   sealingKey // the last one that served
	keyed bool
}

// NewStore makes a Store. It touches nothing yet. It panics if opts.Now is nil.
func NewStore(opts StoreOptions) *Store {
	if opts.Now == nil {
		panic("session: StoreOptions.Now is required")
	}
	if opts.Locks == "" {
		opts.Locks = opts.Folder
	}
	return &Store{opts: opts, limits: lockfile.Usual()}
}

// About says what a session is. All but the key is only for people.
type About struct {
	// Key is the session key: lower-case hex of a digest of all that the
	// credentials depend on. It names the file.
	Key string
	// Kind of the step, Profile that it was first fetched for, Detail such as a
	// role's ARN.
	Kind, Profile, Detail string
	// Minimum is how long the caller needs the credentials: a session that ends
	// earlier is fetched anew. 0: it does not matter.
	Minimum time.Duration
	// Prompts says that fetching may ask a person. Such a session is renewed
	// only when it must be, those who wait are told that somebody is asked, and
	// a cancellation is theirs too.
	Prompts bool
	// Declined is how long a person's no to [Store.Once] also serves those who begin
	// later, such as the last of a burst of processes.
	Declined time.Duration
}

// Wrap returns a provider of p's credentials that shares them under about.Key.
// Every call of its Retrieve looks at the disk; a [Cache] around it does not.
//
// Its errors: those of p; *[SharedError] for the failure of a process that was
// waited for; *[BusyError]; *[ExpiringError]; ctx.Err(). It panics if about.Key
// is not hex.
func (s *Store) Wrap(about About, p aws.CredentialsProvider) aws.CredentialsProvider {
	if !isKey(about.Key) {
		panic("session: About.Key is not lower-case hex")
	}
	return &shared{store: s, about: about, inner: p}
}

// Skew is AWS's clock minus this machine's as the last session that was read or
// kept tells it: what a process knows that has made no call itself.
func (s *Store) Skew() time.Duration { return time.Duration(s.skew.Load()) }

// isKey reports whether key is fit for a file's name.
func isKey(key string) bool {
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(key) >= 16 && len(key) <= 128
}

func (s *Store) file(key string) string     { return filepath.Join(s.opts.Folder, key) }
func (s *Store) lockFile(key string) string { return filepath.Join(s.opts.Locks, key+".lock") }

// warn tells of err unless it has been told.
func (s *Store) warn(err error) {
	if s.opts.Warn == nil {
		return
	}
	text := err.Error()
	s.mu.Lock()
	told := s.told[text]
	if s.told == nil {
		s.told = map[string]bool{}
	}
	s.told[text] = true
	s.mu.Unlock()
	if !told {
		s.opts.Warn(err)
	}
}

// DamagedError is a session file that cannot be trusted. The session is fetched
// anew and the file replaced.
type DamagedError struct{ Path, Why string }

func (e *DamagedError) Error() string { return "session file " + e.Path + " is damaged: " + e.Why }

// NotKeptError says why a session was handed out but not kept for later.
type NotKeptError struct{ Err error }

func (e *NotKeptError) Error() string { return "session not kept: " + e.Err.Error() }

func (e *NotKeptError) Unwrap() error { return e.Err }

// RenewalError is a renewal that failed while the old credentials still serve.
type RenewalError struct {
	Profile string
	// Optional: nobody was asked, because it was not due yet.
	Optional bool
	Expires  time.Time
	Err      error
}

func (e *RenewalError) Error() string {
	return fmt.Sprintf("session of %s not renewed, the old one serves until %s: %s", e.Profile, e.Expires.UTC().Format(time.RFC3339), e.Err)
}

func (e *RenewalError) Unwrap() error { return e.Err }

// BusyError says that another process holds the lock of a session and was
// waited for in vain, or not at all where the renewal was optional.
type BusyError struct {
	Profile string
	// Holder is the process, such as "process 42 (latchkey)".
	Holder string
	// Waited is how long.
	Waited time.Duration
	// Silent says that the holder gave no sign of life: stopped, most likely.
	Silent bool
}

func (e *BusyError) Error() string {
	text := "session of " + e.Profile + ": " + e.Holder + " is fetching it"
	switch {
	case e.Silent:
		return text + " and has shown no sign of life for " + e.Waited.Round(time.Second).String()
	case e.Waited > 0:
		return text + " and is not done after " + e.Waited.Round(time.Second).String()
	}
	return text
}

// SharedError is the failure of the process that was waited for.
type SharedError struct {
	// Holder is that process, such as "process 42 (latchkey)".
	Holder string
	// Err is its failure as StoreOptions.Decode made it, or context.Canceled
	// when its user cancelled.
	Err error
}

func (e *SharedError) Error() string { return e.Err.Error() + " (seen by " + e.Holder + ")" }

func (e *SharedError) Unwrap() error { return e.Err }

// ErrNoKey says that there is no key that sealed sessions yet.
var ErrNoKey = errors.New("no session key yet")

type quietKey struct{}

// Quietly marks an optional renewal: nobody may be asked for anything, and
// nobody waited for, because there are credentials that still serve.
func Quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// Quiet reports whether ctx is of an optional renewal.
func Quiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }
