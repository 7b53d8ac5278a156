package vault

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

const (
	commandExtension = ".json"
	commandLock      = "commands.lock"
	maxCommand       = 8 << 10
)

// CommandOptions say where the command entries are and how they are run.
type CommandOptions struct {
	// Folder holds one file a command. It need not exist.
	Folder string
	// Environ is the whole environment of a command.
	Environ []string
	// Timeout is when a command is killed with all that it started; 0 is 60 s.
	Timeout time.Duration
	// Stderr gets what a command writes there; nil throws it away.
	Stderr io.Writer
	// Terminal lets a command ask its user; nil where there is none.
	Terminal *os.File
	// Waiting, if not nil, is called once for a wait of more than a second: for
	// holder, who writes.
	Waiting func(holder string)
}

// Commands is a store of entries that are the command of a password manager,
// such as "op read …": Get runs it and hands out the key that it prints, in any
// form that [ParseKey] knows. The files hold the command, which is no secret.
type Commands struct{ o CommandOptions }

// NewCommands returns the store of o. It reads nothing.
func NewCommands(o CommandOptions) *Commands { return &Commands{o} }

func (c *Commands) file(name string) string {
	return filepath.Join(c.o.Folder, Escape(name)+commandExtension)
}

// List returns the names of all command entries, sorted. A folder that is not
// there holds none.
func (c *Commands) List(context.Context) ([]string, error) {
	names, err := namesIn(c.o.Folder, commandExtension)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, wrap(err)
}

// Stamp returns a digest of the entry's file: it changes with the command, not
// with what the command prints.
func (c *Commands) Stamp(name string) (string, error) {
	data, err := c.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = &NotFoundError{Name: name}
	}
	if err != nil {
		return "", wrap(err)
	}
	return stamp(data), nil
}

func (c *Commands) readFile(name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return readFile(c.file(name), maxSmallFile)
}

func (c *Commands) read(name string) ([]byte, error) {
	data, err := c.readFile(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, wrap(err)
	}
	names, err := c.List(context.Background())
	if err != nil {
		return nil, err
	}
	return nil, &NotFoundError{Name: name, Near: near(name, names)}
}

// Describe returns the entry without running its command.
func (c *Commands) Describe(name string) (Entry, error) {
	data, err := c.read(name)
	if err != nil {
		return Entry{}, err
	}
	path := c.file(name)
	var o object
	if !utf8.Valid(data) || json.Unmarshal(data, &o) != nil {
		return Entry{}, &DamagedError{path, "is not JSON"}
	}
	var format int
	if err := o.take("format", &format); err != nil {
		return Entry{}, &DamagedError{path, err.Error()}
	}
	if format > Format {
		return Entry{}, &FormatError{path, format, Format}
	}
	var e Entry
	var created string
	err = errors.Join(o.take("name", &e.Name), o.take("command", &e.Command), o.take("created", &created), o.take("note", &e.Note))
	if err != nil {
		return Entry{}, &DamagedError{path, "holds fields of another type"}
	}
	if e.Created, err = parseCreated(created); err != nil {
		return Entry{}, &DamagedError{path, err.Error()}
	}
	if format != Format || e.Name != name || e.checkCommand() != nil {
		return Entry{}, &DamagedError{path, "holds another entry, or none"}
	}
	e.keepUnknown(nil, o)
	return e, nil
}

// Get runs the entry's command. Errors beside those of [Store]: *[CommandError].
func (c *Commands) Get(ctx context.Context, name string) (Entry, error) {
	e, err := c.Describe(name)
	if err != nil {
		return Entry{}, err
	}
	output, err := command.Run(ctx, command.Options{
		Line: e.Command, Environ: c.o.Environ, Timeout: c.o.Timeout, Stderr: c.o.Stderr, Terminal: c.o.Terminal,
	})
	if err == nil {
		e.AccessKeyID, e.Secret, err = ParseKey(output)
	}
	if err != nil {
		return Entry{}, &CommandError{Name: name, Why: err.Error(), Err: err}
	}
	return e, nil
}

// checkCommand returns what keeps e from being stored as a command.
func (e Entry) checkCommand() error {
	if err := CheckName(e.Name); err != nil {
		return err
	}
	fault := func(field, why string) error { return &EntryError{Name: e.Name, Field: field, Why: why} }
	switch {
	case e.AccessKeyID != "" || !e.Secret.Empty() || !e.Seed.Empty() || e.MFASerial != "" || len(e.Extra) > 0:
		return fault("Command", "an entry is a command or holds secrets, not both")
	case strings.TrimSpace(e.Command) == "":
		return fault("Command", "is empty")
	case len(e.Command) > maxCommand:
		return fault("Command", "is longer than 8 KiB")
	case !utf8.ValidString(e.Command) || strings.ContainsFunc(e.Command, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }):
		return fault("Command", "is not one line of text")
	}
	if why := lineFault(e.Note); why != "" {
		return fault("Note", why)
	}
	return nil
}

// Put writes an entry with a Command and without secrets: where a key is kept by
// a password manager, it is changed there.
func (c *Commands) Put(ctx context.Context, e Entry) error { return c.put(ctx, e, false) }

// Add is Put for a name that is free.
func (c *Commands) Add(ctx context.Context, e Entry) error { return c.put(ctx, e, true) }

func (c *Commands) put(ctx context.Context, e Entry, isNew bool) error {
	if err := e.checkCommand(); err != nil {
		return err
	}
	_, o := e.unknownFields()
	o.set("format", Format)
	o.set("name", e.Name)
	o.set("command", e.Command)
	if !e.Created.IsZero() {
		o.set("created", whole(e.Created).Format(time.RFC3339))
	}
	o.text("note", e.Note)
	data, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	lock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	if taken, err := exists(c.file(e.Name)); err != nil || taken && isNew {
		if err != nil {
			return wrap(err)
		}
		return &ExistsError{e.Name}
	}
	return wrap(write(c.file(e.Name), append(data, '\n')))
}

// Remove deletes the entry's file.
func (c *Commands) Remove(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if there, err := exists(c.file(name)); err != nil || !there {
		_, missing := c.read(name)
		return missing
	}
	lock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	return wrap(remove(c.o.Folder, c.file(name)))
}

func (c *Commands) lock(ctx context.Context) (*lockfile.Lock, error) {
	if err := makeFolder(c.o.Folder); err != nil {
		return nil, wrap(err)
	}
	lock, err := acquire(ctx, filepath.Join(c.o.Folder, commandLock), c.o.Waiting)
	return lock, wrap(err)
}
