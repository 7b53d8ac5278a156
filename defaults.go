package latchkey

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
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
	if xdg := r.env["XDG_CACHE_HOME"]; filepath.IsAbs(xdg) {
		return xdg
	}
	switch {
	case runtime.GOOS == "windows" && r.env["LOCALAPPDATA"] != "":
		return r.env["LOCALAPPDATA"]
	case home == "":
		return filepath.Join(os.TempDir(), "latchkey-"+strconv.Itoa(os.Getuid()))
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Caches")
	}
	return filepath.Join(home, ".cache")
}
