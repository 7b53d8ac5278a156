package command

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// What cmd.exe ends with when it does not find a command; there is no bit that
// makes a file executable.
const (
	shellNotFound      = 9009
	shellNotExecutable = -1
)

// shell passes the line to cmd.exe as it is but for \", which SDKs take for a
// quote: Go's own quoting of arguments is not what cmd.exe understands.
func shell(ctx context.Context, command string) *exec.Cmd {
	name := "cmd.exe"
	if system, err := windows.GetSystemDirectory(); err == nil {
		name = filepath.Join(system, name)
	}
	cmd := exec.CommandContext(ctx, name)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CmdLine:       "cmd.exe /C " + strings.ReplaceAll(command, `\"`, `"`),
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP,
	}
	return cmd
}

// job is the Windows job object that holds a command and all that it starts.
type job struct {
	cmd    *exec.Cmd
	handle windows.Handle // 0 if there is none
}

func newJob(cmd *exec.Cmd, _ *os.File) *job {
	handle, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		handle = 0
	}
	return &job{cmd, handle}
}

// started puts the command into the job.
func (j *job) started() {
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	process, err := windows.OpenProcess(access, false, uint32(j.cmd.Process.Pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(process)
	_ = windows.AssignProcessToJobObject(j.handle, process)
}

// kill ends the whole job, or at least the command.
func (j *job) kill() error {
	if j.handle != 0 {
		_ = windows.TerminateJobObject(j.handle, 1)
	}
	return j.cmd.Process.Kill()
}

func (j *job) ended() {
	if j.handle != 0 {
		_ = windows.CloseHandle(j.handle)
	}
}

// signalOf returns "": Windows has no signals that end a process.
func signalOf(*os.ProcessState) string { return "" }
