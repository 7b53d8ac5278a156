package latchkey

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/vault"
)

// DoctorOptions say what a check-up looks at.
type DoctorOptions struct {
	// Profiles are those to be checked; none: all. What is wrong with files, the
	// environment and the stores is told in any case.
	Profiles []string
	// Online asks AWS as well: for the age of keys and the time.
	Online bool
	// ShellInit returns the mark that the shell-init script of this version leaves
	// for a shell, "" for an unknown one; nil: that is not looked at.
	ShellInit func(shell string) string
}

// Checkup is the result of a check-up.
type Checkup struct {
	// Profiles is how many were checked.
	Profiles int
	// Findings are sorted by weight.
	Findings []explain.Weighed
	// Repairs are what can be done about those that are fixable, to be done in
	// this order.
	Repairs []Repair
}

// Doctor checks every profile, the files and their permissions, what is kept, and
// the environment. It asks nobody, and without Online it does not use the network.
// What is wrong is among the findings; an error is that of a profile in o that does
// not exist (*profile.NotFoundError), or that of the context.
//
// Files that are no regular files are reported and not read, so that none of them
// can keep it waiting.
func Doctor(ctx context.Context, opts Options, o DoctorOptions) (*Checkup, error) {
	d, err := newDoctor(opts, o)
	if err != nil {
		return nil, err
	}
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	for _, look := range [...]func(context.Context){
		func(context.Context) { d.settings() },
		func(context.Context) { d.keys() },
		func(ctx context.Context) { d.profiles(ctx, names) },
		func(context.Context) { d.reader(names) },
		func(context.Context) { d.environment() },
		func(ctx context.Context) { d.vault(ctx) },
		func(ctx context.Context) { d.sessions(ctx) },
		func(context.Context) { d.caches() },
		func(context.Context) { d.backups() },
		func(ctx context.Context) { d.online(ctx) },
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		look(ctx)
	}
	return &Checkup{Profiles: len(names), Findings: d.found.Findings(), Repairs: d.repairs()}, nil
}

// doctor gathers facts for one check-up.
type doctor struct {
	r     *Resolver
	o     DoctorOptions
	now   time.Time
	found explain.Checkup
	// metadata: a profile gets credentials from the metadata service.
	metadata bool
	// entries are those of the vault, sorted, without ids and secrets.
	entries []keyAt
	fixes
}

// newDoctor loads the configuration, but for files that could keep it waiting.
func newDoctor(opts Options, o DoctorOptions) (*doctor, error) {
	opts.Asker, opts.Warn = nil, nil
	opts.First = ""
	at := profile.Locate(profile.Options{Env: (&Resolver{opts: opts.filled()}).Env, Home: opts.Home, ConfigFile: opts.ConfigFile, CredentialsFile: opts.CredentialsFile})
	d := &doctor{o: o}
	for _, place := range [...]struct {
		path, name string
		into       *string
	}{{at.Config, "config file", &opts.ConfigFile}, {at.Credentials, "credentials file", &opts.CredentialsFile}} {
		if readable(place.path) {
			continue
		}
		*place.into = os.DevNull
		f := d.stat(place.path, place.name, explain.HoldsOrders)
		found, _ := explain.FileFindings(&f)
		d.found.Add(found...)
	}
	r, err := Load(opts)
	if err != nil {
		return nil, err
	}
	d.r, d.now = r, r.opts.Now()
	r.graph.Findings() // to look at all first makes each look-up of one cheap
	if path := r.settingsFile(); !readable(path) {
		f := d.stat(path, "file of latchkey's settings", explain.HoldsOrders)
		found, _ := explain.FileFindings(&f)
		d.found.Add(found...)
		r.settings = func() (*profile.Graph, error) { return nil, nil }
	}
	return d, nil
}

// readable reports whether reading what is at path cannot wait for anything: a
// regular file, the null device, nothing at all, or what fails at once.
func readable(path string) bool {
	if path == "" {
		return true
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return true
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

// names are the profiles to be checked.
func (d *doctor) names() ([]string, error) {
	if len(d.o.Profiles) == 0 {
		return d.r.graph.Names(), nil
	}
	for _, name := range d.o.Profiles {
		_, err := d.r.graph.Profile(name)
		var none *profile.NotFoundError
		if !errors.As(err, &none) {
			continue // another error is a finding
		}
		if entry, _ := d.r.entry(name); entry.Name == "" {
			return nil, err
		}
	}
	return d.o.Profiles, nil
}

// settings looks at latchkey's own settings.
func (d *doctor) settings() {
	r := d.r
	folder := r.configFolder()
	if path := r.settingsFile(); path != "" {
		d.folder(folder, "folder of latchkey's settings", explain.HoldsShared)
		d.file(path, "file of latchkey's settings", explain.HoldsOrders)
	}
	list, err := r.SettingsFindings()
	if err != nil {
		d.failure("settings", err)
		return
	}
	for _, diagnostic := range list {
		d.found.Add(explain.Noticed(diagnostic))
	}
	for _, rule := range [...]struct{ section, key, values string }{
		{"prompt", "method", "terminal pinentry none"}, {"login", "method", "auto browser device-code"}, {"login", "offer", "ask always never"},
	} {
		v, err := r.Setting(rule.section, rule.key)
		if err == nil && v.Set() && !strings.Contains(" "+rule.values+" ", " "+v.Text+" ") {
			d.failure("settings", &chain.ConfigError{Origin: v.Origin, Message: "the setting " + rule.key + " of " + rule.section + " has a value that means nothing",
				Fix: "write " + strings.ReplaceAll(rule.values, " ", ", ")})
		}
	}
	if _, err := r.keepsSessions(); err != nil {
		d.failure("settings", err)
	}
	if _, err := r.stamps(); err != nil && !errors.Is(err, ErrNoHome) {
		d.failure("settings", err)
	}
}

// failure is an error of something that everything rests on.
func (d *doctor) failure(code string, err error) {
	f := explain.Error(err)
	if f.Code == "failed" || f.Code == "config" {
		f.Code = code
	}
	f.Class = ""
	d.found.Add(explain.Weigh(explain.WeightError, f))
}

// reader tells what the reader of the shared files noticed, where no error has said
// the same.
func (d *doctor) reader(names []string) {
	list := d.r.graph.Findings()
	if len(d.o.Profiles) > 0 {
		seen := map[profile.Diagnostic]bool{}
		list = list[:0]
		for _, name := range names {
			for _, diagnostic := range d.r.graph.FindingsFor(name) {
				if !seen[diagnostic] {
					seen[diagnostic] = true
					list = append(list, diagnostic)
				}
			}
		}
	}
	for _, diagnostic := range list {
		if diagnostic.Code == profile.CodeSourceMissing && d.inVault(diagnostic.Profile) || d.found.At(diagnostic.Origin) {
			continue
		}
		w := explain.Noticed(diagnostic)
		if d.plain(diagnostic) {
			w = w.CanFix()
		}
		d.found.Add(w)
	}
}

// inVault reports whether the vault has what a profile names as its source.
func (d *doctor) inVault(name string) bool {
	p, err := d.r.graph.Profile(name)
	if err != nil {
		return false
	}
	source, _ := p.Get("source_profile")
	entry, err := d.r.entry(source.Text)
	return err == nil && entry.Name != ""
}

// environment looks at the variables, and at the plan of somebody who names nothing.
func (d *doctor) environment() {
	r := d.r
	plan, err := r.Plan("", chain.Policy{})
	var none *chain.NoCredentialsError
	var damaged *vault.DamagedError
	switch {
	case err == nil:
		for _, note := range plan.Notes {
			if note.Origin.Kind == origin.KindEnv {
				d.found.Add(explain.Noticed(note))
			}
		}
	case !errors.As(err, &none) && !errors.As(err, &damaged): // the vault is told of by itself
		w := explain.PlanError("", err)
		if w.Where == nil || !d.found.At(*w.Where) {
			d.found.Add(w)
		}
	}
	names := make([]string, 0, len(r.opts.Environ))
	for _, pair := range r.opts.Environ {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	d.found.Add(explain.Environment(explain.Surroundings{Names: names, Get: r.Env, Now: d.now, Metadata: d.metadata, Exists: exists})...)
	d.shellInit()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
