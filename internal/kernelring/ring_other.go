//go:build !linux

package kernelring

import (
	"errors"
	"fmt"
)

func read(string) ([]byte, error) { return nil, unavailable() }

func write(string, []byte, int) error { return unavailable() }

func remove(string) error { return unavailable() }

func unavailable() error { return fmt.Errorf("%w: %w", ErrUnavailable, errors.ErrUnsupported) }
