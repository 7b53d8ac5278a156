package cli

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
)

func newCredentials(sys *Sys) *cobra.Command {
	var f resolveFlags
	var from string
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
names the command to run. With the name of a vault entry, it is that key.

In a container, --from unix:PATH asks the "latchkey serve --socket PATH" of the machine
instead, whose folder is mounted there. It needs neither configuration, home folder
nor network, and no PROFILE where one is served only.`,
		Example: `  latchkey credentials prod
  latchkey credentials prod --duration 1h
  latchkey credentials --from unix:/run/latchkey/socket prod`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			var creds aws.Credentials
			var err error
			if cmd.Flags().Changed("from") {
				creds, err = fromServer(cmd, sys, from, args)
			} else {
				creds, err = f.credentials(cmd, sys, args)
			}
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
	cmd.Flags().StringVar(&from, "from", "", "unix:PATH: ask the latchkey serve whose socket that is")
	return cmd
}

// credentials retrieves those of the profile of the arguments.
func (f *resolveFlags) credentials(cmd *cobra.Command, sys *Sys, args []string) (aws.Credentials, error) {
	p, err := f.plan(cmd.Context(), sys, args, nil)
	if err != nil {
		return aws.Credentials{}, err
	}
	return p.retrieve(cmd.Context())
}
