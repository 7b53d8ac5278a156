package cli

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// rusotoAddress is where rusoto's own mock listens, and its tests look.
const rusotoAddress = "127.0.0.1:8080"

// sandboxOptions are the flags of the sandbox.
type sandboxOptions struct {
	listen, world, home, as, compat string
	approve                         bool
}

// check refuses flags that contradict each other, before anything listens.
func (o *sandboxOptions) check(command bool) error {
	switch {
	case o.compat != "" && o.compat != string(sandbox.CompatRusoto):
		return &usageError{what: "sandbox does not know --compat " + o.compat, fix: "write --compat " + string(sandbox.CompatRusoto)}
	case o.compat != "" && (o.world != "" || o.home != "" || o.as != "" || o.approve):
		return &usageError{what: "--compat answers from no world", fix: "leave out --world, --home, --as and --auto-approve"}
	case o.as != "" && !o.known():
		return &usageError{what: "sandbox does not know --as " + o.as, fix: "write --as with one of " + strings.Join(workloads(), ", ")}
	case o.as != "" && !command && o.home == "":
		return &usageError{what: "--as needs a command, or a folder for it", fix: "latchkey sandbox --as " + o.as + " -- COMMAND"}
	}
	if o.compat != "" && o.listen == "" {
		o.listen = rusotoAddress
	}
	return nil
}

func (o *sandboxOptions) known() bool {
	for _, name := range workloads() {
		if name == o.as {
			return true
		}
	}
	return false
}

func workloads() (names []string) {
	for _, w := range sandbox.Workloads() {
		names = append(names, string(w))
	}
	return names
}

// flags defines the flags.
func (o *sandboxOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "", "loopback address to listen on, as IP:PORT (default: a free port of 127.0.0.1)")
	f.StringVar(&o.world, "world", "", "YAML file of accounts, users, roles and permission sets (default: the example organisation)")
	f.StringVar(&o.home, "home", "", "folder to make the home folder, and to keep (default: a temporary one with a command, else none)")
	f.StringVar(&o.as, "as", "", "run the command as in AWS, without profiles: "+strings.Join(workloads(), ", "))
	f.StringVar(&o.compat, "compat", "", `be another stand-in: "rusoto" answers as its credential_service_mock (default address: `+rusotoAddress+")")
	f.BoolVar(&o.approve, "auto-approve", false, "let the sign-in pages answer by themselves, as if somebody had signed in and allowed it")
	_, _ = cmd.MarkFlagFilename("world", "yaml", "yml"), cmd.MarkFlagDirname("home") // both flags are there
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(workloads(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("compat", cobra.FixedCompletions([]string{string(sandbox.CompatRusoto)}, cobra.ShellCompDirectiveNoFileComp))
}

// writeHome writes a home folder: of a person, or of a program in AWS.
func (o *sandboxOptions) writeHome(server *sandbox.Server, dir string) (sandbox.Home, error) {
	var home sandbox.Home
	var err error
	if o.as == "" {
		home, err = server.WriteHome(dir)
	} else {
		home, err = server.WriteWorkload(dir, sandbox.Workload(o.as))
	}
	var inUse *sandbox.HomeInUseError
	var none *sandbox.WorkloadError
	switch {
	case errors.As(err, &inUse):
		return home, &usageError{what: err.Error(), fix: "name a new or empty folder"}
	case errors.As(err, &none):
		return home, &usageError{what: err.Error(), fix: "give the world what --as " + o.as + " needs: docs/sandbox.md"}
	case err != nil:
		return home, &exitError{code: exitFailed, err: err, fix: "name a folder that you may write to"}
	}
	return home, nil
}

// runCompat is another stand-in: for a command, whose environment is its own, or
// until interrupted.
func runCompat(ctx context.Context, sys *Sys, server *sandbox.Server, compat string, command []string) error {
	if len(command) > 0 {
		environ := append(append([]string{}, sys.Environ...), sandboxVariable+"="+server.URL())
		return exitAs(runChild(sys, command, environ))
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	ready := struct {
		URL    string `json:"url"`
		Compat string `json:"compat"`
	}{server.URL(), compat}
	if err := json.NewEncoder(sys.Stdout).Encode(ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// exitAs ends as a child did.
func exitAs(code int, err error) error {
	if err == nil && code != 0 {
		return &exitError{code: code}
	}
	return err
}
