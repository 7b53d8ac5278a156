package sso

import (
	"context"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/secret"
)

// browser signs in by an authorization code with PKCE.
func (s *signIn) browser(ctx context.Context) (granted, error) {
	state, verifier := authcode.NewState(), authcode.NewVerifier()
	// It answers before anybody is sent to it.
	listener, err := authcode.Listen(authcode.Options{Port: s.o.Port, State: state})
	if err != nil {
		return granted{}, err
	}
	defer func() { _ = listener.Close() }()
	client, err := s.registration(ctx)
	if err != nil {
		return granted{}, err
	}
	v := Visit{
		Flow: FlowBrowser, URL: s.authorizeURL(client.id, listener.RedirectURI(), state, authcode.Challenge(verifier)),
		Expires: s.config.Now().Add(authcode.Patience),
	}
	if v.Host, err = safeURL(v.URL, s.endpoint, s.config.StartURL); err != nil {
		return granted{}, err
	}
	var code secret.Text
	err = s.accompany(ctx, v, func(ctx context.Context) (err error) {
		code, err = listener.Wait(ctx)
		return err
	})
	if err != nil {
		s.forget()
		return granted{}, err
	}
	out, err := s.o.API.CreateToken(ctx, s.endpoint, awsapi.CreateTokenInput{
		ClientID: client.id, ClientSecret: client.secret, GrantType: awsapi.GrantAuthorizationCode,
		Code: code, CodeVerifier: verifier, RedirectURI: listener.RedirectURI(),
	})
	if err != nil {
		s.forget()
	}
	return granted{out, client}, err
}

// authorizeURL is the page where the person consents, its parameters in the AWS
// CLI's order and encoding.
func (s *signIn) authorizeURL(client, redirect, state, challenge string) string {
	return s.endpoint.URL + "/authorize?response_type=code&client_id=" + escape(client) +
		"&redirect_uri=" + escape(redirect) + "&state=" + escape(state) + "&code_challenge_method=S256&scopes=" +
		escape(strings.Join(s.scopes(), " ")) + "&code_challenge=" + escape(challenge)
}

// escape writes a space as %20: not every reader of a query takes "+" for one.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// accompany has the person shown where to go while wait waits for what comes of it.
func (s *signIn) accompany(ctx context.Context, v Visit, wait func(context.Context) error) error {
	v.Region = s.region
	return authcode.Accompany(ctx, func(ctx context.Context) error { return s.o.Visit(ctx, v) }, wait)
}
