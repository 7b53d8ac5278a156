//go:build unix

package tty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/pause"
)

// lastWords is how long a terminal that takes nothing is waited for at the end.
const lastWords = 200 * time.Millisecond

// rawDevice is the terminal while it gives every key at once.
type rawDevice struct {
	device        *device
	saved, asking *unix.Termios
	chunk         [256]byte
}

// raw has the terminal give every key at once and show none. What is written
// goes through as before.
func (d *device) raw() (*rawDevice, error) {
	if err := d.foreground(); err != nil {
		return nil, err
	}
	saved, err := unix.IoctlGetTermios(d.fd, getModes)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	asking := *saved
	asking.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	asking.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	asking.Cc[unix.VMIN], asking.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(d.fd, setModes, &asking); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	return &rawDevice{device: d, saved: saved, asking: &asking}, nil
}

// read returns what has been typed, after a short while also nothing. lost says
// that somebody else has had the terminal: a shell, when the job was stopped.
func (r *rawDevice) read(ctx context.Context) (b []byte, lost bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	d := r.device
	if err := d.foreground(); err != nil {
		return nil, false, err
	}
	if b, d.rest = d.rest, nil; len(b) > 0 {
		return b, false, nil
	}
	n, err := unix.Read(d.fd, r.chunk[:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		lost = d.keep(r.asking)
		_ = pause.For(ctx, between)
		return nil, lost, nil
	case err != nil:
		return nil, false, fmt.Errorf("%w: %v", ErrEnded, err)
	case n == 0:
		return nil, false, ErrEnded
	}
	return r.chunk[:n], false, nil
}

// leave writes the end and puts the terminal's modes back. What was typed for a
// list that nobody picks from any more must not become the shell's next command.
func (r *rawDevice) leave(end string, failed bool) {
	if r.device.foreground() != nil {
		return // the terminal is somebody else's now, and so are its modes
	}
	how := uint(setModes)
	if failed {
		how = setModesAndFlush
		r.device.rest = nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	_ = r.device.write(ctx, end)
	_ = unix.IoctlSetTermios(r.device.fd, how, r.saved)
}

// putBack gives back what was read too much, for the next question. Enter is what
// the terminal would have made of it.
func (d *device) putBack(typed []byte) { d.rest = bytes.ReplaceAll(typed, []byte("\r"), []byte("\n")) }

// size returns the size of the terminal, zero where it is not known.
func (d *device) size() (columns, rows int) {
	size, err := unix.IoctlGetWinsize(d.fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
