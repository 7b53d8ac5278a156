package sso

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Fetcher makes a plain HTTP request and follows no redirect.
type Fetcher interface {
	Fetch(context.Context, awsapi.Request, awsapi.Limits) (awsapi.Response, error)
}

// resolveStartURL returns the address by which AWS knows the instance of a start
// URL as configured: that one, unless it is a customer's own address for the
// portal, which must redirect there, once. An address of AWS is not looked up, and
// needs no network. Caches are named by the start URL as configured all the same.
//
// Errors: *[StartURLError], with the error of the request behind it if there
// was no answer.
func resolveStartURL(ctx context.Context, api Fetcher, startURL string) (string, error) {
	fail := func(why string, err error) (string, error) {
		return "", &StartURLError{URL: startURL, Why: why, Err: err}
	}
	u, why := plainURL(startURL)
	switch {
	case why != "":
		return fail(why, nil)
	case u.Scheme != "https":
		return fail("not https", nil)
	}
	if portalHost(u.Hostname()) {
		return startURL, nil
	}
	res, err := look(ctx, api, http.MethodHead, startURL)
	if err == nil && (res.Status == http.StatusMethodNotAllowed || res.Status == http.StatusNotImplemented) {
		res, err = look(ctx, api, http.MethodGet, startURL)
	}
	if err != nil {
		return fail("no answer that tells where it leads", err)
	}
	switch res.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return fail("neither an address of AWS nor a redirect to one", nil)
	}
	target, err := u.Parse(res.Header.Get("Location"))
	if err != nil {
		return fail("redirects to something that is no URL", nil)
	}
	if target, why = plainURL(target.String()); why != "" || target.Scheme != "https" {
		return fail("redirects to a URL that is not safe", nil)
	}
	if !portalHost(target.Hostname()) || target.Port() != "" && target.Port() != "443" {
		return fail("redirects to "+target.Host+", which is not an address of AWS", nil)
	}
	bare := url.URL{Scheme: "https", Host: target.Hostname(), Path: strings.TrimRight(target.Path, "/")}
	return bare.String(), nil
}

// look asks once more if the connection is lost, and for 10 s in all.
func look(ctx context.Context, api Fetcher, method, startURL string) (awsapi.Response, error) {
	limits := awsapi.Limits{Attempts: 2, Attempt: 5 * time.Second, Total: 10 * time.Second}
	return api.Fetch(ctx, awsapi.Request{Method: method, URL: startURL, Operation: "look up the start URL"}, limits)
}
