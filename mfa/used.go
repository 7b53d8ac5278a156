package mfa

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// keptCodes is how many codes of a device are remembered: more than fit into
	// the minutes in which AWS takes a code.
	keptCodes = 8
	// nearSteps is how far ahead a remembered step can be and still be believed;
	// beyond it, the clock was wrong when it was written.
	nearSteps = 2
)

// use is a code that was given out. A used code is worth nothing; its digest
// keeps it out of the reach of a search for digits.
type use struct {
	Step int64  `json:"step"`
	Code string `json:"code"`
}

// usedFile is the file <digest of the serial>.json in the folder.
type usedFile struct {
	Format int   `json:"format"`
	Used   []use `json:"used"` // the latest first
}

// lock takes this process's turn, and the device's lock between processes, for a
// source that may take long.
func (c *Codes) lock(ctx context.Context, r Request, source Source) (release func(), err error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	note := ""
	if source.person {
		note = lockfile.Asking
	}
	unlock, err := c.lockFile(ctx, r.Serial, ".lock", note, c.o.Busy)
	if err != nil {
		<-c.turn
		return nil, err
	}
	return func() { unlock(); <-c.turn }, nil
}

// lockFile takes a lock of the device between processes. One that cannot be had
// for reasons of the disk withholds nothing.
func (c *Codes) lockFile(ctx context.Context, serial, suffix, note string, waiting func(holder string)) (unlock func(), err error) {
	if c.o.Folder == "" {
		return func() {}, nil
	}
	held, err := lockfile.Wait(ctx, filepath.Join(c.o.Folder, digest(serial)+suffix), waiting)
	var busy *BusyError
	switch {
	case err == nil && note != "":
		held.Sign(note)
		fallthrough
	case err == nil:
		return func() { _ = held.Release() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &busy):
		return nil, fmt.Errorf("mfa device %s: %w", display.Text(serial, textLimit), err)
	}
	c.o.Warn(fmt.Errorf("mfa device: %w", err))
	return func() {}, nil
}

// claim remembers a code as given out, unless it was before: two sources may have
// found the same one.
func (c *Codes) claim(ctx context.Context, serial string, source Source, code secret.Text, now time.Time) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	unlock, err := c.lockFile(ctx, serial, "-used.lock", "", nil)
	if err != nil {
		return false, err
	}
	defer unlock()
	used := c.recall(serial)
	if known(used, serial, code) || source.clock && early(used, now) {
		return false, nil
	}
	c.remember(serial, used, code, now)
	return true, nil
}

// recall returns the codes of the device that were given out, the latest first.
func (c *Codes) recall(serial string) []use {
	id := digest(serial)
	given := c.given[id]
	if c.o.Folder == "" {
		return given
	}
	var file usedFile
	err := readFile(filepath.Join(c.o.Folder, id+".json"), &file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.o.Warn(err)
		return given
	}
	if len(given) > 0 && (len(file.Used) == 0 || file.Used[0] != given[0]) {
		// The file could not be written, or another process has gone on.
		return append(file.Used, given...)
	}
	return file.Used
}

// remember puts a code before the others. A disk that is full or read-only
// withholds no code.
func (c *Codes) remember(serial string, used []use, code secret.Text, now time.Time) {
	id := digest(serial)
	used = append([]use{{step(now), codeDigest(serial, code)}}, used...)
	used = used[:min(len(used), keptCodes)]
	c.given[id] = used
	if c.o.Folder == "" {
		return
	}
	data, err := json.Marshal(usedFile{format, used})
	if err == nil {
		err = atomicfile.Write(filepath.Join(c.o.Folder, id+".json"), append(data, '\n'), 0o600)
	}
	if err != nil {
		c.o.Warn(fmt.Errorf("mfa code: not remembered as used: %w", err))
	}
}

// known reports whether the code was given out for the device.
func known(used []use, serial string, code secret.Text) bool {
	want := codeDigest(serial, code)
	for _, u := range used {
		if u.Code == want {
			return true
		}
	}
	return false
}

// early reports whether the clock stands at a step of which, or of one after
// which, a code was given out: it went back, or the device is a little ahead.
func early(used []use, now time.Time) bool {
	for _, u := range used {
		if ahead := u.Step - step(now); ahead >= 0 && ahead <= nearSteps {
			return true
		}
	}
	return false
}

func digest(s string) string {
	sum := sha256.Sum256([]byte("latchkey mfa device\x00" + s))
	return hex.EncodeToString(sum[:16])
}

func codeDigest(serial string, code secret.Text) string {
	sum := sha256.Sum256([]byte("latchkey mfa code\x00" + serial + "\x00" + code.Reveal()))
	return hex.EncodeToString(sum[:16])
}
