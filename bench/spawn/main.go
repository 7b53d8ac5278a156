// Command spawn runs one program without input or output and prints what the
// kernel says it cost: exit code, user and system CPU in microseconds, wall time in
// nanoseconds, peak memory in bytes, and page faults.
//
// It is a program of its own because of the memory: on Linux a child's
// peak starts at what its parent had when it forked, so the parent must be
// smaller than what is measured.
package main

import (
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: spawn PROGRAM [ARGUMENT…]")
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		fail(err.Error())
	}
	begin := time.Now()
	p, err := os.StartProcess(os.Args[1], os.Args[1:], &os.ProcAttr{Files: []*os.File{null, null, null}})
	if err != nil {
		fail(err.Error())
	}
	state, err := p.Wait()
	wall := time.Since(begin)
	if err != nil {
		fail(err.Error())
	}
	memory, faults := usage(state)
	line := ""
	for _, n := range []int64{
		int64(state.ExitCode()), state.UserTime().Microseconds(), state.SystemTime().Microseconds(), wall.Nanoseconds(), memory, faults,
	} {
		line += strconv.FormatInt(n, 10) + " "
	}
	_, _ = os.Stdout.WriteString(line + "\n")
}

func fail(why string) {
	_, _ = os.Stderr.WriteString("spawn: " + why + "\n")
	os.Exit(1)
}
