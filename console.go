package latchkey

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
)

// ConsoleOptions say where in the web console a link leads, and for how long.
type ConsoleOptions struct {
	// To is a page: a service, a path or a whole URL, see [console.Site.Destination].
	To string
	// For is how long the console is to stay open, from 15 minutes to 12 hours; 0:
	// until the session ends that it is opened with. AWS allows it for an IAM user's
	// key and for a role that is assumed without another session.
	For time.Duration
	// SignOut ends the browser's other sessions first.
	SignOut bool
	// Bounds narrow the session of an IAM user. A role's is narrowed by its plan,
	// made with Console set in the policy.
	Bounds console.Bounds
}

// ConsoleURL is a link that signs whoever opens it in to the console: once, and
// within [console.LinkLife]. URL is as secret as credentials are.
type ConsoleURL struct {
	URL secret.Text
	// Page is where it leads.
	Page    string
	Account string
	// Role is the name of the role, or of the permission set; User that of the IAM
	// or federated user. One of them is "".
	Role, User string
	// Expires is when the console ends, zero if that is not known.
	Expires time.Time
	// Limit says why For does not count, "" if it does.
	Limit console.Limit
	// Policies are the ARNs of the managed policies that the rights of an IAM user
	// are cut down to; see [console.Bounds].
	Policies []string
	// WithoutMFA says that the plan's MFA session could not be used, so that rights
	// which need MFA are missing.
	WithoutMFA bool
}

// SwitchLink is a link by which a person who is signed in to the console goes on as
// a role. It is no secret.
type SwitchLink struct{ URL, Account, Role string }

// consoleLife is how long a session lasts at least that is not replaced first.
const consoleLife = 45 * time.Minute

// issuer is where the console sends people to sign in again, if nowhere better is
// known.
const issuer = "https://github.com/latchkey-aws/latchkey"

// Console makes a link into the web console with the credentials of a plan. Roles'
// sessions are federated as they are. Of an IAM user's key a federated user's
// session is made; where the plan goes on to an MFA session, the key is taken, since
// AWS takes no such session for it.
//
// Errors: those of [Provider.Retrieve]; *chain.ConfigError;
// *console.DestinationError, *console.PartitionError; *console.CredentialsError for
// credentials that open no console; those of the calls (awsapi).
func (r *Resolver) Console(ctx context.Context, plan *chain.Plan, o ConsoleOptions) (ConsoleURL, error) {
	if o.For != 0 && (o.For < console.MinDuration || o.For > console.MaxDuration) {
		return ConsoleURL{}, &chain.ConfigError{Message: "the console stays open for 15m to 12h", Why: "AWS accepts no other", Fix: "ask for 15m to 12h"}
	}
	site, err := r.consoleSite(plan)
	if err != nil {
		return ConsoleURL{}, err
	}
	page, err := site.Destination(o.To)
	if err != nil {
		return ConsoleURL{}, err
	}
	c := &opening{resolver: r, plan: plan, site: site, options: o, client: r.client(plan.CABundle), out: ConsoleURL{Page: page}}
	defer c.client.CloseIdle()
	creds, err := c.session(ctx)
	if err != nil {
		return ConsoleURL{}, err
	}
	if err := c.link(ctx, creds); err != nil {
		return ConsoleURL{}, err
	}
	return c.out, nil
}

// SwitchRole makes the link that switches to the last role of a plan; display is
// what the console calls it, color six hexadecimal digits or "". Nothing is asked
// of AWS. Errors: *console.RoleError, *console.PartitionError, *chain.ConfigError.
func (r *Resolver) SwitchRole(plan *chain.Plan, display, color string) (SwitchLink, error) {
	last := plan.Last()
	role := last.Get(chain.InputRoleARN)
	switch {
	case last.Kind == chain.KindSSO:
		return SwitchLink{}, &console.RoleError{Name: last.Get(chain.InputSSORole), Why: "it is Identity Center's, which alone can assume it"}
	case role == "":
		return SwitchLink{}, &console.RoleError{Why: "there is none to switch to: the plan ends with " + string(last.Kind) + " credentials"}
	}
	custom, err := chain.CustomEndpoint(r.config(), plan, awsapi.SignIn)
	if err != nil {
		return SwitchLink{}, err
	}
	arn, _ := awsapi.ParseARN(role)
	site, err := console.NewSite(cmp.Or(arn.Partition, "aws"), "", custom.Text)
	if err != nil {
		return SwitchLink{}, err
	}
	url, err := site.SwitchRole(role, display, color)
	return SwitchLink{URL: url, Account: arn.Account, Role: console.RoleName(role)}, err
}

// consoleSite is the console that a plan's credentials are for: of the partition of
// the region, else of the role.
func (r *Resolver) consoleSite(plan *chain.Plan) (console.Site, error) {
	custom, err := chain.CustomEndpoint(r.config(), plan, awsapi.SignIn)
	if err != nil {
		return console.Site{}, err
	}
	last := plan.Last()
	region := cmp.Or(plan.Region.Text, last.Get(chain.InputSSORegion))
	partition := cmp.Or(awsapi.PartitionOfARN(last.Get(chain.InputRoleARN)), "aws")
	if region != "" {
		partition = awsapi.PartitionOf(region)
	}
	return console.NewSite(partition, plan.Region.Text, custom.Text)
}

// opening is the making of one link.
type opening struct {
	resolver *Resolver
	plan     *chain.Plan
	site     console.Site
	options  ConsoleOptions
	client   *awsapi.Client
	who      console.Identity // zero where the plan tells enough
	out      ConsoleURL
}

// session returns a session that the console takes.
func (c *opening) session(ctx context.Context) (aws.Credentials, error) {
	plan, last := c.plan, c.plan.Last()
	if last.Kind == chain.KindSessionToken {
		key := *plan
		key.Steps, key.Lifetime = plan.Steps[:len(plan.Steps)-1], 0
		plan, c.out.WithoutMFA = &key, true
	}
	creds, err := c.retrieve(ctx, plan)
	if err != nil {
		return aws.Credentials{}, err
	}
	if plan.Next == nil && c.planned(*last) {
		if !c.options.Bounds.Empty() && last.Get(chain.InputPolicy) == "" && last.Get(chain.InputPolicyARNs) == "" {
			return aws.Credentials{}, c.unfit(console.ReasonPolicy, nil)
		}
		return creds, nil
	}
	if err := c.identify(ctx, creds); err != nil {
		return aws.Credentials{}, err
	}
	user := c.who.Kind == console.KindUser
	switch {
	case user && creds.SessionToken == "":
		return c.user(ctx, creds)
	case last.Kind == chain.KindLogin && (user || c.who.Kind == console.KindRoot):
		return aws.Credentials{}, c.unfit(console.ReasonSignIn, nil)
	case user:
		return aws.Credentials{}, c.unfit(console.ReasonUserSession, nil)
	case c.who.Kind == console.KindRoot:
		return aws.Credentials{}, c.unfit(console.ReasonRoot, nil)
	case !c.options.Bounds.Empty():
		return aws.Credentials{}, c.unfit(console.ReasonPolicy, nil)
	case c.who.Kind == console.KindFederated:
		c.out.User = c.who.Name
	default:
		c.out.Role = c.who.Name
	}
	return creds, nil
}

// retrieve gets the credentials. The console ends with a session, so one of which
// little is left is replaced, if that takes nobody.
func (c *opening) retrieve(ctx context.Context, plan *chain.Plan) (aws.Credentials, error) {
	held, ok := c.resolver.Held(ctx, plan)
	if !ok {
		return c.fetch(ctx, plan)
	}
	if held.Expires.Sub(c.resolver.opts.Now()) >= consoleLife {
		return held, nil
	}
	lasting := *plan
	lasting.Lifetime = consoleLife
	if creds, err := c.fetch(session.Quietly(ctx), &lasting); err == nil {
		return creds, nil
	}
	return held, nil
}

func (c *opening) fetch(ctx context.Context, plan *chain.Plan) (aws.Credentials, error) {
	p, err := c.resolver.Provider(plan)
	if err != nil {
		return aws.Credentials{}, err
	}
	return p.Retrieve(ctx)
}

// planned tells from the plan alone whose session its last step makes. ok is false
// where only AWS can tell.
func (c *opening) planned(last chain.Step) (ok bool) {
	switch last.Kind {
	case chain.KindAssumeRole, chain.KindWebIdentity:
		arn, _ := awsapi.ParseARN(last.Get(chain.InputRoleARN))
		c.out.Account, c.out.Role = arn.Account, console.RoleName(last.Get(chain.InputRoleARN))
		return true
	case chain.KindSSO:
		c.out.Account, c.out.Role = last.Get(chain.InputSSOAccount), last.Get(chain.InputSSORole)
		return true
	}
	return false
}

// identify asks AWS whose credentials they are.
func (c *opening) identify(ctx context.Context, creds aws.Credentials) error {
	id, err := c.resolver.Identity(ctx, c.plan, creds)
	if err != nil {
		return err
	}
	c.who = console.IdentityOf(id.ARN)
	c.out.Account = id.Account
	return nil
}

// user trades an IAM user's key for a session that the console takes.
func (c *opening) user(ctx context.Context, key aws.Credentials) (aws.Credentials, error) {
	at, err := chain.CallerEndpoint(c.resolver.config(), c.plan, awsapi.STS)
	if err != nil {
		return aws.Credentials{}, err
	}
	c.out.User = c.who.Name
	creds, policies, err := c.site.UserSession(ctx, c.client, at, key, c.who.Name, c.options.Bounds, c.options.For)
	c.out.Policies = policies
	return creds, err
}

// unfit is the error of credentials that open no console.
func (c *opening) unfit(reason console.Reason, cause error) error {
	who := cmp.Or(c.who.ARN, c.plan.Last().Get(chain.InputRoleARN), c.plan.Last().Get(chain.InputSSORole))
	return &console.CredentialsError{ARN: who, Reason: reason, Page: c.out.Page, Err: cause}
}

// link trades the session for the link.
func (c *opening) link(ctx context.Context, creds aws.Credentials) error {
	visit := console.Visit{Destination: c.out.Page, Issuer: c.issuer(), SignOut: c.options.SignOut}
	visit.Duration, c.out.Limit = c.duration()
	now := c.resolver.opts.Now()
	link, lasting, err := c.site.SignIn(ctx, c.client, creds, visit)
	if console.Refused(err) {
		// It has one answer to everything that is wrong. Credentials that are over
		// or of nobody are told by a call that says so.
		if c.who.ARN == "" {
			if err := c.identify(ctx, creds); err != nil {
				return err
			}
		}
		return c.unfit(console.ReasonRefused, err)
	}
	if err != nil {
		return err
	}
	if visit.Duration > 0 && !lasting {
		c.out.Limit = console.LimitRefused
	}
	c.out.URL = link
	switch {
	case lasting:
		c.out.Expires = now.Add(visit.Duration)
	case creds.CanExpire:
		c.out.Expires = creds.Expires
		if last := now.Add(console.MaxDuration); creds.Expires.After(last) {
			c.out.Expires = last
		}
	}
	return nil
}

// duration is what the console can be asked to stay open for, and why that is not
// what was wanted.
func (c *opening) duration() (time.Duration, console.Limit) {
	steps := c.plan.Steps
	switch {
	case c.options.For == 0, c.who.Kind == console.KindUser: // the user's session lasts for it
		return 0, ""
	case c.who.Kind == console.KindFederated:
		return 0, console.LimitFederated
	case len(steps) > 1 && steps[len(steps)-2].Kind == chain.KindSessionToken:
		return 0, console.LimitMFA
	case len(steps) > 1 && steps[len(steps)-2].Temporary():
		return 0, console.LimitChained
	}
	return c.options.For, ""
}

// issuer is where people sign in again who have come from Identity Center.
func (c *opening) issuer() string {
	if start := c.plan.Steps[0].Get(chain.InputStartURL); strings.HasPrefix(start, "https://") {
		return start
	}
	return issuer
}
