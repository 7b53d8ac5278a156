package sso

import (
	"context"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// Cached is a token file, whosever it is: its name does not tell, and its
// sso-session may not be configured any more.
type Cached struct{ File, StartURL, Region string }

// CachedTokens lists the token files of a folder. Registrations of clients and what
// cannot be read are left out.
func CachedTokens(ctx context.Context, cacheDir string) []Cached {
	paths, _ := filepath.Glob(filepath.Join(cacheDir, "*.json"))
	var list []Cached
	for _, path := range paths {
		d, err := tokenfile.Read(ctx, path)
		if err != nil || d.Text("accessToken") == "" {
			continue
		}
		c := Cached{File: path, StartURL: d.Text("startUrl"), Region: d.Text("region")}
		if awsapi.IsRegion(c.Region) {
			list = append(list, c)
		}
	}
	return list
}
