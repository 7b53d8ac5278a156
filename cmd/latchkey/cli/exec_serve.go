package cli

import (
	"context"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

// execServed runs the command with an endpoint for the credentials of the plan.
func (p *planned) execServed(cmd *cobra.Command, command []string) error {
	sys := p.signing.sys
	path, err := findCommand(sys, command[0])
	if err != nil {
		return err
	}
	if err := p.winsOverEndpoints(); err != nil {
		return err
	}
	s, err := p.serve()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	creds, err := s.first(ctx)
	stop()
	if err != nil {
		return err
	}
	if err := server.Fit(s.name, creds, s.provider.Now()); err != nil {
		return unfit(err)
	}
	p.used()
	s.seed = creds
	return s.run(cmd, path, command)
}

// unfit says what to do about credentials that no endpoint hands out.
func unfit(err error) error {
	return &fixedError{err, "use a role, or --mfa for an MFA session; or run the command without --serve"}
}

// environ is the environment of a command that gets its credentials there.
func (s *served) environ(url string, token secret.Text) []string {
	v := deliver.Endpoint(url+server.Path(s.name), token, s.plan.Region.Text, s.plan.Profile.Text)
	return deliver.ChildEnviron(s.signing.sys.Environ, v)
}

// startOn serves the credentials on l, which it closes if it cannot.
func (s *served) startOn(l net.Listener) (*server.Server, error) {
	endpoint, err := server.Start(l, server.Options{Sources: []server.Source{s.source()}, Now: s.provider.Now})
	if err != nil {
		_ = l.Close()
	}
	return endpoint, err
}

// seedLeft is when credentials that were fetched before are renewed: they may be
// of a source that keeps none.
const seedLeft = 5 * time.Minute

// Retrieve returns the credentials that were there first as long as they do, and
// those of the plan from then on.
func (s *served) Retrieve(ctx context.Context) (aws.Credentials, error) {
	left := s.seed.Expires.Sub(s.provider.Now())
	if s.seed.HasKeys() && left > seedLeft {
		return s.seed, nil
	}
	creds, err := s.provider.Retrieve(ctx)
	if err != nil && s.seed.HasKeys() && left > time.Minute {
		return s.seed, nil
	}
	if err == nil && s.told.Swap(false) {
		s.say("the credentials of " + s.name + " are renewed again")
	}
	return creds, err
}
