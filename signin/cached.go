package signin

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// CachedSessions lists who has signed in at the console, as login_session would name
// them, by the files of a folder. What does not tell is left out.
func CachedSessions(ctx context.Context, cacheDir string) []string {
	paths, _ := filepath.Glob(filepath.Join(cacheDir, "*.json"))
	var list []string
	for _, path := range paths {
		d, err := tokenfile.Read(ctx, path)
		if err != nil {
			continue
		}
		who, err := subject(d.Secret("idToken"))
		if err == nil && slices.Contains(TokenFiles(cacheDir, who.String()), path) {
			list = append(list, who.String())
		}
	}
	return list
}
