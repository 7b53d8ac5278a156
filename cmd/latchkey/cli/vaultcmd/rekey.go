package vaultcmd

import (
	"context"

	"github.com/spf13/cobra"
)

func newRekey(d *Deps) *cobra.Command {
	var keep keepFlag
	var recipients []string
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Give the vault a new key of its own",
		Long: `Make a new key for the vault and encrypt every entry to it: to change the
passphrase, to move from a passphrase to the keychain or to an SSH key, or after a
recipient was added to or taken out of recipients.txt, such as a key on paper.
Without --keep-in the new key is kept as the old one is. Interrupted at any point,
nothing is lost, and the same command finishes it, as it was begun.

Backups that were made before are opened by what kept the key then: the passphrase
of that time, for a backup of the whole folder, or the SSH key or identity file. A
key in the keychain is deleted, so that such backups are lost, but for recipients
like a key on paper: make a new backup.`,
		Example: `  latchkey vault rekey --keep-in passphrase
  latchkey vault rekey --keep-in ssh:$HOME/.ssh/id_ed25519`,
		Args: d.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.rekey(ctx, keep, recipients)
		},
	}
	keep.add(cmd)
	cmd.Flags().StringArrayVar(&recipients, "recipient", nil, "age recipient that shall open the entries too (may be repeated)")
	return cmd
}

func (d *Deps) rekey(ctx context.Context, keep keepFlag, recipients []string) error {
	resolver, _, err := d.Load("")
	if err != nil {
		return err
	}
	age, err := d.age(resolver, "rekeying")
	if err != nil {
		return err
	}
	info, err := age.Info()
	if err != nil {
		return err
	}
	where := info.Keep
	if keep.where != "" {
		if where, err = d.parseKeep(keep.where); err != nil {
			return err
		}
	}
	for _, line := range info.Recipients {
		if line != info.Recipient {
			recipients = append(recipients, line)
		}
	}
	if err := age.Rekey(ctx, where, recipients...); err != nil {
		return err
	}
	now, err := age.Info()
	if err != nil {
		return err
	}
	if info.Rekeying {
		d.say("an earlier rekey was finished, as it was begun: the vault has that new key, kept by %s", describe(now.Keep))
		d.say("what this command says did not count; run it again if it is wanted")
		return nil
	}
	d.say("the vault has a new key, kept by %s", describe(now.Keep))
	return nil
}
