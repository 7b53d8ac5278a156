// Package pause owns waiting for a time. It must not know what is waited for.
package pause

import (
	"context"
	"time"
)

// For waits for d or the end of ctx, whose error it returns then.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
