package tty

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// look is how long a look at the console waits for a key.
const look = 20 * time.Millisecond

// rawDevice is the console while it gives every key at once, as sequences that
// other terminals send too.
type rawDevice struct {
	device  *device
	in, out uint32 // the modes before
	reads   chan typed
	open    bool // a read is under way
}

type typed struct {
	b   []byte
	err error
}

// raw has the console give every key at once and show none.
func (d *device) raw() (*rawDevice, error) {
	r := &rawDevice{device: d, reads: make(chan typed, 1)}
	in, out := windows.Handle(d.in.Fd()), windows.Handle(d.out.Fd())
	for _, m := range []struct {
		console windows.Handle
		mode    *uint32
	}{{in, &r.in}, {out, &r.out}} {
		if err := windows.GetConsoleMode(m.console, m.mode); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
		}
	}
	asking := r.in&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_PROCESSED_INPUT|windows.ENABLE_ECHO_INPUT) | windows.ENABLE_VIRTUAL_TERMINAL_INPUT
	if err := windows.SetConsoleMode(out, r.out|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	if err := windows.SetConsoleMode(in, asking); err != nil {
		_ = windows.SetConsoleMode(out, r.out)
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	return r, nil
}

// read returns what has been typed, after a short while also nothing. Windows has
// no way to end a read, which is why it begins only when there is something to
// read; what is there may be no key, though, and then the goroutine waits for the
// next key, or the end of the process.
func (r *rawDevice) read(ctx context.Context) (b []byte, lost bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if !r.open {
		event, err := windows.WaitForSingleObject(windows.Handle(r.device.in.Fd()), uint32(look/time.Millisecond))
		if err != nil {
			return nil, false, fmt.Errorf("%w: %v", ErrEnded, err)
		}
		if event != windows.WAIT_OBJECT_0 {
			return nil, false, nil
		}
		r.open = true
		go func() {
			chunk := make([]byte, 256)
			n, err := r.device.in.Read(chunk)
			r.reads <- typed{chunk[:n], err}
		}()
	}
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case t := <-r.reads:
		r.open = false
		if t.err != nil {
			return nil, false, ErrEnded
		}
		return t.b, false, nil
	case <-timer.C:
		return nil, false, nil
	}
}

// leave writes the end and puts the console's modes back.
func (r *rawDevice) leave(end string, failed bool) {
	in, out := windows.Handle(r.device.in.Fd()), windows.Handle(r.device.out.Fd())
	_, _ = r.device.out.WriteString(end)
	if failed {
		_ = windows.FlushConsoleInputBuffer(in)
	}
	_ = windows.SetConsoleMode(in, r.in)
	_ = windows.SetConsoleMode(out, r.out)
}

// putBack drops what was read too much: the next question reads the console itself.
func (d *device) putBack([]byte) {}

// size returns the size of the console's window, zero where it is not known.
func (d *device) size() (columns, rows int) {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(d.out.Fd()), &info); err != nil {
		return 0, 0
	}
	return int(info.Window.Right-info.Window.Left) + 1, int(info.Window.Bottom-info.Window.Top) + 1
}

// write writes all of the text.
func (d *device) write(_ context.Context, text string) error {
	if _, err := d.out.WriteString(text); err != nil {
		return fmt.Errorf("%w: %v", ErrEnded, err)
	}
	return nil
}
