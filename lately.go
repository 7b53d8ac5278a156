package latchkey

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/diskfile"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

const (
	// latelyMost is how many profiles are remembered, latelyName how long a name
	// may be in characters, latelySize the file in bytes.
	latelyMost, latelyName, latelySize = 50, 200, 64 << 10
	// latelyFresh is how long the mark of the profile used last stands: a burst of
	// calls writes one.
	latelyFresh = time.Hour
	// latelyWait is how long another process that writes is waited for.
	latelyWait = 100 * time.Millisecond
)

// mark says when a profile was used.
type mark struct {
	when time.Time
	name string
}

// Lately returns the names of the profiles that were used last, as [Resolver.Used]
// was told, the last one first, at most 50. They need not exist any more. What
// cannot be read is as if there were nothing.
func (r *Resolver) Lately() []string {
	marks := r.marks()
	names := make([]string, len(marks))
	for i, m := range marks {
		names[i] = m.name
	}
	return names
}

// Used remembers that a person has used a profile, so that it comes first where
// one is picked. It writes only when that changes the order, and once an hour; it
// is no matter to the caller when it cannot.
func (r *Resolver) Used(name string) {
	path := r.latelyFile()
	if path == "" || !markable(name) || r.fresh(r.marks(), name) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), latelyWait)
	defer cancel()
	lock, err := lockfile.Acquire(ctx, filepath.Join(r.lockFolder(), "lately.lock"))
	if err != nil {
		return
	}
	defer func() { _ = lock.Release() }()
	marks := r.marks() // again: somebody else has written meanwhile
	if r.fresh(marks, name) {
		return
	}
	marks = slices.DeleteFunc(marks, func(m mark) bool { return m.name == name })
	marks = slices.Insert(marks, 0, mark{r.opts.Now(), name})
	_ = atomicfile.Write(path, renderMarks(marks), 0o600)
}

// latelyFile is where the marks are, "" where nothing is kept.
func (r *Resolver) latelyFile() string {
	if r.state().alone {
		return ""
	}
	return filepath.Join(r.stateFolder(), "lately")
}

// fresh reports whether nothing has to be written.
func (r *Resolver) fresh(marks []mark, name string) bool {
	return len(marks) > 0 && marks[0].name == name && r.opts.Now().Sub(marks[0].when).Abs() <= latelyFresh
}

func (r *Resolver) marks() []mark {
	path := r.latelyFile()
	if path == "" {
		return nil
	}
	file, err := diskfile.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, latelySize+1))
	if err != nil || len(data) > latelySize {
		return nil
	}
	return parseMarks(string(data))
}

// parseMarks reads lines of a time, in seconds since 1970, a blank and a name, the
// last one used first. One line that is none makes all of them worth nothing.
func parseMarks(text string) []mark {
	var marks []mark
	for line := range strings.Lines(text) {
		seconds, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil || !markable(name) {
			return nil
		}
		if !slices.ContainsFunc(marks, func(m mark) bool { return m.name == name }) && len(marks) < latelyMost {
			marks = append(marks, mark{time.Unix(n, 0), name})
		}
	}
	return marks
}

func renderMarks(marks []mark) []byte {
	var b bytes.Buffer
	for _, m := range marks[:min(len(marks), latelyMost)] {
		fmt.Fprintf(&b, "%d %s\n", m.when.Unix(), m.name)
	}
	return b.Bytes()
}

// markable reports whether a name fits into the file.
func markable(name string) bool { return name != "" && display.Text(name, latelyName) == name }
