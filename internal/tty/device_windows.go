package tty

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// device is the console of the process.
type device struct{ in, out *os.File }

func openDevice() (*device, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	return &device{in, out}, nil
}

func (d *device) close() error {
	_ = d.in.Close()
	return d.out.Close()
}

// question writes the prompt and reads a line, with its end.
func (d *device) question(ctx context.Context, prompt string, hidden bool) (line string, err error) {
	console := windows.Handle(d.in.Fd())
	var saved uint32
	if err := windows.GetConsoleMode(console, &saved); err != nil {
		return "", fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	asking := saved | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT | windows.ENABLE_ECHO_INPUT
	if hidden {
		asking &^= windows.ENABLE_ECHO_INPUT
	}
	defer func() {
		if err != nil {
			_ = windows.FlushConsoleInputBuffer(console)
		}
		_ = windows.SetConsoleMode(console, saved)
		if hidden || err != nil {
			_, _ = d.out.WriteString("\r\n") // no Enter was seen
		}
	}()
	if err := windows.SetConsoleMode(console, asking); err != nil {
		return "", fmt.Errorf("%w: %v", ErrNoTerminal, err)
	}
	if _, err := d.out.WriteString(prompt); err != nil {
		return "", fmt.Errorf("%w: %v", ErrEnded, err)
	}
	return d.read(ctx)
}

// read returns the next line. Windows has no way to end the read of a line, so
// when ctx ends, the goroutine stays until Enter is pressed or, which is the
// rule after Ctrl-C, until the process ends.
func (d *device) read(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	results := make(chan result, 1)
	go func() {
		line, err := d.line()
		results <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-results:
		if err := ctx.Err(); err != nil {
			return "", err // Ctrl-C ends the read too
		}
		return r.line, r.err
	}
}

// line reads up to the end of a line and not a byte beyond it.
func (d *device) line() (string, error) {
	var line []byte
	var one [1]byte
	for len(line) <= lineLimit {
		n, err := d.in.Read(one[:])
		if err != nil || n == 0 {
			return "", ErrEnded
		}
		line = append(line, one[0])
		if one[0] == '\n' {
			return string(line), nil
		}
	}
	return "", errTooLong
}
