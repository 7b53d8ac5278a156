package latchkey

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// Setting returns a value of latchkey's own settings, unset if there is none.
// They stand in $XDG_CONFIG_HOME/latchkey/config, in the grammar of the AWS
// credentials file: [section] and key = value. The file is read when the first
// setting is asked for, which most calls never do.
//
//	[vault]
//	backend = age | pass | gopass     # age
//	folder = /path                    # of an age vault
//	prefix = latchkey                 # folder of the entries in pass
//	[prompt]
//	method = terminal | pinentry | none
//	pinentry = /usr/bin/pinentry-gnome3
//	[sessions]
//	keep = yes | no                   # share sessions between processes
//	[login]
//	method = auto | browser | device-code
//	port = 8400                       # to which the browser returns; a free one
//	offer = ask | always | never      # to sign in, where a command needs it
//	[console]
//	browser = firefox                 # for the web console alone, as in BROWSER
//	browser_profile = work            # of that browser's own
//
// Errors: those of reading and parsing, with file and line.
func (r *Resolver) Setting(section, key string) (origin.Value, error) {
	settings, err := r.settings()
	if err != nil || settings == nil {
		return origin.Value{}, err
	}
	p, err := settings.Profile(section)
	var none *profile.NotFoundError
	if errors.As(err, &none) {
		return origin.Value{}, nil
	}
	if err != nil {
		return origin.Value{}, err
	}
	v, _ := p.Get(key)
	return v, nil
}

func readSettings(folder string) (*profile.Graph, error) {
	path := filepath.Join(folder, settingsName)
	// Most people have none, and then nothing of the reader is needed.
	if _, err := os.Stat(path); folder == "" || errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	nothing := func(string) (string, bool) { return "", false }
	return profile.Load(profile.Options{Env: nothing, Home: folder, ConfigFile: os.DevNull, CredentialsFile: path})
}

// settingsName is the file of latchkey's own settings.
const settingsName = "config"

// settingsFile is where latchkey's own settings are, "" where there is no home.
func (r *Resolver) settingsFile() string {
	folder := r.configFolder()
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, settingsName)
}

// configFolder is where latchkey's own settings are, "" where there is no home.
func (r *Resolver) configFolder() string {
	return r.userFolder("XDG_CONFIG_HOME", "APPDATA", ".config", filepath.Join("Library", "Application Support"))
}

// dataFolder is where a vault is kept, "" where there is no home.
func (r *Resolver) dataFolder() string {
	return r.userFolder("XDG_DATA_HOME", "LOCALAPPDATA", filepath.Join(".local", "share"), filepath.Join("Library", "Application Support"))
}

// userFolder is latchkey's folder of one purpose: below the variable of the XDG
// base directory specification, or where the system has such things.
func (r *Resolver) userFolder(xdg, windows, unix, darwin string) string {
	if base, _ := r.Env(xdg); filepath.IsAbs(base) {
		return filepath.Join(base, "latchkey")
	}
	home := r.graph.Locations().Home
	base, _ := r.Env(windows)
	switch {
	case runtime.GOOS == "windows" && base != "":
		return filepath.Join(base, "latchkey")
	case home == "":
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(home, darwin, "latchkey")
	}
	return filepath.Join(home, unix, "latchkey")
}
