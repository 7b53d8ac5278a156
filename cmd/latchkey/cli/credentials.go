package cli

import (
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
)

func newCredentials(sys *Sys) *cobra.Command {
	var f resolveFlags
	cmd := &cobra.Command{
		Use:   "credentials [PROFILE]",
		Short: "Print credentials as credential_process JSON",
		Long: `Print the credentials of a profile as the JSON that AWS SDKs and the AWS CLI
expect of a credential_process. In ~/.aws/config:

  [profile for-other-tools]
  credential_process = latchkey credentials prod

Use it for programs that find credentials themselves and renew them: they call it
again when the session ends. Where an MFA code is needed it is asked for on the
terminal, once for all processes; without one the call fails with exit code 4 and
names the command to run. With the name of a vault entry, it is that key.`,
		Example: `  latchkey credentials prod
  latchkey credentials prod --duration 1h`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(cmd.Context(), sys, args, nil)
			if err != nil {
				return err
			}
			creds, err := p.retrieve(cmd.Context())
			if err != nil {
				return err
			}
			out, err := deliver.ProcessJSON(creds)
			if err != nil {
				return err
			}
			_, err = sys.Stdout.Write(out)
			return err
		},
	}
	f.add(cmd)
	return cmd
}
