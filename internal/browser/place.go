package browser

import (
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Place is where this program runs, as far as it matters to a browser.
type Place struct {
	// CanOpen says that there is a way to open a page: a display, a system that
	// always has one, or a program of the person's choice.
	CanOpen bool
	// Remote says that the person sits at another machine (SSH).
	Remote bool
	// Container says that this is a container: Docker, Podman, systemd-nspawn,
	// Kubernetes and others.
	Container bool
	// Chosen says that Command or BROWSER names a command that can be tried.
	Chosen bool
	// Why says what CanOpen was judged by, for people, such as "DISPLAY is set".
	Why string
}

// Where looks where this program runs.
func Where(o Options) Place {
	p := Place{
		Remote:    o.any("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY") != "",
		Chosen:    slices.ContainsFunc(o.chosen(), runnable),
		Container: o.any("container", "KUBERNETES_SERVICE_HOST") != "" || o.exists(".dockerenv") || o.exists("run/.containerenv"),
	}
	switch goos, display := o.goos(), o.any("DISPLAY", "WAYLAND_DISPLAY"); {
	case p.Chosen && o.Command != "":
		p.CanOpen, p.Why = true, "a browser is named"
	case p.Chosen:
		p.CanOpen, p.Why = true, "BROWSER is set"
	case goos == "darwin", goos == "windows":
		p.CanOpen, p.Why = true, "the system opens pages"
	case display != "":
		p.CanOpen, p.Why = true, display+" is set"
	case o.inWindows():
		p.CanOpen, p.Why = true, "this is Linux inside Windows"
	default:
		p.Why = "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
	}
	return p
}

// Usable reports whether a page that is opened here comes to the eyes of the
// person and can reach this machine's loopback address, and why, for people:
// not over SSH; else with BROWSER set; else not in a container, and where there
// is a display.
func Usable(o Options) (ok bool, why string) {
	switch p := Where(o); {
	case p.Remote:
		return false, "this is an SSH session"
	case p.Chosen:
		return true, p.Why
	case p.Container:
		return false, "this is a container"
	default:
		return p.CanOpen, p.Why
	}
}

// any returns the first name of a variable that is set and not empty.
func (o Options) any(names ...string) string {
	for _, name := range names {
		if o.env(name) != "" {
			return name
		}
	}
	return ""
}

func (o Options) exists(name string) bool {
	if o.goos() == "windows" {
		return false
	}
	_, err := fs.Stat(o.root(), name)
	return err == nil
}

func (o Options) root() fs.FS {
	if o.Root != nil {
		return o.Root
	}
	return os.DirFS("/")
}

// inWindows reports whether this is Linux inside Windows (WSL), where a service
// or sudo may have no variables that tell.
func (o Options) inWindows() bool {
	if o.goos() != "linux" {
		return false
	}
	if o.any("WSL_DISTRO_NAME", "WSL_INTEROP") != "" {
		return true
	}
	release, err := fs.ReadFile(o.root(), "proc/sys/kernel/osrelease")
	return err == nil && strings.Contains(strings.ToLower(string(release)), "microsoft")
}
