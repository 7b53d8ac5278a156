package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
)

func newSandboxCode(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "mfa-code USER",
		Short: "Print the next code of a user's MFA device in the running sandbox",
		Long: `Print a code of a user's MFA device that the running sandbox accepts, for
--mfa-code and TOTP_CODE. It works in the environment of a command that
"latchkey sandbox -- COMMAND" runs. Each code is given once, as AWS accepts each
once; there are three in 30 seconds.`,
		Example:           "  latchkey sandbox mfa-code alice",
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return &usageError{what: "mfa-code takes one user", fix: "latchkey sandbox mfa-code alice"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			base := sys.env(sandboxVariable)
			if !strings.HasPrefix(base, "http://") {
				return &usageError{what: sandboxVariable + " is not the address of a sandbox", fix: "run this inside latchkey sandbox -- COMMAND"}
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			code, err := sandboxCode(ctx, sys, base, args[0])
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
		awsapi.Limits{Attempts: 1, Connect: 3 * time.Second, Attempt: 10 * time.Second, Total: 10 * time.Second, Direct: true})
	if err != nil {
		return "", err
	}
	text := display.Text(strings.TrimSpace(string(resp.Body)), 200)
	switch resp.Status {
	case http.StatusOK:
		return text, nil
	case http.StatusTooManyRequests:
		return "", &exitError{code: exitFailed, err: fmt.Errorf("sandbox mfa-code: %s", text), fix: "wait until then; each code is given once"}
	case http.StatusNotFound:
		return "", &exitError{code: exitNotFound, err: fmt.Errorf("sandbox mfa-code: %s", text), fix: "name a user who has a device: curl $" + sandboxVariable + "/_sandbox/ready lists them"}
	}
	return "", &fixedError{fmt.Errorf("sandbox mfa-code: HTTP %d: %s", resp.Status, text), "see that $" + sandboxVariable + " is the address of a sandbox that runs"}
}
