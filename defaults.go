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

// lockFolder is where locks live: below the user's cache folder, because they
// mean nothing on another machine or after a restart.
func (r *Resolver) lockFolder() string {
	if r.opts.StateFolder != "" {
		return filepath.Join(r.opts.StateFolder, "locks")
	}
	return filepath.Join(r.cacheFolder(), "latchkey", "locks")
}

func (r *Resolver) cacheFolder() string {
	home := r.graph.Locations().Home
	if xdg, _ := r.Env("XDG_CACHE_HOME"); filepath.IsAbs(xdg) {
		return xdg
	}
	local, _ := r.Env("LOCALAPPDATA")
	switch {
	case runtime.GOOS == "windows" && local != "":
		return local
	case home == "":
		return filepath.Join(os.TempDir(), "latchkey-"+strconv.Itoa(os.Getuid()))
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Caches")
	}
	return filepath.Join(home, ".cache")
}

// sameName compares names of variables, which have no case on Windows.
func sameName(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
