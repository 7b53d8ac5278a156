//go:build unix

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/internal/procwatch"
	"github.com/latchkey-aws/latchkey/server"
)

// endpointCommand is how exec --serve starts the process that serves.
const endpointCommand = "endpoint"

// What the process has open beside the standard files: the listener, and the pipe
// on which it says that it serves.
const (
	listenerFD = 3
	readyFD    = 4
)

// hiddenCommands are those that latchkey itself runs.
func hiddenCommands() []command { return []command{{endpointCommand, newEndpoint}} }

func newEndpoint(sys *Sys) *cobra.Command {
	var f resolveFlags
	var launch bool
	var of int
	cmd := &cobra.Command{
		Use:    endpointCommand + " [PROFILE]",
		Short:  "Serve the credentials of a command that exec --serve runs",
		Hidden: true,
		Args:   oneProfile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if of < 1 {
				return &usageError{what: "this command is started by exec --serve alone", fix: "latchkey serve PROFILE"}
			}
			if launch {
				return relaunch(sys)
			}
			debug.SetGCPercent(25) // it stays, and does little
			p, err := f.plan(cmd.Context(), sys, args, nil)
			if err != nil {
				return err
			}
			return p.endpoint(cmd.Context(), of)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&launch, "launch", false, "start the same once more, as nobody's child")
	cmd.Flags().IntVar(&of, "of", 0, "process id of the command")
	return cmd
}

// relaunch starts this process once more and leaves it alone: it is then no child
// of the command, nor of anybody who waits.
func relaunch(sys *Sys) error {
	args := slices.DeleteFunc(slices.Clone(sys.Args[1:]), func(arg string) bool { return arg == "--launch" })
	again, err := launcher(args)
	if err != nil {
		return err
	}
	again.Env, again.Stdin, again.Stderr = sys.Environ, os.Stdin, os.Stderr
	again.ExtraFiles = []*os.File{os.NewFile(listenerFD, "listener"), os.NewFile(readyFD, "ready")}
	return again.Start()
}

// endpoint serves until the process of that id ends.
func (p *planned) endpoint(ctx context.Context, of int) error {
	s, err := p.serve()
	if err != nil {
		return err
	}
	p.signing.ask.silent.Store(true)
	if err := s.takeOver(os.Stdin); err != nil {
		return err
	}
	watch, err := procwatch.New(of)
	if errors.Is(err, procwatch.ErrEnded) {
		return nil // it was cancelled meanwhile
	}
	if err != nil {
		return err
	}
	defer watch.Close()
	file := os.NewFile(listenerFD, "listener")
	l, err := net.FileListener(file)
	_ = file.Close()
	if err != nil {
		return err
	}
	endpoint, err := s.startOn(l)
	if err != nil {
		return err
	}
	defer func() { _ = endpoint.Close() }()
	// Before anybody knows of it: who ends it from then on is told about.
	ctx, stop := interruptible(ctx)
	defer stop()
	token := endpoint.Grant(s.name)
	ready := os.NewFile(readyFD, "ready")
	if _, err := fmt.Fprintln(ready, "token", token.Reveal()); err != nil {
		return nil // nobody waits for it any more
	}
	_ = ready.Close()
	return s.last(ctx, endpoint, watch)
}

// last serves until the command ends, and tells if it cannot. A signal ends ctx.
func (s *served) last(ctx context.Context, endpoint *server.Server, watch *procwatch.Watch) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan error, 1)
	go func() { watched <- watch.Wait(ctx) }()
	select {
	case <-endpoint.Ended():
		cancel(endpoint.Err())
		<-watched
		return &fixedError{fmt.Errorf("the endpoint of the command's credentials has ended: %w", endpoint.Err()), "start the command again: it gets another one"}
	case err := <-watched:
		if err == nil {
			return nil
		}
		return &fixedError{fmt.Errorf("the endpoint of the command's credentials has ended, so that they are not renewed any more: %w", context.Cause(ctx)), "start the command again before its credentials end"}
	}
}
