// Package latchkey gets programs into AWS: it finds credentials wherever the
// AWS SDKs find them, in their order, and hands them out as
// aws.CredentialsProviders that renew themselves.
//
// The short way:
//
//	provider, err := latchkey.ForProfile("prod")
//	client := s3.New(s3.Options{Region: "eu-west-1", Credentials: provider})
//
// The long way is load, plan, then explain or provide:
//
//	resolver, err := latchkey.Load(latchkey.Options{})
//	plan, err := resolver.Plan("prod", chain.Policy{})
//	provider, err := resolver.Provider(plan)
//
// The package wires the others together and knows neither flags nor terminals.
package latchkey

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// Options say where to look and what to use. The zero Options use the
// process's environment, home folder, clock and network.
type Options struct {
	// Environ is the environment as "NAME=value" strings; nil: os.Environ().
	// Configuration, proxies and credential_process commands see this one only.
	Environ []string
	// ConfigFile and CredentialsFile win over AWS_CONFIG_FILE and
	// AWS_SHARED_CREDENTIALS_FILE; Home over HOME.
	ConfigFile, CredentialsFile, Home string
	// First names the profile that will be planned first, which then costs less
	// with many profiles; "": the one of AWS_PROFILE, or "default".
	First string
	// Order replaces chain.DefaultOrder. Names that are no chain.Source are
	// looked up in Custom.
	Order []chain.Source
	// Custom are the program's own providers. One whose error has a method
	// NotConfigured() bool that answers true is passed over.
	Custom map[chain.Source]aws.CredentialsProvider
	// HTTPClient replaces the transport for every request.
	HTTPClient awsapi.HTTPClient
	// Now replaces time.Now.
	Now func() time.Time
	// MFACode gives the six digits of a device, in place of all that latchkey
	// knows: the code of MFA, mfa_process of the profile, a seed in the vault, the
	// Asker. Profiles whose code nobody gives fail with *provider.MFARequiredError.
	MFACode func(ctx context.Context, serial string) (secret.Text, error)
	// MFA is a code that was given with the call, and where it was given.
	MFA Code
	// CodeWait is told how long the next code of a device is waited for, because
	// the one of now has been used.
	CodeWait func(time.Duration)
	// Asker asks the person for codes, passphrases and choices; nil: nobody is.
	Asker Asker
	// Vault replaces the vault that the settings name. SSHKeys lets a vault be
	// opened by an SSH key; package vault/sshkey has it.
	Vault   vault.Store
	SSHKeys vault.SSH
	// Derived is told of each key derivation, which takes about a second of
	// computing; WorkFactor is that of new passphrases, 0 for the default.
	Derived    func()
	WorkFactor int
	// PrivateSessions keeps sessions in this process. Otherwise all processes of
	// the user share them, sealed, so that one of them asks and fetches for all.
	PrivateSessions bool
	// Waiting is told whom this process has been waiting for since a second: the
	// process that fetches or asks. It must not block.
	Waiting func(holder string)
	// Windows say when credentials are renewed; zero: the defaults.
	Windows session.Windows
	// Warn is told what went wrong while there still were credentials to hand
	// out: a renewal that failed, a session that could not be kept. It must not
	// block.
	Warn func(error)
	// Stderr gets the messages of credential_process commands; nil: nothing does.
	Stderr io.Writer
	// Terminal opens the terminal on which credential_process commands may ask
	// their user; nil, or a nil file: they cannot. It is called when a plan has
	// such a command.
	Terminal func() *os.File
	// UserAgent is added to requests; "" means latchkey's own.
	UserAgent string
	// StateFolder is where locks and sealed sessions are kept; "": latchkey's
	// folder below the user's cache folder.
	StateFolder string
}

// Code is an MFA code and the name of the place that it comes from, such as
// TOTP_CODE.
type Code struct {
	Name string
	Code secret.Text
}

// Resolver holds the configuration that was read. It is safe for concurrent use.
type Resolver struct {
	opts     Options
	graph    *profile.Graph
	settings func() (*profile.Graph, error)
	vault    func() (vault.Store, error)
}

// Load reads the configuration files. Profiles are only parsed when they are
// used, so an error in one of them is told by Plan.
func Load(opts Options) (*Resolver, error) {
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Resolver{opts: opts}
	first := opts.First
	if first == "" {
		first = chain.ProfileFromEnv(r.Env).Text
	}
	graph, err := profile.Load(profile.Options{Env: r.Env, First: first, ConfigFile: opts.ConfigFile, CredentialsFile: opts.CredentialsFile, Home: opts.Home})
	if err != nil {
		return nil, err
	}
	r.graph = graph
	r.settings = sync.OnceValues(func() (*profile.Graph, error) { return readSettings(r.configFolder()) })
	r.vault = sync.OnceValues(func() (vault.Store, error) { return r.openVault(r.terminal()) })
	return r, nil
}

// Env looks a variable up in the resolver's environment. As in getenv(3), the
// first of two equal names counts. A list is searched, because an index of all
// variables costs more than the few look-ups of one plan.
func (r *Resolver) Env(name string) (string, bool) {
	for _, pair := range r.opts.Environ {
		if len(pair) > len(name) && pair[len(name)] == '=' && sameName(pair[:len(name)], name) {
			return pair[len(name)+1:], true
		}
	}
	return "", false
}

// Graph returns the profiles as they were read.
func (r *Resolver) Graph() *profile.Graph { return r.graph }

// Plan plans the credentials of a profile; "" stands for AWS_PROFILE or the
// default chain. The errors are those of chain.NewPlan.
func (r *Resolver) Plan(name string, policy chain.Policy) (*chain.Plan, error) {
	return r.PlanOf(named(name), policy)
}

// PlanOf is Plan with the origin of the name, which the plan shows.
func (r *Resolver) PlanOf(name origin.Value, policy chain.Policy) (*chain.Plan, error) {
	return chain.NewPlan(r.config(), name, r.ordered(policy))
}

// config is what plans are made of.
func (r *Resolver) config() chain.Config {
	return chain.Config{Graph: r.graph, Env: r.Env, Vault: r.entry}
}

func (r *Resolver) ordered(policy chain.Policy) chain.Policy {
	if policy.Order == nil {
		policy.Order = r.opts.Order
	}
	return policy
}

func named(name string) origin.Value {
	if name == "" {
		return origin.Value{}
	}
	return origin.Value{Text: name, Origin: origin.Code("the profile asked for")}
}

// Provider is an aws.CredentialsProvider over a plan. It renews credentials
// before they expire, one call at a time, and never hands out any with less
// than a minute left. It is safe for concurrent use.
type Provider struct {
	resolver *Resolver
	plan     *chain.Plan
	client   *awsapi.Client
	build    aws.CredentialsProvider
	caches   []*session.Cache
	shared   *session.Store // nil where sessions are private
	asked    atomic.Bool    // a person was
}

// Provider builds the providers of a plan. Nothing is fetched before Retrieve.
func (r *Resolver) Provider(plan *chain.Plan) (*Provider, error) {
	keep, err := r.keepsSessions()
	if err != nil {
		return nil, err
	}
	p := &Provider{resolver: r, plan: plan}
	if plan.CallsAWS() {
		p.client = r.client(plan.CABundle)
	}
	if keep {
		p.shared = r.sessions(p)
	}
	wrap := func(step chain.Step, inner aws.CredentialsProvider) aws.CredentialsProvider {
		if step.Kind == chain.KindStatic {
			return inner
		}
		if p.shared != nil && shares(step.Kind) {
			inner = p.shared.Wrap(p.about(step), inner)
		}
		cache := session.NewCache(inner, session.Options{Now: p.now, Windows: r.opts.Windows, Jitter: rand.Float64, Failed: r.opts.Warn})
		p.caches = append(p.caches, cache)
		return cache
	}
	p.build, err = plan.Build(chain.Deps{API: p.client, Terminal: r.terminal, Now: r.opts.Now, LockFolder: r.lockFolder(), MFACode: p.code, MFADevice: p.device,
		Vault: r.key, Environ: r.opts.Environ, Stderr: r.opts.Stderr, LookupIP: lookupIP, Custom: r.opts.Custom, Wrap: wrap})
	return p, err
}

// arrival is what a session may have lost of its time when it is looked at: one of
// an hour does for somebody who needs an hour.
const arrival = 30 * time.Second

// about is what the list of sessions says of a step's, and what the caller
// demands of the last one.
func (p *Provider) about(s chain.Step) session.About {
	about := session.About{Key: s.Key, Kind: string(s.Kind), Profile: s.Profile, Prompts: s.AsksCode(), Detail: s.Get(chain.InputRoleARN)}
	if about.Profile == "" {
		about.Profile = p.plan.Profile.Text
	}
	if s.Key == p.plan.Last().Key {
		about.Minimum = p.plan.Lifetime - arrival
	}
	switch s.Kind {
	case chain.KindSessionToken:
		about.Detail = s.Get(chain.InputMFASerial)
	case chain.KindSSO:
		about.Detail = s.Get(chain.InputSSORole) + " in " + s.Get(chain.InputSSOAccount)
	}
	return about
}

// terminal opens the terminal for commands that may ask their user.
func (r *Resolver) terminal() *os.File {
	if r.opts.Terminal == nil {
		return nil
	}
	return r.opts.Terminal()
}

// now is AWS's clock as far as it is known: expiry is judged by it.
func (p *Provider) now() time.Time { return p.resolver.opts.Now().Add(p.skew()) }

// skew is AWS's clock minus ours as far as it is known: by a call of this
// process, else by the one that fetched a shared session.
func (p *Provider) skew() time.Duration {
	if d := p.called(); d != 0 || p.shared == nil {
		return d
	}
	return p.shared.Skew()
}

// called is AWS's clock minus ours as this process's calls tell.
func (p *Provider) called() time.Duration {
	if p.client == nil {
		return 0
	}
	return p.client.Skew()
}

// Retrieve returns valid credentials. Errors: *chain.StepError around the cause
// (typed in packages provider, awsapi, sso and signin), or *chain.NoCredentialsError.
func (p *Provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return p.build.Retrieve(ctx)
}

// Plan returns what the provider runs.
func (p *Provider) Plan() *chain.Plan { return p.plan }

// Invalidate forgets all credentials kept, those that are shared with other
// processes among them: the next Retrieve fetches anew.
func (p *Provider) Invalidate() {
	for _, c := range p.caches {
		c.Invalidate()
	}
	if p.shared == nil {
		return
	}
	mine := func(i session.Info) bool {
		return slices.ContainsFunc(p.plan.Steps, func(s chain.Step) bool { return s.Key == i.Key })
	}
	if _, err := p.shared.Forget(context.Background(), mine); err != nil && p.resolver.opts.Warn != nil {
		p.resolver.opts.Warn(err)
	}
}

// ForProfile returns a provider of the credentials of one profile. The
// environment's keys do not count, as with every SDK's explicit profile.
func ForProfile(name string) (*Provider, error) {
	if name == "" {
		return nil, errors.New("no profile is named; use Default for the default chain")
	}
	return provide(name)
}

// Default returns a provider of the default chain: environment keys, web
// identity, the profile of AWS_PROFILE or "default", container, metadata service.
func Default() (*Provider, error) { return provide("") }

func provide(name string) (*Provider, error) {
	r, err := Load(Options{First: name})
	if err != nil {
		return nil, err
	}
	plan, err := r.Plan(name, chain.Policy{})
	if err != nil {
		return nil, err
	}
	return r.Provider(plan)
}

// Identity asks AWS who the credentials belong to (GetCallerIdentity, which no
// policy can deny).
func (r *Resolver) Identity(ctx context.Context, plan *chain.Plan, creds aws.Credentials) (awsapi.CallerIdentity, error) {
	endpoint, err := chain.CallerEndpoint(r.config(), plan, awsapi.STS)
	if err != nil {
		return awsapi.CallerIdentity{}, err
	}
	return r.client(plan.CABundle).GetCallerIdentity(ctx, endpoint, creds)
}

func (r *Resolver) client(bundle origin.Value) *awsapi.Client {
	skew, _ := r.Env("AWS_DISABLE_CLOCK_SKEW_CORRECTION")
	agent := r.opts.UserAgent
	if agent == "" {
		agent = "latchkey/" + Version()
	}
	return awsapi.New(awsapi.Options{HTTPClient: r.opts.HTTPClient, Now: r.opts.Now, Env: r.Env, CABundle: bundle,
		UserAgent: agent, DisableSkewCorrection: strings.EqualFold(skew, "true")})
}

func lookupIP(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
