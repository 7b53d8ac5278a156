package latchkey

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// Version returns the module's version as the build recorded it, "devel" for a
// build from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == "github.com/latchkey-aws/latchkey" && m.Version != "" && m.Version != "(devel)" {
			return m.Version
		}
	}
	return "devel"
}

// state is where locks, sessions and what is remembered of MFA devices live.
type state struct {
	folder string
	// alone: the folder is no safe place for others of this user to look for
	// anything, so that nothing is shared.
	alone bool
}

// newState finds the folder: below the user's cache folder, because its content
// means nothing on another machine and can be had again. Without a home there is
// only a folder that all users can write to, and there one of this process alone.
// With the home of somebody else, as under sudo -E, what root would leave there
// could not be read by its owner.
func (r *Resolver) newState() state {
	if r.opts.StateFolder != "" {
		return state{folder: r.opts.StateFolder}
	}
	folder := r.userFolder("XDG_CACHE_HOME", "LOCALAPPDATA", ".cache", filepath.Join("Library", "Caches"))
	if folder != "" && !foreign(folder) {
		return state{folder: folder}
	}
	// Nobody can have made it before us, because nobody knows the name.
	return state{filepath.Join(os.TempDir(), "latchkey-"+rand.Text()), true}
}

func (r *Resolver) stateFolder() string { return r.state().folder }

// EditLock is the lock file that all who change the shared AWS files agree on.
func (r *Resolver) EditLock() string { return filepath.Join(r.lockFolder(), "edit.lock") }

func (r *Resolver) lockFolder() string { return filepath.Join(r.stateFolder(), "locks") }

// sameName compares names of variables, which have no case on Windows.
func sameName(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
