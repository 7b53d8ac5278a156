//go:build !linux

package kernelring_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/kernelring"
)

func TestOtherSystems(t *testing.T) {
	t.Parallel()
	var ring kernelring.Ring
	_, err := ring.Read("n")
	for _, err := range []error{err, ring.Write("n", []byte("y"), time.Second), ring.Remove("n")} {
		if !errors.Is(err, kernelring.ErrUnavailable) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v, want unavailable and unsupported", err)
		}
	}
}
