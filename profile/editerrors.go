package profile

import (
	"errors"

	"github.com/latchkey-aws/latchkey/origin"
)

// The causes of a FileError on what cannot be edited.
var (
	// ErrNotRegular: a folder, a pipe, a device.
	ErrNotRegular = errors.New("not a regular file, so it cannot be edited")
	// ErrNotOurs: replacing the file would take it away from its owner, as under
	// sudo with the home folder of the user.
	ErrNotOurs = errors.New("belongs to another user, so it is not replaced")
)

// EditError says that an edit was refused. It never holds a value.
type EditError struct {
	Origin  origin.Origin // the line, or the file as a whole
	Section string        // "profile dev"
	Key     string        // "" where it is not about one
	Reason  string
	Fix     string // "" where there is none
}

func (e *EditError) Error() string {
	s := e.Origin.Position() + ": " + clean(e.Section) + ": "
	if e.Key != "" {
		s += clean(e.Key) + ": "
	}
	return s + e.Reason
}

// ChangedError says that somebody else changed the file after it was read for
// an edit. Nothing was written; read it anew.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return clean(e.Path) + ": another program changed the file meanwhile"
}

// refused is an EditError about the file as a whole.
func (e *Edit) refused(section, key, reason, fix string) error {
	return &EditError{Origin: origin.File(e.path, 0, ""), Section: section, Key: printableKey(key), Reason: reason, Fix: fix}
}
