// Package lockfile owns locks between processes: one file per lock, which the
// kernel releases when its holder dies, however it dies.
//
// The lock file is never unlinked: a waiter would hold the lock of a file that
// nobody else can find any more. The package must not know what is locked.
package lockfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/gofrs/flock"
)

const (
	firstWait = 5 * time.Millisecond
	longWait  = 50 * time.Millisecond
)

// Lock is a lock that is held. It is good between processes and between
// goroutines of one process.
type Lock struct {
	file *flock.Flock

	mu    sync.Mutex
	beats int
	note  string
	alive *time.Timer // gives signs of life; nil if nothing does
}

// Acquire waits for the lock at path and takes it. Missing folders are made
// with mode 0700, the file with 0600. It looks every 5 to 50 ms, so that a lock
// is taken over at most 50 ms after its holder died. When ctx ends first, its
// error comes back, wrapped.
func Acquire(ctx context.Context, path string) (*Lock, error) {
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		lock, ok, err := Try(path)
		if ok || err != nil {
			return lock, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Try takes the lock at path if nobody holds it, without waiting. It returns
// nil and false when somebody does; an error says that the lock file cannot be
// made, opened or locked.
func Try(path string) (*Lock, bool, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	file := flock.New(path, flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		_ = file.Close()
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, false, nil
	}
	if !current(file) {
		_ = file.Close()
		return nil, false, nil
	}
	lock := &Lock{file: file}
	lock.Sign("")
	return lock, true, nil
}

// Asking is the note of a holder that a person has to answer.
const Asking = "which asks its user"

// Sign leaves a sign of life, with a note such as [Asking] for those who wait. The lock does not depend on it: where it cannot be written,
// they learn less.
func (l *Lock) Sign(note string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sign(note)
}

func (l *Lock) sign(note string) {
	l.note = note
	file, err := os.OpenFile(l.file.Path(), os.O_WRONLY, 0)
	if err != nil {
		return
	}
	l.beats++
	line := fmt.Appendf(nil, "process %d sign %d %s", os.Getpid(), l.beats, note)
	line = append(line, strings.Repeat(" ", max(0, signSize-len(line)))...)
	_, _ = file.WriteAt(line[:signSize], signAt)
	_ = file.Close()
}

// A sign has always the same size and place, so that it is written and read in
// one piece. It leaves out the first byte, which Windows keeps from all others
// while it is locked.
const (
	signAt   = 1
	signSize = 96
)

// Sign returns what the holder of the lock at path last left there, "" if
// nothing can be read. It changes with each sign of life.
func Sign(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	var line [signSize]byte
	n, _ := file.ReadAt(line[:], signAt)
	return string(line[:n])
}

// Holder names the process that holds the lock at path, such as "process 42
// (latchkey)", with its note after a comma if it left one, or is "another
// process" where that cannot be told. Ask only after Try or Acquire failed: who
// held a free lock last is of no use.
func Holder(path string) string {
	words := strings.Fields(Sign(path))
	if len(words) < 4 || words[0] != "process" || words[2] != "sign" {
		return "another process"
	}
	pid, err := strconv.Atoi(words[1])
	if err != nil || pid <= 0 {
		return "another process"
	}
	name := "process " + strconv.Itoa(pid)
	// Linux tells the command; its name is any bytes.
	if comm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm"); err == nil {
		name += " (" + strings.Map(printable, strings.TrimSpace(string(comm))) + ")"
	}
	if note := strings.Join(words[4:], " "); note != "" {
		name += ", " + strings.Map(printable, note)
	}
	return name
}

func printable(r rune) rune {
	if unicode.IsPrint(r) && r != unicode.ReplacementChar {
		return r
	}
	return -1
}

// current reports whether the locked file still is the one at its path. After
// somebody else deleted it, two processes could hold two files of one name.
func current(file *flock.Flock) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(file.Path())
	return err == nil && os.SameFile(held, there)
}

// Release gives the lock back. Releasing twice is harmless.
func (l *Lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive != nil {
		l.alive.Stop()
		l.alive = nil
	}
	return l.file.Unlock()
}
