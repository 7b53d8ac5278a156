//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

// readyWithin is how long the endpoint's process may take to begin.
const readyWithin = 20 * time.Second

// run starts the endpoint as a process of its own and has the command take the
// place of this one, as without an endpoint: the command's terminal, signals, job
// control and exit code stay its own, and Ctrl-C reaches it once. The endpoint ends
// with the command. It is not the command's child, which may wait for all that it
// has.
func (s *served) run(cmd *cobra.Command, path string, command []string) error {
	l, err := server.Listen("")
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	token, err := s.startEndpoint(cmd, l.(*net.TCPListener))
	if err != nil {
		return fmt.Errorf("endpoint for the credentials of %s: %w", s.name, err)
	}
	return run(path, command, s.environ("http://"+l.Addr().String(), token))
}

// startEndpoint starts the process that serves on l until this one ends, and
// returns the token for its command.
func (s *served) startEndpoint(cmd *cobra.Command, l *net.TCPListener) (secret.Text, error) {
	none := secret.Text{}
	listener, err := l.File()
	if err != nil {
		return none, err
	}
	defer func() { _ = listener.Close() }()
	ready, told, err := os.Pipe()
	if err != nil {
		return none, err
	}
	defer func() { _ = ready.Close() }()
	var credentials bytes.Buffer
	if err := s.handover(&credentials); err != nil {
		_ = told.Close()
		return none, err
	}
	launch, err := launcher(append([]string{"--launch", "--of", strconv.Itoa(os.Getpid())}, s.endpointArgs(cmd)...))
	if err != nil {
		_ = told.Close()
		return none, err
	}
	launch.Env, launch.Stdin, launch.Stderr, launch.ExtraFiles = s.signing.sys.Environ, &credentials, os.Stderr, []*os.File{listener, told}
	err = launch.Run()
	_ = told.Close()
	if err != nil {
		return none, err
	}
	return readToken(ready)
}

// endpointArgs are the arguments by which the endpoint's process plans the same.
func (s *served) endpointArgs(cmd *cobra.Command) (args []string) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "serve", "for", "mfa-code": // the code has been used
		case "policy-arn":
			list, _ := cmd.Flags().GetStringArray(flag.Name) // it is one
			for _, arn := range list {
				args = append(args, "--policy-arn="+arn)
			}
		default:
			args = append(args, "--"+flag.Name+"="+flag.Value.String())
		}
	})
	// Named as an argument, or picked from the list.
	if k := s.plan.Profile.Origin.Kind; k == origin.KindArgument || k == origin.KindCode {
		args = append(args, "--", s.plan.Profile.Text)
	}
	return args
}

// launcher is this program as the endpoint's process, in a session of its own: no
// key on the terminal reaches it.
func launcher(args []string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{endpointCommand}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, nil
}

// readToken waits for the endpoint to serve.
func readToken(ready *os.File) (secret.Text, error) {
	_ = ready.SetReadDeadline(time.Now().Add(readyWithin))
	line, err := bufio.NewReader(ready).ReadString('\n')
	if token, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "token "); ok && err == nil {
		return secret.New(token), nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return secret.Text{}, context.DeadlineExceeded
	}
	return secret.Text{}, errors.New("it has ended before it served")
}
