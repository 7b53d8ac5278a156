package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// sandboxVariable tells programs in a sandbox's environment where it is.
const sandboxVariable = "LATCHKEY_SANDBOX_URL"

func newSandbox(sys *Sys) *cobra.Command {
	var listen, world, home string
	cmd := &cobra.Command{
		Use: "sandbox [FLAGS] [-- COMMAND [ARGUMENT...]]",

		DisableFlagsInUseLine: true,

		Short: "Run a local stand-in for AWS",
		Long: `Run a local stand-in for AWS: STS, Identity Center, instance metadata and the
container endpoint of an example organisation.

With a command, run it in an environment that points every AWS tool at the
sandbox: a temporary home folder with the profiles alice, dev, stage, prod,
sso-dev, sso-prod, ci and broken. Codes of MFA devices come from
"latchkey sandbox mfa-code USER". Without a command, print one line of JSON
when ready and serve until interrupted.`,
		Example: `  latchkey sandbox -- latchkey whoami alice
  latchkey sandbox -- bash
  latchkey sandbox --listen 127.0.0.1:4566 --world world.yaml`,
		Args: sandboxArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := startSandbox(sys, listen, world)
			if err != nil {
				return err
			}
			defer func() { _ = server.Close() }()
			if len(args) > 0 {
				return runInSandbox(sys, server, home, args)
			}
			return serveSandbox(cmd.Context(), sys, server, home)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "loopback address to listen on, as IP:PORT (default: a free port of 127.0.0.1)")
	cmd.Flags().StringVar(&world, "world", "", "YAML file of accounts, users, roles and permission sets (default: the example organisation)")
	cmd.Flags().StringVar(&home, "home", "", "folder to write the home folder into, and to keep (default: a temporary one with a command, else none)")
	cmd.AddCommand(newSandboxCode(sys))
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

func startSandbox(sys *Sys, listen, path string) (*sandbox.Server, error) {
	opts := sandbox.Options{Addr: listen, Now: sys.Now}
	if path != "" {
		world, err := sandbox.LoadWorld(path)
		if err != nil {
			return nil, &usageError{what: err.Error(), fix: "docs/sandbox.md describes the file"}
		}
		opts.World = world
	}
	return sandbox.New(opts)
}

// serveSandbox prints the line of JSON and waits for a signal.
func serveSandbox(ctx context.Context, sys *Sys, server *sandbox.Server, home string) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	ready := struct {
		sandbox.Ready
		Home string   `json:"home,omitempty"`
		Env  []string `json:"env,omitempty"`
	}{Ready: server.Ready()}
	if home != "" {
		written, err := server.WriteHome(home)
		if err != nil {
			return err
		}
		ready.Home, ready.Env = written.Dir, written.Env
	}
	if err := json.NewEncoder(sys.Stdout).Encode(ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// runInSandbox runs a command in a home folder of the sandbox. It is not exec:
// the sandbox has to outlive the command.
func runInSandbox(sys *Sys, server *sandbox.Server, home string, command []string) error {
	if home == "" {
		dir, err := os.MkdirTemp("", "latchkey-sandbox-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		home = dir
	}
	written, err := server.WriteHome(home)
	if err != nil {
		return err
	}
	code, err := runChild(sys, command, sandboxEnviron(sys.Environ, written))
	if err != nil {
		return err
	}
	if code != 0 {
		return &exitError{code: code}
	}
	return nil
}

// sandboxEnviron is the environment of a program in the sandbox: nothing of the
// user's own AWS set-up is left in it, and latchkey itself can be called.
func sandboxEnviron(environ []string, home sandbox.Home) []string {
	drop := map[string]bool{"XDG_CACHE_HOME": true, "XDG_CONFIG_HOME": true, "XDG_RUNTIME_DIR": true}
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
		case !drop[name]:
			kept = append(kept, pair)
		}
	}
	return append(kept, home.Env...)
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

func newSandboxCode(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "mfa-code USER",
		Short: "Print the next code of a user's MFA device in the running sandbox",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{what: "mfa-code takes one user", fix: "latchkey sandbox mfa-code alice"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			base := sys.env(sandboxVariable)
			if base == "" {
				return &usageError{what: sandboxVariable + " is not set", fix: "run this inside latchkey sandbox -- COMMAND"}
			}
			code, err := sandboxCode(cmd.Context(), sys, base, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(sys.Stdout, code)
			return err
		},
	}
}

// sandboxCode asks the sandbox's control API for a code.
func sandboxCode(ctx context.Context, sys *Sys, base, user string) (string, error) {
	client := awsapi.New(awsapi.Options{Now: sys.Now, UserAgent: "latchkey"})
	resp, err := client.Fetch(ctx, awsapi.Request{Method: http.MethodPost, URL: strings.TrimSuffix(base, "/") + "/_sandbox/mfa-code?user=" + url.QueryEscape(user), Operation: "sandbox mfa-code"},
		awsapi.Limits{Attempts: 1, Connect: 3 * time.Second, Attempt: 40 * time.Second, Total: 40 * time.Second, Direct: true})
	if err != nil {
		return "", err
	}
	var answer struct{ Code, Message string }
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Code == "" {
		return "", errors.New("sandbox mfa-code: " + awsapi.Sanitize(strings.TrimSpace(string(resp.Body)), 200))
	}
	return answer.Code, nil
}
