//go:build !unix

// Package diskfile opens files of the disk for reading.
package diskfile

import "os"

// File is an open file.
type File struct{ file *os.File }

// Open opens a file for reading. Errors are *fs.PathError.
func Open(path string) (File, error) {
	file, err := os.Open(path)
	return File{file}, err
}

// Read implements io.Reader. Errors are io.EOF and *fs.PathError.
func (f File) Read(p []byte) (int, error) { return f.file.Read(p) }

// Close closes the file; nothing can have been lost.
func (f File) Close() { _ = f.file.Close() }
