package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

func newList(d *Deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the names of the entries",
		Long: `List the names of the vault's entries, one a line. Nothing has to be unlocked.
With --json, a list of objects: name.`,
		Example: `  latchkey vault list
  latchkey vault list --json`,
		Args: d.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			resolver, _, err := d.Load("")
			if err != nil {
				return err
			}
			names, err := entries(cmd.Context(), resolver)
			if errors.Is(err, vault.ErrNoVault) {
				err = nil
			}
			if err != nil {
				return err
			}
			if asJSON {
				type row struct {
					Name string `json:"name"`
				}
				rows := make([]row, len(names))
				for i, name := range names {
					rows[i].Name = name
				}
				return d.PrintJSON(d.Stdout, rows)
			}
			if len(names) == 0 {
				d.say("the vault is empty; put a key into it: latchkey vault add NAME")
			}
			for _, name := range names {
				if _, err := fmt.Fprintln(d.Stdout, display.Text(name, 200)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// shown is what show tells of an entry: everything but the secrets.
type shown struct {
	Name        string    `json:"name"`
	AccessKeyID string    `json:"access_key_id,omitempty"`
	Command     string    `json:"command,omitempty"`
	MFASerial   string    `json:"mfa_serial,omitempty"`
	Seed        bool      `json:"totp_seed"`
	Created     time.Time `json:"created,omitzero"`
	Note        string    `json:"note,omitempty"`
	Rotation    bool      `json:"rotation_unfinished"`
}

func newShow(d *Deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show an entry without its secrets",
		Long: `Show what the vault holds under a name: the key's id, the command, the MFA device,
when it was put in, and whether a rotation is unfinished. Secrets are not shown;
"latchkey credentials NAME" is for programs that need them. The vault is
unlocked for it; a command's entry is shown without running the command.

With --json, an object: name, access_key_id, command, mfa_serial, totp_seed,
created, note, rotation_unfinished.`,
		Example: `  latchkey vault show work
  latchkey vault show work --json`,
		Args:              d.oneName,
		ValidArgsFunction: d.completeEntries,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			entry, err := d.look(ctx, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return d.PrintJSON(d.Stdout, entry)
			}
			_, err = d.Stdout.Write(d.Table(entry.rows()))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

func (d *Deps) look(ctx context.Context, name string) (shown, error) {
	resolver, _, err := d.Load("")
	if err != nil {
		return shown{}, err
	}
	store, err := resolver.Vault()
	if err != nil {
		return shown{}, err
	}
	commands, err := resolver.Commands()
	if err != nil {
		return shown{}, err
	}
	e, err := commands.Describe(name) // shown without being run
	if errors.Is(err, vault.ErrNotFound) {
		e, err = store.Get(ctx, name)
	}
	if err != nil {
		return shown{}, err
	}
	_, err = store.Stamp(latchkey.JournalOf(name))
	unfinished := err == nil
	return shown{Name: e.Name, AccessKeyID: e.AccessKeyID, Command: e.Command, MFASerial: e.MFASerial, Seed: !e.Seed.Empty(),
		Created: e.Created, Note: e.Note, Rotation: unfinished}, nil
}

func (s shown) rows() [][]string {
	rows := [][]string{{"name", s.Name}}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, display.Text(value, 500)})
		}
	}
	add("key", s.AccessKeyID)
	add("command", s.Command)
	add("MFA device", s.MFASerial)
	if s.Seed {
		add("TOTP seed", "kept")
	}
	if !s.Created.IsZero() {
		add("put in", s.Created.Local().Format(time.DateTime))
	}
	add("note", s.Note)
	if s.Rotation {
		add("rotation", "unfinished: latchkey vault rotate "+explain.Word(s.Name)+" goes on with it")
	}
	return rows
}
