package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// inBrowser gets the code by way of a browser on this machine. The listener
// stands before the browser is opened.
func (a *attempt) inBrowser(ctx context.Context) (code secret.Text, redirect string, err error) {
	if err := checkPage(a.config.Endpoint); err != nil {
		return secret.Text{}, "", err
	}
	listener, err := authcode.Listen(authcode.Options{Port: a.options.Port, State: a.state})
	if err != nil {
		return secret.Text{}, "", err
	}
	defer func() { _ = listener.Close() }()
	redirect = listener.RedirectURI()
	show := func(ctx context.Context) error { return a.options.Visit(ctx, a.visit(redirect)) }
	err = authcode.Accompany(ctx, show, func(ctx context.Context) (err error) {
		code, err = listener.Wait(ctx)
		return err
	})
	return code, redirect, err
}

// visit is the page to go to, with the parameters in the order in which the AWS
// CLI writes them. The method's name is the service's own: not RFC 7636's S256.
func (a *attempt) visit(redirect string) Visit {
	base := a.config.Endpoint.URL
	page := base + "/v1/authorize?response_type=code&client_id=" + url.QueryEscape(a.client) + "&state=" + url.QueryEscape(a.state) +
		"&code_challenge_method=SHA-256&scope=openid&redirect_uri=" + url.QueryEscape(redirect) + "&code_challenge=" + authcode.Challenge(a.verifier)
	_, host, _ := strings.Cut(base, "://")
	host, _, _ = strings.Cut(host, "/")
	return Visit{Flow: a.options.Flow, URL: page, Host: host, Expires: a.config.Now().Add(authcode.Patience)}
}

// explain gives what went wrong on the way to the credentials its type.
func (a *attempt) explain(err error) error {
	var denied *authcode.DeniedError
	var unsafe *UnsafeURLError
	var pasted *PasteError
	var out *DeniedError
	var api *awsapi.APIError
	switch {
	case errors.As(err, &denied):
		return &DeniedError{Code: denied.Code, Description: denied.Description}
	case errors.Is(err, authcode.ErrPatience):
		return &CodeExpiredError{}
	case errors.As(err, &unsafe), errors.As(err, &pasted), errors.As(err, &out):
		return err
	case errors.As(err, &api) && api.HasCode("AUTHCODE_EXPIRED"):
		return &CodeExpiredError{Err: err}
	case errors.As(err, &api) && api.HasCode("INSUFFICIENT_PERMISSIONS"):
		return &PermissionError{LoginSession: a.config.LoginSession, Action: "signin:CreateOAuth2Token", Err: err}
	}
	return fmt.Errorf("console sign-in: %w", err)
}

// checkPage holds that a person who types a password there types it at AWS's: the
// endpoint is a sign-in host of one of the partitions, by https, or a stand-in
// on this machine. An endpoint can be set by a file of a project, or by a
// variable, that came from elsewhere.
func checkPage(e awsapi.Endpoint) error {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return &UnsafeURLError{URL: "the endpoint", Why: "it is no plain URL"}
	}
	fail := func(why string) error { return &UnsafeURLError{URL: display.Text(e.URL, 200), Why: why} }
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("it does not start with https://")
	case awsapi.IsLoopback(u.Hostname()):
		return nil
	case u.Scheme != "https":
		return fail("it does not start with https://")
	case !isSignInHost(u.Host, e.SigningRegion):
		return fail("its host is neither a sign-in host of AWS nor this machine")
	}
	return nil
}

// isSignInHost reports whether host, port included, is one that the rules of
// the partitions give for its region. The region stands in the first label or,
// of dual-stack names, in the second.
func isSignInHost(host, region string) bool {
	first, rest, _ := strings.Cut(host, ".")
	second, _, _ := strings.Cut(rest, ".")
	for _, r := range [...]string{region, first, second} {
		if !awsapi.IsRegion(r) {
			continue
		}
		for _, o := range [...]awsapi.EndpointOptions{{Region: r}, {Region: r, FIPS: true}, {Region: r, DualStack: true}, {Region: r, FIPS: true, DualStack: true}} {
			if e, err := awsapi.ResolveEndpoint(awsapi.SignIn, o); err == nil && e.URL == "https://"+host {
				return true
			}
		}
	}
	return false
}
