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
		Args: d.NoArgs,
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
			d.say("the vault is unlocked until %s", d.Now().Add(life).Local().Format(time.DateTime))
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
		Args:    d.NoArgs,
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
