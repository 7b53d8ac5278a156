package pass

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/vault"
)

// ProgramError is a run of pass or gopass that did not end well. Nothing that
// the program wrote is in it; that went to Options.Stderr.
type ProgramError struct {
	// Program is the one of Options, Action what it was to do, such as "insert".
	Program, Action string
	// Err is the cause, mostly a *command.Error.
	Err error
}

func (e *ProgramError) Error() string {
	return "vault: " + filepath.Base(e.Program) + " " + e.Action + ": " + e.Err.Error()
}

func (e *ProgramError) Unwrap() error { return e.Err }

// run runs the program with input on its standard input, and returns what it
// printed and what it wrote to stderr; the latter is looked into, never shown.
func (s *Store) run(ctx context.Context, input []byte, args ...string) (out []byte, said string, err error) {
	var stderr bytes.Buffer
	o := command.Options{
		Args: append([]string{s.o.Program}, args...), Environ: s.o.Environ, Timeout: s.o.Timeout, Terminal: s.o.Terminal, Stderr: &stderr,
	}
	if s.o.Stderr != nil {
		o.Stderr = io.MultiWriter(&stderr, s.o.Stderr)
	}
	if input != nil {
		o.Stdin = bytes.NewReader(input)
	}
	out, err = command.Run(ctx, o)
	if err != nil {
		return nil, stderr.String(), &ProgramError{Program: s.o.Program, Action: args[0], Err: err}
	}
	return out, "", nil
}

// cannotShow tells from gpg's words why an entry that is there could not be
// decrypted. What they do not tell stays the program's error.
func (s *Store) cannotShow(file, said string, err error) error {
	var ended *command.Error
	if !errors.As(err, &ended) || ended.Failure != command.Exited {
		return err
	}
	for _, w := range [...]struct{ said, locked, damaged string }{
		{said: "Operation cancelled", locked: "the passphrase was not given"},
		{said: "Bad passphrase", locked: "the passphrase was wrong"},
		{said: "No pinentry", locked: "gpg has no program to ask for the passphrase"},
		{said: "Inappropriate ioctl", locked: "gpg has no terminal to ask for the passphrase on"},
		{said: "cannot open '/dev/tty'", locked: "gpg has no terminal to ask for the passphrase on"},
		{said: "Timeout", locked: "nobody gave the passphrase in time"},
		{said: "No agent running", locked: "gpg's agent does not run"},
		// What gpg says in the end whatever there was before, and with --quiet all.
		{said: "No secret key", locked: "its key is not here, or the passphrase was not given"},
		{said: "no valid OpenPGP data", damaged: "is not encrypted by gpg"},
		{said: "Invalid packet", damaged: "was changed or cut"},
		{said: "invalid packet", damaged: "was changed or cut"},
		{said: "Invalid data", damaged: "was changed or cut"},
		{said: "Bad session key", damaged: "was changed or cut"},
		{said: "Checksum error", damaged: "was changed or cut"},
		{said: "Wrong secret key used", damaged: "was changed or cut"},
		{said: "manipulated", damaged: "was changed"},
		{said: "nexpected", damaged: "was cut"},
		{said: "EOF", damaged: "was cut"},
	} {
		switch {
		case !strings.Contains(said, w.said):
		case w.locked != "":
			return &vault.LockedError{Folder: s.o.Folder, Why: w.locked, Program: filepath.Base(s.o.Program), Err: ended}
		default:
			return &vault.DamagedError{Path: file, Why: w.damaged}
		}
	}
	return err
}

// environ is the environment of the program: ours, with messages in English and
// the terminal for gpg's agent, which has none of its own.
func (s *Store) environ() []string {
	environ := append(append([]string(nil), s.o.Environ...), "LANGUAGE=en")
	if s.o.Folder != "" {
		environ = append(environ, "PASSWORD_STORE_DIR="+s.o.Folder)
	}
	if s.o.NoPrompt {
		const options = "PASSWORD_STORE_GPG_OPTS" // gopass knows it, too
		environ = append(environ, options+"="+s.variable(options)+" --pinentry-mode=error")
	}
	if s.o.Terminal != nil && s.variable("GPG_TTY") == "" {
		if name := command.TerminalName(s.o.Terminal); name != "" {
			environ = append(environ, "GPG_TTY="+name)
		}
	}
	return environ
}

// defaultFolder is where the program looks for the store.
func (s *Store) defaultFolder() string {
	if folder := s.variable("PASSWORD_STORE_DIR"); folder != "" {
		return folder
	}
	home := s.variable("HOME")
	if !s.gopass {
		return filepath.Join(home, ".password-store")
	}
	data := s.variable("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "gopass", "stores", "root")
}

// variable returns the value of an environment variable of the program.
func (s *Store) variable(name string) string {
	value := ""
	for _, assignment := range s.o.Environ {
		if v, ok := strings.CutPrefix(assignment, name+"="); ok {
			value = v
		}
	}
	return value
}
