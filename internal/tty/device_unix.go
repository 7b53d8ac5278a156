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

// between is how long a look at the terminal waits for the next one. It bounds how
// late a cancelled context is seen.
const between = 20 * time.Millisecond

// device is /dev/tty, opened a second time without blocking: that way a read
// ends with its context, on every system (macOS can neither poll nor kqueue it).
type device struct {
	fd   int
	rest []byte // what was read beyond a line
}

func openDevice() (*device, error) {
	for {
		fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: /dev/tty: %v", ErrNoTerminal, err)
		}
		d := &device{fd: fd}
		if err := d.foreground(); err != nil {
			_ = d.close()
			return nil, err
		}
		return d, nil
	}
}

func (d *device) close() error { return unix.Close(d.fd) }

// foreground fails in a background job: the kernel stops one that reads from
// the terminal or changes its modes, and it would hang without a word.
func (d *device) foreground() error {
	group, err := unix.IoctlGetInt(d.fd, unix.TIOCGPGRP)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	if group != unix.Getpgrp() {
		return fmt.Errorf("%w: a background job", ErrNoTerminal)
	}
	return nil
}

// question writes the prompt and reads a line, with its end.
func (d *device) question(ctx context.Context, prompt string, hidden bool) (line string, err error) {
	if err := d.foreground(); err != nil {
		return "", err
	}
	saved, err := unix.IoctlGetTermios(d.fd, getModes)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	asking := *saved
	asking.Iflag = asking.Iflag&^(unix.IGNCR|unix.INLCR) | unix.ICRNL
	asking.Lflag |= unix.ICANON | unix.ISIG | unix.ECHO | unix.ECHOE
	if hidden {
		asking.Lflag &^= unix.ECHO | unix.ECHONL
	}
	defer func() { d.restore(saved, hidden, err) }()
	// The modes come first: who answers at the prompt's sight is hidden already.
	if err := unix.IoctlSetTermios(d.fd, setModes, &asking); err != nil {
		return "", fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	if err := d.write(ctx, prompt); err != nil {
		return "", err
	}
	return d.read(ctx, &asking)
}

// restore puts the terminal's modes back. What was typed of an answer that
// nobody reads any more must not become the shell's next command.
func (d *device) restore(saved *unix.Termios, hidden bool, failure error) {
	if d.foreground() != nil {
		return // the terminal is somebody else's now, and so are its modes
	}
	how := uint(setModes)
	if failure != nil {
		how = setModesAndFlush
		d.rest = nil
	}
	_ = unix.IoctlSetTermios(d.fd, how, saved)
	if hidden || failure != nil {
		_, _ = unix.Write(d.fd, []byte("\n")) // no Enter was seen
	}
}

// read returns the next line. It looks again and again instead of waiting in
// the kernel: for the end of ctx, and for having become a background job.
func (d *device) read(ctx context.Context, asking *unix.Termios) (string, error) {
	line := d.rest
	d.rest = nil
	chunk := make([]byte, lineLimit)
	for {
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			d.rest = bytes.Clone(line[end+1:])
			return string(line[:end+1]), nil
		}
		if len(line) > lineLimit {
			return "", errTooLong
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if err := d.foreground(); err != nil {
			return "", err
		}
		n, err := unix.Read(d.fd, chunk)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			d.keep(asking)
			_ = pause.For(ctx, between)
		case err != nil:
			return "", fmt.Errorf("%w: %v", ErrEnded, err)
		case n == 0:
			return "", ErrEnded
		default:
			line = append(line, chunk[:n]...)
		}
	}
}

// keep sets the modes of the question again: a shell puts its own in when it
// brings a stopped job back (Ctrl-Z, fg), and a secret would be shown. It reports
// whether that was so.
func (d *device) keep(asking *unix.Termios) bool {
	now, err := unix.IoctlGetTermios(d.fd, getModes)
	if err != nil || now.Lflag == asking.Lflag && now.Iflag == asking.Iflag {
		return false
	}
	_ = unix.IoctlSetTermios(d.fd, setModes, asking)
	return true
}

// write writes all of the text, or what can be written until ctx ends.
func (d *device) write(ctx context.Context, text string) error {
	for rest := []byte(text); len(rest) > 0; {
		n, err := unix.Write(d.fd, rest)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			if err := pause.For(ctx, between); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("%w: %v", ErrEnded, err)
		default:
			rest = rest[n:]
		}
	}
	return nil
}
