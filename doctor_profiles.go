package latchkey

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/vault"
)

// maxChained is how many source profiles one after the other are planned. A chain of
// thousands, each planned with all before it, would take hours.
const maxChained = 10

// profiles checks each profile: what it says, and the plan of it.
func (d *doctor) profiles(ctx context.Context, names []string) {
	config := chain.Config{Graph: d.r.graph, Env: d.anywhere, Vault: d.lookup(ctx)}
	known := map[string]reach{}
	files := map[string]bool{} // by path, whether it is there
	for i, name := range names {
		if i%256 == 0 && ctx.Err() != nil {
			return
		}
		p, err := d.r.graph.Profile(name)
		if err == nil {
			d.found.Add(explain.Values(name, p.Get)...)
			d.section(p)
			d.programs(p, files)
			v, _ := p.Get("source_profile")
			at := d.reach(name, known)
			if len(at.loop) > 1 {
				d.found.Add(explain.Loop(name, v.Origin, at.loop))
				continue
			}
			if at.depth > maxChained {
				d.found.Add(explain.LongChain(name, v.Origin, maxChained))
				continue
			}
		}
		// The error of a profile that cannot be read is the plan's.
		plan, err := chain.NewPlan(config, named(name), chain.Policy{Order: []chain.Source{chain.SourceProfile}})
		d.planned(p, name, plan, err)
	}
}

// errVault says that nothing can be known of the vault's entries.
var errVault = errors.New("the vault cannot be listed")

// lookup is the resolver's look at the vault for one that asks for thousands of
// names: the list of entries says of most that there is none.
func (d *doctor) lookup(ctx context.Context) func(string) (chain.Entry, error) {
	store, err := d.r.stamps()
	if err != nil {
		return func(string) (chain.Entry, error) { return chain.Entry{}, errVault }
	}
	list, err := store.List(ctx)
	if err != nil && !errors.Is(err, vault.ErrNoVault) {
		return func(string) (chain.Entry, error) { return chain.Entry{}, errVault }
	}
	there := make(map[string]bool, len(list))
	for _, name := range list {
		there[name] = true
	}
	return func(name string) (chain.Entry, error) {
		if !there[name] {
			return chain.Entry{}, nil
		}
		return d.r.entry(name)
	}
}

// planned judges a plan.
func (d *doctor) planned(p *profile.Profile, name string, plan *chain.Plan, err error) {
	var none *chain.NoCredentialsError
	var unreadable *profile.FileError
	switch {
	case err == nil:
		for _, note := range plan.Notes {
			d.found.Add(explain.Noticed(note))
		}
		for _, step := range plan.Steps {
			d.metadata = d.metadata || step.Kind == chain.KindIMDS
		}
	case p != nil && (errors.As(err, &none) && name != "default" || tokenOnly(p)):
		d.found.Add(explain.NoSource(p))
	case errors.Is(err, errVault), errors.As(err, &unreadable) && d.found.At(unreadable.Origin):
		// What keeps it from being read is told of the file or the vault itself.
	case errors.As(err, &none):
		// [default] often holds nothing but a region for all.
	default:
		d.found.Add(explain.PlanError(name, err))
	}
}

// tokenOnly reports whether a profile has a sign-in and nothing else: some tools
// want just its token.
func tokenOnly(p *profile.Profile) bool {
	for _, key := range []string{"sso_account_id", "sso_role_name", "role_arn", "source_profile", "credential_source", "credential_process", "web_identity_token_file", "login_session", "aws_access_key_id"} {
		if _, ok := p.Get(key); ok {
			return false
		}
	}
	_, ok := p.Get("sso_session")
	return ok
}

// anywhere is the environment of a plan that is to tell what is wrong with a
// profile, and not with the machine or the shell: it has what credential_source may
// name, and no commands are under way.
func (d *doctor) anywhere(name string) (string, bool) {
	switch name {
	case "AWS_EC2_METADATA_DISABLED", "_AWS_CLI_PROFILE_CHAIN", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION":
		return "", false
	case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY":
		return "any", true
	case "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI":
		return "/any", true
	}
	return d.r.Env(name)
}

// reach is what lies behind a profile: how many source profiles one after the
// other, counted to just above maxChained, and the loop that they end in.
type reach struct {
	depth int
	loop  []string
}

// reach follows the source profiles of a profile.
func (d *doctor) reach(name string, known map[string]reach) reach {
	var path []string
	var behind reach
	for {
		at, ok := known[name]
		switch from := slices.Index(path, name); {
		case ok:
			behind = reach{at.depth + 1, at.loop}
		case from >= 0:
			behind.loop = path[from:]
		case len(path) > maxChained:
			return reach{depth: maxChained + 1} // nothing is known of those on the way
		default:
			path = append(path, name)
			if name, ok = d.source(name); ok {
				continue
			}
		}
		break
	}
	if len(path) == 0 {
		return known[name]
	}
	for _, on := range slices.Backward(path) {
		known[on] = behind
		behind.depth++
	}
	return known[path[0]]
}

// source is the profile that another one names as its source, but for itself.
func (d *doctor) source(name string) (string, bool) {
	p, err := d.r.graph.Profile(name)
	if err != nil {
		return name, false
	}
	v, ok := p.Get("source_profile")
	return v.Text, ok && v.Text != name
}

// section checks the values of the sections that a profile names: each once, with
// the name of the first profile that leads there.
func (d *doctor) section(p *profile.Profile) {
	if v, ok := p.Get("sso_session"); ok && d.once("sso-session "+v.Text) {
		if s, err := d.r.graph.SSOSession(v.Text); err == nil {
			d.found.Add(explain.Values(p.Name(), s.Get)...)
		}
	}
	v, ok := p.Get("services")
	if !ok || !d.once("services "+v.Text) {
		return
	}
	s, err := d.r.graph.Services(v.Text)
	if err != nil {
		return
	}
	for _, service := range s.Keys() {
		if endpoint, ok := s.Nested(service, "endpoint_url"); ok {
			d.found.Add(explain.Endpoint(endpoint)...)
		}
	}
}

// programs checks that the files which a profile names are there, and the program of
// its credential_process.
func (d *doctor) programs(p *profile.Profile, known map[string]bool) {
	there := func(path string) bool {
		is, ok := known[path]
		if !ok {
			is = exists(path)
			known[path] = is
		}
		return is
	}
	for _, key := range []string{"web_identity_token_file", "ca_bundle"} {
		if v, ok := p.Get(key); ok && filepath.IsAbs(v.Text) && !there(v.Text) {
			d.found.Add(explain.MissingFile(p.Name(), v))
		}
	}
	for _, key := range []string{"credential_process", "mfa_process"} {
		v, ok := p.Get(key)
		if _, needs := provider.NeedsShell(v.Text); !ok || needs {
			continue
		}
		if program := firstWord(v.Text); program != "" && !d.installed(program, there) {
			d.found.Add(explain.MissingProgram(p.Name(), v, program))
		}
	}
}

// firstWord is the program of a command line, without quotes.
func firstWord(line string) string {
	line = strings.TrimSpace(line)
	if line == "" {
		return ""
	}
	if q := line[0]; q == '"' || q == '\'' {
		word, _, _ := strings.Cut(line[1:], string(q))
		return word
	}
	word, _, _ := strings.Cut(line, " ")
	return word
}

// installed reports whether a program is there, by its path or in PATH. A relative
// path, or another system's rules for names, are not judged.
func (d *doctor) installed(program string, there func(string) bool) bool {
	switch {
	case filepath.IsAbs(program):
		return there(program)
	case runtime.GOOS == "windows" || strings.ContainsAny(program, `/\`):
		return true
	}
	path, _ := d.r.Env("PATH")
	for _, folder := range filepath.SplitList(path) {
		if filepath.IsAbs(folder) && there(filepath.Join(folder, program)) {
			return true
		}
	}
	return path == "" // nothing is known then
}

// keys judges the keys that stand in the shared files.
func (d *doctor) keys() {
	wanted := map[string]bool{}
	for _, name := range d.o.Profiles {
		wanted[name] = true
	}
	d.folders()
	held := map[string]bool{} // files that hold secrets
	for _, name := range d.r.graph.Names() {
		p, err := d.r.graph.Profile(name)
		if err != nil {
			continue
		}
		keys, err := p.StaticKeys()
		if err != nil || keys.AccessKeyID.Text == "" {
			continue
		}
		held[keys.SecretOrigin.File] = true
		if len(wanted) > 0 && !wanted[name] {
			continue
		}
		_, elsewhere := p.Get("endpoint_url")
		d.found.Add(explain.KeyForm(explain.Key{Profile: name, ID: keys.AccessKeyID, SecretAt: keys.SecretOrigin, Secret: keys.Secret, Token: !keys.Token.Empty(),
			TokenAt: keys.TokenOrigin, Elsewhere: elsewhere})...)
	}
	list, _ := profile.PlaintextKeys(d.r.graph) // of files that can be read
	for _, key := range list {
		held[key.AccessKeyID.Origin.File] = true
		if len(wanted) == 0 || wanted[key.Profile] {
			d.found.Add(explain.Plaintext(explain.Key{Profile: key.Profile, ID: key.AccessKeyID}, key.Shadowed))
			d.fileAge(key)
		}
	}
	at := d.r.graph.Locations()
	for _, f := range []struct{ path, name string }{{at.Config, "config file"}, {at.Credentials, "credentials file"}} {
		holds := explain.HoldsOrders
		if held[f.path] || f.path == at.Credentials {
			holds = explain.HoldsSecrets
		}
		d.file(f.path, f.name, holds)
	}
}

// fileAge judges a key by the age of its file, which is the least that it can have.
func (d *doctor) fileAge(key profile.PlaintextKey) {
	if d.o.Online {
		return // AWS knows better
	}
	path := key.AccessKeyID.Origin.File
	f := d.stat(path, "", explain.HoldsSecrets)
	if f.Err == nil {
		d.found.Add(explain.KeyAge(key.Profile, origin.File(path, key.AccessKeyID.Origin.Line, "aws_access_key_id"), d.now.Sub(f.Changed), false,
			keyAt{profile: key.Profile}.rotation())...)
	}
}
