package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// endings are the signals that end the program, without those that it was
// started to ignore: nohup means SIGHUP, and a shell's background job SIGINT.
func endings(more ...os.Signal) []os.Signal {
	var heeded []os.Signal
	for _, s := range append(more, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) {
		if !signal.Ignored(s) {
			heeded = append(heeded, s)
		}
	}
	return heeded
}

// interruptible returns a context that ends with SIGINT, SIGTERM or SIGHUP, so
// that what a step has started is ended before the program is. Its cause tells
// Ctrl-C, by which a person declines, from the others.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	heeded := endings()
	if len(heeded) == 0 {
		return ctx, func() { cancel(nil) }
	}
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, heeded...)
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			cancel(ended{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}

// ended is the signal that ended the program's work.
type ended struct{ signal os.Signal }

func (e ended) Error() string { return e.signal.String() }

// Terminated reports whether it was another signal than that of Ctrl-C.
func (e ended) Terminated() bool { return e.signal != os.Interrupt }

// heedBrokenPipes makes writing to a pipe that nobody reads an error instead of
// the end of the program, so that it can put its temporary files away.
func heedBrokenPipes() (restore func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}
