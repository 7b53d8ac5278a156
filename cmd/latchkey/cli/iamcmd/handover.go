package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/tty"
	"github.com/latchkey-aws/latchkey/secret"
)

// handover gives the secrets of a new user out: to the terminal, or into a file.
type handover struct {
	terminal *tty.Terminal // nil: the file
	path     string
	head     string // first line of the file: whose secrets they are
	lines    []string
	told     string // where the secrets are, "" while there are none
	password bool   // one was given out
}

// handover finds the place for the secrets of the plan, before anything is changed.
func (b *onboarding) handover() (*handover, error) {
	h := &handover{path: b.o.out, head: fmt.Sprintf("# latchkey iam onboard: user %s of account %s", b.wish.User, b.account)}
	needed := false
	for _, c := range b.plan.Changes {
		needed = needed || c.Kind == iam.KindPassword || c.Kind == iam.KindAccessKey && c.Action == iam.ActionCreate
	}
	switch {
	case !needed && b.o.out != "":
		b.d.Say("no secret is to be made, so %s is not written", cell(b.o.out))
		h.path = ""
		return h, nil
	case !needed:
		return h, nil
	case b.o.out != "":
		return h, b.free(h)
	}
	if ready, ok := b.Ask.(interface{ Ready() error }); ok && ready.Ready() != nil {
		return nil, b.d.nobody("there is no terminal to show the password or key on", "name a new file for it: --out FILE")
	}
	var err error
	if h.terminal, err = tty.Open(); err != nil {
		return nil, b.d.nobody("there is no terminal to show the password or key on", "name a new file for it: --out FILE")
	}
	return h, nil
}

// free makes sure that the file is a new one, or that of an interrupted run for the
// same user, which is gone on with.
func (b *onboarding) free(h *handover) error {
	info, err := os.Lstat(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(h.path)); err != nil {
			return b.d.Usage("the folder of "+cell(h.path)+" is not there", "make it first, or name another file")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 == 0 && info.Size() < 4096 {
		text, err := os.ReadFile(h.path)
		if err != nil {
			return err
		}
		lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
		interrupted := len(lines) == 1 || b.plan.State.Get(iam.KindTag, iam.TagOnboarding) != nil
		if lines[0] == h.head && interrupted {
			b.d.Say("%s is from a run that was interrupted: what is replaced is replaced there too", cell(h.path))
			h.lines = lines[1:]
			return nil
		}
	}
	return b.d.Usage(cell(h.path)+" is there already", "name a file that does not exist yet: --out FILE")
}

// The first words of the lines that hold a secret.
const (
	passwordLine = "temporary password: "
	keyLine      = "access key id:      "
	secretLine   = "secret access key:  "
)

// Password gives out the password.
func (h *handover) Password(ctx context.Context, p secret.Text) error {
	if err := h.give(ctx, passwordLine, p.Reveal()); err != nil {
		return err
	}
	h.password = true
	return nil
}

// Key gives out the key.
func (h *handover) Key(ctx context.Context, k iam.Key) error {
	return h.give(ctx, keyLine, k.ID, secretLine, k.Secret.Reveal())
}

// give returns when lines, each a label and a text, are on the terminal, or on the
// disk. Those of an earlier run with the same labels go.
func (h *handover) give(ctx context.Context, pairs ...string) error {
	var added []string
	for i := 0; i < len(pairs); i += 2 {
		added = append(added, pairs[i]+pairs[i+1])
		h.lines = slices.DeleteFunc(h.lines, func(line string) bool { return strings.HasPrefix(line, pairs[i]) })
	}
	if h.terminal != nil {
		h.told = "terminal"
		return h.terminal.Say(ctx, strings.Join(added, "\n"))
	}
	h.lines, h.told = append(h.lines, added...), h.path
	return h.write()
}

// write puts the file on the disk, its head alone at first: that it can be is known
// before a secret is made.
func (h *handover) write() error {
	return atomicfile.Write(h.path, []byte(strings.Join(append([]string{h.head}, h.lines...), "\n")+"\n"), 0o600)
}

func (h *handover) close() {
	if h.terminal != nil {
		_ = h.terminal.Close()
	}
}
