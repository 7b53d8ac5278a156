package authcode

import (
	"context"
	"errors"
)

// Accompany shows a person where to go while wait waits for what comes of it,
// and returns wait's error when both have ended. The context of both ends when
// wait does. An error of show ends the wait, and is returned, only if it is
// [context.Canceled]: a page that could not be opened can be opened by hand.
func Accompany(ctx context.Context, show, wait func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		if err := show(ctx); errors.Is(err, context.Canceled) {
			end(err)
		}
	}()
	err := wait(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	end(nil)
	<-shown
	return err
}
