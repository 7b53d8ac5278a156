package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

const (
	// tokenSuffix is added to the path of a socket for the file with its token.
	tokenSuffix = ".token"
	// tokenVariable is where a container's token is for every SDK.
	tokenVariable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	// maxToken bounds what is read of a token's file, in bytes.
	maxToken = 4 << 10
	// askWithin is how long a server may take, from the first request to the last.
	askWithin = 5 * time.Second
)

// fromServer asks a server that latchkey serve runs. Nothing else is read: where it is
// called there may be neither home nor configuration.
func fromServer(cmd *cobra.Command, sys *Sys, from string, args []string) (aws.Credentials, error) {
	path, ok := strings.CutPrefix(from, "unix:")
	if !ok || path == "" {
		return aws.Credentials{}, &usageError{what: "--from is no socket", fix: "write --from unix:PATH, with the PATH of latchkey serve --socket"}
	}
	var other string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Name != "from" {
			other = flag.Name
		}
	})
	if other != "" {
		return aws.Credentials{}, &usageError{what: "--" + other + " is for the server to know", fix: "give it to latchkey serve, or leave --from out"}
	}
	token, where, err := socketToken(sys, path)
	if err != nil {
		return aws.Credentials{}, notAsked(err)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askWithin)
	defer cancel()
	client := &server.Client{Socket: path, Token: token, Now: sys.Now}
	creds, err := client.Fetch(ctx, argument(args).Text)
	if err != nil {
		err = notServed(err, from, where)
	}
	return creds, err
}

// socketToken is the token of the environment, else that beside the socket, and
// where it was.
func socketToken(sys *Sys, path string) (token secret.Text, where string, err error) {
	if text := sys.env(tokenVariable); text != "" {
		return secret.New(text), tokenVariable, nil
	}
	where = path + tokenSuffix
	file, err := os.Open(where)
	if err != nil {
		return token, where, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxToken))
	_ = file.Close()
	return secret.New(strings.TrimRight(string(text), "\r\n")), where, err
}

// serveFix is what starts a server.
const serveFix = "start it: latchkey serve --socket PATH PROFILE; mount the folder of the socket, not the socket"

// notAsked explains why there is no token.
func notAsked(err error) error {
	code, fix := exitFailed, "run this as the user who runs latchkey serve, or as root"
	if errors.Is(err, fs.ErrNotExist) {
		code, fix = exitUnreachable, serveFix
	}
	return &exitError{code: code, err: fmt.Errorf("token of the server: %w", err), fix: fix}
}

// notServed gives the errors of a server their exit codes and fixes.
func notServed(err error, from, where string) error {
	var unreachable *server.UnreachableError
	var answer *server.AnswerError
	exit := &exitError{code: exitFailed, err: fmt.Errorf("%s: %w", from, err), fix: "check that it is the socket of latchkey serve, of the same version"}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, server.ErrHungUp):
		exit.code, exit.fix = exitUnreachable, "run this as the user who runs latchkey serve, or as root"
	case errors.As(err, &unreachable):
		exit.code, exit.fix = exitUnreachable, serveFix
	case !errors.As(err, &answer):
	case answer.Code == server.CodePerson:
		exit.code, exit.fix = exitNeedsUser, "do it where latchkey serve runs, and try again"
	case answer.Code == server.CodeName:
		exit.code, exit.fix = exitUsage, "name one: latchkey credentials --from "+from+" PROFILE"
	case answer.Status == http.StatusNotFound:
		exit.code, exit.fix = exitNotFound, "name a profile that latchkey serve was given"
	case answer.Status == http.StatusForbidden:
		exit.code, exit.fix = exitRefused, "the token is that of "+where+"; each latchkey serve makes a new one"
	case answer.Status == http.StatusServiceUnavailable:
		exit.code, exit.fix = exitUnreachable, "look at what latchkey serve says, and try again"
	}
	return exit
}
