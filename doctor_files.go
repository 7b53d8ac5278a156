package latchkey

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const (
	// maxListed is how many files of one folder are looked at.
	maxListed = 2000
	// killedAfter is how old a temporary file must be that nobody writes any more.
	killedAfter = time.Hour
	// maxStartUp is how much of a shell's start-up file is read, in bytes.
	maxStartUp = 1 << 20
)

// stat finds out what can be known of a file without opening it.
func (d *doctor) stat(path, name string, holds explain.Holding) explain.File {
	f := explain.File{Path: path, Name: name, Holds: holds, Modes: hasModes}
	link, err := os.Lstat(path)
	if err != nil {
		f.Err = err
		return f
	}
	f.Link = link.Mode()&fs.ModeSymlink != 0
	info, err := os.Stat(path)
	if f.Err = err; err != nil {
		return f
	}
	if f.Link {
		if f.Target, err = filepath.EvalSymlinks(path); err != nil {
			f.Err = err
		}
	}
	f.Mode, f.Changed, f.Foreign = info.Mode(), info.ModTime(), belongsToAnother(info)
	return f
}

// file judges permissions, owner and time of a file or folder, and plans the repair.
// What is not there is fine.
func (d *doctor) file(path, name string, holds explain.Holding) {
	if path == "" || !d.once("file "+path) {
		return
	}
	f := d.stat(path, name, holds)
	if errors.Is(f.Err, fs.ErrNotExist) && !f.Link {
		return
	}
	if null, err := os.Stat(os.DevNull); err == nil {
		if info, err := os.Stat(path); err == nil && os.SameFile(info, null) {
			return // a way to say that there is none
		}
	}
	found, mode := explain.FileFindings(&f)
	d.found.Add(found...)
	if mode != 0 {
		d.chmods = append(d.chmods, chmod{path, f.Mode.Perm(), mode})
	}
	if f.Err == nil {
		d.found.Add(explain.Clock(path, f.Changed, d.now)...)
	}
}

func (d *doctor) folder(path, name string, holds explain.Holding) { d.file(path, name, holds) }

// folders looks at the folders around the shared files, and for what killed
// processes left there.
func (d *doctor) folders() {
	at := d.r.graph.Locations()
	for _, path := range []string{at.Config, at.Credentials} {
		if path == "" || d.r.opts.ConfigFile == os.DevNull && path == at.Config {
			continue
		}
		folder := filepath.Dir(path)
		if filepath.Base(folder) == ".aws" { // another one is not AWS's alone
			d.folder(folder, "folder of AWS's files", explain.HoldsShared)
		}
		d.temps(folder)
		if target, err := filepath.EvalSymlinks(path); err == nil && filepath.Dir(target) != folder {
			d.temps(filepath.Dir(target))
		}
	}
}

// list returns the names in a folder: at most maxListed, sorted.
func list(folder string) []string {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxListed) // with fewer it says that this is the end
	slices.Sort(names)
	return names
}

// temps reports temporary files of ours in a folder that nobody writes any more.
func (d *doctor) temps(folder string) {
	if !d.once("temps " + folder) {
		return
	}
	for _, name := range list(folder) {
		if temp, _ := filepath.Match(atomicfile.TempPattern, name); temp {
			d.temp(filepath.Join(folder, name))
		}
	}
}

func (d *doctor) temp(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || d.now.Sub(info.ModTime()) < killedAfter || belongsToAnother(info) {
		return
	}
	d.found.Add(explain.LeftOver(path))
	d.removals = append(d.removals, path)
}

// backups looks for keys in what edits of ours have kept beside the shared files.
func (d *doctor) backups() {
	at := d.r.graph.Locations()
	for _, f := range []struct {
		path string
		into func(*profile.Options, string)
	}{
		{at.Config, func(o *profile.Options, path string) { o.ConfigFile = path }},
		{at.Credentials, func(o *profile.Options, path string) { o.CredentialsFile = path }},
	} {
		if f.path == "" {
			continue
		}
		looked := 0
		for _, name := range list(filepath.Dir(f.path)) {
			path := filepath.Join(filepath.Dir(f.path), name)
			kept, _ := filepath.Match(filepath.Base(f.path)+".latchkey-*.bak", name)
			if info, err := os.Lstat(path); !kept || err != nil || !info.Mode().IsRegular() || looked == maxBackups {
				continue
			}
			looked++
			o := profile.Options{Env: func(string) (string, bool) { return "", false }, Home: "/nonexistent", ConfigFile: os.DevNull, CredentialsFile: os.DevNull}
			f.into(&o, path)
			g, err := profile.Load(o)
			if err != nil {
				continue
			}
			if keys, _ := profile.PlaintextKeys(g); len(keys) > 0 {
				d.found.Add(explain.Backup(path, len(keys)))
			}
			d.file(path, "backup", explain.HoldsSecrets)
		}
	}
}

// maxBackups bounds how many backups are read, of up to 8 MiB each.
const maxBackups = 5

// shellInit looks whether this shell has loaded the function of this version.
func (d *doctor) shellInit() {
	if d.o.ShellInit == nil {
		return
	}
	loaded, _ := d.r.Env("LATCHKEY_SHELL_INIT")
	shell, _, _ := strings.Cut(loaded, "-")
	d.found.Add(explain.ShellInit(loaded, d.o.ShellInit(shell), d.startUp())...)
}

// startUp returns the line of the login shell's start-up file that loads the
// function, nil if there is none.
func (d *doctor) startUp() *origin.Origin {
	home := d.r.graph.Locations().Home
	shell, _ := d.r.Env("SHELL")
	file := ""
	switch filepath.Base(shell) {
	case "bash":
		file = ".bashrc"
	case "zsh":
		file = ".zshrc"
	case "fish":
		file = filepath.Join(".config", "fish", "config.fish")
	}
	if home == "" || file == "" {
		return nil
	}
	path := filepath.Join(home, file)
	data, err := d.read(path, maxStartUp)
	if err != nil {
		return nil
	}
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		if text = strings.TrimSpace(text); strings.Contains(text, "latchkey shell-init") && !strings.HasPrefix(text, "#") {
			at := origin.File(path, line, "")
			return &at
		}
	}
	return nil
}
