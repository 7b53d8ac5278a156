//go:build unix

package main

import (
	"os"
	"strings"
)

// brokenSetup is a set-up as people have it who ask why nothing works.
type brokenSetup struct {
	name   string
	broken func(n *newcomer)
	who    string // part of the ARN that is wanted in the end
}

func brokenSetups() []brokenSetup {
	const alice = ":user/alice"
	const developer = "444455556666:assumed-role/Developer/"
	profile := func(name string) func(*newcomer) { return func(n *newcomer) { n.profile = name } }
	return []brokenSetup{
		{"a stale AWS_PROFILE", func(n *newcomer) {
			n.profile = ""
			n.set("AWS_PROFILE", "last-years-client")
			n.add(homeKeys, "[default]\naws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n")
			n.add(homeConfig, "[default]\nregion = eu-central-1\n")
		}, alice},
		{"a typing mistake in the name", func(n *newcomer) { n.profile = "alcie" }, alice},
		{"keys in the environment over the profile", func(n *newcomer) {
			n.profile = ""
			n.set("AWS_PROFILE", "alice")
			n.set("AWS_ACCESS_KEY_ID", "AKIABOB000001EXAMPLE")
			n.set("AWS_SECRET_ACCESS_KEY", "bob/Sandbox+Secret/000001/bPxREXAMPLEKEY")
		}, alice},
		{"expired keys in the environment", func(n *newcomer) {
			n.profile = ""
			n.set("AWS_PROFILE", "alice")
			n.set("AWS_ACCESS_KEY_ID", "ASIAALICE0001EXAMPLE")
			n.set("AWS_SECRET_ACCESS_KEY", strings.Repeat("x", 40))
			n.set("AWS_SESSION_TOKEN", strings.Repeat("t", 100))
			n.set("AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05Z")
		}, alice},
		{"half a key pair", func(n *newcomer) {
			n.set("AWS_ACCESS_KEY_ID", "AKIABOB000001EXAMPLE")
			n.profile = ""
			n.set("AWS_PROFILE", "alice")
		}, alice},
		{"half a key pair in the file", func(n *newcomer) {
			n.change(homeKeys, "aws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n", "")
		}, alice},
		{"a typing mistake in source_profile", profile("broken"), developer},
		{"no sso_region", func(n *newcomer) { n.profile = "sso-dev"; n.change(homeConfig, "sso_region = eu-central-1\n", "") }, "_Developer_"},
		{"an expired sign-in", func(n *newcomer) {
			n.profile = "sso-dev"
			n.server.EndSSO("alice")
			_ = os.RemoveAll(n.path(".aws/sso/cache"))
		}, "_Developer_"},
		{"a revoked sign-in", func(n *newcomer) { n.profile = "sso-dev"; n.server.EndSSO("alice") }, "_Developer_"},
		{"a permission set by a wrong name", func(n *newcomer) {
			n.profile = "sso-dev"
			n.change(homeConfig, "sso_role_name = Developer\n", "sso_role_name = Develper\n")
		}, "_Developer_"},
		{"no MFA session", profile("dev"), developer},
		{"the serial of another device", func(n *newcomer) {
			n.profile = "dev"
			n.change(homeConfig, "source_profile = alice\nmfa_serial = arn:aws:iam::111122223333:mfa/alice", "source_profile = alice\nmfa_serial = arn:aws:iam::444455556666:mfa/alice")
		}, developer},
		{"a security key for a device", func(n *newcomer) {
			n.profile = "dev"
			n.change(homeConfig, "source_profile = alice\nmfa_serial = arn:aws:iam::111122223333:mfa/alice", "source_profile = alice\nmfa_serial = arn:aws:iam::111122223333:u2f/user/alice/yubikey")
		}, developer},
		{"a chained role for two hours", func(n *newcomer) {
			n.profile = "release"
			n.add(homeConfig, "[profile release]\nregion = eu-central-1\nrole_arn = arn:aws:iam::777788889999:role/Release\nsource_profile = dev\nduration_seconds = 7200\n")
		}, "777788889999:assumed-role/Release/"},
		{"a longer session than the role has", func(n *newcomer) {
			n.profile = "prod"
			n.change(homeConfig, "duration_seconds = 3600", "duration_seconds = 43200")
		}, "123456789012:assumed-role/Admin/"},
		{"another external id", func(n *newcomer) {
			n.profile = "prod"
			n.change(homeConfig, "latchkey-prod", "latchkey-prd")
		}, "123456789012:assumed-role/Admin/"},
		{"no program for credential_process", func(n *newcomer) {
			n.profile = "tool"
			n.add("creds", "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKIAALICE0001EXAMPLE\",\"SecretAccessKey\":\"alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\"}'\n")
			n.knows["credential_process"] = "/bin/sh " + n.path("creds")
			n.add(homeConfig, "[profile tool]\nregion = eu-central-1\ncredential_process = corp-creds --for alice\n")
		}, alice},
		{"a clock that is off", func(n *newcomer) {
			n.add("clock", "3h")
			n.set(clockVariable, n.path("clock"))
		}, alice},
		{"a secret in quotes", func(n *newcomer) {
			n.change(homeKeys, "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY", `"alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"`)
		}, alice},
		{"a comment behind the secret", func(n *newcomer) {
			n.change(homeKeys, "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY", `alice/Sandbox+Secret/0001/bPxREXAMPLEKEY # mine`)
		}, alice},
		{"a secret that was cut", func(n *newcomer) {
			n.change(homeKeys, "bPxREXAMPLEKEY", "bPxREXAMPLE")
		}, alice},
		{"a header without the word profile", func(n *newcomer) { n.profile = "dev"; n.change(homeConfig, "[profile dev]", "[dev]") }, developer},
		{"profiles in a circle", func(n *newcomer) {
			n.profile = "one"
			n.add(homeConfig, "[profile one]\nregion = eu-central-1\nrole_arn = arn:aws:iam::777788889999:role/Release\nsource_profile = two\n"+
				"[profile two]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/Developer\nsource_profile = one\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n")
		}, "assumed-role/Release/"},
		{"a token file that is not there", func(n *newcomer) {
			n.profile = "ci"
			n.knows["web_identity_token_file"] = n.path(".aws/web-identity/ci.jwt")
			n.change(homeConfig, "/ci.jwt", "/cii.jwt")
		}, "assumed-role/Deploy/ci"},
		{"pod variables left in the shell", func(n *newcomer) {
			n.profile = ""
			n.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
			n.set("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/ci/Deploy")
			n.set("AWS_PROFILE", "alice")
		}, alice},
		{"container variables left in the shell", func(n *newcomer) {
			n.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")
		}, alice},
		{"a region that is misspelt", func(n *newcomer) {
			n.change(homeConfig, "[profile alice]\nregion = eu-central-1", "[profile alice]\nregion = eu-cnetral-1")
		}, alice},
		{"an endpoint of a test", func(n *newcomer) {
			n.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
		}, alice},
		{"a file of certificates that is gone", func(n *newcomer) { n.set("AWS_CA_BUNDLE", "/nowhere/roots.pem") }, alice},
		{"another config file", func(n *newcomer) { n.profile = "dev"; n.set("AWS_CONFIG_FILE", n.path("other")); n.add("other", "") }, developer},
		{"a section twice", func(n *newcomer) { n.add(homeConfig, "[profile alice]\noutput = json\n") }, alice},
		{"a lost zero", func(n *newcomer) {
			n.profile = "dev"
			n.change(homeConfig, "role_arn = arn:aws:iam::444455556666:role/Developer\nsource_profile = alice\n", "role_arn = arn:aws:iam::44445555666:role/Developer\nsource_profile = alice\n")
		}, developer},
		{"a session's key without its token", func(n *newcomer) {
			n.profile = ""
			n.set("AWS_ACCESS_KEY_ID", "ASIAALICE0001EXAMPLE")
			n.set("AWS_SECRET_ACCESS_KEY", strings.Repeat("x", 40))
		}, alice},
		{"an inactive key", func(n *newcomer) {
			n.profile = "bob"
			n.knows["aws_access_key_id"], n.knows["aws_secret_access_key"] = "AKIABOB000001EXAMPLE", "bob/Sandbox+Secret/000001/bPxREXAMPLEKEY"
			n.add(homeConfig, "[profile bob]\nregion = eu-central-1\n")
			n.add(homeKeys, "[bob]\naws_access_key_id = AKIABOB000002EXAMPLE\naws_secret_access_key = bob/Sandbox+Secret/000002/bPxREXAMPLEKEY\n")
		}, ":user/bob"},
		{"a vault that is locked", func(n *newcomer) {
			n.profile = "work"
			n.add("passphrase", "correct horse\n")
			n.add("key", "AKIAALICE0001EXAMPLE\nalice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n")
			n.set("LATCHKEY_VAULT_NEW_PASSPHRASE_FILE", n.path("passphrase"))
			if out, err := n.shell("latchkey vault add work --stdin --no-verify --keep-in passphrase <key && latchkey vault lock"); err != nil {
				n.t.Fatalf("%v: %s", err, out)
			}
			n.unset("LATCHKEY_VAULT_NEW_PASSPHRASE_FILE")
		}, alice},
		{"duration with a unit", func(n *newcomer) {
			n.profile = "prod"
			n.change(homeConfig, "duration_seconds = 3600", "duration_seconds = 1h")
		}, "123456789012:assumed-role/Admin/"},
	}
}
