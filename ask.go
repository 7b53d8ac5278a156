package latchkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age/plugin"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// ErrNobody says that a person would have to be asked and there is none.
var ErrNobody = errors.New("nobody there to ask")

// Question is what a person is asked for.
type Question struct {
	// Prompt names what is typed, without a colon; Reason says what it is for
	// and Error what was wrong with the last answer, where there is anything
	// to say.
	Prompt, Reason, Error string
	// Hidden: the answer is not shown while it is typed.
	Hidden bool
}

// Asker puts questions to the person who uses the program. Both methods return
// [ErrNobody], wrapped or not, where there is nobody, and context.Canceled when
// the person does not want to answer. One with a method Ready() error is asked by
// it whether there is somebody, before another process is waited for.
type Asker interface {
	Ask(ctx context.Context, q Question) (string, error)
	// Choose returns the index of the item that is chosen.
	Choose(ctx context.Context, title string, items []string) (int, error)
}

// ask asks, but for an optional renewal: nobody is troubled for that.
func (r *Resolver) ask(ctx context.Context, q Question) (string, error) {
	if r.opts.Asker == nil || session.Quiet(ctx) {
		return "", ErrNobody
	}
	answer, err := r.opts.Asker.Ask(ctx, q)
	if errors.Is(err, context.Canceled) {
		err = session.Declined(ctx, err)
	}
	return answer, err
}

// ownFailure reports whether a failure says nothing about other processes: this
// one had nobody to ask, or a code that was given to it alone.
func ownFailure(err error) bool {
	var required *provider.MFARequiredError
	var choice *provider.DeviceChoiceError
	var used *mfa.UsedError
	return errors.Is(err, ErrNobody) || errors.As(err, &required) || errors.As(err, &choice) || errors.As(err, &used)
}

// The variables that say where a passphrase comes from. It is never a variable
// itself or an argument: other processes can read those.
const (
	passphraseFile    = "LATCHKEY_VAULT_PASSPHRASE_FILE"
	passphraseCommand = "LATCHKEY_VAULT_PASSPHRASE_COMMAND"
	// newPassphraseFile is that of a passphrase that takes the place of another.
	newPassphraseFile = "LATCHKEY_VAULT_NEW_PASSPHRASE_FILE"
)

// givenPassphrase gets what opens the vault or an SSH key without a person.
func (r *Resolver) givenPassphrase(ctx context.Context, p vault.Prompt) (given secret.Text, ok bool, err error) {
	files := []string{passphraseFile}
	if p.New {
		files = []string{newPassphraseFile, passphraseFile}
	}
	for _, variable := range files {
		if path, _ := r.Env(variable); path != "" {
			text, err := readPassphrase(path)
			if err != nil {
				return secret.Text{}, false, fmt.Errorf("%s: %w", variable, err)
			}
			return text, true, nil
		}
	}
	if line, _ := r.Env(passphraseCommand); line != "" {
		output, err := command.Run(ctx, command.Options{Line: line, Environ: r.helperEnviron(), Stderr: r.opts.Stderr, Terminal: r.terminal()})
		if err != nil {
			return secret.Text{}, false, fmt.Errorf("%s: the command %w", passphraseCommand, err)
		}
		return oneLine(output), true, nil
	}
	return secret.Text{}, false, chosen(p, r.nobody(ctx))
}

// chosen says of nobody's being there that a passphrase had to be chosen.
func chosen(p vault.Prompt, err error) error {
	if p.New && errors.Is(err, ErrNobody) {
		return fmt.Errorf("%w: %w", vault.ErrNewPassphrase, err)
	}
	return err
}

// nobody returns [ErrNobody] if that is known without asking.
func (r *Resolver) nobody(ctx context.Context) error {
	if r.opts.Asker == nil || session.Quiet(ctx) {
		return ErrNobody
	}
	if asker, ok := r.opts.Asker.(interface{ Ready() error }); ok {
		return asker.Ready()
	}
	return nil
}

func (r *Resolver) typedPassphrase(ctx context.Context, p vault.Prompt) (vault.Answer, error) {
	q := Question{Prompt: "passphrase of the vault", Reason: "It opens the vault's keys.", Hidden: true}
	switch {
	case p.New:
		q.Prompt, q.Reason = "new passphrase for the vault", "It will open the vault's keys."
	case p.SSH:
		q.Prompt, q.Reason = "passphrase of "+p.Path, "The SSH key opens the vault's keys."
	}
	if p.Wrong {
		q.Error = "that passphrase is wrong"
	}
	for {
		typed, err := r.ask(ctx, q)
		if err != nil || !p.New {
			return vault.Answer{Passphrase: secret.New(typed), Typed: true}, chosen(p, err)
		}
		again, err := r.ask(ctx, Question{Prompt: "the same again", Reason: q.Reason, Hidden: true})
		if err != nil || again == typed {
			return vault.Answer{Passphrase: secret.New(typed), Typed: true}, err
		}
		q.Error = "the two are not the same"
	}
}

// maxPassphrase is how much of a file is taken for a passphrase, in bytes.
const maxPassphrase = 4096

func readPassphrase(path string) (secret.Text, error) {
	file, err := os.Open(path)
	if err != nil {
		return secret.Text{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPassphrase+1))
	if err == nil && len(data) > maxPassphrase {
		err = fmt.Errorf("%s: longer than %d bytes", path, maxPassphrase)
	}
	return oneLine(data), err
}

// oneLine takes away the line end that editors and echo leave.
func oneLine(data []byte) secret.Text {
	return secret.New(string(bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))))
}

// plugin is how age plugins, such as a YubiKey's, reach the person until ctx ends.
func (r *Resolver) plugin(ctx context.Context) *plugin.ClientUI {
	tell := func(name, message string) error {
		if r.opts.Stderr != nil {
			fmt.Fprintln(r.opts.Stderr, "age-plugin-"+display.Text(name, 100)+": "+display.Text(message, 500))
		}
		return nil
	}
	return &plugin.ClientUI{
		DisplayMessage: tell,
		RequestValue: func(name, prompt string, hidden bool) (string, error) {
			return r.ask(ctx, Question{Prompt: prompt, Reason: "asked by age-plugin-" + name, Hidden: hidden})
		},
		Confirm: func(name, prompt, yes, no string) (bool, error) {
			if r.opts.Asker == nil || session.Quiet(ctx) {
				return false, ErrNobody
			}
			items := []string{yes}
			if no != "" {
				items = append(items, no)
			}
			n, err := r.opts.Asker.Choose(ctx, prompt, items)
			return n == 0, err
		},
		WaitTimer: func(name string) { _ = tell(name, "waiting; does it want to be touched?") },
	}
}
