package profile

import (
	"runtime"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Env looks a variable up in a snapshot of the environment; ok is false where
// it is not set.
type Env func(name string) (value string, ok bool)

// Options says what to load. Env is required, everything else optional.
type Options struct {
	Env Env
	// GOOS decides the rules for the home folder; "" is the platform's own.
	GOOS string
	// ConfigFile and CredentialsFile win over AWS_CONFIG_FILE and
	// AWS_SHARED_CREDENTIALS_FILE, and those over the places in the home folder.
	ConfigFile, CredentialsFile string
	// Home wins over HOME and its stand-ins.
	Home string
	// First is the profile that will be asked for first, if that is known. Only
	// its sections are kept then, and the files are read whole when anything
	// else is asked for.
	First string
	// Edits stand for the files at their paths, as they would be saved. With them
	// First does not count.
	Edits []*Edit
}

// Locations are the places of AWS's shared files. A path is "" where there is
// neither an override nor a home folder.
type Locations struct {
	Home        string
	Config      string
	Credentials string
	SSOCache    string
	LoginCache  string
	CLICache    string
	// Origins says who decided each of them.
	Origins LocationOrigins
}

// LocationOrigins holds the origin of each field of [Locations].
type LocationOrigins struct {
	Home, Config, Credentials, SSOCache, LoginCache, CLICache origin.Origin
}

const (
	envConfig      = "AWS_CONFIG_FILE"
	envCredentials = "AWS_SHARED_CREDENTIALS_FILE"
	envLoginCache  = "AWS_LOGIN_CACHE_DIRECTORY"
)

// Locate applies the rules for the places of the shared files
// (docs.aws.amazon.com/sdkref/latest/guide/file-location.html). HOME wins on
// every platform; Windows falls back to USERPROFILE, then HOMEDRIVE and
// HOMEPATH. Of an override only "~" alone or before a slash is expanded.
func Locate(o Options) Locations {
	l := locator{env: o.Env, windows: o.goos() == "windows"}
	home, homeOrigin := l.home(o.Home)
	l.homeDir = home
	inHome := origin.Default("the .aws folder in the home folder")
	loc := Locations{
		Home:     home,
		SSOCache: l.inHome("sso", "cache"),
		CLICache: l.inHome("cli", "cache"),
		Origins:  LocationOrigins{Home: homeOrigin, SSOCache: inHome, CLICache: inHome},
	}
	loc.Config, loc.Origins.Config = l.place(o.ConfigFile, "Options.ConfigFile", envConfig, inHome, "config")
	loc.Credentials, loc.Origins.Credentials = l.place(o.CredentialsFile, "Options.CredentialsFile", envCredentials, inHome, "credentials")
	loc.LoginCache, loc.Origins.LoginCache = l.place("", "", envLoginCache, inHome, "login", "cache")
	return loc
}

func (o Options) goos() string {
	if o.GOOS != "" {
		return o.GOOS
	}
	return runtime.GOOS
}

type locator struct {
	env     Env
	windows bool
	homeDir string
}

func (l locator) get(name string) string {
	if l.env == nil {
		return ""
	}
	v, _ := l.env(name)
	return v
}

func (l locator) home(explicit string) (string, origin.Origin) {
	if explicit != "" {
		return explicit, origin.Code("Options.Home")
	}
	if v := l.get("HOME"); v != "" {
		return v, origin.Env("HOME")
	}
	if l.windows {
		if v := l.get("USERPROFILE"); v != "" {
			return v, origin.Env("USERPROFILE")
		}
		drive, path := l.get("HOMEDRIVE"), l.get("HOMEPATH")
		if drive != "" && path != "" {
			return drive + path, origin.Env("HOMEDRIVE")
		}
	}
	return "", origin.Default("no home folder")
}

// place decides one location: explicit, environment, then the home folder.
func (l locator) place(explicit, field, env string, byDefault origin.Origin, elem ...string) (string, origin.Origin) {
	if explicit != "" {
		return l.expand(explicit), origin.Code(field)
	}
	if v := l.get(env); v != "" {
		return l.expand(v), origin.Env(env)
	}
	return l.inHome(elem...), byDefault
}

// expand replaces a leading "~". Without a home folder there is nothing to
// replace it with, and no file of that literal name is meant either.
func (l locator) expand(path string) string {
	if path != "~" && !l.tilde(path) {
		return path
	}
	if l.homeDir == "" {
		return ""
	}
	return l.trimmedHome() + path[1:]
}

func (l locator) tilde(path string) bool {
	return strings.HasPrefix(path, "~/") || l.windows && strings.HasPrefix(path, `~\`)
}

func (l locator) inHome(elem ...string) string {
	if l.homeDir == "" {
		return ""
	}
	sep := "/"
	if l.windows {
		sep = `\`
	}
	return l.trimmedHome() + sep + ".aws" + sep + strings.Join(elem, sep)
}

// trimmedHome is the home folder without a slash at its end, unless it is the root.
func (l locator) trimmedHome() string {
	if l.windows {
		return strings.TrimRight(l.homeDir, `/\`)
	}
	return strings.TrimRight(l.homeDir, "/")
}

// locationFindings reports what a person may not expect about the places.
func (g *Graph) locationFindings(n *notes) {
	l := locator{env: g.options.Env, windows: g.options.goos() == "windows", homeDir: g.loc.Home}
	if g.loc.Home == "" && (g.loc.Config == "" || g.loc.Credentials == "") {
		n.add(newDiagnostic(CodeNoHome, g.loc.Origins.Home, "no home folder is known, so the shared files count as absent"))
	}
	for _, p := range []struct {
		from origin.Origin
		code string
	}{{g.loc.Origins.Config, g.options.ConfigFile}, {g.loc.Origins.Credentials, g.options.CredentialsFile}, {g.loc.Origins.LoginCache, ""}} {
		raw := p.code
		if p.from.Kind == origin.KindEnv {
			raw = l.get(p.from.Key)
		}
		switch {
		case raw == "" || p.from.Kind == origin.KindDefault:
		case raw == "~" || l.tilde(raw):
			n.add(newDiagnostic(CodeLocationTilde, p.from, ""))
		case raw[0] == '~' || strings.Contains(raw, "$"):
			n.add(newDiagnostic(CodeLocationNotExpanded, p.from, ""))
		}
	}
	for _, name := range []string{envConfig, envCredentials} {
		if v, set := g.options.Env(name); set && v == "" {
			n.add(newDiagnostic(CodeLocationBlank, origin.Env(name), ""))
		}
	}
	for _, f := range []*file{&g.config, &g.credentials} {
		if f.missing && f.path != "" && f.from.Kind != origin.KindDefault {
			n.add(newDiagnostic(CodeLocationMissing, f.from, "the "+f.what+" file "+clean(f.path)+" does not exist"))
		}
		if f.err != nil {
			n.add(newDiagnostic(CodeFileUnreadable, f.err.Origin, f.err.Error()))
		}
	}
}
