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
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
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
	// Asker. It is not called for a renewal that can wait. Profiles whose code
	// nobody gives fail with *provider.MFARequiredError.
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
	// Observe is told what happens to each step of a plan while it is run: in the
	// order in which it happens, of several at once where several calls are under
	// way. It must not block. Nil: nobody watches, which costs nothing.
	Observe func(chain.Event)
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
	stamps   func() (vault.Store, error) // the vault, for looks that ask nobody
	state    func() state
}

// Load reads the configuration files. Profiles are only parsed when they are
// used, so an error in one of them is told by Plan.
func Load(opts Options) (*Resolver, error) {
	opts = opts.filled()
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
	r.state = sync.OnceValue(r.newState)
	r.stamps = sync.OnceValues(func() (vault.Store, error) { return r.openVault(nil) })
	r.vault = sync.OnceValues(func() (vault.Store, error) { return r.openVault(r.terminal()) })
	return r, nil
}

// filled returns the options with the defaults that everything needs.
func (o Options) filled() Options {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
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
//
//go:noinline
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
