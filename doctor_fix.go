package latchkey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/session"
)

// The kinds of repair.
const (
	RepairMode   = "chmod"  // of a file's or folder's permissions
	RepairRemove = "remove" // of a file of latchkey's own that serves nobody
	RepairEdit   = "edit"   // of a shared file, which means the same as before
)

// Repair is something that can be put right without a person's judgement. It holds
// when it is interrupted, and doing it twice is harmless.
type Repair struct {
	// Kind is one of the constants, Path what it is done to.
	Kind string `json:"kind"`
	Path string `json:"path"`
	// Text says in one line what is done; Diff is the change of an edit, in the
	// unified format with secrets left out.
	Text string `json:"text"`
	Diff string `json:"diff,omitempty"`

	do func(context.Context) (backup string, err error)
}

// Do does it. An edit keeps what it replaces in backup. Nothing is done to a file
// that has become another one since the check-up.
func (r Repair) Do(ctx context.Context) (backup string, err error) { return r.do(ctx) }

// fixes is what can be repaired of what was found so far.
type fixes struct {
	met      map[string]bool
	chmods   []chmod
	removals []string
	edits    map[string]*plainEdit // by path
}

type chmod struct {
	path       string
	from, mode fs.FileMode
}

// plainEdit is an edit that makes lines plain, and the lines that it rewrites.
type plainEdit struct {
	edit  *profile.Edit // nil where the file cannot be edited
	lines map[int]bool
}

// once reports whether this is the first time that it is asked for a name.
func (f *fixes) once(name string) bool {
	if f.met == nil {
		f.met = map[string]bool{}
	}
	if f.met[name] {
		return false
	}
	f.met[name] = true
	return true
}

// plain reports whether an edit repairs what a diagnostic says, and plans it.
func (d *doctor) plain(n profile.Diagnostic) bool {
	switch n.Code {
	case profile.CodeInlineComment, profile.CodeQuotedValue, profile.CodeColon, profile.CodeBOM:
	default:
		return false
	}
	at := d.r.graph.Locations()
	kind := profile.ConfigFile
	switch n.Origin.File {
	case "":
		return false
	case at.Credentials:
		kind = profile.CredentialsFile
	case at.Config:
	default:
		return false
	}
	e := d.edits[n.Origin.File]
	if e == nil {
		if d.edits == nil {
			d.edits = map[string]*plainEdit{}
		}
		e = d.openPlain(n.Origin.File, kind)
		d.edits[n.Origin.File] = e
	}
	return e.edit != nil && (n.Code == profile.CodeBOM || e.lines[n.Origin.Line])
}

// openPlain prepares the edit of a file: nothing but what is certain, in the
// sections of the profiles that are checked.
func (d *doctor) openPlain(path string, kind profile.FileKind) *plainEdit {
	e := &plainEdit{lines: map[int]bool{}}
	if info, err := os.Stat(path); err != nil || belongsToAnother(info) {
		return e
	}
	edit, err := profile.OpenEdit(path, kind)
	if err != nil {
		return e
	}
	var want func(string) bool
	if len(d.o.Profiles) > 0 {
		named := map[string]bool{}
		for _, name := range d.o.Profiles {
			named["profile "+name] = true
		}
		want = func(section string) bool { return named[section] }
	}
	lines, err := edit.Plain(want)
	if err == nil {
		err = edit.RemoveBOM()
	}
	if err != nil {
		return e
	}
	for _, line := range lines {
		e.lines[line] = true
	}
	e.edit = edit
	return e
}

// repairs lists what can be done: folders before what is in them, so that nobody
// else can put another file there meanwhile.
func (d *doctor) repairs() []Repair {
	var list []Repair
	for _, c := range d.chmods {
		list = append(list, Repair{Kind: RepairMode, Path: c.path, Text: fmt.Sprintf("chmod %o %s (now %04o)", c.mode, c.path, c.from), do: c.do})
	}
	at := d.r.graph.Locations()
	for _, path := range []string{at.Config, at.Credentials} {
		if e := d.edits[path]; e != nil && e.edit != nil && e.edit.Changed() {
			list = append(list, Repair{Kind: RepairEdit, Path: path, Text: "edit " + path, Diff: e.edit.Diff(), do: func(ctx context.Context) (string, error) {
				return e.edit.Save(ctx, profile.SaveOptions{Now: d.r.opts.Now(), Lock: d.r.EditLock(), Waiting: d.r.opts.Waiting})
			}})
		}
	}
	for _, path := range d.removals {
		list = append(list, Repair{Kind: RepairRemove, Path: path, Text: "remove " + path, do: func(ctx context.Context) (string, error) { return "", d.remove(ctx, path) }})
	}
	return list
}

// errChanged says that something else is at a path than the check-up has seen.
var errChanged = errors.New("it has changed since it was looked at; run latchkey doctor again")

func (c chmod) do(context.Context) (string, error) {
	info, err := os.Lstat(c.path)
	switch {
	case err != nil:
		return "", err
	case info.Mode().Perm() == c.mode:
		return "", nil
	case !info.Mode().IsRegular() && !info.IsDir() || info.Mode().Perm() != c.from || belongsToAnother(info):
		return "", fmt.Errorf("%s: %w", c.path, errChanged)
	}
	return "", os.Chmod(c.path, c.mode)
}

// remove removes a left-over file, or a session that still cannot be read.
func (d *doctor) remove(ctx context.Context, path string) error {
	if temp, _ := filepath.Match(atomicfile.TempPattern, filepath.Base(path)); !temp {
		_, err := d.r.Sessions().Forget(ctx, func(i session.Info) bool {
			var damaged *session.DamagedError
			return i.Key == filepath.Base(path) && errors.As(i.Err, &damaged)
		})
		return err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular() || d.r.opts.Now().Sub(info.ModTime()) < killedAfter:
		return fmt.Errorf("%s: %w", path, errChanged)
	}
	return os.Remove(path)
}
