package mfa

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// textLimit is how much of a text from elsewhere is shown, in characters.
const textLimit = 200

var (
	// ErrNobody says that no source has a code for the device. A source
	// returns it to leave the request to the next one, such as a prompt
	// without a terminal.
	ErrNobody = errors.New("nobody there to give an mfa code")
	// ErrFormat says that a code is not six digits.
	ErrFormat = errors.New("not six digits")
	// ErrSeed says that a TOTP seed is not base32.
	ErrSeed = errors.New("totp seed is not base32")
)

// UsedError says that a source has only a code that was given out before.
type UsedError struct {
	// Serial is the device, Source where the code came from, such as
	// TOTP_CODE.
	Serial, Source string
	// Next is when the device shows another code.
	Next time.Time
}

func (e *UsedError) Error() string {
	return fmt.Sprintf("the code of %s has been used already, and aws takes each code once; the next one comes at %s",
		display.Text(e.Source, textLimit), e.Next.Format("15:04:05 MST"))
}

// BusyError says that another process, which it names, gets a code of the device and
// was waited for in vain: one that gave no sign of life for 30 s, since it was
// stopped, or took longer than 5 min.
type BusyError = lockfile.BusyError

// SourceError is a source that failed.
type SourceError struct {
	// Source is its name, such as mfa_process.
	Source string
	// Err is the cause: [ErrFormat], [ErrSeed], or what the source said.
	Err error
}

func (e *SourceError) Error() string {
	return fmt.Sprintf("mfa code from %s: %v", display.Text(e.Source, textLimit), e.Err)
}

func (e *SourceError) Unwrap() error { return e.Err }

// failure names the source, but not for what the caller did or decides.
func (s Source) failure(ctx context.Context, err error) error {
	if errors.Is(err, ErrNobody) || ctx.Err() != nil {
		return err
	}
	return &SourceError{s.name, err}
}
