package deliver

import (
	"runtime"
	"strings"
)

// staleNames lists the variables that could win over new credentials, or mix
// with them, in some SDK or tool. What merely configures (config file
// locations, endpoints, CA bundle, retries, FIPS) is not among them.
func staleNames() []string {
	return []string{
		// Older names of the keys: read by Go (AWS_ACCESS_KEY, AWS_SECRET_KEY),
		// Rust (SECRET_ACCESS_KEY), and botocore, which looks for
		// AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN.
		"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECURITY_TOKEN", "SECRET_ACCESS_KEY",
		// A profile wins over keys in the JavaScript SDK and in tools that
		// build a session from it.
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		// Web identity: some SDKs take it where a profile is chosen in code.
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
		// Container credentials: the same.
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		// Used instead of any signature by Bedrock clients.
		"AWS_BEARER_TOKEN_BEDROCK",
		// What other tools say about the identity that is replaced: prompts
		// show it, and they refuse to start inside their own shell.
		"AWS_VAULT", "AWS_SESSION_EXPIRATION",
		// An MFA code is used up by the time there is a child.
		"TOTP_CODE", "LATCHKEY_MFA_CODE",
	}
}

// stale reports whether the variable name must not reach a child beside new
// credentials: one of staleNames, a bearer token of any service, or a secret
// meant for latchkey alone.
func stale(name string) bool {
	switch {
	case strings.HasPrefix(name, "AWS_BEARER_TOKEN_"):
		return true
	case strings.HasPrefix(name, "LATCHKEY_"):
		return hasAnySuffix(name, "_CODE", "_PASSPHRASE", "_PASSWORD", "_SECRET", "_TOKEN")
	}
	for _, n := range staleNames() {
		if n == name {
			return true
		}
	}
	return false
}

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// ChildEnviron returns environ, a list of NAME=value, as a child should get
// it on this system: without the variables that v sets or unsets and without
// those that could win over or mix with new credentials (older names of the
// keys, profile selection, web identity, container credentials, bearer tokens,
// other tools' marks, used MFA codes, and LATCHKEY_ variables that end in
// _CODE, _PASSPHRASE, _PASSWORD, _SECRET or _TOKEN), followed by what v sets.
// Everything else stays byte for byte and in order. environ is not changed.
func ChildEnviron(environ []string, v Variables) []string {
	return ChildEnvironFor(runtime.GOOS, environ, v)
}

// ChildEnvironFor is [ChildEnviron] for the operating system goos, named as in
// runtime.GOOS: on windows the names of variables are compared without case.
func ChildEnvironFor(goos string, environ []string, v Variables) []string {
	out := make([]string, 0, len(environ)+len(v.set))
	for _, entry := range environ {
		// Windows keeps entries such as "=C:=C:\dir": the name starts with "=".
		name := entry
		if i := strings.IndexByte(entry, '='); i > 0 {
			name = entry[:i]
		}
		if goos == "windows" {
			name = strings.ToUpper(name)
		}
		if !stale(name) && !v.touches(name, goos) {
			out = append(out, entry)
		}
	}
	for _, a := range v.set {
		out = append(out, a.name+"="+a.value.Reveal())
	}
	return out
}

// touches reports whether v sets or unsets name, which is in upper case where
// goos is windows.
func (v Variables) touches(name, goos string) bool {
	same := func(n string) bool { return n == name }
	if goos == "windows" {
		same = func(n string) bool { return strings.EqualFold(n, name) }
	}
	for _, a := range v.set {
		if same(a.name) {
			return true
		}
	}
	for _, n := range v.unset {
		if same(n) {
			return true
		}
	}
	return false
}
