package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"path/filepath"
	"strings"
	"time"
)

// cacheTime is the form of all times in AWS's cache files.
const cacheTime = "2006-01-02T15:04:05Z"

// object is a JSON object whose members stay in order, written as Python's json
// module writes it: that is what these files look like on a user's disk.
type object []member

type member struct {
	name  string
	value any // string or object
}

func (o object) String() string {
	parts := make([]string, len(o))
	for i, m := range o {
		name, _ := json.Marshal(m.name) // strings always can be written
		var value string
		switch v := m.value.(type) {
		case object:
			value = v.String()
		default:
			raw, _ := json.Marshal(v)
			value = string(raw)
		}
		parts[i] = string(name) + ": " + value
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// signIn writes the token cache file of a sign-in at the Identity Center, as
// "aws sso login" does for an sso-session.
func (h *homeWriter) signIn(user string) error {
	in, err := h.server.SignInSSO(user)
	if err != nil {
		return err
	}
	file := sha1Name(h.server.world.IdentityCenter.Session)
	return h.write(filepath.Join("sso", "cache", file), []byte(object{
		{"startUrl", in.StartURL}, {"region", in.Region},
		{"accessToken", in.AccessToken}, {"expiresAt", cacheStamp(in.ExpiresAt)},
		{"clientId", in.ClientID}, {"clientSecret", in.ClientSecret},
		{"registrationExpiresAt", cacheStamp(in.RegistrationExpiresAt)}, {"refreshToken", in.RefreshToken},
	}.String()))
}

// login writes the cache file of a console sign-in, as "aws login" does, and
// returns the value of login_session.
func (h *homeWriter) login(user string) (string, error) {
	in, err := h.server.SignInConsole(user)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalECPrivateKey(in.Key)
	if err != nil {
		return "", err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	return in.Session, h.write(filepath.Join("login", "cache", hexOf(in.Session)+".json"), []byte(object{
		{"accessToken", object{
			{"accessKeyId", in.AccessKeyID}, {"secretAccessKey", in.SecretAccessKey}, {"sessionToken", in.SessionToken},
			{"accountId", in.AccountID}, {"expiresAt", cacheStamp(in.ExpiresAt)},
		}},
		{"tokenType", "aws_sigv4"}, {"clientId", in.ClientID}, {"refreshToken", in.RefreshToken},
		{"idToken", in.IDToken}, {"dpopKey", string(key)},
	}.String()))
}

func cacheStamp(t time.Time) string { return t.UTC().Format(cacheTime) }
