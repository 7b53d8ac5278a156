package latchkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// The ways to sign in: in a browser on this machine, with a code that is typed or
// confirmed in any browser (Identity Center), with one that is pasted back (console).
const (
	FlowBrowser    = string(sso.FlowBrowser)
	FlowDeviceCode = string(sso.FlowDevice)
	FlowRemote     = string(signin.FlowRemote)
)

// Visit is where a person goes to sign in.
type Visit struct {
	SignIn chain.SignIn
	Flow   string
	// URL is safe to open: it belongs to AWS. Host is its host.
	URL, Host string
	// UserCode is what the page of a device code must show, Page where the code
	// can be typed.
	UserCode, Page string
	// Region is where Identity Center is asked: another one than that of SignIn
	// after AWS has named it. "" at the console.
	Region string
	// Expires is when it is over.
	Expires time.Time
}

// SignInOptions say how a person is led through a sign-in.
type SignInOptions struct {
	// Least is how long a sign-in that is left as it is must last.
	Least time.Duration
	// Always signs in anew, whatever there is.
	Always bool
	// Seen is the mark of a sign-in that has been found to be over; nil: it is
	// looked at first.
	Seen *string
	// Flow is one of the constants; Port that of the loopback listener, 0: a free one.
	Flow string
	Port int
	// Visit shows where to go, and opens a browser where there is one. Its context
	// ends with the sign-in, and it returns then. Only [context.Canceled] as its
	// error ends the sign-in: a page can be opened by hand.
	Visit func(context.Context, Visit) error
	// Paste asks for the code that a page shows, in FlowRemote.
	Paste func(context.Context) (secret.Text, error)
	// Pasted is told why what was pasted is no code, before Paste is asked again.
	Pasted func(error)
	// Other is asked when another identity signs in at the console than the
	// profile's; nil refuses.
	Other func(ctx context.Context, identity string) error
	// Offer, if not nil, is asked before anything is shown, when no other process
	// is at it: an error calls it off.
	Offer func(context.Context) error
}

// SignedIn is a sign-in that stands.
type SignedIn struct {
	// Expires is when its token or credentials end. Those of Identity Center's
	// sso-sessions and of the console renew themselves before, as long as AWS lets them.
	Expires time.Time
	// Renews says that they can be renewed then.
	Renews bool
	// Anew says that a person has just signed in.
	Anew bool
	// Region is Identity Center's, where a sign-in or Standing has found it to be
	// another than the configured one.
	Region string
	// LoginSession is who has signed in at the console.
	LoginSession string
}

// SignIns returns the sign-ins that a plan rests on.
func (r *Resolver) SignIns(plan *chain.Plan) ([]chain.SignIn, error) {
	return chain.SignIns(r.config(), plan)
}

// SessionSignIn returns the sign-in of an sso-session.
func (r *Resolver) SessionSignIn(name string) (chain.SignIn, error) {
	return chain.SessionSignIn(r.config(), origin.Value{Text: name, Origin: origin.Code("the sso-session asked for")})
}

// ProfileSignIn returns the sign-in at Identity Center of a profile that may lack
// account and role. ok is false where the profile has none.
func (r *Resolver) ProfileSignIn(name string) (s chain.SignIn, ok bool, err error) {
	return chain.ProfileSignIn(r.config(), named(name))
}

// ConsoleSignIn returns the sign-in at the console for a profile, which need not
// exist, in the region given or the profile's.
func (r *Resolver) ConsoleSignIn(name string, region origin.Value) (chain.SignIn, error) {
	return chain.ConsoleSignIn(r.config(), named(name), region)
}

// SignedIn reports whether a sign-in stands and lasts, renewing it if that takes
// no person. Errors: *sso.SignInRequiredError, *signin.SignInRequiredError, and
// those of a renewal without an answer.
func (r *Resolver) SignedIn(ctx context.Context, s chain.SignIn, least time.Duration) (SignedIn, error) {
	client := r.client(s.CABundle)
	defer client.CloseIdle()
	if s.Kind == chain.KindLogin {
		expires, renews, err := signin.NewCredentials(r.consoleConfig(s), client).Lasting(ctx, least)
		return SignedIn{Expires: expires, Renews: renews, LoginSession: s.LoginSession.Text}, err
	}
	standing, err := r.tokens(s, client).Lasting(ctx, least)
	return SignedIn{Expires: standing.Expires, Renews: standing.Renews}, err
}

// signedIn is what stands of a sign-in at Identity Center.
func signedIn(s chain.SignIn, standing sso.Standing) SignedIn {
	in := SignedIn{Expires: standing.Expires, Renews: standing.Renews}
	if standing.Region != s.Region.Text {
		in.Region = standing.Region
	}
	return in
}

// Standing is what the file of a sign-in says. AWS is not asked. Errors: those of
// SignedIn.
func (r *Resolver) Standing(ctx context.Context, s chain.SignIn) (SignedIn, error) {
	if s.Kind == chain.KindLogin {
		expires, renews, err := signin.NewCredentials(r.consoleConfig(s), nil).Standing(ctx)
		return SignedIn{Expires: expires, Renews: renews, LoginSession: s.LoginSession.Text}, err
	}
	standing, err := r.tokens(s, nil).Standing(ctx)
	return signedIn(s, standing), err
}

func (r *Resolver) tokens(s chain.SignIn, client *awsapi.Client) *sso.Tokens {
	return sso.NewTokens(sso.Config{StartURL: s.StartURL.Text, Region: s.Region.Text, SessionName: s.Session.Text, CacheDir: s.CacheFolder, File: s.File,
		Endpoint: s.Endpoint, LockDir: r.lockFolder(), Now: r.opts.Now, EndpointOf: func(region string) (awsapi.Endpoint, error) {
			there, err := r.In(s, region)
			return there.Endpoint, err
		}}, client)
}

func (r *Resolver) consoleConfig(s chain.SignIn) signin.Config {
	return signin.Config{LoginSession: s.LoginSession.Text, CacheDir: s.CacheFolder, Endpoint: s.Endpoint, LockDir: r.lockFolder(), Now: r.opts.Now}
}

// signInFile is the one in which the sign-in is kept, "" where nobody has signed in yet.
func signInFile(s chain.SignIn) string {
	switch {
	case s.File != "":
		return s.File
	case s.Kind == chain.KindSSO:
		return sso.TokenFile(s.CacheFolder, s.Session.Text, s.StartURL.Text)
	case s.LoginSession.Set():
		return signin.TokenFiles(s.CacheFolder, s.LoginSession.Text)[0]
	}
	return ""
}

// signInKey names the sign-in among all that processes wait for: those of one file
// are one.
func signInKey(s chain.SignIn) string {
	name := filepath.Base(signInFile(s))
	if name == "." {
		name = s.Profile
	}
	sum := sha256.Sum256([]byte("sign-in " + name))
	return hex.EncodeToString(sum[:])
}

// SignInMark is what the file of a sign-in says now: another mark means that
// somebody has signed in, or renewed the sign-in, meanwhile.
func (r *Resolver) SignInMark(s chain.SignIn) string { return fileMark(signInFile(s)) }

// SignIn has a person sign in, unless the sign-in stands. However many processes
// want it at once, one asks; the others wait and find it done, or share its failure.
//
// Errors: those of SignedIn and of the flows in sso and signin; *session.SharedError;
// *session.BusyError.
func (r *Resolver) SignIn(ctx context.Context, s chain.SignIn, o SignInOptions) (SignedIn, error) {
	seen := o.Seen
	if seen == nil {
		mark := r.SignInMark(s)
		seen = &mark
		if in, err := r.look(ctx, s, o); err != nil || !in.Expires.IsZero() {
			return in, err
		}
	}
	var in SignedIn
	// What has been looked at is not looked at again: that could be a call each time.
	done := func(ctx context.Context) bool {
		if r.SignInMark(s) == *seen {
			return false
		}
		stands, err := r.SignedIn(ctx, s, o.Least)
		if err == nil {
			in = stands
		}
		return err == nil
	}
	store := r.storeOptions()
	store.Encode, store.Decode = failures{}.encode, failures{}.decode
	about := session.About{Key: signInKey(s), Kind: "sign-in", Profile: s.Name()}
	if o.Offer != nil { // who wants to sign in, and not only something else, may have thought better of it
		about.Declined = burst
	}
	err := session.NewStore(store).Once(ctx, about, done, func(ctx context.Context) error {
		if o.Offer != nil {
			if err := o.Offer(ctx); err != nil {
				return err
			}
		}
		var err error
		in, err = r.signIn(ctx, s, o)
		if err != nil && ctx.Err() != nil {
			err = ctx.Err() // what was under way is of no interest then
		}
		return err
	})
	return in, err
}

// look returns the sign-in if it stands, and nothing if somebody has to sign in.
func (r *Resolver) look(ctx context.Context, s chain.SignIn, o SignInOptions) (SignedIn, error) {
	if o.Always || signInFile(s) == "" {
		return SignedIn{}, nil
	}
	in, err := r.SignedIn(ctx, s, o.Least)
	if NeedsSignIn(err) {
		return SignedIn{}, nil
	}
	return in, err
}

// NeedsSignIn reports whether an error says that a person has to sign in.
func NeedsSignIn(err error) bool {
	var center *sso.SignInRequiredError
	var console *signin.SignInRequiredError
	return errors.As(err, &center) || errors.As(err, &console)
}

func pasted(tell func(error)) func(*signin.PasteError) {
	if tell == nil {
		return nil
	}
	return func(err *signin.PasteError) { tell(err) }
}

func (r *Resolver) signIn(ctx context.Context, s chain.SignIn, o SignInOptions) (SignedIn, error) {
	client := r.client(s.CABundle)
	defer client.CloseIdle()
	if s.Kind == chain.KindLogin {
		out, err := signin.SignIn(ctx, r.consoleConfig(s), signin.SignInOptions{API: client, Flow: signin.Flow(o.Flow), Port: o.Port, Paste: o.Paste, Pasted: pasted(o.Pasted), Other: o.Other,
			Visit: func(ctx context.Context, v signin.Visit) error {
				return o.Visit(ctx, Visit{SignIn: s, Flow: string(v.Flow), URL: v.URL, Host: v.Host, Expires: v.Expires})
			}})
		return SignedIn{Expires: out.Expires, Renews: true, Anew: true, LoginSession: out.LoginSession}, err
	}
	out, err := r.tokens(s, client).SignIn(ctx, sso.SignInOptions{API: client, Flow: sso.Flow(o.Flow), Scopes: s.Scopes, Port: o.Port,
		Visit: func(ctx context.Context, v sso.Visit) error {
			return o.Visit(ctx, Visit{SignIn: s, Flow: string(v.Flow), URL: v.URL, Host: v.Host, UserCode: v.UserCode, Page: v.Page, Region: v.Region, Expires: v.Expires})
		}})
	in := signedIn(s, sso.Standing{Expires: out.Expires, Renews: out.Renewable, Region: out.Region})
	in.Anew = true
	return in, err
}
