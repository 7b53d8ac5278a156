package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/origin"
)

func newExec(sys *Sys) *cobra.Command {
	var f resolveFlags
	var lasting time.Duration
	cmd := &cobra.Command{
		Use: "exec [PROFILE] [FLAGS] -- COMMAND [ARGUMENT...]",

		DisableFlagsInUseLine: true,

		Short: "Run a command with the credentials of a profile",
		Long: `Run a command with the credentials of a profile in its environment. Variables
that could win over them or mix with them are taken out. On Unix the command
takes the place of latchkey: its input, terminal, signals and exit code are its
own. If latchkey fails before that it exits with 125; 126 means that the command
cannot be run, 127 that there is none of that name.`,
		Example: `  latchkey exec prod -- terraform plan
  latchkey exec prod --read-only -- aws s3 ls
  latchkey exec prod --for 2h -- ./long-job`,
		Args:              execArgs,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, command := args[:cmd.ArgsLenAtDash()], args[cmd.ArgsLenAtDash():]
			p, err := f.plan(sys, names, func(policy *chain.Policy) {
				policy.Lifetime, policy.LifetimeOrigin = lasting, origin.Flag("for")
			})
			if err != nil {
				return err
			}
			// Found before anything is fetched: a typo must not cost an MFA code.
			path, err := findCommand(sys, command[0])
			if err != nil {
				return err
			}
			creds, err := p.retrieve(cmd.Context())
			if err != nil {
				return err
			}
			if err := lastsFor(creds, lasting, sys.Now()); err != nil {
				return err
			}
			environ := deliver.ChildEnviron(sys.Environ, deliver.Env(creds, p.plan.Region.Text, p.plan.Profile.Text))
			return run(path, command, environ)
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&lasting, "for", 0, "refuse to start if the credentials do not last this long, for example 2h")
	return cmd
}

func execArgs(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	const fix = "latchkey exec PROFILE -- COMMAND"
	switch {
	case dash < 0:
		return &usageError{what: "there is no -- before the command", fix: fix}
	case dash == len(args):
		return &usageError{what: "there is no command after --", fix: fix}
	}
	return oneProfile(cmd, args[:dash])
}

// lastsFor refuses credentials that end before the command is expected to.
func lastsFor(creds aws.Credentials, lasting time.Duration, now time.Time) error {
	if lasting <= 0 || !creds.CanExpire || creds.Expires.Sub(now) >= lasting {
		return nil
	}
	return &exitError{code: exitExec,
		err: fmt.Errorf("the credentials last %s, not %s", creds.Expires.Sub(now).Round(time.Second), lasting),
		fix: "use a role with a longer maximum session, or leave --for out"}
}

// findCommand looks the command up as the shell does: 127 if there is none of
// the name, 126 if it may not be run.
func findCommand(sys *Sys, name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil, errors.Is(err, exec.ErrDot):
		return path, nil
	case errors.Is(err, fs.ErrPermission) || isFolder(name):
		return "", cannotRun(name, err)
	}
	return "", &exitError{code: exitNoCommand, err: fmt.Errorf("command %q not found", name), fix: "check the name and PATH"}
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func cannotRun(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	var look *exec.Error
	if errors.As(err, &look) {
		err = look.Err
	}
	return &exitError{code: exitCannotRun, err: fmt.Errorf("command %q cannot be run: %w", name, err), fix: "check that it is a program and executable"}
}
