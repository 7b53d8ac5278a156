// Package mfacmd owns the commands for a user's MFA devices: latchkey mfa devices
// and the others, one file each. They share what they need of the program with the
// commands of iam.
package mfacmd

import (
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/iamcmd"
)

// New returns the command mfa with all that is below it.
func New(d *iamcmd.Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mfa",
		Short: "Virtual MFA devices of an IAM user, and their codes",
		Long: `The MFA devices of an IAM user. A profile names the user: it is whose key the
profile begins with, before any role.`,
		Example: `  latchkey mfa devices prod`,
		Args:    d.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []func(*iamcmd.Deps) *cobra.Command{newEnroll, newDevices, newCode, newResync} {
		cmd.AddCommand(sub(d))
	}
	return cmd
}
