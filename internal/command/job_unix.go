//go:build !windows

package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// What POSIX shells end with when they cannot run a command.
const (
	shellNotFound      = 127
	shellNotExecutable = 126
)

// shell is named by its path: PATH belongs to the command's environment.
func shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", command)
}

// job is the process group of one command.
type job struct {
	cmd *exec.Cmd
	// terminal is where the job is in the foreground, -1 if nowhere; group is
	// who was before.
	terminal, group int
	watch           *watch // nil without a terminal
	running         bool
}

// newJob gives the command a process group of its own, so that it can be killed
// with all that it starts. A group in the background that talks to the terminal
// is stopped, so it gets the foreground or a session without terminal.
func newJob(cmd *exec.Cmd, terminal *os.File) *job {
	j := &job{cmd: cmd, terminal: -1}
	if terminal != nil {
		fd := int(terminal.Fd())
		group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		if err == nil && group == syscall.Getpgrp() {
			j.terminal, j.group = fd, group
			cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: fd}
			j.watch = newWatch(j)
			return j
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return j
}

func (j *job) started() {
	if j.watch != nil {
		j.running = true
		go j.watch.run()
	}
}

// kill ends the whole group.
func (j *job) kill() error {
	err := syscall.Kill(-j.cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// ended takes the terminal back.
func (j *job) ended() {
	if j.watch != nil && !j.watch.stop(j.running) {
		j.bringToFront(j.group)
	}
}

// signalOf returns the name of the signal that ended the process, "" if none did.
func signalOf(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return status.Signal().String()
}
