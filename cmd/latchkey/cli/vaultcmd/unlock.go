package vaultcmd

import (
	"time"

	"github.com/spf13/cobra"
)

// defaultUnlock is a working day.
const defaultUnlock = 8 * time.Hour

func newUnlock(d *Deps) *cobra.Command {
	var life time.Duration
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Keep the vault unlocked for a time",
		Long: `Open the vault once, and keep its key in the kernel's keyring until the time is
over, "latchkey vault lock", or a restart. Until then every process of yours can
open the vault without being asked. Use it on machines without a keychain, so
that one passphrase serves a working day.`,
		Example: `  latchkey vault unlock --for 8h
  latchkey vault lock`,
		Args: d.noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if life < time.Second {
				return d.Usage("the time of --for is too short", "write for example --for 8h")
			}
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			resolver, _, err := d.Load("")
			if err != nil {
				return err
			}
			age, err := d.age(resolver, "unlocking")
			if err != nil {
				return err
			}
			if err := age.Unlock(ctx, life); err != nil {
				return err
			}
			d.say("the vault is unlocked until %s", d.Now().Add(life).Local().Format("2006-01-02 15:04:05"))
			return nil
		},
	}
	cmd.Flags().DurationVar(&life, "for", defaultUnlock, "how long, for example 8h")
	return cmd
}

func newLock(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Forget the vault's key",
		Long: `Forget what "latchkey vault unlock" or a passphrase that was typed left in the
kernel's keyring. Sessions that are kept stay; "latchkey sessions forget" is for
those.`,
		Example: "  latchkey vault lock",
		Args:    d.noArgs,
		RunE: func(*cobra.Command, []string) error {
			resolver, _, err := d.Load("")
			if err != nil {
				return err
			}
			age, err := d.age(resolver, "locking")
			if err != nil {
				return err
			}
			if err := age.Lock(); err != nil {
				return err
			}
			d.say("the vault is locked")
			return nil
		},
	}
}

func newRekey(d *Deps) *cobra.Command {
	var keep keepFlag
	var others []string
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Give the vault a new key of its own",
		Long: `Make a new key for the vault and encrypt every entry to it: to change the
passphrase, to move from a passphrase to the keychain or to an SSH key, or to add
a recipient, such as a key on paper. Interrupted at any point, nothing is lost,
and the same command finishes it. Backups can still be opened with the old key.`,
		Example: `  latchkey vault rekey --keep-in passphrase
  latchkey vault rekey --keep-in ssh:$HOME/.ssh/id_ed25519`,
		Args: d.noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			where, err := d.parseKeep(keep.where)
			if err != nil {
				return err
			}
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			resolver, _, err := d.Load("")
			if err != nil {
				return err
			}
			age, err := d.age(resolver, "rekeying")
			if err != nil {
				return err
			}
			if err := age.Rekey(ctx, where, others...); err != nil {
				return err
			}
			d.say("the vault has a new key, kept by %s", describe(where))
			return nil
		},
	}
	keep.add(cmd)
	cmd.Flags().StringArrayVar(&others, "recipient", nil, "age recipient that can open the entries too (may be repeated)")
	return cmd
}
