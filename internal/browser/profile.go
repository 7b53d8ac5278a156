package browser

import (
	"errors"
	"path"
	"slices"
	"strings"
)

var errProfile = errors.New("is no browser whose profiles are known: Chrome, Chromium, Edge, Brave, Vivaldi or Firefox")

// in returns the command for one of the browser's own profiles.
func (c command) in(profile string) command {
	if c.err != nil || profile == "" {
		return c
	}
	at := slices.IndexFunc(c.args, func(arg string) bool { return profileArgs(arg, profile) != nil })
	switch {
	case at > 0 && !wraps(c.args[0]), at < 0: // of another program it may be anything
		c.err = errProfile
		return c
	}
	// A percent sign stands for something in what is not the program.
	more := profileArgs(c.args[at], strings.ReplaceAll(profile, "%", "%%"))
	c.args = slices.Insert(slices.Clone(c.args), at+1, more...)
	return c
}

// wraps tells programs that start another one with the arguments behind it.
func wraps(program string) bool {
	switch base(program) {
	case "flatpak", "snap", "env":
		return true
	}
	return false
}

// profileArgs are the arguments by which a browser takes a profile, nil where the
// program is none that is known.
func profileArgs(program, profile string) []string {
	name := base(program)
	for _, known := range [...]string{"chrome", "chromium", "msedge", "microsoft-edge", "microsoft edge", "brave", "vivaldi"} {
		if strings.Contains(name, known) {
			return []string{"--profile-directory=" + profile}
		}
	}
	if strings.Contains(name, "firefox") || strings.Contains(name, "librewolf") {
		return []string{"-P", profile}
	}
	return nil
}

// base is a program's name in small letters.
func base(program string) string {
	return strings.ToLower(path.Base(strings.ReplaceAll(program, `\`, "/")))
}
