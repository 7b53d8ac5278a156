package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/vault"
)

// sandboxVariable tells programs in a sandbox's environment where it is.
const sandboxVariable = "LATCHKEY_SANDBOX_URL"

func newSandbox(sys *Sys) *cobra.Command {
	var opts sandboxOptions
	cmd := &cobra.Command{
		Use: "sandbox [FLAGS] [-- COMMAND [ARGUMENT...]]",

		DisableFlagsInUseLine: true,

		Short: "Run a local stand-in for AWS",
		Long: `Run a local stand-in for AWS: STS, Identity Center, instance metadata and the
container endpoint of an example organisation. Use it to try latchkey or any AWS
tool without an account, and to test your own programs.

With a command, run it in an environment that points every AWS tool at the
sandbox: a temporary home folder with the profiles alice, dev, stage, prod,
sso-dev, sso-prod, login, ci, admin and broken. Codes of MFA devices come from
"latchkey sandbox mfa-code USER". With --auto-approve, browser sign-ins need nobody.
It exits as the command does, 128+N where
signal N ended it; 126 if it cannot be run, 127 if there is none of that name.

With --as, the command finds what a program finds in AWS, and no profiles: as ec2
the metadata service, as ecs and eks (Pod Identity) the container endpoint, as
irsa a web identity token, as lambda keys in the environment.

Without a command, print one line of JSON when ready (url, region, endpoints,
container_token, accounts, users, profiles; with --home also home, env and unset) and
serve until interrupted.`,
		Example: `  latchkey sandbox -- latchkey whoami alice
  latchkey sandbox -- sh -c 'latchkey whoami prod --mfa-code $(latchkey sandbox mfa-code alice)'
  latchkey sandbox -- bash
  latchkey sandbox --as ecs -- latchkey whoami
  latchkey sandbox --listen 127.0.0.1:4566 --home ./sandbox-home`,
		Args:              sandboxArgs,
		ValidArgsFunction: completeCommand(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opts.check(len(args) > 0); err != nil {
				return err
			}
			server, err := startSandbox(sys, opts)
			if err != nil {
				return err
			}
			defer func() { _ = server.Close() }()
			switch {
			case opts.compat != "":
				return runCompat(cmd.Context(), sys, server, opts.compat, args)
			case len(args) > 0:
				return runInSandbox(sys, server, opts, args)
			}
			return serveSandbox(cmd.Context(), sys, server, opts)
		},
	}
	opts.flags(cmd)
	cmd.AddCommand(newSandboxCode(sys), newSandboxVisit(sys))
	return cmd
}

func sandboxArgs(cmd *cobra.Command, args []string) error {
	switch dash := cmd.ArgsLenAtDash(); {
	case len(args) == 0 && dash < 0:
		return nil
	case dash != 0:
		return &usageError{what: "sandbox does not take " + args[0], fix: "latchkey sandbox -- COMMAND"}
	case len(args) == 0:
		return &usageError{what: "there is no command after --", fix: "latchkey sandbox -- COMMAND"}
	}
	return nil
}

func startSandbox(sys *Sys, o sandboxOptions) (*sandbox.Server, error) {
	opts := sandbox.Options{Addr: o.listen, Now: sys.Now, AutoApprove: o.approve, Compat: sandbox.Compat(o.compat)}
	if o.world != "" {
		world, err := sandbox.LoadWorld(o.world)
		if err != nil {
			fix := "docs/sandbox.md describes the file"
			if errors.Is(err, fs.ErrNotExist) {
				fix = "check the path of --world"
			}
			return nil, &usageError{what: err.Error(), fix: fix}
		}
		opts.World = world
	}
	server, err := sandbox.New(opts)
	var socket *net.OpError
	switch {
	case errors.As(err, &socket):
		return nil, &exitError{code: exitFailed, err: err, fix: "choose another port, or leave --listen out for a free one"}
	case err != nil && o.listen != "":
		return nil, &usageError{what: err.Error(), fix: "write for example --listen 127.0.0.1:4566; port 0 is a free one"}
	}
	return server, err
}

// temporaryFolder makes a folder that remove takes away again.
func temporaryFolder(prefix string) (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", prefix)
	if err != nil {
		return "", nil, &exitError{code: exitFailed, err: err, fix: "point TMPDIR at a folder that you may write to"}
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// serveSandbox prints the line of JSON and waits for a signal.
func serveSandbox(ctx context.Context, sys *Sys, server *sandbox.Server, o sandboxOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	ready := struct {
		sandbox.Ready
		Home  string   `json:"home,omitempty"`
		Env   []string `json:"env,omitempty"`
		Unset []string `json:"unset,omitempty"` // what must not reach a program
	}{Ready: server.Ready()}
	if o.home != "" {
		written, err := o.writeHome(server, o.home)
		if err != nil {
			return err
		}
		ready.Home, ready.Env, ready.Unset = written.Dir, written.Env, written.Unset
		if ready.AutoApprove {
			ready.Env = append(ready.Env, "BROWSER="+visitor())
		}
	}
	if err := json.NewEncoder(sys.Stdout).Encode(ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// runInSandbox runs a command in a home folder of the sandbox. It is not exec:
// the sandbox has to outlive the command.
func runInSandbox(sys *Sys, server *sandbox.Server, o sandboxOptions, command []string) error {
	temporary, home := o.home == "", o.home
	if temporary {
		dir, remove, err := temporaryFolder("latchkey-sandbox-")
		if err != nil {
			return err
		}
		defer remove()
		home = dir
	}
	written, err := o.writeHome(server, home)
	if err != nil {
		return err
	}
	environ := sandboxEnviron(sys.Environ, written, o.approve)
	if temporary {
		defer endHome(environ)
	}
	return exitAs(runChild(sys, command, environ))
}

// endHome takes what a home folder that goes away has left outside of it: the keys
// of its sessions and its vault in the kernel's keyring.
func endHome(environ []string) {
	resolver, err := latchkey.Load(latchkey.Options{Environ: environ})
	if err != nil {
		return // a config that the command has spoilt
	}
	_ = resolver.EndSessions(context.Background())
	if folder, err := resolver.VaultFolder(); err == nil {
		_ = vault.Open(resolver.VaultOptions(folder)).Lock()
	}
}

// sandboxEnviron is the environment of a program in the sandbox: nothing of the
// user's own AWS set-up and vault is left in it, and latchkey itself can be called.
func sandboxEnviron(environ []string, home sandbox.Home, approve bool) []string {
	drop := map[string]bool{"TOTP_CODE": true, "BROWSER": approve}
	for _, name := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "APPDATA", "LOCALAPPDATA"} {
		drop[name] = true
	}
	for _, name := range home.Unset {
		drop[name] = true
	}
	for _, pair := range home.Env {
		name, _, _ := strings.Cut(pair, "=")
		drop[name] = true
	}
	var kept []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case strings.EqualFold(name, "PATH"):
			kept = append(kept, name+"="+value+string(os.PathListSeparator)+ownFolder())
		case !drop[name] && !strings.HasPrefix(name, "LATCHKEY_VAULT_"):
			kept = append(kept, pair)
		}
	}
	if approve {
		kept = append(kept, "BROWSER="+visitor())
	}
	return append(kept, home.Env...)
}

// visitor is the BROWSER that opens the sandbox's pages with nobody in front of it.
func visitor() string {
	self, err := os.Executable()
	if err != nil {
		self = "latchkey"
	}
	return `"` + self + `" sandbox visit %s`
}

// ownFolder is where this program lies, so that "latchkey" is found where it is
// not installed.
func ownFolder() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(self)
}
