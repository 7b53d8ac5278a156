package chain

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
)

// Env looks a variable up in a snapshot of the environment.
type Env func(name string) (string, bool)

// Config is what a plan is made of: data, and look-ups that neither ask anybody
// nor decrypt anything.
type Config struct {
	Graph *profile.Graph
	Env   Env
	// Vault tells of the vault's entry of that name: the zero Entry if there is
	// none. Nil: there is no vault.
	Vault func(name string) (Entry, error)
}

// Entry is what a plan may know of an entry of the vault.
type Entry struct {
	Name string
	// Stamp changes whenever the entry does, so that no session of an older
	// key is used.
	Stamp string
	// Origin says where it is.
	Origin origin.Origin
}

// planner holds what is read while one plan is made.
type planner struct {
	graph  *profile.Graph
	env    Env
	vault  func(name string) (Entry, error)
	policy Policy
	// explicit: the caller named the profile, so the environment's keys and
	// web identity are out.
	explicit bool
	selected origin.Value
	// root is the selected profile, nil where there is none: region, endpoints,
	// FIPS and dual stack of every call come from it, as in the SDKs.
	root *profile.Profile
	// entry is the vault's, where that has the selected name and no file does.
	entry Entry
	// keySerial is the mfa_serial that stands beside the first step's keys.
	keySerial origin.Value
	// keyMFA: the profile's own line asks for an MFA session of its vault key.
	keyMFA bool
	// notInFiles says that no file has the selected profile, nil where one has.
	notInFiles error
	// rootErr is why [default] cannot be read where nobody named it: an error
	// only if the profile is reached.
	rootErr error
	region  origin.Value
	looked  []string
	notes   []profile.Diagnostic
}

// NewPlan plans the credentials of a profile. With name "" the profile is the
// one AWS_PROFILE or AWS_DEFAULT_PROFILE names, else "default" if it exists.
//
// Errors: *ConfigError, *NoCredentialsError, and those of the graph
// (*profile.NotFoundError, *profile.SyntaxError, *profile.FileError,
// *profile.PartialKeysError), in a *SelectionError where the environment named
// the profile.
func NewPlan(c Config, name origin.Value, policy Policy) (*Plan, error) {
	p := &planner{graph: c.Graph, env: c.Env, vault: c.Vault, policy: policy}
	if err := p.selectProfile(name); err != nil {
		return nil, err
	}
	p.region = p.findRegion()
	for _, b := range [...][2]string{{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"}, {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"}} {
		p.enabled(b[0], b[1]) // for the note on what is no boolean, needed or not
	}
	plan, err := p.sources(policy.order(p.explicit))
	if err != nil {
		return nil, err
	}
	bundle := p.setting("AWS_CA_BUNDLE", "ca_bundle")
	for at := plan; at != nil; at = at.Next {
		at.Profile, at.Region, at.CABundle, at.Lifetime = p.selected, p.region, bundle, policy.Lifetime
		setKeys(at.Steps)
	}
	plan.Notes = p.notes
	return plan, nil
}

// selectProfile decides which profile takes part (credential-sources 2.1: a
// named one must exist, "default" by default need not).
func (p *planner) selectProfile(name origin.Value) error {
	p.selected = name
	p.explicit = name.Text != ""
	if !p.explicit {
		p.selected = p.profileFromEnv()
	}
	if p.selected.Text != "" {
		err := p.find(p.selected.Text)
		if err != nil && !p.explicit {
			err = &SelectionError{Selected: p.selected, Err: err}
		}
		return err
	}
	byDefault := ProfileFromEnv(p.env)
	err := p.find(byDefault.Text)
	if err == nil {
		p.selected = byDefault
		return nil
	}
	if isNotFound(err) {
		return nil
	}
	if p.root == nil && isNotFound(p.notInFiles) {
		// The vault cannot tell of an entry "default", which nobody asked for.
		p.rootErr = err
		return nil
	}
	if errors.Is(err, fs.ErrPermission) {
		// The home folder of another user, as after su: the environment's keys
		// are of use without it.
		p.rootErr = err
		p.note("default-unreadable", origin.Origin{}, "", "settings of the default profile are not known: "+err.Error(), "",
			"make the file readable, or point AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE elsewhere")
		return nil
	}
	return err
}

// find looks the selected profile up in the files, and then in the vault: an
// entry of the name is enough to get in.
func (p *planner) find(name string) error {
	root, err := p.graph.Profile(name)
	if !isNotFound(err) {
		p.root = root
		return err
	}
	p.notInFiles = err
	entry, inVault := p.inVault(name)
	if inVault != nil {
		return inVault
	}
	if p.entry = entry; entry.Name == "" {
		return err
	}
	return nil
}

// inVault looks an entry up; the zero Entry means that there is none.
func (p *planner) inVault(name string) (Entry, error) {
	if p.vault == nil {
		return Entry{}, nil
	}
	return p.vault(name)
}

// named returns the profile that the environment names, unset if none.
func named(env Env) origin.Value {
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name, _ := env(variable); name != "" {
			return origin.Value{Text: name, Origin: origin.Env(variable)}
		}
	}
	return origin.Value{}
}

// ProfileFromEnv returns the profile that a plan uses when the caller names
// none: the one of the environment, else "default".
func ProfileFromEnv(env Env) origin.Value {
	if v := named(env); v.Text != "" {
		return v
	}
	return origin.Value{Text: "default", Origin: origin.Default("no profile is named")}
}

// findRegion returns the region that the user configured, unset if nobody did.
func (p *planner) findRegion() origin.Value {
	if p.policy.Region.Set() {
		return p.policy.Region
	}
	current, old := p.variable("AWS_REGION"), p.setting("AWS_DEFAULT_REGION", "region")
	if !current.Set() {
		return old
	}
	if old.Text != current.Text {
		p.noteRegion(current, old)
	}
	return current
}

// variable returns an environment variable; a blank one is unset.
func (p *planner) variable(name string) origin.Value {
	text, _ := p.env(name)
	v := origin.Value{Text: text, Origin: origin.Env(name)}
	if !v.Set() {
		if text != "" {
			p.noteBlank(name)
		}
		return origin.Value{}
	}
	return v
}

// secretVariable is variable for secrets.
func (p *planner) secretVariable(name string) (secret.Text, origin.Origin, bool) {
	text, _ := p.env(name)
	if strings.TrimSpace(text) == "" {
		if text != "" {
			p.noteBlank(name)
		}
		return secret.Text{}, origin.Origin{}, false
	}
	return secret.New(text), origin.Env(name), true
}

func (p *planner) rootValue(key string) origin.Value {
	if p.root == nil {
		return origin.Value{}
	}
	v, _ := p.root.Get(key)
	return v
}

// setting returns the environment's value or else the selected profile's.
func (p *planner) setting(variable, key string) origin.Value {
	if v := p.variable(variable); v.Set() {
		return v
	}
	return p.rootValue(key)
}

// enabled reads a boolean setting; only "true", in any case, is true, as in
// the SDKs' reading of these keys from a file.
func (p *planner) enabled(variable, key string) bool {
	v := p.setting(variable, key)
	switch text := strings.TrimSpace(v.Text); {
	case strings.EqualFold(text, "true"):
		return true
	case text != "" && !strings.EqualFold(text, "false"):
		p.noteBoolean(v.Origin)
	}
	return false
}

//go:noinline
func (p *planner) note(code string, at origin.Origin, in, message, breaks, fix string) {
	p.notes = append(p.notes, profile.Diagnostic{
		Code: code, Origin: at, Profile: in, Message: message, Breaks: breaks, Fix: fix,
	})
}

// regionFor returns the region to sign for: the configured one, else the
// partition's own, because STS has no global endpoint worth falling back to.
func (p *planner) regionFor(roleARN string) origin.Value {
	if p.region.Set() {
		return p.region
	}
	partition := "aws"
	if roleARN != "" {
		partition = awsapi.PartitionOfARN(roleARN)
	}
	region := awsapi.DefaultRegion(partition)
	p.noteOnce("no-region", origin.Origin{}, p.selected.Text,
		"no region is configured; "+region+" is used to get credentials and none is handed on",
		"the Go and Rust SDKs fail without a region; boto3 asks the global endpoint, and fails where the endpoint is set", "set region in the profile or AWS_REGION")
	return origin.Value{Text: region, Origin: origin.Default("no region is configured")}
}

func (p *planner) noteOnce(code string, at origin.Origin, in, message, breaks, fix string) {
	for _, n := range p.notes {
		if n.Code == code && n.Profile == in && n.Origin == at {
			return
		}
	}
	p.note(code, at, in, message, breaks, fix)
}

func text(name string, v origin.Value) Input {
	return Input{Name: name, Value: v.Text, Origin: v.Origin}
}

func hidden(name string, s secret.Text, from origin.Origin) Input {
	return Input{Name: name, Secret: s, Origin: from}
}

func seconds(n int64, from origin.Origin) Input {
	return Input{Name: InputDuration, Value: strconv.FormatInt(n, 10), Origin: from}
}
