// Package deliver owns how credentials reach a program: the environment of a
// child, assignments that a shell evaluates, and the JSON that an SDK reads
// from a credential_process.
//
// It hands over one identity whole: whatever could win over the new variables
// or mix with them in any SDK is unset beside them. The package must not know
// where credentials came from, nor whether they are still valid: callers pass
// in complete, unexpired credentials.
package deliver

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// The names of the variables that [Env], [Endpoint] and [Metadata] set.
const (
	accessKeyID     = "AWS_ACCESS_KEY_ID"
	secretAccessKey = "AWS_SECRET_ACCESS_KEY"
	sessionToken    = "AWS_SESSION_TOKEN"
	expiration      = "AWS_CREDENTIAL_EXPIRATION"
	accountID       = "AWS_ACCOUNT_ID"
	region          = "AWS_REGION"
	defaultRegion   = "AWS_DEFAULT_REGION"
	profileName     = "LATCHKEY_PROFILE"

	containerURI     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	containerToken   = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	metadataURL      = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
	metadataMode     = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
	metadataDisabled = "AWS_EC2_METADATA_DISABLED"
	metadataV1       = "AWS_EC2_METADATA_V1_DISABLED"
)

// Variables is an ordered list of environment variables to set and to unset.
// It is immutable; the zero value changes nothing. Values never show under fmt.
type Variables struct {
	set   []assignment
	unset []string
}

type assignment struct {
	name  string
	value secret.Text
}

// Env returns the variables that make every SDK use c in region:
//
//   - AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
//   - AWS_SESSION_TOKEN, unset for a long-term key;
//   - AWS_CREDENTIAL_EXPIRATION (RFC 3339, UTC, whole seconds, rounded down), by
//     which botocore knows when to stop; unset where c does not expire;
//   - AWS_ACCOUNT_ID, used for account-based endpoints; unset where unknown;
//   - AWS_REGION and AWS_DEFAULT_REGION, since botocore reads only the second;
//     both are left as they are when regionName is "";
//   - LATCHKEY_PROFILE, the name of the profile, for prompts and scripts to
//     show; latchkey itself never reads it. Unset when profile is "".
//
// Whatever else could win over or mix with these is unset; see [ChildEnviron].
func Env(c aws.Credentials, regionName string, profile string) Variables {
	var expires string
	if c.CanExpire {
		expires = formatTime(c.Expires)
	}
	v := Variables{set: make([]assignment, 0, 8)}
	v.put(accessKeyID, c.AccessKeyID)
	v.put(secretAccessKey, c.SecretAccessKey)
	v.put(sessionToken, c.SessionToken)
	v.put(expiration, expires)
	v.put(accountID, c.AccountID)
	if regionName != "" {
		v.put(region, regionName)
		v.put(defaultRegion, regionName)
	}
	v.put(profileName, profile)
	v.unset = append(v.unset, staleNames()...)
	return v
}

// Unset returns the variables that take back what [Env] sets, together with
// everything that Env unsets. Both region variables are among them: after it
// the region is that of the profile in use again.
func Unset() Variables {
	names := []string{
		accessKeyID, secretAccessKey, sessionToken, expiration, accountID,
		region, defaultRegion, profileName,
	}
	return Variables{unset: append(names, staleNames()...)}
}

// With returns v with name set to value as well, after the variables that v
// sets; it replaces what v said about name. The name is checked by Format.
func (v Variables) With(name, value string) Variables {
	w := Variables{set: make([]assignment, 0, len(v.set)+1)}
	for _, a := range v.set {
		if a.name != name {
			w.set = append(w.set, a)
		}
	}
	for _, n := range v.unset {
		if n != name {
			w.unset = append(w.unset, n)
		}
	}
	w.set = append(w.set, assignment{name, secret.New(value)})
	return w
}

// Lookup returns the value that v sets name to, and whether it sets it.
func (v Variables) Lookup(name string) (secret.Text, bool) {
	for _, a := range v.set {
		if a.name == name {
			return a.value, true
		}
	}
	return secret.Text{}, false
}

// Names returns the names of the variables that v sets, in order.
func (v Variables) Names() []string {
	names := make([]string, len(v.set))
	for i, a := range v.set {
		names[i] = a.name
	}
	return names
}

// Unsets returns the names of the variables that v unsets, in order.
func (v Variables) Unsets() []string { return append([]string(nil), v.unset...) }

// put sets name, or unsets it where there is no value: an empty variable is
// not the same as none to every SDK.
func (v *Variables) put(name, value string) {
	if value == "" {
		v.unset = append(v.unset, name)
		return
	}
	v.set = append(v.set, assignment{name, secret.New(value)})
}

// formatTime writes t as SDKs write expirations. The fraction of a second is
// dropped, so that credentials are never announced to live longer than they
// do; RFC 3339 ends with the year 9999, and so does what is announced.
func formatTime(t time.Time) string {
	t = t.UTC()
	if t.Year() > 9999 {
		return "9999-12-31T23:59:59Z"
	}
	return t.Format(time.RFC3339)
}
