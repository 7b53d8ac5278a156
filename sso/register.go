package sso

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// defaultScope is what a token must be good for to list accounts and to get
	// roles' credentials.
	defaultScope = "sso:account:access"
	// registrationLeft is the least time that a registration must be good for to
	// be used again, as for the AWS CLI.
	registrationLeft = 15 * time.Minute
)

// registration is a client that is known to the OIDC service.
type registration struct {
	id      string
	secret  secret.Text
	expires time.Time
}

// registrationFile returns the path of the file that holds the client's
// registration: the SHA-1 of its circumstances as Python writes them in JSON.
// Scopes are those that are configured; nil, none, is another name than an empty list.
func registrationFile(cacheDir, region, sessionName, startURL string, scopes []string) string {
	// null stands where nothing is set below; a literal always parses.
	d, _ := tokenfile.Parse([]byte(`{"region": "", "scopes": null, "session_name": null, "startUrl": "", "tool": "botocore"}`))
	d.Set("region", region)
	if scopes != nil {
		d.SetList("scopes", scopes)
	}
	if sessionName != "" {
		d.Set("session_name", sessionName)
	}
	d.Set("startUrl", startURL)
	sum := sha1.Sum(d.Encode())
	return filepath.Join(cacheDir, hex.EncodeToString(sum[:])+".json")
}

func (s *signIn) registrationFile() string {
	return registrationFile(s.config.CacheDir, s.region, s.config.SessionName, s.config.StartURL, s.o.Scopes)
}

// scopes are what the client asks for. Without one the service gives no refresh
// token, so that only a legacy profile, which never refreshes, asks for none.
func (s *signIn) scopes() []string {
	if len(s.o.Scopes) > 0 || s.config.SessionName == "" && s.o.Flow == FlowDevice {
		return s.o.Scopes
	}
	return []string{defaultScope}
}

func (s *signIn) grants() []string {
	if s.o.Flow == FlowDevice {
		return nil
	}
	return []string{awsapi.GrantAuthorizationCode, awsapi.GrantRefreshToken}
}

// registration returns a client of this flow: the one in the cache while it is
// good for it, else a new one.
func (s *signIn) registration(ctx context.Context) (registration, error) {
	r, ok := s.cached(ctx)
	if s.reused = ok && !s.anew; s.reused {
		return r, s.probe()
	}
	in := awsapi.RegisterClientInput{ClientName: "latchkey", Scopes: s.scopes(), GrantTypes: s.grants()}
	if s.config.SessionName != "" {
		in.ClientName += "-" + s.config.SessionName
	}
	if s.o.Flow == FlowBrowser {
		// Without a port: any port of the loopback interface fits it (RFC 8252,
		// section 7.3).
		in.RedirectURIs, in.IssuerURL = []string{"http://127.0.0.1/oauth/callback"}, s.start
	}
	out, err := s.o.API.RegisterClient(ctx, s.endpoint, in)
	if err != nil {
		return registration{}, err
	}
	r = registration{out.ClientID, out.ClientSecret, out.Expires}
	return r, s.keepRegistration(r)
}

// probe finds out whether the token can be kept, before a person signs in for
// nothing: a new registration shows that by itself.
func (s *signIn) probe() error {
	file, err := os.CreateTemp(s.config.CacheDir, ".latchkey-*.tmp")
	if err == nil {
		_, err = file.Write(make([]byte, 4096)) // about what a token takes
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	if err != nil {
		return &KeepError{File: s.file.Path, Err: err}
	}
	return nil
}

// cached reads the registration in the cache. Whatever else stands there is
// somebody else's business, and replaced.
func (s *signIn) cached(ctx context.Context) (registration, bool) {
	d, err := tokenfile.Read(ctx, s.registrationFile())
	if err != nil {
		return registration{}, false
	}
	expires, err := iso8601.Parse(d.Text("expiresAt"))
	if err != nil || expires.Sub(s.config.Now()) <= registrationLeft {
		return registration{}, false
	}
	var lists struct{ Scopes, GrantTypes []string }
	if json.Unmarshal(d.Encode(), &lists) != nil || !slices.Equal(lists.Scopes, s.scopes()) {
		return registration{}, false
	}
	// The flows overwrite each other's registration; the grants tell whose it is.
	for _, grant := range []string{awsapi.GrantAuthorizationCode, awsapi.GrantRefreshToken} {
		if slices.Contains(lists.GrantTypes, grant) != slices.Contains(s.grants(), grant) {
			return registration{}, false
		}
	}
	r := registration{d.Text("clientId"), d.Secret("clientSecret"), expires}
	return r, r.id != "" && !r.secret.Empty()
}

// keepRegistration writes the registration file. It fails only where the token
// could not be written either, before a person is asked for it.
func (s *signIn) keepRegistration(r registration) error {
	d := tokenfile.New()
	d.Set("clientId", r.id)
	d.Set("clientSecret", r.secret.Reveal())
	d.Set("expiresAt", iso8601.Format(r.expires))
	if scopes := s.scopes(); len(scopes) > 0 {
		d.SetList("scopes", scopes)
	}
	if grants := s.grants(); len(grants) > 0 {
		d.SetList("grantTypes", grants)
	}
	path := s.registrationFile()
	err := atomicfile.Write(path, d.Encode(), 0o600)
	if info, failed := os.Stat(path); err == nil || failed == nil && !info.Mode().IsRegular() {
		return nil // a folder of that name is in the way of this file alone
	}
	return fmt.Errorf("the cache of sign-ins cannot be written: %w", err)
}

// forget takes a registration that led to no sign-in out of the cache: where the
// service does not know it any more, the browser shows an error and nobody tells
// us.
func (s *signIn) forget() {
	if s.reused {
		_ = os.Remove(s.registrationFile())
	}
}
