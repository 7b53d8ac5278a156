package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
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
	body, err := readNode(data)
	if err != nil {
		return nil, yamlError(file, err)
	}
	if body == nil {
		return nil, &WorldError{file, 1, "holds no world, or more than one"}
	}
	c := &checker{file: file, root: body}
	c.keys(body, reflect.TypeFor[World]())
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	var w World
	if err := body.Decode(&w); err != nil {
		return nil, yamlError(file, err)
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

// readNode reads the one document of a file; nil if there is none, or another.
func readNode(data []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := d.Decode(&first); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	switch err := d.Decode(&second); {
	case err == nil:
		return nil, nil
	case err != io.EOF:
		return nil, err
	}
	return first.Content[0], nil
}

// yamlError turns an error of the YAML library into one with our file and line.
// The library writes the line into its text.
func yamlError(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var several *yaml.TypeError
	if errors.As(err, &several) {
		text = several.Errors[0]
	}
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, message, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			line, text = n, message
		}
	}
	return &WorldError{file, line, text}
}
