package sso

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
)

const (
	// defaultInterval is the least time between two questions, slowDown what
	// the service's wish for fewer adds to it (RFC 8628, sections 3.2 and 3.5).
	defaultInterval = 5 * time.Second
	slowDown        = 5 * time.Second
	// longestTrouble is the longest time between two questions that get no
	// answer, unless the interval itself is longer.
	longestTrouble = 30 * time.Second
	// longestCode bounds what a service may say of its code's life.
	longestCode = 30 * time.Minute
)

// device signs in by a code that the person confirms in any browser. Nothing is
// asked before the person is shown the code, as the AWS CLI does for clients
// that are approved in advance: a client that registers itself is none.
func (s *signIn) device(ctx context.Context) (granted, error) {
	client, err := s.registration(ctx)
	if err != nil {
		return granted{}, err
	}
	asked := s.config.Now()
	auth, err := s.o.API.StartDeviceAuthorization(ctx, s.endpoint, awsapi.DeviceAuthorizationInput{
		ClientID: client.id, ClientSecret: client.secret, StartURL: s.start,
	})
	if err != nil {
		return granted{}, err
	}
	v, err := s.deviceVisit(auth)
	if err != nil {
		return granted{}, err
	}
	v.Expires = asked.Add(min(auth.ExpiresIn, longestCode))
	p := poll{signIn: s, ends: v.Expires, interval: auth.Interval, in: awsapi.CreateTokenInput{
		ClientID: client.id, ClientSecret: client.secret, GrantType: awsapi.GrantDeviceCode, DeviceCode: auth.DeviceCode,
	}}
	if p.interval <= 0 {
		p.interval = defaultInterval
	}
	var out awsapi.TokenOutput
	err = s.accompany(ctx, v, func(ctx context.Context) (err error) {
		out, err = p.token(ctx)
		return err
	})
	return granted{out, client}, err
}

// deviceVisit checks the addresses that the service sent.
func (s *signIn) deviceVisit(auth awsapi.DeviceAuthorizationOutput) (v Visit, err error) {
	v = Visit{Flow: FlowDevice, URL: auth.VerificationURIComplete, Page: auth.VerificationURI, UserCode: display.Text(auth.UserCode, 40)}
	if v.URL == "" {
		v.URL = v.Page
	}
	if _, err = safeURL(v.Page, s.endpoint, s.config.StartURL); err != nil {
		return Visit{}, err
	}
	if v.Host, err = safeURL(v.URL, s.endpoint, s.config.StartURL); err != nil {
		return Visit{}, err
	}
	return v, nil
}

// poll asks for the token until the person has decided.
type poll struct {
	*signIn
	in       awsapi.CreateTokenInput
	ends     time.Time
	interval time.Duration
}

func (p *poll) token(ctx context.Context) (awsapi.TokenOutput, error) {
	var trouble error
	wait := p.interval
	for {
		if !p.config.Now().Add(wait).Before(p.ends) {
			return awsapi.TokenOutput{}, &CodeExpiredError{Flow: FlowDevice, Err: trouble}
		}
		if err := p.o.Sleep(ctx, wait); err != nil {
			return awsapi.TokenOutput{}, err
		}
		out, err := p.o.API.CreateToken(ctx, p.endpoint, p.in)
		switch {
		case err == nil:
			return out, nil
		case ctx.Err() != nil:
			return awsapi.TokenOutput{}, ctx.Err()
		case pending(err):
			trouble, wait = nil, p.interval
		case tooFast(err):
			p.interval += slowDown
			trouble, wait = nil, p.interval
		case passing(err):
			trouble, wait = err, max(p.interval, min(2*wait, longestTrouble))
		default:
			return awsapi.TokenOutput{}, err
		}
	}
}

func pending(err error) bool {
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode("AuthorizationPendingException", "authorization_pending")
}

func tooFast(err error) bool {
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode("SlowDownException", "slow_down")
}

// passing reports whether err is trouble on the way or of the service, which
// says nothing about the sign-in.
func passing(err error) bool {
	var api *awsapi.APIError
	var unreachable *awsapi.UnreachableError
	var response *awsapi.ResponseError
	return errors.As(err, &api) && !awsapi.Refused(err) || errors.As(err, &unreachable) || errors.As(err, &response)
}
