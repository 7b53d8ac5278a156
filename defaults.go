package latchkey

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
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

// stateFolder is where locks, sessions and what is remembered of MFA devices
// live: below the user's cache folder, because they mean nothing on another
// machine and can be had again.
func (r *Resolver) stateFolder() string {
	if r.opts.StateFolder != "" {
		return r.opts.StateFolder
	}
	if folder := r.userFolder("XDG_CACHE_HOME", "LOCALAPPDATA", ".cache", filepath.Join("Library", "Caches")); folder != "" {
		return folder
	}
	return filepath.Join(os.TempDir(), "latchkey-"+strconv.Itoa(os.Getuid()))
}

// EditLock is the lock file that all who change the shared AWS files agree on.
func (r *Resolver) EditLock() string { return filepath.Join(r.lockFolder(), "edit.lock") }

func (r *Resolver) lockFolder() string { return filepath.Join(r.stateFolder(), "locks") }

// sameName compares names of variables, which have no case on Windows.
func sameName(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
