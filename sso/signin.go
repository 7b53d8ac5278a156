package sso

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// Flow is a way to sign in.
type Flow string

// The flows.
const (
	// FlowBrowser: a browser on this machine brings the answer to a listener on
	// its loopback interface (authorization code with PKCE, RFC 7636 and 8252).
	FlowBrowser Flow = "browser"
	// FlowDevice: a browser anywhere, in which the person confirms a code (RFC 8628).
	FlowDevice Flow = "device-code"
)

// SignInAPI is what a sign-in needs of the OIDC service.
type SignInAPI interface {
	OIDC
	Fetcher
	RegisterClient(context.Context, awsapi.Endpoint, awsapi.RegisterClientInput) (awsapi.RegisterClientOutput, error)
	StartDeviceAuthorization(context.Context, awsapi.Endpoint, awsapi.DeviceAuthorizationInput) (awsapi.DeviceAuthorizationOutput, error)
}

// SignInOptions say how to sign in. API, Flow and Visit are required.
type SignInOptions struct {
	API  SignInAPI
	Flow Flow
	// Scopes are the sso_registration_scopes as configured; nil: none are. They
	// are part of the name of the registration's file.
	Scopes []string
	// Port of the listener on the loopback interface; 0: a free one.
	Port int
	// Visit shows the person where to go, and opens the browser. It may take as
	// long as the browser runs: the answer is awaited meanwhile. It must return
	// when ctx ends, which is when the sign-in has ended one way or the other, and
	// should leave the browser alone then. Its error ends the sign-in only if it
	// is [context.Canceled]: the person may open the page by hand.
	Visit func(context.Context, Visit) error
	// Sleep waits between two questions to the service; nil: for real.
	Sleep func(context.Context, time.Duration) error
}

// Visit is where a person has to go.
type Visit struct {
	Flow Flow
	// URL may be opened: it is one of Identity Center's. Host is its host.
	URL, Host string
	// UserCode is what the page shows to be compared; Page is the address without
	// the code in it, where it can be typed. FlowDevice only.
	UserCode, Page string
	// Region is where Identity Center is asked: another one than the configured
	// after AWS has named it.
	Region string
	// Expires is when the person must be done.
	Expires time.Time
}

// SignedIn is a sign-in that went well.
type SignedIn struct {
	// Expires is when the access token ends.
	Expires time.Time
	// Region is where Identity Center is, which may be another than configured.
	Region string
	// Renewable: the token can be refreshed without a person.
	Renewable bool
	// File is the token file.
	File string
}

// signIn is one sign-in under way.
type signIn struct {
	*Tokens
	o        SignInOptions
	region   string // as configured, until AWS names another
	endpoint awsapi.Endpoint
	start    string // the start URL as AWS knows it
	moved    bool   // region is the one that AWS named
	anew     bool   // registrations in the cache are not trusted any more
	reused   bool   // the registration in use is from the cache
}

// granted is what a person's consent brought.
type granted struct {
	awsapi.TokenOutput
	client registration
}

// SignIn has a person sign in, whether or not somebody is signed in already, and
// writes the token and the registration into the cache in the AWS CLI's form. A
// token that has come is kept even if ctx ends meanwhile. Nothing of the sign-in
// runs when SignIn returns.
//
// Errors: *[DeniedError]; *[CodeExpiredError]; *[UnsafeURLError];
// *[StartURLError]; *[RegionError]; *[KeepError]; *[authcode.PortError]; that of
// Visit; those of awsapi; the wrapped error of a ctx that ended.
func (t *Tokens) SignIn(ctx context.Context, o SignInOptions) (SignedIn, error) {
	if o.API == nil || o.Visit == nil {
		panic("sso: SignInOptions.API and Visit are required")
	}
	if o.Sleep == nil {
		o.Sleep = pause.For
	}
	s := &signIn{Tokens: t, o: o, region: t.config.Region, endpoint: t.config.Endpoint}
	var err error
	if s.start, err = resolveStartURL(ctx, o.API, t.config.StartURL); err != nil {
		return SignedIn{}, err
	}
	for {
		g, err := s.attempt(ctx)
		if err == nil {
			return s.keep(ctx, g)
		}
		if ctx.Err() != nil || !s.again(err) {
			return SignedIn{}, s.failed(err)
		}
	}
}

func (s *signIn) attempt(ctx context.Context) (granted, error) {
	switch s.o.Flow {
	case FlowBrowser:
		return s.browser(ctx)
	case FlowDevice:
		return s.device(ctx)
	}
	return granted{}, fmt.Errorf("no flow %q", display.Text(string(s.o.Flow), 40))
}

// again decides whether to start over: once at the region that AWS names, where
// the client and the person's consent are not known, and once with a new
// registration.
func (s *signIn) again(err error) bool {
	if s.move(err) {
		return true
	}
	if !s.anew && s.reused && clientRefused(err) {
		s.anew = true
		return true
	}
	return false
}

// move goes to the region that AWS's answer names, once.
func (s *signIn) move(err error) bool {
	region := s.named(err)
	if region == "" || s.moved {
		return false
	}
	endpoint, ok := regionEndpoint(err, region, s.endpoint, s.config.EndpointOf)
	if ok {
		s.region, s.endpoint, s.moved = region, endpoint, true
	}
	return ok
}

// named returns the region that an answer names, "" if it names none.
func (s *signIn) named(err error) string { return namedRegion(err, s.region) }

// clientRefused reports whether the service does not take the registration.
func clientRefused(err error) bool {
	var denied *authcode.DeniedError
	if errors.As(err, &denied) {
		return denied.Code == "unauthorized_client" || denied.Code == "invalid_client"
	}
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode("InvalidClientException", "UnauthorizedClientException", "invalid_client", "unauthorized_client")
}

// failed turns the end of a sign-in into what a caller can act on.
func (s *signIn) failed(err error) error {
	var denied *authcode.DeniedError
	var unsafe *UnsafeURLError
	var late *CodeExpiredError
	var api *awsapi.APIError
	switch {
	case errors.As(err, &unsafe):
		return unsafe
	case errors.As(err, &late):
		return late
	case errors.As(err, &denied):
		return &DeniedError{Code: denied.Code, Description: denied.Description, Err: err}
	case errors.Is(err, authcode.ErrPatience):
		return &CodeExpiredError{Flow: s.o.Flow, Err: err}
	case errors.As(err, &api) && api.HasCode("AccessDeniedException", "access_denied"):
		return &DeniedError{Code: "access_denied", Description: display.Text(api.Message, 200), Err: err}
	case errors.As(err, &api) && api.HasCode("ExpiredTokenException", "expired_token", "InvalidGrantException", "invalid_grant"):
		// A code is good once: that it is not known any more may be for an answer
		// that was lost.
		return &CodeExpiredError{Flow: s.o.Flow, Err: err}
	case errors.As(err, &api) && api.HasCode("InvalidRequestException") && (api.Operation == "RegisterClient" || api.Operation == "StartDeviceAuthorization") && api.Region == "":
		return &StartURLError{URL: s.config.StartURL, Why: "Identity Center in " + display.Text(s.region, 40) + " knows no access portal of this address", Err: err}
	case s.named(err) != "":
		return &RegionError{Configured: s.config.Region, Actual: s.named(err), Err: err}
	}
	return fmt.Errorf("sso sign-in: %w", err)
}

// keep writes the token file as the AWS CLI does, with the unknown members of
// the one that was there.
func (s *signIn) keep(ctx context.Context, g granted) (SignedIn, error) {
	doc, err := tokenfile.Read(context.WithoutCancel(ctx), s.file.Path)
	if err != nil {
		doc = tokenfile.New() // missing, half written or no token file: it is replaced
	}
	out := SignedIn{
		Expires: s.config.Now().Add(g.ExpiresIn).UTC().Truncate(time.Second), Region: s.region, File: s.file.Path,
		Renewable: s.config.SessionName != "" && !g.RefreshToken.Empty(),
	}
	doc.Set("startUrl", s.config.StartURL)
	doc.Set("region", s.region)
	doc.Set("accessToken", g.AccessToken.Reveal())
	doc.Set("expiresAt", iso8601.Format(out.Expires))
	doc.Set("clientId", g.client.id)
	doc.Set("clientSecret", g.client.secret.Reveal())
	doc.Set("registrationExpiresAt", iso8601.Format(g.client.expires))
	if out.Renewable {
		doc.Set("refreshToken", g.RefreshToken.Reveal())
	} else {
		doc.Delete("refreshToken")
	}
	if err := s.file.Replace(ctx, doc); err != nil {
		return SignedIn{}, &KeepError{File: s.file.Path, Err: err}
	}
	return out, nil
}
