// Package mfa owns the codes of MFA devices: where one comes from, and that none
// is given out twice.
//
// AWS accepts each code once, over all calls. So asking runs under a lock of the
// device that holds between processes, and the codes given out last are
// remembered. The package must not know what the codes are sent to.
package mfa

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

// Request says which code is wanted, and what for.
type Request struct {
	// Serial is the serial number or ARN of the device.
	Serial string
	// Profile and Reason are shown to the person who is asked, such as "prod"
	// and "for role deploy". Either may be "".
	Profile, Reason string
	// Quiet says that the code is not needed yet: no person is asked, no command
	// is run, and nothing is waited for.
	Quiet bool
}

// Options say where and how [Codes] work.
type Options struct {
	// Folder holds the locks and what is remembered of codes, three small files
	// a device; it is made with mode 0700. "" remembers in this process only.
	Folder string
	// Now is the clock, best one that agrees with AWS's. It is required.
	Now func() time.Time
	// Sleep waits for d or the end of ctx, whose error it returns then; nil is
	// a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Waiting is told how long the next code is waited for; may be nil.
	Waiting func(d time.Duration)
	// Busy is told, once a request and after one second, who holds the device's
	// lock, such as "process 42 (latchkey)"; may be nil.
	Busy func(holder string)
	// Warn is told what went wrong without withholding a code: a folder that
	// cannot be written to, a damaged file. May be nil.
	Warn func(error)
}

// Codes gives codes out. It is safe for use by several goroutines, and asks for
// one code at a time.
type Codes struct {
	o       Options
	sources []Source
	turn    chan struct{} // of asking, which takes long

	mu    sync.Mutex
	given map[string][]use // by device
}

// New returns the codes of sources, which are asked in order: the first that has
// a code for the device gives it.
func New(o Options, sources ...Source) *Codes {
	if o.Sleep == nil {
		o.Sleep = pause.For
	}
	if o.Waiting == nil {
		o.Waiting = func(time.Duration) {}
	}
	if o.Busy == nil {
		o.Busy = func(string) {}
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	return &Codes{o: o, sources: sources, turn: make(chan struct{}, 1), given: map[string][]use{}}
}

// Code returns six digits that have not been given out before for the device.
// It counts as used from then on, whether or not it is sent. A source that can
// give another one is waited for or asked again; after a [Fixed] one that was used
// the next sources have their turn. Whoever asks a person, runs a command or waits
// for the next code has the device for itself; other codes need not wait for that.
//
// Errors: [ErrNobody], wrapped, if no source has a code for the device;
// *[UsedError]; *[SourceError]; *[BusyError], wrapped; that of ctx.
func (c *Codes) Code(ctx context.Context, r Request) (secret.Text, error) {
	q := query{Request: r}
	none := ErrNobody
	for _, source := range c.sources {
		if !source.serves(r) {
			continue
		}
		code, err := c.fresh(ctx, q, source)
		var used *UsedError
		switch {
		case errors.Is(err, ErrNobody):
		case source.attempts == oneCode && errors.As(err, &used):
			none, q.note = err, usedNote(untilNext(c.o.Now()))
		default:
			return code, err
		}
	}
	return secret.Text{}, none
}

// fresh gets a code out of one source that was not given out before, and
// remembers it before it leaves: a process that is killed in between has wasted
// a code, and the other way round one could be sent twice.
func (c *Codes) fresh(ctx context.Context, q query, source Source) (secret.Text, error) {
	r := q.Request
	for ; ; q.attempt++ {
		if source.disturbs && q.attempt == 0 || !source.disturbs && q.attempt == 1 {
			release, err := c.lock(ctx, r, source)
			if err != nil {
				return secret.Text{}, err
			}
			defer release()
		}
		q.now = c.o.Now()
		code, err := source.get(ctx, q)
		now := c.o.Now() // a person may have taken minutes
		left := untilNext(now)
		last := q.attempt+1 >= source.attempts || r.Quiet
		switch {
		case source.person && errors.Is(err, ErrFormat) && !last:
			q.note = "that was not six digits"
			continue
		case err != nil:
			return secret.Text{}, source.failure(ctx, err)
		}
		switch ok, err := c.claim(ctx, r.Serial, source, code, now); {
		case err != nil:
			return secret.Text{}, err
		case ok:
			return code, nil
		case last:
			return secret.Text{}, &UsedError{Serial: r.Serial, Source: source.name, Next: now.Add(left)}
		case source.person:
			q.note = usedNote(left)
		default:
			c.o.Waiting(left)
			if err := c.o.Sleep(ctx, left); err != nil {
				return secret.Text{}, err
			}
		}
	}
}

func usedNote(left time.Duration) string {
	return fmt.Sprintf("that code has been used, the next one comes in %d s", (left+time.Second-1)/time.Second)
}
