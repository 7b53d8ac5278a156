package sso_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sso"
)

// TestStartURLsOfAWS needs no network for them.
func TestStartURLsOfAWS(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		startURL,
		startURL + "/#/",
		"https://start.us-gov-home.awsapps.com/directory/x",
		"https://identitycenter.amazonaws.com/ssoins-1",
		"https://ssoins-1.portal.us-east-1.app.aws",
		"https://ssoins-1.eu-central-2.portal.amazonaws.com/start",
		"https://ssoins-1.us-gov-west-1.portal.amazonaws.com",
		"https://SSOINS-1.CN-north-1.portal.amazonaws.com.cn",
		"https://ssoins-1.portal.cn-north-1.app.amazonwebservices.com.cn",
		"https://ssoins-1.eusc-de-east-1.portal.amazonaws.eu",
		"https://ssoins-1.portal.eusc-de-east-1.api.amazonwebservices.eu/start/",
		"https://ssoins-1.portal.notaregion.app.aws",
	} {
		if got, err := sso.ResolveStartURL(t.Context(), &desk{}, in); err != nil || got != in {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
}

func TestVanityStartURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, url  string
		head, get  int // statuses; 0: no answer
		location   string
		want       string
		why        string
		operations string
	}{
		{"redirect", vanity, 302, 0, "https://corp.awsapps.com/start", startURL, "", "HEAD"},
		{"each kind of it", vanity, 308, 0, "https://corp.awsapps.com/start/", startURL, "", "HEAD"},
		{"query and fragment go", vanity, 301, 0, "https://Corp.awsapps.com:443/start/?x=y#/z", startURL, "", "HEAD"},
		{"with a region", vanity, 303, 0, "https://ssoins-1.portal.eu-west-1.app.aws/", "https://ssoins-1.portal.eu-west-1.app.aws", "", "HEAD"},
		{"no HEAD", vanity, 405, 307, "https://corp.awsapps.com/start", startURL, "", "HEAD GET"},
		{"no HEAD known", vanity, 501, 302, "https://corp.awsapps.com/start", startURL, "", "HEAD GET"},
		{"no redirect", vanity, 200, 0, "", "", "neither an address of AWS nor a redirect", "HEAD"},
		{"not found", vanity, 404, 302, "https://corp.awsapps.com/start", "", "neither an address of AWS nor a redirect", "HEAD"},
		{"not modified", vanity, 304, 0, "https://corp.awsapps.com/start", "", "neither an address of AWS nor a redirect", "HEAD"},
		{"neither method", vanity, 405, 405, "", "", "neither an address of AWS nor a redirect", "HEAD GET"},
		{"to nowhere", vanity, 302, 0, "", "", "not an address of AWS", "HEAD"},
		{"to itself", vanity, 302, 0, "/start2", "", "not an address of AWS", "HEAD"},
		{"to http", vanity, 302, 0, "http://corp.awsapps.com/start", "", "not safe", "HEAD"},
		{"to somebody", vanity, 302, 0, "https://awsapps.com.evil.example/", "", "redirects to awsapps.com.evil.example, which", "HEAD"},
		{"to a bucket", vanity, 302, 0, "https://b.s3.amazonaws.com/", "", "not an address of AWS", "HEAD"},
		{"to another port", vanity, 302, 0, "https://corp.awsapps.com:8443/", "", "not an address of AWS", "HEAD"},
		{"with a name", vanity, 302, 0, "https://me@corp.awsapps.com/", "", "not safe", "HEAD"},
		{"with an escape", vanity, 302, 0, "https://x\x1b[2J.example/", "", "no URL", "HEAD"},
		{"no answer", vanity, 0, 0, "", "", "no answer that tells", "HEAD"},
		{"http", "http://aws.corp.example/start", 302, 0, "https://corp.awsapps.com/start", "", "not https", ""},
		{"http at AWS", "http://corp.awsapps.com/start", 302, 0, "", "", "not https", ""},
		{"nothing", "", 302, 0, "", "", "neither http nor https", ""},
		{"an encoded host", "https://aws%C3%BC.example/start", 302, 0, "https://corp.awsapps.com/start", "", "no usable host", ""},
		{"a user name", "https://me@corp.awsapps.com/start", 302, 0, "", "", "a user name", ""},
	} {
		var operations []string
		d := &desk{fetch: func(r awsapi.Request) (awsapi.Response, error) {
			operations = append(operations, r.Method)
			status := tt.head
			if r.Method == http.MethodGet {
				status = tt.get
			}
			if status == 0 {
				return awsapi.Response{}, errors.New("lost")
			}
			return awsapi.Response{Status: status, Header: http.Header{"Location": {tt.location}}}, nil
		}}
		got, err := sso.ResolveStartURL(t.Context(), d, tt.url)
		if got != tt.want || (err == nil) != (tt.why == "") || strings.Join(operations, " ") != tt.operations {
			t.Errorf("%s: %s, %v after %q", tt.name, got, err, operations)
		}
		var failure *sso.StartURLError
		if err != nil && (!errors.As(err, &failure) || !strings.Contains(failure.Why, tt.why) || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestVanityOverHTTPS asks a real server: it follows nothing, and ends in time.
func TestVanityOverHTTPS(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	hang := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path == "/hang" {
			<-hang
		}
		http.Redirect(w, r, "https://127.0.0.1:1/next", http.StatusFound)
	}))
	defer server.Close()
	defer close(hang)
	client := awsapi.New(awsapi.Options{Now: time.Now, HTTPClient: server.Client()})
	var failure *sso.StartURLError
	if _, err := sso.ResolveStartURL(t.Context(), client, server.URL+"/start"); !errors.As(err, &failure) || failure.Err != nil || requests.Load() != 1 {
		t.Errorf("got %v after %d requests", err, requests.Load())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := sso.ResolveStartURL(ctx, client, server.URL+"/hang"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestVanitySignIn: AWS gets to hear of its own address alone, and nobody is
// shown anything if there is none.
func TestVanitySignIn(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.config.StartURL = vanity
	c.desk.fetch = redirectTo(startURL + "/")
	if _, err := c.signIn(t); err != nil || c.desk.registered[0].IssuerURL != startURL {
		t.Errorf("got %v, registered %+v", err, c.desk.registered)
	}
	c = newTrial(t, "corp", sso.FlowBrowser)
	c.config.StartURL = vanity
	c.desk.fetch = redirectTo("https://evil.example/")
	var failure *sso.StartURLError
	if _, err := c.signIn(t); !errors.As(err, &failure) || len(c.visits)+len(c.desk.log) != 0 {
		t.Errorf("got %v", err)
	}
}

// FuzzRedirect holds that no redirect leads a sign-in away from AWS.
func FuzzRedirect(f *testing.F) {
	for _, location := range append(safeURLs(), unsafeURLs()...) {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		got, err := sso.ResolveStartURL(t.Context(), &desk{fetch: redirectTo(location)}, vanity)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q", err)
			}
			return
		}
		again, err := sso.ResolveStartURL(t.Context(), &desk{}, got) // asks nobody: it is AWS's
		if err != nil || again != got {
			t.Errorf("%q leads to %q, which is %q, %v", location, got, again, err)
		}
	})
}
