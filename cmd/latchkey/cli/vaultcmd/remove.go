package vaultcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

func newRemove(d *Deps) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Take an entry out of the vault",
		Long: `Take an entry out of the vault, for good. The key stays valid at AWS: deactivate
or delete it there, or first replace it with "latchkey vault rotate". Profiles
that name the entry stay as they are.`,
		Example:           "  latchkey vault remove work",
		Args:              d.oneName,
		ValidArgsFunction: d.completeEntries,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.remove(ctx, args[0], yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (d *Deps) remove(ctx context.Context, name string, yes bool) error {
	resolver, ask, err := d.Load("")
	if err != nil {
		return err
	}
	store, err := resolver.Vault()
	if err != nil {
		return err
	}
	if _, err := store.Stamp(name); errors.Is(err, vault.ErrNotFound) {
		_, err = store.Get(ctx, name) // which knows the names that are near
		return err
	} else if damaged := new(*vault.DamagedError); err != nil && !errors.As(err, damaged) {
		return err // one that is damaged may go
	}
	if _, err := store.Stamp(latchkey.JournalOf(name)); err == nil {
		return d.Failure(fmt.Errorf("%s has an unfinished rotation, whose keys would be lost", name), "finish it first: latchkey vault rotate "+explain.Word(name))
	}
	if !yes {
		sure, err := ask.Confirm(ctx, "Take "+name+" out of the vault? It cannot be brought back.")
		if errors.Is(err, latchkey.ErrNobody) {
			return d.Failure(&nobodyError{"there is nobody to ask whether " + display.Text(name, 100) + " is to go"}, "say --yes")
		}
		if err != nil || !sure {
			return err
		}
	}
	if err := store.Remove(ctx, name); err != nil {
		return err
	}
	d.say("%s is out of the vault; at AWS the key is as valid as before", name)
	return nil
}
