package sandbox

import (
	"errors"
	"fmt"
	"os"
	"reflect"
)

// maxWorld bounds a world file, in bytes.
const maxWorld = 1 << 20

// WorldError is one mistake in a world file.
type WorldError struct {
	File    string // "world" where the text had no file
	Line    int    // from 1
	Message string
}

// Error returns "FILE:LINE: message".
func (e *WorldError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// LoadWorld reads a world file. Mistakes in it are *WorldError values, joined
// with [errors.Join] where there are several.
func LoadWorld(path string) (*World, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	return parseWorld(path, data)
}

// ParseWorld reads a world from YAML; see [LoadWorld].
func ParseWorld(data []byte) (*World, error) { return parseWorld("world", data) }

func parseWorld(file string, data []byte) (*World, error) {
	if len(data) > maxWorld {
		return nil, &WorldError{file, 1, fmt.Sprintf("is longer than %d bytes", maxWorld)}
	}
	body, err := readTree(file, data)
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, &WorldError{file, 1, "holds no world, or more than one"}
	}
	c := &checker{file: file, root: body}
	var w World
	c.fill(body, reflect.ValueOf(&w).Elem())
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	if w.IdentityCenter != nil && w.IdentityCenter.Region == "" {
		w.IdentityCenter.Region = w.Region
	}
	c.world(&w)
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return &w, nil
}
