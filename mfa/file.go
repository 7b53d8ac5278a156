package mfa

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/latchkey-aws/latchkey/internal/display"
)

const (
	// format is the number in each file of this package.
	format = 1
	// fileLimit is the size of the largest file read here, in bytes.
	fileLimit = 16 << 10
)

// DamagedError says that a file of this package cannot be understood. What it
// said counts as forgotten.
type DamagedError struct {
	Path string
	Why  string // fit for a terminal
}

func (e *DamagedError) Error() string { return "mfa file " + e.Path + ": " + e.Why }

// readFile decodes a small JSON file. Errors: *[DamagedError], that of opening
// or reading it.
func readFile(path string, value any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, fileLimit+1))
	if err != nil {
		return err
	}
	if why := decode(data, value); why != "" {
		return &DamagedError{path, why}
	}
	return nil
}

// decode says why data is no file of ours.
func decode(data []byte, value any) (why string) {
	var head struct {
		Format int `json:"format"`
	}
	if len(data) > fileLimit {
		return "larger than 16 KiB"
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return "not JSON as written here: " + display.Text(err.Error(), textLimit)
	}
	if head.Format != format {
		return fmt.Sprintf("format %d, and only %d is known", head.Format, format)
	}
	if err := json.Unmarshal(data, value); err != nil {
		return "not JSON as written here: " + display.Text(err.Error(), textLimit)
	}
	return ""
}
