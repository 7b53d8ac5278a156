package explain

import (
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// The form of AWS's keys (credential-sources 0.2).
const (
	keyIDLength  = 20
	secretLength = 40
)

// codeSecretForm is that of a secret which cannot be one of AWS.
const codeSecretForm = "secret-form"

// copyAnew is what to do about a key that was not copied whole.
const copyAnew = "copy the pair anew from where it was made; a secret that is lost needs a new key"

// pair is an access key as it stands somewhere.
type pair struct {
	profile  string
	id       origin.Value
	secretAt origin.Origin
	secret   secret.Text
	token    bool // a session token stands beside it
	tokenAt  origin.Origin
}

// form judges the pair by its form alone: AWS answers to all of it that the key or
// its signature is wrong. The form of other services' keys is not known.
func (p pair) form() (Finding, bool) {
	long, session := strings.HasPrefix(p.id.Text, "AKIA"), strings.HasPrefix(p.id.Text, "ASIA")
	f := Finding{Profile: p.profile, Where: at(p.id.Origin)}
	switch {
	case session && !p.token:
		f.Code, f.What = "session-key-without-token", "the access key is a session's, and there is no session token beside it"
		if p.id.Origin.Kind == origin.KindEnv {
			f.Fix = "set AWS_SESSION_TOKEN as it came with the key, or unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
		}
		return f, true
	case long && p.token:
		f.Code, f.What, f.Where = "long-term-key-with-token", "a session token stands beside a long-term key", at(p.tokenAt)
		f.Fix = "remove the session token at " + p.tokenAt.Position() + ", or write the key that it came with"
		return f, true
	case !long && !session || len(p.id.Text) != keyIDLength || p.secret.Empty():
		return f, false
	}
	f.Code, f.Where = codeSecretForm, at(p.secretAt)
	return f, p.secretForm(&f)
}

// secretForm judges a secret by what may be said of it: its length, and the kind of
// character that none has.
func (p pair) secretForm(f *Finding) bool {
	switch {
	case p.secret.HasAny(`"'`):
		f.What, f.Why = "the secret access key holds a quote", "no secret of AWS does, and not all tools take quotes off"
	case p.secret.HasAny(" \t\r\n"):
		f.What, f.Why = "the secret access key holds a blank or a line break", "no secret of AWS does"
	case p.secret.HasAny("#;"):
		f.What, f.Why = "the secret access key holds a # or ;", "no secret of AWS does: a comment stands too close behind it"
	case p.secret.HasAny("%"):
		f.What, f.Why = "the secret access key holds a %", "no secret of AWS does: it was copied from the address of a page, where / and + are written with it"
	case p.secret.Len() != secretLength:
		f.What = "the secret access key has " + strconv.Itoa(p.secret.Len()) + " characters, not 40"
		f.Why = "it was cut, or something was added"
	case !p.secret.Only(alphabet):
		f.What, f.Why = "the secret access key holds a character that no secret has", "those of AWS have letters, digits, + and / only"
	default:
		return false
	}
	return true
}
