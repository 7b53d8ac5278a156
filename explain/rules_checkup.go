package explain

import (
	"slices"
	"strings"
)

// check is a finding that no error leads to: doctor makes it, or the look around
// a plan. Where a finding says no why or fix of its own, these are it.
type check struct {
	codes           string // the rule's, and those that its page covers
	title, why, fix string
	page            string // of AWS's documentation, below its root, or ""
}

// rulesOf makes rules of checks, which the command shows.
func rulesOf(see string, checks []check) []Rule {
	list := make([]Rule, len(checks))
	for i, c := range checks {
		codes := strings.Fields(c.codes)
		list[i] = Rule{Code: codes[0], Title: c.title, Why: c.why, Fix: c.fix, See: see, Covers: codes[1:]}
		if c.page != "" {
			list[i].Page = "https://docs.aws.amazon.com/" + c.page
		}
	}
	return list
}

// checkRules are those of findings that no error leads to.
func checkRules() []Rule {
	return slices.Concat(pairRules(), valueRules(), holdRules(), shellRules(), aroundRules())
}

const (
	seeDoctor  = "latchkey doctor"
	seeExplain = "latchkey explain PROFILE"
)

// pairRules are about keys: their form, their age, and who can read them.
func pairRules() []Rule {
	return rulesOf(seeDoctor, []check{
		{"example-key", "The access key is that of AWS's documentation", "it was copied from an example; AWS answers InvalidClientTokenId", "put a real key there", ""},
		{"key-id-length", "The access key ID is too long or too short", "it was cut or pasted twice; AWS answers InvalidClientTokenId", copyAnew, ""},
		{codeSecretForm, "The secret access key looks like none of AWS", "it was cut, or something came along when it was copied: quotes, blanks, a comment; AWS says no more than SignatureDoesNotMatch", copyAnew, ""},
		{"session-key-without-token", "A session's access key without its token", "AWS takes keys that begin with ASIA with their token only, and else answers InvalidClientTokenId", "add the token that came with the key, or get a session with latchkey", ""},
		{"long-term-key-with-token", "A session token beside a long-term key", "keys that begin with AKIA have none, so that one of the two belongs to something else; AWS answers InvalidClientTokenId", "remove the session token, or write the key that it came with", ""},
		{"dead-key", "AWS does not take an access key any more", "it was deleted or made inactive (InvalidClientTokenId), or this is not its secret (SignatureDoesNotMatch)", "have the key made active in IAM, put the right secret there, or make a new key and remove this one", ""},
		{"old-key", "An access key is old", "the older a key, the more places have seen it: 90 days are a note, a year is a matter of security", "make a new one and take the old one away: latchkey vault rotate NAME; first latchkey vault import, if it stands in a file", "IAM/latest/UserGuide/id_credentials_access-keys.html"},
		{"root-credentials", "Credentials of the account's root user", "root can do everything, no policy holds it back, and its keys cannot assume roles", "make an IAM user (latchkey iam onboard NAME) or an Identity Center user for this work, sign in as root, and delete its keys under Security credentials; latchkey iam report tells how else root stands", "IAM/latest/UserGuide/root-user-best-practices.html"},
		{"plaintext-key", "A long-term key stands in plaintext in a file", "every program that you start can read and send it, backups hold it, and it does not end", "latchkey vault import", ""},
		{"plaintext-key-unused", "A long-term key in plaintext that nothing uses", "the profile has another key, and this one only waits to be found", "remove it from the file, and delete it in IAM", ""},
		{"plaintext-backup", "A backup holds long-term keys", "it was kept in case that something did not work after latchkey changed the file", "remove the backup when all works", ""},
		{"key-in-environment", "A long-term key is in the environment", "every program that this shell starts has it, and a start-up file may hold it in plaintext", "latchkey vault add NAME, then unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY and remove them from your shell's start-up files", ""},
		{"only-security-keys mfa-security-key", "Security keys and passkeys give no codes", "AWS takes them in the browser only, so that what wants MFA is refused to the command line", "register a virtual MFA device (an authenticator app) beside it, and write its ARN as mfa_serial", "IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html"},
	})
}

// valueRules are about values of profiles that AWS would refuse.
func valueRules() []Rule {
	return rulesOf(seeDoctor, []check{
		{"unknown-region", "There is no such region", "no host of AWS has such a name, so every call fails: Could not connect to the endpoint URL, no such host", "write a region as AWS does, such as eu-central-1: small letters, no zone (eu-central-1a), no city", "sdkref/latest/guide/feature-region.html"},
		{"role-arn", "role_arn is not the ARN of a role", "it has another form than arn:aws:iam::ACCOUNT:role/NAME, or names a session of the role or something else", "write arn:aws:iam::ACCOUNT:role/NAME, with the path if the role has one", "IAM/latest/UserGuide/reference_identifiers.html"},
		{"account-id", "An account does not have twelve digits", "programs that take it for a number drop zeros in front", "write twelve digits without anything between them", ""},
		{"mfa-serial", "mfa_serial names no MFA device", "it is neither the ARN of a device, arn:aws:iam::ACCOUNT:mfa/NAME, nor the serial number of a hardware device", "write the device's ARN; remove the key if latchkey shall find the device itself", ""},
		{"external-id", "external_id is not one that AWS takes", "it has 2 to 1224 letters, digits and _+=,.@:/-, and no blanks or quotes", "write it as whoever owns the role gave it", "IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"},
		{"session-name", "A session's name is not one that AWS takes", "role_session_name and source_identity have 2 to 64 letters, digits and _+=,.@-", "correct it", ""},
		{"login-session", "login_session is not who signed in", "latchkey login --console and aws login write the ARN of who signed in", "sign in again and have it written anew", ""},
		{"wrong-partition", "The region is in another partition than the role", "partitions of AWS (aws, aws-cn, aws-us-gov) share neither accounts nor credentials", "write a region of the role's partition", ""},
		{"no-source token-only", "A profile configures no credentials", "it is of use only where the environment or the machine has some; with sso_session alone it gives a token", "give it keys, role_arn with source_profile, sso_session with sso_account_id and sso_role_name, or credential_process, or latchkey vault add NAME; or remove it", ""},
		{"long-chain", "Very many roles one after the other", "each is one more call to AWS, and all after the first last an hour at most", "let the profile name one near the first as its source", ""},
		{"settings unknown-setting", "latchkey's own settings hold something wrong", "a section or key is misspelt, or its value means nothing, so that it does not count", "correct the line of ~/.config/latchkey/config that latchkey doctor names", ""},
	})
}

// holdRules are about files and folders.
func holdRules() []Rule {
	return rulesOf(seeDoctor, []check{
		{"wide-permissions", "Others may read or change what is yours", "other users of this machine can read secrets there, or put in which programs are run and where calls go", "chmod 600 FILE, chmod 700 FOLDER, or latchkey doctor --fix", ""},
		{"foreign-file", "A file belongs to another user", "its owner can read and change it whatever its permissions are; often it was made under sudo", `sudo chown "$(id -u)" FILE`, ""},
		{"symlink-nowhere", "A symlink leads nowhere or in a circle", "it counts as missing or unreadable", "remove it, or put back what it leads to", ""},
		{"file-kind", "Something else is where a file or folder is expected", "a folder, a pipe or a device cannot be read as a file, and a pipe keeps its reader waiting", "move it out of the way", ""},
		{"left-over-file", "A killed process has left a temporary file", "nothing is lost: what it was to replace stands", "remove it, or latchkey doctor --fix", ""},
		{"damaged-cache", "A file of the sign-in caches cannot be read", "another tool was killed while it wrote it; those that read it fail or ask for a sign-in", "remove the file, and sign in again", ""},
		{"cached-after-sign-out", "Credentials of the AWS CLI outlive the sign-in", "aws sso logout and latchkey logout end a sign-in, and credentials that were made with it stay good until they end", "remove the file", ""},
		{"dead-sign-in dead-registration dead-cli-cache", "What ended long ago is still in a cache", "nothing can renew it, and it may hold tokens in plaintext", "remove the files", ""},
		{"damaged-session", "A kept session is damaged", "it costs one more call to AWS, and is fetched anew where it is needed", "remove it, or latchkey doctor --fix", ""},
		{"vault-recipients", "An entry of the vault is for other recipients", "recipients.txt was changed after the entry was written, so that who was added cannot open it, or who was removed can", "latchkey vault rekey", ""},
		{"vault-rekey-unfinished", "A rekey of the vault was not finished", "it was killed or failed; everything works as before, and entries are encrypted to the old and the new key", "latchkey vault rekey", ""},
	})
}

// shellRules are about the variables of a shell.
func shellRules() []Rule {
	return rulesOf(seeDoctor, []check{
		{"environment-expired", "The keys in the environment are over", "AWS_CREDENTIAL_EXPIRATION or AWS_SESSION_EXPIRATION says so, and they win over every profile that AWS_PROFILE names: ExpiredToken", unsetKeys, ""},
		{"environment-expiration", "AWS_CREDENTIAL_EXPIRATION is no time", "tools that renew credentials fail on it", "unset AWS_CREDENTIAL_EXPIRATION", ""},
		{"container-variables container-variables-unused web-identity-variables-unused", "Variables of a container, a pod or a CI job are left", "they mean something only there; elsewhere they lead programs that find nothing better to an address or a file that is not theirs", "unset those that the finding names, such as AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_WEB_IDENTITY_TOKEN_FILE", "sdkref/latest/guide/feature-container-credentials.html"},
		{"custom-endpoint local-endpoint", "Calls to AWS go somewhere else", "endpoint_url, or AWS_ENDPOINT_URL in the environment, says so: a stand-in for AWS, a proxy, or something left over from a test", "if AWS is meant, remove it", "sdkref/latest/guide/feature-ss-endpoints.html"},
		{"metadata-through-proxy", "A proxy stands before the metadata service", "the proxy is another machine, with another role or none", "export NO_PROXY=" + metadataAddress, ""},
		{"shell-init-old shell-init-not-loaded", "This shell has not loaded the shell-init script of now", "it was started before, or not as one that reads the start-up file, and the function may not fit what latchkey prints", "open a new shell", ""},
	})
}

// aroundRules are about what only the look around a plan tells.
func aroundRules() []Rule {
	return rulesOf(seeExplain, []check{
		{"file-not-read", "Another file is read than that of the home folder", "AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE names it, so that profiles of the other are not seen", "unset the variable, if the file of the home folder is meant", "sdkref/latest/guide/file-location.html"},
		{"sudo-home", "Under sudo another home folder is looked at", "profiles, sign-ins and sessions of the user are not seen", "run it without sudo, or run only what needs root with it: latchkey exec PROFILE -- sudo -E CMD", ""},
		{"duration-may-be-refused", "A long session of a role, with what may be a session", "AWS gives a role that is assumed with a session one hour at most, and refuses more", "write duration_seconds = 3600, or assume the role from long-term keys", "IAM/latest/UserGuide/id_roles.html"},
		{"mfa-of-session", "A role's session cannot give MFA codes", "AWS takes the codes of a device from the user whose it is; a role's session is no user, and carries no MFA", "remove mfa_serial, and have a condition on MFA taken out of the role's trust policy; or assume the role with the user's own keys", ""},
	})
}

// tell says of a finding that no error led to what the rules know of it.
func tell(rules []Rule, f *Finding) {
	r, ok := among(rules, f.Code)
	if !ok || f.Title != "" {
		return
	}
	f.Title, f.Docs = r.Title, r.links()
	if r.Code != f.Code || r.Class != "" {
		return // its own words, or none, fit better
	}
	if f.Why == "" {
		f.Why = r.Why
	}
	if f.Fix == "" {
		f.Fix = r.Fix
	}
}
