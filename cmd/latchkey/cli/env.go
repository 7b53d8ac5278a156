package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
)

func newEnv(sys *Sys) *cobra.Command {
	f := resolveFlags{picks: true}
	var shell string
	var unset bool
	cmd := &cobra.Command{
		Use:   "env [PROFILE]",
		Short: "Print the credentials as assignments for the shell",
		Long: `Print assignments that put the credentials of a profile into the current shell,
and take out variables that would mix with them. The region and the expiration
are included. Use it where many commands are to run with one profile; "latchkey
exec" keeps the credentials out of the shell.

With --mfa long-term keys become an MFA session of 12 hours, also keys that are
nowhere but in the environment. The code is asked for on the terminal, so that it
works inside eval, and once for all shells.

Without --shell the form is that of the shell that calls. dotenv is for
docker --env-file, json for programs. In a script, stop where it fails:

  vars=$(latchkey env prod) && eval "$vars" || exit`,
		Example: `  eval "$(latchkey env prod)"
  eval "$(latchkey env --mfa)"
  eval "$(latchkey env --unset)"
  latchkey env prod --shell fish | source
  latchkey env prod --shell dotenv > prod.env
  latchkey env prod --shell powershell | Out-String | Invoke-Expression`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			dialect, err := dialect(sys, shell)
			if err != nil {
				return err
			}
			if unset {
				if !dialect.CanUnset() {
					return &usageError{what: "the form " + string(dialect) + " has no way to unset a variable", fix: "leave --unset or --shell out"}
				}
				return printVariables(sys, deliver.Unset(), dialect)
			}
			p, err := f.plan(cmd.Context(), sys, args, nil)
			if err != nil {
				return err
			}
			creds, err := p.retrieve(cmd.Context())
			if err != nil {
				return err
			}
			p.used()
			return printVariables(sys, deliver.Env(creds, p.plan.Region.Text, p.plan.Profile.Text), dialect)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&shell, "shell", "", "sh, fish, powershell, cmd, nu, dotenv or json (default: that of the shell that calls)")
	cmd.Flags().BoolVar(&unset, "unset", false, "print what takes the credentials out of the shell again")
	if cmd.RegisterFlagCompletionFunc("shell", completeShells) != nil {
		panic("there is no flag --shell")
	}
	return cmd
}

func completeShells(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range deliver.Shells() {
		names = append(names, string(s))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// dialect is the one asked for, else that of the shell that calls, else that of
// the login shell, else sh. On Windows it is PowerShell's where that has put its
// own folders before the two of PSModulePath that every program sees, else cmd's.
func dialect(sys *Sys, asked string) (deliver.Shell, error) {
	if asked != "" {
		shell, err := deliver.ParseShell(asked)
		if err != nil {
			return "", &usageError{what: err.Error(), fix: "use one of sh, fish, powershell, cmd, nu, dotenv and json"}
		}
		return shell, nil
	}
	for _, program := range []string{parentProgram(), sys.env("SHELL")} {
		// A program may be called json or dotenv; a shell that calls may not.
		if shell, err := deliver.ParseShell(program); err == nil && shell.CanUnset() {
			return shell, nil
		}
	}
	if runtime.GOOS == "windows" {
		if len(filepath.SplitList(sys.env("PSModulePath"))) > 2 {
			return deliver.PowerShell, nil
		}
		return deliver.Cmd, nil
	}
	return deliver.Sh, nil
}

// hint tells somebody who looks at the assignments that looking is all that has
// happened.
func hint(sys *Sys, shell deliver.Shell, typed []string) {
	out, ok := sys.Stdout.(*os.File)
	if !ok || !isTerminal(out) || !plain(strings.Join(typed, " ")) {
		return
	}
	line := "latchkey " + strings.Join(typed, " ")
	switch shell {
	case deliver.Sh:
		line = `eval "$(` + line + `)"`
	case deliver.Fish:
		line += " | source"
	case deliver.PowerShell:
		line += " | Out-String | Invoke-Expression"
	default:
		return
	}
	fmt.Fprintln(sys.Stderr, "latchkey: printed, not set; to set them in this shell: "+line)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

func printVariables(sys *Sys, v deliver.Variables, shell deliver.Shell) error {
	out, err := v.Format(shell)
	if err != nil {
		return err
	}
	_, err = sys.Stdout.Write(out)
	if err == nil {
		hint(sys, shell, sys.Args)
	}
	return err
}
