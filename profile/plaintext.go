package profile

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// longLived begins the ID of an IAM user's access key, which does not expire.
const longLived = "AKIA"

// PlaintextKey is a long-lived key pair that stands in a shared file for
// everybody to read who can read the file.
type PlaintextKey struct {
	Profile      string
	File         FileKind
	AccessKeyID  origin.Value
	Secret       secret.Text
	SecretOrigin origin.Origin
	// Shadowed: another pair of the same profile is used instead of this one.
	Shadowed bool
	// Syntax is a line of the section that cannot be read, so that the profile
	// cannot be used as it is; nil if there is none.
	Syntax *SyntaxError
}

// PlaintextKeys returns the long-lived key pairs of both files, those with an
// ID that begins with AKIA and no session token beside it, sorted by profile
// and the pair of the credentials file first. Of a key that one file has twice
// the last one counts, as everywhere. The error holds a *FileError for each
// file that cannot be read; the list is then of the other one.
func PlaintextKeys(g *Graph) ([]PlaintextKey, error) {
	var list []PlaintextKey
	for _, name := range g.Names() {
		used := false
		for _, f := range [...]*file{&g.credentials, &g.config} {
			l, ok, bad := f.read(kindProfile, name, nil)
			if !ok {
				continue
			}
			id, sec := l.set(keyAccessKeyID), l.set(keySecret)
			if id == nil || sec == nil {
				continue
			}
			shadowed := used
			used = true
			if !strings.HasPrefix(id.value, longLived) || l.set(keyToken) != nil {
				continue
			}
			k := PlaintextKey{Profile: name, File: ConfigFile, AccessKeyID: l.value(id), Secret: secret.New(sec.value), SecretOrigin: l.origin(sec), Shadowed: shadowed, Syntax: bad}
			if f.credentials {
				k.File = CredentialsFile
			}
			list = append(list, k)
		}
	}
	var errs []error
	for _, f := range [...]*file{&g.config, &g.credentials} {
		if f.err != nil {
			errs = append(errs, f.err)
		}
	}
	return list, errors.Join(errs...)
}
