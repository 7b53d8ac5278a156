package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxHops is how many redirects are followed: a sign-in has two.
const maxHops = 10

func newSandboxVisit(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "visit URL",
		Short: "Open a page of the sandbox as a browser would, with nobody in front of it",
		Long: `Get a page of the sandbox and follow where it leads, on loopback addresses only.
It is the BROWSER in the environment of "latchkey sandbox --auto-approve", whose
pages answer by themselves: whole sign-ins then run without a person.`,
		Example:           `  latchkey sandbox --auto-approve -- sh -c 'latchkey logout sso-dev && latchkey login sso-dev'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{what: "visit takes one URL", fix: "latchkey sandbox visit http://127.0.0.1:4566/…"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return visitPage(ctx, sys, args[0])
		},
	}
}

func visitPage(ctx context.Context, sys *Sys, page string) error {
	client := awsapi.New(awsapi.Options{Now: sys.Now, UserAgent: "latchkey"})
	at, err := url.Parse(page)
	for range maxHops {
		if err != nil || at.Scheme != "http" || !awsapi.IsLoopback(at.Hostname()) {
			return &usageError{what: "visit: not an http URL of a loopback address", fix: "it is for pages of the sandbox; open others in a browser"}
		}
		resp, err := client.Fetch(ctx, awsapi.Request{Method: http.MethodGet, URL: at.String(), Operation: "sandbox visit"},
			awsapi.Limits{Attempts: 1, Connect: 3 * time.Second, Attempt: 10 * time.Second, Total: 10 * time.Second, Direct: true})
		switch {
		case err != nil:
			return err
		case resp.Status >= 400:
			return &fixedError{fmt.Errorf("sandbox visit: HTTP %d", resp.Status), "begin the sign-in again and visit its new link: each is good once"}
		case resp.Status < 300:
			return nil
		}
		at, err = at.Parse(resp.Header.Get("Location"))
		if err != nil {
			return &fixedError{errors.New("sandbox visit: a redirect to what is no URL"), "visit a page of the sandbox"}
		}
	}
	return &fixedError{fmt.Errorf("sandbox visit: more than %d redirects", maxHops), "visit a page of the sandbox"}
}
