package explain

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

// Getter looks a key of a profile or a section up, as [profile.Section.Get] does.
type Getter func(key string) (origin.Value, bool)

// Values judges the values of one profile by what AWS documents for them: what a
// plan does not look at, and AWS would refuse.
func Values(name string, get Getter) []Weighed {
	var found []Weighed
	for _, rule := range [...]struct {
		key   string
		judge func(origin.Value) []Weighed
	}{
		{"region", Region}, {"sso_region", Region}, {"role_arn", roleARN}, {"sso_account_id", accountID}, {"aws_account_id", accountID},
		{"sso_start_url", startURL}, {"mfa_serial", mfaSerial}, {"external_id", externalID}, {"role_session_name", sessionName},
		{"source_identity", sessionName}, {"endpoint_url", Endpoint}, {"login_session", loginSession},
	} {
		if v, ok := get(rule.key); ok {
			found = append(found, rule.judge(v)...)
		}
	}
	found = append(found, partitions(get)...)
	for i := range found {
		found[i].Profile = clean(name)
	}
	return found
}

// bad is a value that cannot be right.
func bad(code string, v origin.Value, what, why, fix string) []Weighed {
	return []Weighed{Weigh(WeightError, Finding{Code: code, What: what, Where: at(v.Origin), Why: why, Fix: fix + " at " + v.Origin.Position()})}
}

func roleARN(v origin.Value) []Weighed {
	arn, ok := awsapi.ParseARN(v.Text)
	what, fix := "role_arn is not the ARN of a role: "+v.Text, "write arn:aws:iam::ACCOUNT:role/NAME"
	name, isRole := strings.CutPrefix(arn.Resource, "role/")
	switch {
	case !ok:
		return bad("role-arn", v, what, "an ARN has six parts with colons between them", fix)
	case arn.Service == "sts" && strings.HasPrefix(arn.Resource, "assumed-role/"):
		return bad("role-arn", v, what, "it names a session of the role", "write the role itself, arn:"+arn.Partition+":iam::"+arn.Account+":role/"+between(arn.Resource, "/"))
	case arn.Service != "iam" || !isRole || name == "" || strings.HasSuffix(name, "/"):
		return bad("role-arn", v, what, "only roles can be assumed", fix)
	case !digits(arn.Account, 12):
		return bad("role-arn", v, "the account in role_arn does not have twelve digits: "+v.Text, lostZeros(arn.Account), "write the account with twelve digits")
	case arn.Region != "" || strings.ContainsAny(name, " \t*:\"'"):
		return bad("role-arn", v, what, "AWS has no such name for a role", fix)
	}
	return nil
}

// between returns what stands between the first two separators.
func between(s, sep string) string {
	parts := strings.Split(s, sep)
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func accountID(v origin.Value) []Weighed {
	if digits(v.Text, 12) {
		return nil
	}
	return bad("account-id", v, v.Origin.Key+" is not an account of twelve digits: "+v.Text, lostZeros(v.Text), "write twelve digits without anything between them")
}

// lostZeros explains an account that a spreadsheet has had its way with.
func lostZeros(account string) string {
	if n := len(account); n > 6 && n < 12 && digits(account, n) {
		return "programs that take it for a number drop zeros in front: " + strings.Repeat("0", 12-n) + account + " would have twelve"
	}
	return "account ids of AWS have twelve digits"
}

func digits(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789") == "" }

func startURL(v origin.Value) []Weighed {
	u, err := url.Parse(v.Text)
	const code, fix = "start-url", "write the AWS access portal URL as the Identity Center console shows it, https://NAME.awsapps.com/start,"
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https":
		return bad(code, v, "sso_start_url is not an https address: "+v.Text, "sign-ins begin there, so it must be one that nobody can stand in for", fix)
	case u.User != nil || u.RawQuery != "":
		return bad(code, v, "sso_start_url holds more than an address", "a portal's address has neither a user nor a query", fix)
	case strings.HasSuffix(u.Host, ".awsapps.com") && strings.Trim(u.Path, "/") != "start":
		return bad(code, v, "sso_start_url does not end with /start: "+v.Text, "every portal at awsapps.com has that path", fix)
	}
	return nil
}

func mfaSerial(v origin.Value) []Weighed {
	arn, ok := awsapi.ParseARN(v.Text)
	switch {
	case !ok && !strings.HasPrefix(v.Text, "arn:"):
		// The serial number of a hardware device (STS API reference: 9 to 256 of [\w+=/:,.@-]).
		if len(v.Text) < 9 || len(v.Text) > 256 || !only(v.Text, "+=/:,.@-") {
			return bad("mfa-serial", v, "mfa_serial names no MFA device", "it is neither an ARN nor the serial number of a hardware device", "write arn:aws:iam::ACCOUNT:mfa/DEVICE")
		}
		return nil
	case strings.HasPrefix(arn.Resource, "u2f/"):
		return bad("mfa-security-key", v, "mfa_serial names a security key or passkey, which gives no codes",
			"AWS takes those in the browser only; a call with it is always refused",
			"register a virtual MFA device (an authenticator app) beside it, and write its ARN")
	case strings.HasPrefix(arn.Resource, "mfa/root-account-mfa-device"):
		return []Weighed{Weigh(WeightSecurity, Finding{Code: "root-credentials", Where: at(v.Origin), What: "mfa_serial is that of the account's root user",
			Fix: "make an IAM user or an Identity Center user for this work, delete root's keys, and remove the profile"})}
	case !ok || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "mfa/") || arn.Resource == "mfa/" || !digits(arn.Account, 12):
		return bad("mfa-serial", v, "mfa_serial is not the ARN of an MFA device: "+v.Text, "that looks like arn:aws:iam::123456789012:mfa/NAME", "write the device's ARN; remove the key if latchkey shall find the device itself")
	}
	return nil
}

// only reports whether s has nothing but letters, digits, _ and the others.
func only(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		word := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
		return !word && !strings.ContainsRune(others, r)
	})
}

// externalID holds what the STS API reference says of ExternalId.
func externalID(v origin.Value) []Weighed {
	if n := len(v.Text); n < 2 || n > 1224 || !only(v.Text, "+=,.@:/-") {
		return bad("external-id", v, "external_id is not one that AWS takes", "", "write it as whoever owns the role gave it")
	}
	return nil
}

// sessionName holds what the STS API reference says of RoleSessionName and
// SourceIdentity.
func sessionName(v origin.Value) []Weighed {
	if n := len(v.Text); n < 2 || n > 64 || !only(v.Text, "+=,.@-") {
		return bad("session-name", v, v.Origin.Key+" is not one that AWS takes: "+v.Text, "it has 2 to 64 letters, digits and _+=,.@-", "correct it")
	}
	return nil
}

func loginSession(v origin.Value) []Weighed {
	arn, ok := awsapi.ParseARN(strings.TrimSpace(v.Text))
	switch {
	case !ok || arn.Service != "iam" && arn.Service != "sts" || !digits(arn.Account, 12):
		return bad("login-session", v, "login_session is not the ARN of who signed in: "+v.Text, "latchkey login --console and aws login write it", "sign in again and have it written anew, or correct it")
	case arn.Service == "iam" && arn.Resource == "root":
		return []Weighed{Weigh(WeightSecurity, Finding{Code: "root-credentials", Where: at(v.Origin), What: "login_session is the account's root user",
			Fix: "sign in as a user or a role, and remove the profile"})}
	}
	return nil
}

// partitions holds a profile's region against the partition of its role.
func partitions(get Getter) []Weighed {
	role, hasRole := get("role_arn")
	region, hasRegion := get("region")
	arn, ok := awsapi.ParseARN(role.Text)
	if !hasRole || !hasRegion || !ok || !knownRegion(region.Text) || arn.Partition == awsapi.PartitionOf(region.Text) {
		return nil
	}
	return bad("wrong-partition", region, "the region "+region.Text+" is not in the partition "+arn.Partition+" of role_arn",
		role.Origin.Position()+" names the role; partitions of AWS share neither accounts nor credentials", "write a region of "+arn.Partition)
}

// Endpoint judges the address that calls are sent to in the place of AWS's.
func Endpoint(v origin.Value) []Weighed {
	u, err := url.Parse(strings.TrimSpace(v.Text))
	if err != nil || u.Host == "" {
		return nil // a plan says so
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback() || host == "host.docker.internal"
	if !local {
		return nil
	}
	fix := "remove it at " + v.Origin.Position()
	if v.Origin.Kind == origin.KindEnv {
		fix = "unset " + v.Origin.Key
	}
	return []Weighed{Weigh(WeightWarning, Finding{Code: "local-endpoint", Where: at(v.Origin), What: "calls to AWS go to this machine: " + v.Text,
		Why: "a sandbox or an emulator may have left it; what is not listening there cannot be AWS", Fix: fix})}
}
