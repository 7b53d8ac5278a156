package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/origin"
)

func newExec(sys *Sys) *cobra.Command {
	f := resolveFlags{picks: true}
	var lasting time.Duration
	var serve bool
	cmd := &cobra.Command{
		Use: "exec [PROFILE] [FLAGS] [-- COMMAND [ARGUMENT...]]",

		DisableFlagsInUseLine: true,

		Short: "Run a command with the credentials of a profile",
		Long: `Run a command with the credentials of a profile in its environment. Variables
that could win over them or mix with them are taken out. On Unix the command
takes the place of latchkey: its input, terminal, signals and exit code are its
own. Use it for one program; "latchkey env" is for the whole shell, and
"latchkey credentials" for programs that fetch credentials themselves.

Credentials in variables end when they end. With --serve the command gets the
address of an endpoint on this machine instead (as in ECS and EKS), from which AWS
SDKs fetch credentials, renewed, for as long as the command runs. Should a renewal take a
person, a line on standard error says what to run in another terminal.

On a terminal the command may be left out: it is then a shell. Where no profile is
named, by the environment neither, and there is no default one, you pick it from
a list.

Exit codes: those of the command. 125 if latchkey fails before it, 126 if the
command cannot be run, 127 if there is none of that name, 130 if cancelled.`,
		Example: `  latchkey exec prod -- terraform plan
  latchkey exec prod --read-only -- aws s3 ls
  latchkey exec prod --for 30m -- ./long-job
  latchkey exec prod --serve -- ./long-job`,
		Args:              func(cmd *cobra.Command, args []string) error { return execArgs(sys, cmd, args) },
		ValidArgsFunction: completeCommand(completeProfiles(sys)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFor(lasting, serve); err != nil {
				return err
			}
			names, command := args, []string{sys.shell()}
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				names, command = args[:dash], args[dash:]
			}
			p, err := f.plan(cmd.Context(), sys, names, func(policy *chain.Policy) {
				policy.Lifetime, policy.LifetimeOrigin = lasting, origin.Flag("for")
			})
			if err != nil {
				return err
			}
			if serve {
				return p.execServed(cmd, command)
			}
			return p.exec(cmd.Context(), command, lasting)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&serve, "serve", false, "give the command an endpoint that renews its credentials instead of variables")
	cmd.Flags().DurationVar(&lasting, "for", 0, "refuse to start if the credentials do not last this long, for example 2h")
	return cmd
}

func checkFor(lasting time.Duration, serve bool) error {
	switch {
	case lasting < 0:
		return &usageError{what: "the time of --for is negative", fix: "write for example --for 2h"}
	case lasting > 0 && serve:
		return &usageError{what: "--for is about credentials that cannot be renewed, and with --serve they are", fix: "leave one of the two out"}
	}
	return nil
}

// exec runs the command with the credentials of the plan.
func (p *planned) exec(ctx context.Context, command []string, lasting time.Duration) error {
	sys := p.signing.sys
	// Found before anything is fetched: a typo must not cost an MFA code.
	path, err := findCommand(sys, command[0])
	if err != nil {
		return err
	}
	creds, err := p.retrieve(ctx)
	if err != nil {
		return err
	}
	if err := lastsFor(creds, p.plan.Last().Kind, lasting, sys.Now()); err != nil {
		return err
	}
	p.used()
	environ := deliver.ChildEnviron(sys.Environ, deliver.Env(creds, p.plan.Region.Text, p.plan.Profile.Text))
	return run(path, command, environ)
}

func execArgs(sys *Sys, cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	fix := "latchkey exec PROFILE -- COMMAND"
	switch {
	case dash < 0 && len(args) < 2 && sys.atTerminal():
		return oneProfile(cmd, args)
	case dash < 0 && len(args) < 2:
		return &usageError{what: "there is no command, and no terminal for a shell", fix: fix}
	case dash < 0:
		if line := strings.Join(args, " "); plain(line) {
			fix = "latchkey exec " + args[0] + " -- " + strings.Join(args[1:], " ")
		}
		return &usageError{what: "there is no -- before the command", fix: fix}
	case dash == len(args):
		return &usageError{what: "there is no command after --", fix: fix}
	}
	return oneProfile(cmd, args[:dash])
}

// atTerminal reports whether somebody types what the program reads.
func (sys *Sys) atTerminal() bool {
	file, ok := sys.Stdin.(*os.File)
	return ok && isTerminal(file)
}

// shell is the one that the user works in.
func (sys *Sys) shell() string {
	name, fallback := "SHELL", "/bin/sh"
	if runtime.GOOS == "windows" {
		name, fallback = "COMSPEC", "cmd.exe"
	}
	return cmp.Or(sys.env(name), fallback)
}

// plain reports whether a shell reads the text as it stands.
func plain(text string) bool {
	for _, r := range text {
		if r != ' ' && (r < '+' || r > 'z' || strings.ContainsRune(";<>?[\\]^`", r)) {
			return false
		}
	}
	return len(text) < 200
}

// arrival is what a session may have lost of its time when it is looked at.
const arrival = 30 * time.Second

// lastsFor refuses credentials that end before the command is expected to.
func lastsFor(creds aws.Credentials, kind chain.Kind, lasting time.Duration, now time.Time) error {
	// A session of an hour has a little less by the time it arrives.
	if lasting <= 0 || !creds.CanExpire || creds.Expires.Sub(now) >= lasting-arrival {
		return nil
	}
	fix := "lower --for, or leave it out"
	if (kind == chain.KindAssumeRole || kind == chain.KindWebIdentity) && lasting <= 12*time.Hour {
		fix = "ask for a longer session with --duration " + short(lasting) + " if the role allows it, or leave --for out"
	}
	return &exitError{code: exitExec, fix: fix,
		err: fmt.Errorf("the credentials last %s, not %s", short(creds.Expires.Sub(now).Round(time.Second)), short(lasting))}
}

// short writes a time without the units that are zero: 2h, not 2h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
