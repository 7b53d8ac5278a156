package sso

import (
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxURL is the length of the longest URL that is opened. The longest real one
// asks for a dozen scopes in about 700 characters.
const maxURL = 4096

// safeURL returns the host of a URL that may be shown as the place to sign in
// and handed to a browser: https on a host that can be Identity Center's, or
// anything on the origin of a stand-in that is configured on this machine, or
// https on the origin of the start URL as configured. Browsers are known to read
// URLs more freely than parsers, so anything unusual is refused.
//
// Errors: *[UnsafeURLError].
func safeURL(raw string, endpoint awsapi.Endpoint, startURL string) (host string, err error) {
	u, why := plainURL(raw)
	if why != "" {
		return "", unsafeURL(raw, why)
	}
	if own, why := plainURL(endpoint.URL); why == "" && awsapi.IsLoopback(own.Hostname()) && origin(u) == origin(own) {
		return u.Host, nil
	}
	if u.Scheme != "https" {
		return "", unsafeURL(raw, "not https")
	}
	if start, why := plainURL(startURL); why == "" && origin(u) == origin(start) {
		return u.Host, nil
	}
	if !portalHost(u.Hostname()) && !serviceHost(u.Hostname()) {
		return "", unsafeURL(raw, "not a host of IAM Identity Center")
	}
	if u.Port() != "" && u.Port() != "443" {
		return "", unsafeURL(raw, "not the port of https")
	}
	return u.Host, nil
}

// plainURL parses an absolute http or https URL that every reader splits the
// same way, its host in small letters, or says what is wrong with it.
func plainURL(raw string) (u *url.URL, why string) {
	if len(raw) > maxURL {
		return nil, "longer than 4,096 characters"
	}
	for i := range len(raw) {
		// Browsers drop some control characters and read \ as /; the others
		// are not of a URL either (RFC 3986, section 2).
		if c := raw[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return nil, "a character that no URL has"
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, "not a URL"
	case u.User != nil:
		return nil, "a user name in it"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "neither http nor https"
	case u.Hostname() == "" || strings.HasSuffix(u.Hostname(), ".") || strings.HasSuffix(u.Host, ":"),
		strings.Trim(strings.ToLower(u.Host), "abcdefghijklmnopqrstuvwxyz0123456789-.:[]") != "": // it was percent-encoded
		return nil, "no usable host"
	}
	u.Host = strings.ToLower(u.Host)
	return u, ""
}

// origin returns scheme, host and port.
func origin(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return u.Scheme + "://" + u.Hostname() + ":" + port
}
