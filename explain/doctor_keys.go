package explain

import (
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// Key is what may be known of an access key without its secret.
type Key struct {
	// Profile has it; "" in the environment and for entries of the vault.
	Profile string
	ID      origin.Value
	// SecretAt is where the secret stands. An empty Secret is not known.
	SecretAt origin.Origin
	Secret   secret.Text
	// Token says that a session token stands beside it, TokenAt where.
	Token   bool
	TokenAt origin.Origin
	// Elsewhere: the profile sends its calls to an endpoint of its own, whose keys
	// may have any form.
	Elsewhere bool
}

// exampleKey is the one of AWS's documentation.
const exampleKey = "AKIAIOSFODNN7EXAMPLE"

// KeyForm judges the form of a key pair: what AWS answers with InvalidClientTokenId
// or SignatureDoesNotMatch, which say nothing of the cause.
func KeyForm(k Key) []Weighed {
	id := k.ID
	id.Text = strings.TrimSpace(id.Text)
	of := strings.HasPrefix(id.Text, "AKIA") || strings.HasPrefix(id.Text, "ASIA")
	f, wrong := pair{profile: k.Profile, id: id, secretAt: k.SecretAt, secret: k.Secret, token: k.Token, tokenAt: k.TokenAt}.form()
	switch {
	case k.Elsewhere:
		return nil
	case id.Text == exampleKey:
		f = Finding{Code: "example-key", Profile: k.Profile, Where: at(id.Origin), What: "the access key is the example of AWS's documentation"}
	case wrong:
	case of && !k.Secret.Empty() && len(id.Text) != keyIDLength:
		f = Finding{Code: "key-id-length", Profile: k.Profile, Where: at(id.Origin), What: "the access key ID has " + strconv.Itoa(len(id.Text)) + " characters, not 20"}
	default:
		return nil
	}
	return []Weighed{Weigh(WeightError, f)}
}

// Plaintext is a long-term key that stands in a file for whoever reads it. The
// findings of all profiles become one.
func Plaintext(k Key, shadowed bool) Weighed {
	f := Finding{Code: "plaintext-key", Profile: k.Profile, Where: at(k.ID.Origin), What: "a long-term key stands in plaintext in " + k.ID.Origin.File}
	w := Weigh(WeightSecurity, f)
	if shadowed {
		w.Code, w.What = "plaintext-key-unused", clean("a long-term key in plaintext that is not used: the profile has another one, and "+k.ID.Origin.File+" this one")
		w.Fix = clean("remove aws_access_key_id and aws_secret_access_key at " + k.ID.Origin.Position() + ", and delete the key in IAM")
	}
	w.cause = w.What + k.ID.Origin.File
	return w
}

// The ages at which a key is worth a word: the 90 days of the CIS benchmark, and a year.
const (
	keyOld     = 90 * 24 * time.Hour
	keyVeryOld = 365 * 24 * time.Hour
)

// KeyAge judges how old a key is: exact where AWS said so, else at least that old.
func KeyAge(profile string, where origin.Origin, age time.Duration, exact bool, fix string) []Weighed {
	if age < keyOld {
		return nil
	}
	days := strconv.Itoa(int(age / (24 * time.Hour)))
	weight, limit := WeightNote, "90 days"
	if age >= keyVeryOld {
		weight, limit = WeightSecurity, "a year"
	}
	f := Finding{Code: "old-key", Profile: profile, Where: at(where), What: "an access key is older than " + limit,
		Why: "AWS says that it was made " + days + " days ago; the older a key, the more places have seen it", Fix: fix}
	if !exact {
		f.Why = "its file has not changed for " + days + " days; the older a key, the more places have seen it"
	}
	w := Weigh(weight, f)
	w.cause = w.What // the days, and so the reasons, differ
	return []Weighed{w}
}

// DeadKey is a key that AWS refuses. entry is that of the vault which has it, or "".
func DeadKey(profile string, where origin.Origin, id, code, entry string) Weighed {
	f := Finding{Code: "dead-key", Profile: profile, Where: at(where), What: "AWS does not take the access key " + id}
	remove, correct := "remove aws_access_key_id and aws_secret_access_key at "+where.Position(), "put the right secret there"
	if entry != "" {
		remove, correct = "latchkey vault remove "+Word(entry), "latchkey vault add "+Word(entry)+" --replace takes the right one"
	}
	f.Why, f.Fix = "AWS says "+code+": the key was deleted or made inactive", remove+"; or have the key made active in IAM"
	if code == "SignatureDoesNotMatch" {
		f.Why, f.Fix = "AWS says "+code+": the key is there, and this is not its secret", correct+"; if it is lost, make a new key"
	}
	return Weigh(WeightError, f)
}

// RootKey is a key of the account's root user.
func RootKey(profile string, where origin.Origin, id string) Weighed {
	return Weigh(WeightSecurity, Finding{Code: "root-credentials", Profile: profile, Where: at(where), What: "the access key " + id + " is that of the account's root user"})
}

// OnlySecurityKeys is a user whose MFA devices all are for the browser.
func OnlySecurityKeys(profile string, where origin.Origin, user string) Weighed {
	return Weigh(WeightWarning, Finding{Code: "only-security-keys", Profile: profile, Where: at(where), What: "the user " + user + " has security keys or passkeys only, which give no codes"})
}
