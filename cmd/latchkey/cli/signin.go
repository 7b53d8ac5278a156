package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/browser"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// signingIn leads a person through a sign-in.
type signingIn struct {
	sys      *Sys
	resolver *latchkey.Resolver
	ask      *asker
	// flow is the one that flags ask for, "" if none do; port as in the flag.
	flow string
	port int
	// say shows a line: on standard error, or on the terminal where that may be
	// kept by the program that has started this one.
	say func(ctx context.Context, line string)
}

// signingIn returns one that shows lines on standard error.
func (sys *Sys) signingIn(r *latchkey.Resolver, ask *asker) *signingIn {
	return &signingIn{sys: sys, resolver: r, ask: ask, say: func(_ context.Context, line string) {
		fmt.Fprintln(sys.Stderr, "latchkey: "+line)
	}}
}

// onTerminal shows lines on the terminal instead: standard error of a
// credential_process is often shown to nobody.
func (s *signingIn) onTerminal() *signingIn {
	there := *s
	there.say = func(ctx context.Context, line string) {
		t, err := s.ask.open()
		if err == nil {
			err = t.Say(ctx, "latchkey: "+line)
		}
		if err != nil {
			s.say(ctx, line)
		}
	}
	return &there
}

// start has the person sign in where the sign-in does not stand.
func (s *signingIn) start(ctx context.Context, in chain.SignIn, o latchkey.SignInOptions) (latchkey.SignedIn, error) {
	w, err := s.way(in)
	if err != nil {
		return latchkey.SignedIn{}, err
	}
	if w.flow == latchkey.FlowRemote && o.Offer == nil {
		if err := s.ask.Ready(); err != nil {
			return latchkey.SignedIn{}, &fixedError{fmt.Errorf("the code that the browser shows has to be pasted: %w", err), "run " + s.sys.commandLine() + " in a terminal, or sign in with the browser of this machine"}
		}
	}
	if in.Kind == chain.KindLogin && !in.LoginSession.Set() {
		if err := s.resolver.CanKeepLogin(in); err != nil {
			return latchkey.SignedIn{}, err
		}
	}
	o.Flow, o.Port = w.flow, w.port
	o.Visit = func(ctx context.Context, v latchkey.Visit) error { return s.visit(ctx, w, v) }
	o.Paste = s.paste
	o.Pasted = func(err error) { s.say(ctx, display.Text(err.Error(), 200)) }
	o.Other = func(ctx context.Context, identity string) error { return s.other(ctx, in, identity) }
	out, err := s.resolver.SignIn(ctx, in, o)
	if err != nil {
		return out, err
	}
	return out, s.settle(ctx, in, out)
}

// visit shows where to sign in, and opens it in a browser where there is one.
func (s *signingIn) visit(ctx context.Context, w way, v latchkey.Visit) error {
	name := display.Text(v.SignIn.Name(), 100)
	if asked := v.SignIn.Region.Text; v.Region != "" && v.Region != asked {
		s.say(ctx, "Identity Center is in "+v.Region+", not in "+display.Text(asked, 40)+"; this goes on there")
	}
	switch port := strconv.Itoa(w.port); {
	case v.Flow == latchkey.FlowBrowser && w.opens:
		s.say(ctx, "sign in to "+name+" in the browser that opens; or open this page there:\n  "+v.URL)
	case v.Flow == latchkey.FlowBrowser:
		s.say(ctx, "sign in to "+name+" in a browser from which this machine's port "+port+" can be reached (ssh -L "+port+":127.0.0.1:"+port+" …):\n  "+v.URL)
	case v.Flow == latchkey.FlowRemote:
		s.say(ctx, "sign in to "+name+" in any browser, and bring back the code that it shows:\n  "+v.URL)
	default:
		s.say(ctx, "sign in to "+name+" in any browser, which must show the code "+v.UserCode+":\n  "+v.URL)
		s.say(ctx, "the page is at "+v.Host+"; this was asked for by "+s.sys.commandLine()+" on "+hostname()+", and ends at "+v.Expires.Local().Format(time.TimeOnly))
	}
	if w.unopened != "" {
		s.say(ctx, "no browser is opened here: "+w.unopened)
	}
	if !w.opens {
		return nil
	}
	err := browser.Open(ctx, s.browser(), v.URL)
	if err != nil && ctx.Err() == nil {
		s.say(ctx, "no browser could be opened ("+display.Text(err.Error(), 200)+"); open the page yourself")
	}
	return nil
}

// commandLine is what the person has started, as far as it can be shown.
func (sys *Sys) commandLine() string {
	return display.Text(strings.Join(append([]string{"latchkey"}, sys.Args...), " "), 100)
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return display.Text(name, 100)
}

func (s *signingIn) paste(ctx context.Context) (secret.Text, error) {
	typed, err := s.ask.Ask(ctx, latchkey.Question{Prompt: "code that the page shows", Reason: "The sign-in in the browser ends with a code.", Hidden: true})
	return secret.New(typed), err
}

// other asks whether another identity than the profile's is to take its place.
func (s *signingIn) other(ctx context.Context, in chain.SignIn, identity string) error {
	yes, err := s.ask.Confirm(ctx, fmt.Sprintf("profile %s has been that of %s; let it be that of %s?", in.Profile, in.LoginSession.Text, identity))
	if err == nil && !yes {
		err = session.Declined(ctx, context.Canceled)
	}
	return err
}

// settle brings the config file to what the sign-in has shown.
func (s *signingIn) settle(ctx context.Context, in chain.SignIn, out latchkey.SignedIn) error {
	var backup string
	var err error
	switch {
	case in.Kind == chain.KindSSO && out.Region != "" && in.Region.Origin.Kind != origin.KindFile: // it has yet to be written
	case in.Kind == chain.KindSSO && out.Region != "":
		if backup, err = s.resolver.CorrectRegion(ctx, in, out.Region); err != nil {
			s.sys.warn(fmt.Errorf("sso_region at %s is %s, and Identity Center is in %s; it could not be corrected: %w", in.Region.Origin.Position(), in.Region.Text, out.Region, err))
			return nil // it works here
		}
		s.say(ctx, fmt.Sprintf("sso_region at %s was %s; corrected to %s, where Identity Center says it is", in.Region.Origin.Position(), in.Region.Text, out.Region))
	case in.Kind == chain.KindLogin && out.Anew && out.LoginSession != strings.TrimSpace(in.LoginSession.Text):
		if backup, err = s.resolver.KeepLogin(ctx, in, out.LoginSession); err != nil {
			return err
		}
		s.say(ctx, "profile "+display.Text(in.Profile, 100)+" uses the sign-in of "+display.Text(out.LoginSession, 200))
	}
	if backup != "" {
		s.say(ctx, "the config file as it was: "+backup)
	}
	return nil
}

// over is a sign-in that a command may find to be over.
type over struct {
	signIn chain.SignIn
	mark   string
}

// before notes the sign-ins that a plan rests on, as they are.
func (s *signingIn) before(plan *chain.Plan) ([]over, error) {
	if k := plan.Steps[0].Kind; k != chain.KindSSO && k != chain.KindLogin {
		return nil, nil
	}
	list, err := s.resolver.SignIns(plan)
	var all []over
	for _, in := range list {
		all = append(all, over{in, s.resolver.SignInMark(in)})
	}
	return all, err
}

// retrieve asks the provider of a plan, and once more after a sign-in that it takes.
func (s *signingIn) retrieve(ctx context.Context, plan *chain.Plan, provider aws.CredentialsProvider) (aws.Credentials, error) {
	signIns, err := s.before(plan)
	if err != nil {
		return aws.Credentials{}, err
	}
	creds, err := provider.Retrieve(ctx)
	if err != nil {
		if _, err = s.offer(ctx, signIns, err); err == nil {
			creds, err = provider.Retrieve(ctx)
		}
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return creds, err
}

// offer has the person sign in where a command has met a sign-in that is over, or
// waits for the process that is at it. It returns err where nobody is there.
func (s *signingIn) offer(ctx context.Context, list []over, err error) (latchkey.SignedIn, error) {
	none := latchkey.SignedIn{}
	if !latchkey.NeedsSignIn(err) || ctx.Err() != nil {
		return none, err
	}
	offers, settingErr := s.resolver.Setting("login", "offer")
	if settingErr != nil {
		return none, settingErr
	}
	switch offers.Text {
	case "", "ask", "always":
	case "never":
		return none, err
	default:
		return none, &chain.ConfigError{Origin: offers.Origin, Message: "the login's offer is none of ask, always and never", Fix: "write one of them"}
	}
	for _, o := range list {
		if !meant(o.signIn, err) {
			continue
		}
		ask := func(ctx context.Context) error {
			if s.ask.Ready() != nil {
				return latchkey.ErrNobody
			}
			if offers.Text == "always" {
				return nil
			}
			return s.confirm(ctx, o.signIn, err)
		}
		in, failure := s.onTerminal().start(ctx, o.signIn, latchkey.SignInOptions{Seen: &o.mark, Offer: ask})
		if errors.Is(failure, latchkey.ErrNobody) {
			failure = err // which says what to run
		}
		return in, failure
	}
	return none, err
}

// meant reports whether the error is about this sign-in.
func meant(in chain.SignIn, err error) bool {
	var center *sso.SignInRequiredError
	if errors.As(err, &center) {
		return in.Session.Text == center.SessionName && in.StartURL.Text == center.StartURL
	}
	var console *signin.SignInRequiredError
	return errors.As(err, &console) && in.LoginSession.Text == console.LoginSession
}

func (s *signingIn) confirm(ctx context.Context, in chain.SignIn, why error) error {
	yes, err := s.ask.Confirm(ctx, display.Text(findingOf(why).What, 200)+"; sign in to "+display.Text(in.Name(), 100)+" now?")
	if err == nil && !yes {
		err = session.Declined(ctx, context.Canceled)
	}
	return err
}
