package cli

import (
	"path"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
)

func newEnv(sys *Sys) *cobra.Command {
	var f resolveFlags
	var shell string
	var unset bool
	cmd := &cobra.Command{
		Use:   "env [PROFILE]",
		Short: "Print the credentials as assignments for the shell",
		Long: `Print assignments that put the credentials of a profile into the current shell,
and take out variables that would mix with them. The region and the expiration
are included.`,
		Example: `  eval "$(latchkey env prod)"
  eval "$(latchkey env --unset)"
  latchkey env prod --shell fish | source
  latchkey env prod --shell powershell | Out-String | Invoke-Expression`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			dialect, err := dialect(sys, shell)
			if err != nil {
				return err
			}
			if unset {
				return printVariables(sys, deliver.Unset(), dialect)
			}
			p, err := f.plan(sys, args, nil)
			if err != nil {
				return err
			}
			creds, err := p.retrieve(cmd.Context())
			if err != nil {
				return err
			}
			return printVariables(sys, deliver.Env(creds, p.plan.Region.Text, p.plan.Profile.Text), dialect)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&shell, "shell", "", "sh, fish, powershell, cmd, nu, dotenv or json (default: the shell in use)")
	cmd.Flags().BoolVar(&unset, "unset", false, "print what takes the credentials out of the shell again")
	return cmd
}

// dialect is the one asked for, else that of the login shell, else sh; on
// Windows, PowerShell where its variables are there, else cmd.
func dialect(sys *Sys, asked string) (deliver.Shell, error) {
	if asked != "" {
		shell, err := deliver.ParseShell(asked)
		if err != nil {
			return "", &usageError{what: err.Error(), fix: "use one of sh, fish, powershell, cmd, nu, dotenv and json"}
		}
		return shell, nil
	}
	if login := sys.env("SHELL"); login != "" {
		if shell, err := deliver.ParseShell(strings.TrimSuffix(path.Base(login), ".exe")); err == nil {
			return shell, nil
		}
	}
	if runtime.GOOS == "windows" {
		if sys.env("PSModulePath") != "" {
			return deliver.PowerShell, nil
		}
		return deliver.Cmd, nil
	}
	return deliver.Sh, nil
}

func printVariables(sys *Sys, v deliver.Variables, shell deliver.Shell) error {
	out, err := v.Format(shell)
	if err != nil {
		return err
	}
	_, err = sys.Stdout.Write(out)
	return err
}
