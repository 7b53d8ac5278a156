//go:build !windows

package command

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// stopTime is how long a stop of our own group takes to come. None comes where no
// shell could continue the group; then the job goes on at once.
const stopTime = 500 * time.Millisecond

// watch lets a person stop the job with Ctrl-Z. The terminal stops only its
// foreground, which is the job's group, and the shell that started us would wait
// for ever: so our group takes the terminal back and is stopped too, and hands it
// over again when it is continued.
type watch struct {
	job                 *job
	children, continued chan os.Signal
	over, done          chan struct{}
	// before are the modes of the terminal without the job, during those that
	// the job was stopped with.
	before, during *term.State
	// away says that the job is in the background now, and the terminal another's.
	away bool
}

func newWatch(j *job) *watch {
	w := &watch{job: j, children: make(chan os.Signal, 1), continued: make(chan os.Signal, 1), over: make(chan struct{}), done: make(chan struct{})}
	w.before, _ = term.GetState(j.terminal)
	signal.Notify(w.children, syscall.SIGCHLD)
	signal.Notify(w.continued, syscall.SIGCONT)
	return w
}

func (w *watch) run() {
	defer close(w.done)
	var late <-chan time.Time
	for {
		select {
		case <-w.over:
			return
		case <-w.children:
			if late == nil && stopped(w.job.cmd.Process.Pid) {
				late = time.After(stopTime)
				w.suspend()
			}
		case <-w.continued:
			late = nil
			w.resume()
		case <-late:
			late = nil
			w.resume()
		}
	}
}

// stop ends the watch. It reports whether the terminal is another's.
func (w *watch) stop(started bool) (away bool) {
	signal.Stop(w.children)
	signal.Stop(w.continued)
	close(w.over)
	if started {
		<-w.done
	}
	return w.away
}

func (w *watch) suspend() {
	if w.job.inFront(w.job.cmd.Process.Pid) {
		w.during, _ = term.GetState(w.job.terminal)
		w.job.bringToFront(w.job.group)
		if w.before != nil {
			_ = term.Restore(w.job.terminal, w.before)
		}
	}
	_ = syscall.Kill(0, syscall.SIGTSTP)
}

func (w *watch) resume() {
	pid := w.job.cmd.Process.Pid
	if w.job.inFront(w.job.group) {
		if w.during != nil {
			_ = term.Restore(w.job.terminal, w.during)
		}
		w.job.bringToFront(pid)
	}
	w.away = !w.job.inFront(pid)
	_ = syscall.Kill(-pid, syscall.SIGCONT)
}

// inFront reports whether the group is the terminal's foreground.
func (j *job) inFront(group int) bool {
	front, err := unix.IoctlGetInt(j.terminal, unix.TIOCGPGRP)
	return err == nil && front == group
}

// bringToFront makes the group the terminal's foreground. Where we are not that,
// touching the terminal would stop us but for the signal being ignored.
func (j *job) bringToFront(group int) {
	if !signal.Ignored(syscall.SIGTTOU) {
		signal.Ignore(syscall.SIGTTOU)
		defer signal.Reset(syscall.SIGTTOU)
	}
	_ = unix.IoctlSetPointerInt(j.terminal, unix.TIOCSPGRP, group)
}
