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
// that what a step has started is ended before the program is.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	heeded := endings()
	if len(heeded) == 0 {
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, heeded...)
}

// heedBrokenPipes makes writing to a pipe that nobody reads an error instead of
// the end of the program, so that it can put its temporary files away.
func heedBrokenPipes() (restore func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}
