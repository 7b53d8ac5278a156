package mfa

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// PairError says what is wrong with two codes that were to be consecutive ones of a
// device, as far as its seed tells.
type PairError struct {
	Fault PairFault
	// Off is the device's clock minus ours, for [PairClock].
	Off time.Duration
}

// PairFault is a kind of [PairError].
type PairFault string

// The faults.
const (
	PairForeign PairFault = "foreign" // codes of another device, or mistyped
	PairSwapped PairFault = "swapped" // the later one first
	PairApart   PairFault = "apart"   // one was left out between them, or they are the same
	PairClock   PairFault = "clock"   // AWS would not take them: the device's clock is off
)

// Error says what to do.
func (e *PairError) Error() string {
	switch e.Fault {
	case PairSwapped:
		return "the later code came first: give the one that is shown, then the one that comes after it"
	case PairApart:
		return "the two codes do not follow each other: give the one that is shown, then the very next one"
	case PairClock:
		where := "ahead of"
		if e.Off < 0 {
			where = "behind"
		}
		return fmt.Sprintf("the device's clock is %s %s this one: have it set by itself, in the settings for date and time", e.Off.Abs().Round(time.Second), where)
	}
	return "these are not codes of this device: look for the entry that was added just now, and delete older ones of the same name"
}

const (
	// clockSteps is how many codes a device may be off: AWS takes a few more.
	clockSteps = 6
	// searched is how far codes are looked for: a day either way.
	searched = int64(24 * time.Hour / period)
)

// CheckPair holds two typed codes against the seed, so that AWS is not sent what it
// would refuse. now is AWS's clock. Errors: [*PairError], [ErrSeed].
func CheckPair(seed, first, second secret.Text, now time.Time) error {
	at := func(steps int64) (secret.Text, error) { return TOTP(seed, now.Add(time.Duration(steps)*period)) }
	one, two := searched+1, searched+1
	for n := int64(0); n <= searched; n++ { // from now outwards
		for _, steps := range []int64{n, -n} {
			code, err := at(steps)
			if err != nil {
				return err
			}
			if one > searched && code.Equal(first) {
				one = steps
			}
			if two > searched && code.Equal(second) {
				two = steps
			}
		}
	}
	switch {
	case one > searched || two > searched:
		return &PairError{Fault: PairForeign}
	case two == one-1:
		return &PairError{Fault: PairSwapped}
	case two != one+1:
		return &PairError{Fault: PairApart}
	case one < -clockSteps || one > clockSteps:
		return &PairError{Fault: PairClock, Off: time.Duration(one) * period}
	}
	return nil
}

// Pair returns two codes that follow each other, the older one first, as they are
// wanted to enable a device: that of the step before now and that of now, so that
// nobody has to wait. Both count as used. If one was given out before, the next ones
// are waited for. Errors: those of [Codes.Code].
func (c *Codes) Pair(ctx context.Context, serial string, seed secret.Text) (first, second secret.Text, err error) {
	from := Source{name: "the seed"}
	for range waits {
		now := c.o.Now()
		before := now.Add(-period)
		if first, err = TOTP(seed, before); err != nil {
			return first, second, err
		}
		if second, err = TOTP(seed, now); err != nil {
			return first, second, err
		}
		fresh, err := c.claim(ctx, serial, from, first, before)
		if err == nil && fresh {
			fresh, err = c.claim(ctx, serial, from, second, now)
		}
		if err != nil || fresh {
			return first, second, err
		}
		left := untilNext(now)
		c.o.Waiting(left)
		if err := c.o.Sleep(ctx, left); err != nil {
			return first, second, err
		}
	}
	return first, second, &UsedError{Serial: serial, Source: from.name, Next: c.o.Now().Add(untilNext(c.o.Now()))}
}
