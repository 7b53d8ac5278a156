package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/server"
)

// served is a profile whose credentials an endpoint serves. Nobody is asked for
// anything while they are renewed.
type served struct {
	*planned
	name     string
	provider *latchkey.Provider
	seed     aws.Credentials // what was there first
	told     atomic.Bool     // that the credentials are not renewed
}

// serve makes the credentials of a plan fit for an endpoint.
func (p *planned) serve() (*served, error) {
	provider, err := p.resolver.Provider(p.plan)
	if err != nil {
		return nil, err
	}
	name := p.plan.Profile.Text
	if name == "" {
		name = "default"
	}
	return &served{planned: p, name: name, provider: provider}, nil
}

// first retrieves the credentials while a person is there, and leaves the person
// alone from then on.
func (s *served) first(ctx context.Context) (aws.Credentials, error) {
	creds, err := s.signing.retrieve(ctx, s.plan, s.provider)
	s.signing.ask.silent.Store(true)
	return creds, err
}

// source is what the server knows of it.
func (s *served) source() server.Source {
	return server.Source{
		Name: s.name, Provider: s, Region: s.plan.Region.Text, Hint: "run: " + s.login(),
		NeedsPerson: needsPerson, Ask: s.ask, Failed: s.failed,
	}
}

// login is the command by which somebody does from elsewhere what the credentials need.
func (s *served) login() string {
	command := "latchkey login " + explain.Word(s.name)
	if s.mfa {
		command += " --mfa"
	}
	return command
}

// needsPerson reports whether an error ends when somebody signs in or gives a code.
func needsPerson(err error) bool { return findingOf(err).Class == explain.ClassNeedsUser }

// ask has a person do what a program waits for, where one can be asked, or says
// what to run.
func (s *served) ask(ctx context.Context, why error) {
	ask := s.signing.ask
	ask.silent.Store(false)
	defer ask.silent.Store(true)
	if ask.Ready() != nil {
		s.told.Store(true)
		s.say("a program waits for the credentials of " + s.name + ": " + findingOf(why).What + "; in another terminal, run: " + s.login())
		return
	}
	s.say("a program waits for the credentials of " + s.name)
	if _, err := s.signing.retrieve(ctx, s.plan, s.provider); err != nil && ctx.Err() == nil {
		s.signing.sys.findings(s.signing.sys.Stderr).failure(findingOf(err))
	}
}

// failed tells once why the credentials are not renewed.
func (s *served) failed(err error, serving bool) {
	if serving || needsPerson(err) || s.told.Swap(true) {
		return
	}
	f := findingOf(err)
	s.say("the credentials of " + s.name + " cannot be renewed: " + f.What)
	s.signing.sys.findings(s.signing.sys.Stderr).reasons("", f)
}

func (s *served) say(line string) {
	fmt.Fprintln(s.signing.sys.Stderr, "latchkey: "+display.Text(line, 500))
}

// winsOverEndpoints tells of a default profile with credentials: every SDK takes it
// before it looks for an endpoint, so that a program would run as somebody else.
func (p *planned) winsOverEndpoints() error {
	plan, err := p.resolver.PlanOf(origin.Value{Text: "default", Origin: origin.Default("the SDKs' default profile")}, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
	var missing *profile.NotFoundError
	var none *chain.NoCredentialsError
	where := ""
	switch {
	case errors.As(err, &missing), errors.As(err, &none):
		return nil
	case err == nil && len(plan.Steps[0].Inputs) > 0:
		where = " at " + plan.Steps[0].Inputs[0].Origin.Position()
	}
	return &usageError{
		what: "the profile default has credentials" + where + ", which every SDK takes before it asks an endpoint",
		fix:  "use latchkey exec without --serve, or give the default profile another name",
	}
}
