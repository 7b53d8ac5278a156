package provider

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxToken bounds a token file; the largest OIDC tokens have a few KiB.
const maxToken = 64 << 10

// readToken reads a whole token file, as it is.
func readToken(source, path string) (string, error) {
	fail := func(why string, err error) (string, error) {
		return "", &TokenFileError{Source: source, Path: path, Why: why, Err: err}
	}
	info, err := os.Stat(path)
	if err != nil {
		return fail(fileTrouble(err), err)
	}
	// Opening a pipe that nobody writes to would wait for ever.
	if !info.Mode().IsRegular() {
		return fail("it is not a regular file", nil)
	}
	file, err := os.Open(path)
	if err != nil {
		return fail(fileTrouble(err), err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	if err != nil {
		return fail(fileTrouble(err), err)
	}
	if len(data) > maxToken {
		return fail("it is larger than 64 KiB", nil)
	}
	return string(data), nil
}

// fileTrouble returns the cause without the path, which stands before it.
func fileTrouble(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no such file"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func trimASCII(s string) string { return strings.Trim(s, " \t\r\n\v\f") }
