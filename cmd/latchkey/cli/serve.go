package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/server"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	resolve                        resolveFlags
	shell, listen, socket          string
	ecs, imds, v1, asJSON, verbose bool
}

func newServe(sys *Sys) *cobra.Command {
	o := serveOptions{resolve: resolveFlags{picks: true}}
	cmd := &cobra.Command{
		Use:   "serve [PROFILE]...",
		Short: "Serve credentials to programs on this machine, renewed",
		Long: `Serve the credentials of profiles to programs of yours on this machine until you
press Ctrl-C, and renew them ahead of their end. Use it where programs outlive
credentials and are not started by latchkey; "latchkey exec --serve" does it for
one command, and "latchkey credentials" needs no server where there is a config file.

What to set is printed, for the shell that calls or that of --shell, and by each
profile's token only its credentials can be had. AWS SDKs fetch them as in ECS and EKS;
--imds serves one profile as the metadata service of EC2 does, to every program of
yours. A default profile with credentials wins over both in every SDK.

With --socket PATH it is a socket for containers instead of a port: mount its folder
there, and have "latchkey credentials --from unix:PATH PROFILE" as
credential_process. The token is in PATH.token. docs/serve.md has examples.

Somebody is asked for codes and sign-ins at the start. Should that be needed again,
requests are refused for the time being (503), and you are asked here; without a
terminal a line says what to run.

With --json, one line when ready: url, profiles (name, region, uri, token),
metadata (its url), and for a socket, socket and token_file.`,
		Example: `  latchkey serve prod
  latchkey serve dev prod --json
  latchkey serve prod --imds --listen 127.0.0.1:9911
  latchkey serve dev prod --socket ~/.latchkey/socket`,
		Args:              someNames,
		ValidArgsFunction: completeServed(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			defer heedBrokenPipes()()
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return o.run(ctx, sys, args)
		},
	}
	o.resolve.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.shell, "shell", "", "sh, fish, powershell, cmd, nu, dotenv or json (default: that of the shell that calls)")
	flags.StringVar(&o.listen, "listen", "", "loopback address to listen on, as IP:PORT (default: a free port of 127.0.0.1)")
	flags.StringVar(&o.socket, "socket", "", "path of a socket to listen on instead, for containers")
	flags.BoolVar(&o.ecs, "ecs", false, "serve as ECS and EKS do (the default without --imds)")
	flags.BoolVar(&o.imds, "imds", false, "serve one profile as the instance metadata service (IMDSv2) of EC2 does")
	flags.BoolVar(&o.v1, "imds-v1", false, "answer metadata requests without a token too, which lets anything in that can be made to fetch an address")
	flags.BoolVar(&o.verbose, "verbose", false, "tell each request on standard error: method, path pattern, status, time")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON (see above)")
	if cmd.RegisterFlagCompletionFunc("shell", completeShells) != nil {
		panic("there is no flag --shell")
	}
	_ = cmd.MarkFlagFilename("socket") // the flag is there: see above
	return cmd
}

// completeServed completes profiles that are not there yet.
func completeServed(sys *Sys) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, directive := completeProfiles(sys)(nil, nil, typed)
		return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(args, name) }), directive
	}
}

// validate checks what can be known before anything is read, and settles what is
// served.
func (o *serveOptions) validate(names []string) error {
	o.imds = o.imds || o.v1
	o.ecs = o.ecs || !o.imds
	shell, err := deliver.ParseShell(o.shell)
	switch {
	case o.socket != "" && o.listen != "":
		return &usageError{what: "--socket and --listen are two places", fix: "leave one of them out; a second latchkey serve asks nobody again"}
	case o.socket != "" && o.imds:
		return &usageError{what: "no SDK looks for the metadata service on a socket", fix: "leave --imds or --socket out"}
	case o.shell != "" && (o.socket != "" || o.asJSON):
		return &usageError{what: "--shell is the form of variables, and there are none with --socket or --json", fix: "leave one of them out"}
	case o.shell != "" && err == nil && !shell.CanUnset() && len(names) > 1:
		return &usageError{what: "the form " + o.shell + " holds the variables of one profile", fix: "name one profile, or use --json"}
	case o.imds && len(names) > 1:
		return &usageError{what: "the metadata service has one identity", fix: "name one profile"}
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return &usageError{what: "profile " + name + " is named twice", fix: "name it once"}
		}
	}
	return nil
}

// run gets the credentials while somebody is there, and serves.
func (o *serveOptions) run(ctx context.Context, sys *Sys, names []string) error {
	dialect, err := dialect(sys, o.shell)
	if err != nil {
		return err
	}
	list, err := o.plan(ctx, sys, names)
	if err != nil {
		return err
	}
	// A port that is taken must not cost an MFA code.
	at, err := o.place()
	if err != nil {
		return err
	}
	defer at.leave()
	for _, s := range list {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	debug.SetGCPercent(25) // it stays, and does little
	e := &serving{serveOptions: o, sys: sys, list: list, dialect: dialect, turn: make(chan struct{}, 1)}
	return e.serve(ctx, at)
}

// plan plans all profiles, so that a wrong name is told before anything is asked.
func (o *serveOptions) plan(ctx context.Context, sys *Sys, names []string) ([]*served, error) {
	each := [][]string{nil}
	if len(names) > 0 {
		each = nil
		for _, name := range names {
			each = append(each, []string{name})
		}
	}
	var list []*served
	for _, args := range each {
		p, err := o.resolve.plan(ctx, sys, args, nil)
		if err != nil {
			return nil, err
		}
		s, err := p.serve()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if o.socket == "" {
		list[0].warnOfDefault()
	}
	return list, nil
}

// warnOfDefault tells of a default profile that wins over endpoints. It is no error:
// the variables may be for where there is none.
func (s *served) warnOfDefault() {
	var wins *usageError
	if errors.As(s.winsOverEndpoints(), &wins) {
		s.say("warning: " + wins.what + "; the variables are for where that is not read")
	}
}

// begin gets the credentials first, which must be such as an endpoint hands out.
func (s *served) begin(ctx context.Context) error {
	creds, err := s.first(ctx)
	if err != nil {
		return err
	}
	if err := server.Fit(s.name, creds, s.provider.Now()); err != nil {
		fix := "make the session longer with --duration, or try again"
		if creds.SessionToken == "" {
			fix = "use a role, or --mfa for an MFA session"
		}
		return &fixedError{fmt.Errorf("profile %w", err), fix}
	}
	s.used()
	return nil
}

// queued is the source of a profile of which there may be others: one person is
// asked one thing at a time.
func (s *served) queued(turn chan struct{}) server.Source {
	source := s.source()
	source.Ask = func(ctx context.Context, why error) {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-turn }()
		// What was answered for another one may do for this one.
		if _, err := s.provider.Retrieve(ctx); err != nil && ctx.Err() == nil {
			s.ask(ctx, why)
		}
	}
	return source
}

// named lists the names for people.
func named(list []*served) string {
	var names []string
	for _, s := range list {
		names = append(names, display.Text(s.name, 100))
	}
	return strings.Join(names, ", ")
}

// processLine is the command that asks a server for a profile's credentials.
func (s *served) processLine(socket string) string {
	return "latchkey credentials --from " + explain.Word("unix:"+socket) + " " + explain.Word(s.name)
}
