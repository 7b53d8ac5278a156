package profile

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// The causes of a FileError that the reader itself finds; others come from the
// operating system.
var (
	ErrTooLarge        = errors.New("larger than 8 MiB")
	ErrTooManySections = errors.New("more than 131072 sections")
	ErrUTF16           = errors.New("written as UTF-16, not UTF-8")
	ErrBinary          = errors.New("contains NUL bytes, so it is no text file")
)

// FileError says that one of the shared files cannot be read. It concerns each
// profile that the file could contain or add to.
type FileError struct {
	Path string
	What string // "config" or "credentials"
	// Origin is the file; ChosenBy is who chose its path.
	Origin, ChosenBy origin.Origin
	Err              error
}

func (e *FileError) Error() string {
	return e.What + " file " + clean(e.Path) + ": " + e.Err.Error()
}

// Unwrap returns the cause, such as fs.ErrPermission.
func (e *FileError) Unwrap() error { return e.Err }

// SyntaxError is a line that cannot be read in a section that was asked for.
// It never holds the text of the line, which may be a secret.
type SyntaxError struct {
	Code    string // one of the codes of diagnostics
	Origin  origin.Origin
	Section string // "profile dev", "sso-session corp"
	Reason  string
	Fix     string
}

func (e *SyntaxError) Error() string {
	return e.Origin.Position() + ": " + clean(e.Section) + ": " + e.Reason
}

// NotFoundError says that no readable file has the section.
type NotFoundError struct {
	Kind string // "profile", "sso-session" or "services"
	Name string
	// Near holds at most three names that are spelt much the same, best first. They
	// are looked for in the first 20 errors of a graph only, because with thousands of
	// profiles a search takes a while.
	Near []string
	// Reasons are findings on sections that may have been meant.
	Reasons []Diagnostic
	// Locations says where the search was.
	Locations Locations
}

func (e *NotFoundError) Error() string {
	s := e.Kind + " " + clean(e.Name) + ": not found"
	switch {
	case e.Locations.Config == "" && e.Locations.Credentials == "":
		s += ", no home folder is known"
	case e.Kind != "profile" || e.Locations.Credentials == "":
		s += " in " + clean(e.Locations.Config)
	default:
		s += " in " + clean(e.Locations.Config) + " or " + clean(e.Locations.Credentials)
	}
	if len(e.Reasons) > 0 {
		s += "; " + e.Reasons[0].Origin.Position() + ": " + e.Reasons[0].Message
	} else if len(e.Near) > 0 {
		s += "; did you mean " + strings.Join(cleanAll(e.Near), " or ") + "?"
	}
	return s
}

func cleanAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = clean(n)
	}
	return out
}

// PartialKeysError says that a profile has half of a static key pair and no
// file has a complete one.
type PartialKeysError struct {
	Profile string
	Present []origin.Origin // the lines that are there
	Missing []string        // the keys that are not, or are blank
	// Misspelt are lines in the section that look like a missing key.
	Misspelt []origin.Origin
	// Elsewhere are the missing halves in the other file; halves are never
	// joined over files, because two files may hold two identities.
	Elsewhere []origin.Origin
}

func (e *PartialKeysError) Error() string {
	var b strings.Builder
	b.WriteString("profile " + clean(e.Profile) + ": half a key pair: ")
	for i, o := range e.Present {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(o.Position() + " has " + o.Key)
	}
	b.WriteString(", missing " + strings.Join(e.Missing, " and "))
	for _, o := range e.Misspelt {
		b.WriteString("; " + o.Position() + " looks like a misspelt key")
	}
	for _, o := range e.Elsewhere {
		b.WriteString("; " + o.Position() + " has " + o.Key + ", and pairs are not joined over files")
	}
	return b.String()
}

// Hop is one reference on a path from profile to profile.
type Hop struct {
	Profile string
	Origin  origin.Origin // of the key that leads to the next profile
}

// IncludeError says that include_profile of a profile cannot be followed.
type IncludeError struct {
	Profile string // the profile asked for
	Hop     Hop    // the reference that fails
	Target  string // what it names
	// Loop is the path back to Target, where the references go in a circle.
	Loop []Hop
	Err  error // what is wrong with Target; nil for a loop
}

func (e *IncludeError) Error() string {
	s := e.Hop.Origin.Position() + ": profile " + clean(e.Profile) + ": include_profile "
	if e.Err != nil {
		return s + clean(e.Target) + ": " + e.Err.Error()
	}
	names := make([]string, 0, len(e.Loop)+1)
	for _, h := range e.Loop {
		names = append(names, h.Profile)
	}
	return s + "loop: " + path(append(names, e.Target))
}

// Unwrap returns what is wrong with the included profile.
func (e *IncludeError) Unwrap() error { return e.Err }

// path joins names with arrows, leaving out the middle of a long path.
func path(names []string) string {
	names = cleanAll(names)
	if len(names) > 10 {
		names = append(append(names[:6:6], "…"), names[len(names)-3:]...)
	}
	return strings.Join(names, " → ")
}
