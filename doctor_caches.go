package latchkey

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/diskfile"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

const (
	// maxCacheFile is far above any real file of the sign-in caches.
	maxCacheFile = 256 << 10
	// maxCaches bounds what is read of all of them together, in bytes.
	maxCaches = 32 << 20
)

var (
	errNoFile   = errors.New("not a regular file")
	errTooLarge = errors.New("larger than any real one")
)

// read reads a regular file of at most limit bytes.
func (d *doctor) read(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNoFile
	case info.Size() > limit:
		return nil, errTooLarge
	}
	f, err := diskfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// caches looks at the sign-in caches that all AWS tools share.
func (d *doctor) caches() {
	at := d.r.graph.Locations()
	var cached []explain.Cached
	left := int64(maxCaches)
	for _, c := range []struct{ path, name string }{
		{at.SSOCache, "Identity Center's sign-ins"}, {at.LoginCache, "sign-ins at the console"}, {at.CLICache, "the AWS CLI's role sessions"},
	} {
		if c.path == "" {
			continue
		}
		d.folder(c.path, "folder of "+c.name, explain.HoldsShared)
		d.temps(c.path)
		for _, name := range list(c.path) {
			path := filepath.Join(c.path, name)
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			d.file(path, "file of "+c.name, explain.HoldsSecrets)
			if left <= 0 {
				continue
			}
			data, err := d.read(path, maxCacheFile)
			left -= int64(len(data))
			cached = append(cached, cachedFile(path, data, err))
		}
	}
	d.found.Add(explain.Caches(cached, d.now)...)
}

// cachedFile tells the kinds of file apart by their members.
func cachedFile(path string, data []byte, err error) explain.Cached {
	c := explain.Cached{Path: path}
	if errors.Is(err, errNoFile) {
		return c // said already
	}
	doc := tokenfile.New()
	if err == nil {
		doc, err = tokenfile.Parse(data)
	}
	if err != nil {
		c.Kind = explain.CachedDamaged
		return c
	}
	when := func(text string) time.Time {
		t, _ := iso8601.Parse(text) // none, and it is over
		return t
	}
	inner, nested := doc.Object("accessToken")
	creds, role := doc.Object("Credentials")
	switch {
	case nested:
		c.Kind, c.Expires = explain.CachedLogin, when(inner.Text("expiresAt"))
		// A console sign-in is good for twelve hours after its last credentials, of a quarter each.
		if doc.Text("refreshToken") != "" && !c.Expires.IsZero() {
			c.Registered = c.Expires.Add(12 * time.Hour)
		}
	case doc.Text("accessToken") != "":
		c.Kind, c.Expires = explain.CachedToken, when(doc.Text("expiresAt"))
		if doc.Text("refreshToken") != "" {
			c.Registered = when(doc.Text("registrationExpiresAt"))
		}
	case role:
		c.Kind, c.Expires = explain.CachedRole, when(creds.Text("Expiration"))
		if doc.Text("ProviderType") == "sso" {
			c.Kind = explain.CachedSSORole
		}
	case doc.Text("clientSecret") != "":
		c.Kind, c.Expires = explain.CachedClient, when(doc.Text("expiresAt"))
	}
	return c
}
