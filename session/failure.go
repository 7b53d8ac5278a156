package session

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// failure is the record of a fetch that failed, for those who were waiting.
//
// Whether a waiter began before the failure is not told by times, which are not
// exact enough and can be set: it began before if it has seen another record
// than this one.
type failure struct {
	kind failureKind
	id   [8]byte // random
	at   time.Time
	// linger is how long those who come later share it too.
	linger time.Duration
	// holder is who failed, text the failure.
	holder, text string
}

type failureKind byte

const (
	// own: the failure concerns only the process that had it.
	own failureKind = iota + 1
	// common: it is the failure of all who waited.
	common
	// cancelled: a person said no.
	cancelled
)

// A record is: "lkfail" and the format's number in 2 bytes, the kind in one
// byte, the random id in 8, the time in microseconds since 1970 in 8, the
// lingering in milliseconds in 2, then holder and text, each after its length in
// 2 bytes.
const (
	failureMagic  = "lkfail"
	failureSuffix = ".failed"
	maxFailure    = 8 << 10
	maxText       = 4 << 10
)

func (f *failure) encode() []byte {
	data := binary.BigEndian.AppendUint16([]byte(failureMagic), format)
	data = append(data, byte(f.kind))
	data = append(data, f.id[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(f.at.UnixMicro()))
	data = binary.BigEndian.AppendUint16(data, uint16(min(f.linger.Milliseconds(), math.MaxUint16)))
	for _, text := range [...]string{f.holder, f.text} {
		data = append(binary.BigEndian.AppendUint16(data, uint16(len(text))), text...)
	}
	return data
}

// parseFailure returns nil for anything that is no record.
func parseFailure(data []byte) *failure {
	const fixed = 27
	if len(data) < fixed || string(data[:6]) != failureMagic || binary.BigEndian.Uint16(data[6:]) != format {
		return nil
	}
	f := &failure{kind: failureKind(data[8]), id: [8]byte(data[9:]), at: moment(data[17:]),
		linger: time.Duration(binary.BigEndian.Uint16(data[25:])) * time.Millisecond}
	if f.kind < own || f.kind > cancelled {
		return nil
	}
	rest := string(data[fixed:])
	for _, text := range [...]*string{&f.holder, &f.text} {
		if len(rest) < 2 {
			return nil
		}
		size := int(rest[0])<<8 | int(rest[1])
		if len(rest) < 2+size {
			return nil
		}
		*text, rest = rest[2:2+size], rest[2+size:]
	}
	if rest != "" {
		return nil
	}
	return f
}

func (s *Store) failureFile(key string) string {
	return filepath.Join(s.opts.Locks, key+failureSuffix)
}

// failure reads the last failure; nil if none is known.
func (p *shared) failure() *failure {
	data, err := content(p.store.failureFile(p.about.Key), maxFailure)
	if err != nil {
		return nil
	}
	return parseFailure(data)
}

// concerns reports whether f happened after before was the last record, and is
// the failure of all who waited.
func (f *failure) concerns(before *failure) bool {
	return f != nil && f.kind != own && (before == nil || f.id != before.id)
}

// shared is the failure as those see it who waited.
func (s *Store) shared(f *failure) error {
	switch {
	case f.kind == cancelled:
		return &SharedError{Holder: f.holder, Err: context.Canceled}
	case s.opts.Decode != nil:
		return &SharedError{Holder: f.holder, Err: s.opts.Decode(f.text)}
	}
	return &SharedError{Holder: f.holder, Err: errors.New(f.text)}
}

// paused reports whether a failure is so recent that it is not tried again
// while the old credentials serve. must says that they will not for long: then
// failures of other processes alone do not count.
func (p *shared) paused(f *failure, must bool) bool {
	return f != nil && (!must || f.kind != own) && p.age(f) < pauseAfter
}

// age of a failure; one of the future, from before the clock was set back, is
// as old as can be.
func (p *shared) age(f *failure) time.Duration {
	if age := p.store.opts.Now().Sub(f.at); age >= 0 {
		return age
	}
	return math.MaxInt64
}

// fail records a failure and returns it as the caller gets it. One of this
// process alone only matters where there is a session that could be renewed again
// and again: a crowd that nobody can be asked for ends sooner without.
func (p *shared) fail(ctx context.Context, held *entry, err error) error {
	f := &failure{kind: own, at: p.store.opts.Now(), holder: lockfile.Holder(p.lockFile())}
	rand.Read(f.id[:]) // never fails: the program would end
	switch {
	case errors.Is(err, context.Canceled):
		var no *declined
		if errors.As(err, &no) || ctx.Err() == nil || p.about.Prompts && !terminated(ctx) {
			f.kind = cancelled
			err = &declined{err}
		}
	case ctx.Err() == nil && !Quiet(ctx):
		text, ok := p.store.encode(err)
		if ok && len(text) <= maxText {
			f.kind, f.text = common, text
			if p.store.opts.Linger != nil {
				f.linger = p.store.opts.Linger(err)
			}
		}
	}
	if f.kind == own && held == nil {
		return err
	}
	// Without the record each waiter tries itself, which is all that is lost.
	_ = atomicfile.Write(p.store.failureFile(p.about.Key), f.encode(), 0o600)
	return err
}

func (s *Store) encode(err error) (string, bool) {
	if s.opts.Encode != nil {
		return s.opts.Encode(err)
	}
	return display.Text(err.Error(), maxText/utf8.UTFMax), true
}

// Declined marks the cancellation of a question, which is the answer of a person
// to all who wait for it, as opposed to the end of one caller's work. Ctx is that
// of the question.
func Declined(ctx context.Context, err error) error {
	if terminated(ctx) {
		return err
	}
	return &declined{err}
}

type declined struct{ err error }

func (e *declined) Error() string { return e.err.Error() }
func (e *declined) Unwrap() error { return e.err }

// terminated reports whether ctx ended because this process was told to end, by
// the cause that it was cancelled with: one with Terminated() bool.
func terminated(ctx context.Context) bool {
	var cause interface{ Terminated() bool }
	return errors.As(context.Cause(ctx), &cause) && cause.Terminated()
}
