package sdk_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain/sdk"
)

// rustOutcome is what the simulation says, in one line.
func rustOutcome(in sdk.Input) string {
	res := sdk.Simulate(sdk.Rust, in)
	if f := res.Failure; f != nil {
		return f.Class + ": " + f.Text
	}
	var parts []string
	for _, s := range res.Steps {
		text := string(s.Kind)
		for _, name := range []string{chain.InputAccessKeyID, chain.InputRoleARN, chain.InputCommand, chain.InputSSOAccount, chain.InputLoginSession} {
			if v := s.Get(name); v != "" {
				text += " " + v[strings.LastIndexByte(v, '/')+1:]
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " > ")
}

// TestRustChain holds the chain of profiles against the cases of the SDK's own test
// data. There is no Rust SDK here to be asked.
func TestRustChain(t *testing.T) {
	t.Parallel()
	const ab, ba, bc = "source_profile = b\n", "source_profile = a\n", "source_profile = c\n"
	const partial = "InvalidCredentialSource: invalid credential source in `"
	tests := []struct{ name, config, credentials, want string }{
		{"source", "[profile a]\n" + roleA + ab + "[profile b]\n" + pairB, "", "static AKIAB > assume-role A"},
		{"own keys do not count", "[profile a]\n" + roleA + ab + pairA + "[profile b]\n" + pairB, "", "static AKIAB > assume-role A"},
		{"itself", "[profile a]\n" + roleA + ba + pairA, "", "static AKIAA > assume-role A"},
		{"itself with a command", "[profile a]\n" + roleA + ba + "credential_process = x\n", "", "process x > assume-role A"},
		{"itself without anything", "[profile a]\n" + roleA + ba, "", "imds"},
		{"chain", "[profile a]\n" + roleA + ab + "[profile b]\n" + roleB + bc + "[profile c]\n" + pairC, "", "static AKIAC > assume-role B > assume-role A"},
		{"keys within a chain", "[profile a]\n" + roleA + ab + "[profile b]\n" + roleB + bc + pairB + "[profile c]\n" + pairC, "", "static AKIAB > assume-role A"},
		{"loop", "[profile a]\n" + roleA + ab + "[profile b]\n" + roleB + ba, "", `CredentialLoop: profile formed an infinite loop. first we loaded ["a", "b"], then attempted to reload a`},
		{"loop with keys", "[profile a]\n" + roleA + ab + pairA + "[profile b]\n" + roleB + ba, "", `CredentialLoop: profile formed an infinite loop. first we loaded ["a", "b"], then attempted to reload a`},
		{"source of web identity", "[profile a]\n" + roleA + ab + "[profile b]\n" + roleB + "web_identity_token_file = f\n", "", "web-identity B > assume-role A"},
		{"source without credentials", "[profile a]\n" + roleA + ab + "[profile b]\n" + region, "", partial + "b`: could not load source profile: profile `b` did not contain credential information"},
		{"half a source", "[profile a]\n" + roleA + ab + "[profile b]\naws_access_key_id = AKIAB\n", "", partial + "b`: could not load source profile: " + "invalid credential source in `b`: profile missing aws_secret_access_key"},
		{"token without role", "[profile a]\nweb_identity_token_file = f\n", "", partial + "a`: `web_identity_token_file` was specified but `role_arn` was missing"},
		{"no source", "[profile a]\n" + roleA + ab, "", "MissingProfile: profile `b` was not defined: could not find source profile b referenced from a"},
		{"both sources", "[profile a]\n" + roleA + ab + "credential_source = Environment\n", "", partial + "a`: profile contained both source_profile and credential_source. Only one or the other can be defined"},
		{"neither", "[profile a]\n" + roleA, "", partial + "a`: profile must contain `source_profile` or `credential_source` but neither were defined"},
		{"Identity Center before keys", "[profile a]\n" + sso + pairA, "", "sso 111122223333"},
		{"keys before Identity Center in a source", "[profile a]\n" + roleA + ab + "[profile b]\n" + sso + pairB, "", "static AKIAB > assume-role A"},
		{"command before keys", "[profile a]\ncredential_process = x\n" + pairA, "", "process x"},
		{"sign-in before the command", "[profile a]\ncredential_process = x\n" + signedIn, "", "login me"},
		{"repeated region", "[profile a]\n" + ssoIDs + "sso_region = eu-west-1\n" + corp, "", "InvalidSsoConfig: `sso_region` can only be specified in the [sso-session] config when a session name is given"},
		{"no session", "[profile a]\n" + ssoIDs, "", "MissingSsoSession: sso-session named `corp` (referenced by profile `a`) was not found"},
		{"token only", "[profile a]\nsso_session = corp\n" + corp, "", "TokenProviderConfig: selected profile will resolve an SSO token provider, not credentials"},
		{"account only", "[profile a]\nsso_account_id = 1\n", "", "InvalidSsoConfig: if `sso_account_id` is set, then `sso_role_name` must also be set"},
		{"credential_source in another case", "[profile a]\n" + roleA + "credential_source = ec2InstanceMETADATA\n", "", "imds > assume-role A"},
		{"unknown credential_source", "[profile a]\n" + roleA + "credential_source = Foo\n", "", "UnknownProvider: profile referenced `Foo` provider but that provider is not supported"},
		{"halves of both files", "[profile a]\naws_access_key_id = AKIAA\n", "[a]\naws_secret_access_key = s\n", "static AKIAA"},
		{"nothing in the profile", "[profile a]\n" + region, "", "imds"},
		{"no profile", "[profile b]\n" + pairB, "", "MissingProfile: profile `a` was not defined: could not find source profile a referenced from the root profile"},
		{"no profiles", "", "", "imds"},
	}
	for _, tt := range tests {
		if got := rustOutcome(of(input(tt.config, tt.credentials, "AWS_REGION=eu-west-1"), "a")); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestRustParser holds the parser against the cases of the SDK's own test data: the
// value of aws_access_key_id in the profile a, or the error.
func TestRustParser(t *testing.T) {
	t.Parallel()
	const secret = "aws_secret_access_key = s\n"
	const noEquals, noProfile = "InvalidProfile: Expected an '=' sign defining a property", "InvalidProfile: Expected a profile definition"
	tests := []struct{ config, want string }{
		{"[profile a]\naws_access_key_id = v\n" + secret, "v"},
		{"[profile \ta \t]\naws_access_key_id\t = \tv \t\n" + secret, "v"},
		{"[   profile a   ]\naws_access_key_id = x=y\n" + secret, "x=y"},
		{"# c\n[profile a] # c\naws_access_key_id = v # c; #d\n" + secret, "v"},
		{"[profile a];c\naws_access_key_id = v; c\n" + secret, "v; c"},
		{"[profile a]#c\naws_access_key_id = v# c\n" + secret, "v# c"},
		{"[profile a]\naws_access_key_id = v\n -x\n -y # z\n" + secret, "v\n-x\n-y # z"},
		{"[profile a]\naws_access_key_id = \"v\"\n" + secret, `"v"`},
		{"[profile a]\nAWS_access_KEY_id = 1\n[profile a]\naws_access_key_id=2\n" + secret, "2"},
		{"[profile a]\nin valid = v\naws_access_key_id = v\n" + secret, "v"},
		{"[profile a]\ns3 =\n n = v\n n =\naws_access_key_id = v\r\n" + secret, "v"},
		{"[profile a]\naws_access_key_id = v\n" + secret + "[profile a!b]\nk = v\n", "v"},
		{"[profile a]\naws_access_key_id = \xff\n" + secret, ""},
		{"[profile a", "InvalidProfile: Profile definition must end with ']'"},
		{"[profile a] x\n", "InvalidProfile: Profile definition must end with ']'"},
		{"k = v", noProfile},
		{" -x", noProfile},
		{"\ufeff[profile a]\n", noProfile},
		{"[profile a]\n= v", "InvalidProfile: Property did not have a name"},
		{"[profile a]\nk : v", noEquals},
		{"[profile a]\nnonsense", noEquals},
		{"[profile a]\n -x", "InvalidProfile: Expected a property definition, found continuation"},
		{"[profile a]\n # x", "InvalidProfile: Expected a property definition, found continuation"},
		{"[profile a]\ns3 =\n bad", "InvalidProfile: Expected an '=' sign defining a sub-property"},
		{"[profile a]\ns3 =\n = bad", "InvalidProfile: Sub-property did not have a name"},
	}
	for _, tt := range tests {
		res := sdk.Simulate(sdk.Rust, of(input(tt.config, "", "AWS_EC2_METADATA_DISABLED=true"), "a"))
		got := ""
		if f := res.Failure; f != nil && f.Class != "CredentialsNotLoaded" {
			got = f.Class + ": " + f.Text
		} else if len(res.Steps) > 0 {
			got = res.Steps[0].Get(chain.InputAccessKeyID)
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.config, got, tt.want)
		}
	}
}

func TestRustEnvironment(t *testing.T) {
	t.Parallel()
	const two = "[default]\n" + pairA + "[profile b]\n" + pairB
	web := []string{"AWS_WEB_IDENTITY_TOKEN_FILE=f", "AWS_ROLE_ARN=arn:aws:iam::111122223333:role/ENV", "AWS_REGION=x"}
	keys := []string{"AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=s"}
	tests := []struct {
		name string
		in   sdk.Input
		want string
	}{
		{"keys before the profile that is named", of(input(two, "", keys...), "b"), "environment AKIAENV"},
		{"keys before a file that cannot be read", input("x", "", keys...), "environment AKIAENV"},
		{"old secret", input(two, "", keys[0], "SECRET_ACCESS_KEY=s"), "environment AKIAENV"},
		{"half a pair", input(two, "", keys[0]), "static AKIAA"},
		{"blank keys", input(two, "", "AWS_ACCESS_KEY_ID= ", "AWS_SECRET_ACCESS_KEY=s"), "static AKIAA"},
		{"AWS_PROFILE", input(two, "", "AWS_PROFILE=b"), "static AKIAB"},
		{"AWS_DEFAULT_PROFILE is not read", input(two, "", "AWS_DEFAULT_PROFILE=b"), "static AKIAA"},
		{"profile before web identity", input(two, "", web...), "static AKIAA"},
		{"web identity", input("", "", web...), "web-identity ENV"},
		{"web identity without role", input("", "", web[0]), "InvalidConfiguration: AWS_ROLE_ARN environment variable must be set"},
		{"relative", input("", "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1"), "container"},
		{"other host", input("", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1/x"), "InvalidConfiguration: invalid full URI for ECS provider"},
		{"no metadata", input("", "", "AWS_EC2_METADATA_DISABLED=True"), "CredentialsNotLoaded: no providers in chain provided credentials"},
		{"no region", of(input("[profile b]\n"+roleB+"credential_source=Ec2InstanceMetadata\n", ""), "b"), "error: Invalid Configuration: Missing Region"},
		{"both defaults", input("[profile default]\n"+pairB+"[default]\n"+pairA, ""), "static AKIAB"},
		{"tilde", input("", "[default]\n"+pairA, "AWS_CONFIG_FILE=/nothing", "AWS_SHARED_CREDENTIALS_FILE=~/.aws/credentials"), "static AKIAA"},
	}
	for _, tt := range tests {
		if got := rustOutcome(tt.in); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
