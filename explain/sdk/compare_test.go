package sdk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain/sdk"
	"github.com/latchkey-aws/latchkey/origin"
)

// input is a world in memory.
func input(config, credentials string, environ ...string) sdk.Input {
	return sdk.Input{GOOS: "linux", Environ: append([]string{"HOME=/home/me"}, environ...), Read: func(path string) ([]byte, error) {
		switch path {
		case "/home/me/.aws/config":
			return []byte(config), nil
		case "/home/me/.aws/credentials":
			return []byte(credentials), nil
		}
		return nil, fs.ErrNotExist
	}}
}

func of(in sdk.Input, profile string) sdk.Input {
	in.Profile, in.Named = origin.Value{Text: profile, Origin: origin.Argument("PROFILE")}, true
	return in
}

// own is a plan of latchkey's with one static step, and a role if there is one.
func own(key, role, region string) sdk.Resolution {
	plan := &chain.Plan{Region: origin.Value{Text: region}, Steps: []chain.Step{
		{Kind: chain.KindStatic, Inputs: []chain.Input{{Name: chain.InputAccessKeyID, Value: key}}}, {Kind: chain.KindSessionToken}}}
	if role != "" {
		plan.Steps = append(plan.Steps, chain.Step{Kind: chain.KindAssumeRole, Inputs: []chain.Input{{Name: chain.InputRoleARN, Value: role}}})
	}
	return sdk.Own(plan)
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/team/A"
	withRole := "[profile a]\nrole_arn = " + role + "\nsource_profile = b\nregion = eu-west-1\n[profile b]\n" + pairB
	tests := []struct {
		name string
		own  sdk.Resolution
		in   sdk.Input
		want []string // SDKs: aspect theirs | own | the lines and codes of the reasons
	}{
		{"none", own("AKIAA", "", "eu-west-1"), of(input("[profile a]\n"+pairA+region, ""), "a"), nil},
		{"a role", own("AKIAB", role, "eu-west-1"), of(input(withRole, ""), "a"), nil},
		{"one error", own("AKIAA", "", "eu-west-1"), of(input("[profile a]\n"+pairA+region+region, ""), "a"),
			[]string{"boto3 aws-cli aws-cli-v2: error fails: ConfigParseError | key pair, AKIAA | 5 duplicate-key"}},
		{"two errors", own("AKIAA", "", "eu-west-1"), of(input("x\n[profile a]\n"+pairA+region, ""), "a"),
			[]string{"boto3 aws-cli aws-cli-v2: error fails: ConfigParseError | key pair, AKIAA | 1 property-before-section", "rust: error fails: InvalidProfile | key pair, AKIAA | 1 property-before-section"}},
		{"another source", own("AKIAB", "", ""), of(input("[profile a]\n"+sso, "[a]\n"+pairB), "a"),
			[]string{"boto3 aws-cli aws-cli-v2 rust: source sso, Admin in 111122223333 | key pair, AKIAB | 2 order-in-profile"}},
		{"another region", own("AKIAA", "", "us-east-1"), of(input("[profile a]\n"+pairA+region, "", "AWS_REGION=us-east-1"), "a"),
			[]string{"boto3 aws-cli: region eu-west-1 | us-east-1 | 0 region-variable"}},
		{"another source and region", own("AKIAB", "", "us-east-1"), of(input("[profile a]\n"+sso+region, "[a]\n"+pairB, "AWS_REGION=us-east-1"), "a"),
			[]string{"boto3 aws-cli aws-cli-v2 rust: source sso, Admin in 111122223333 | key pair, AKIAB | 2 order-in-profile", "boto3 aws-cli: region eu-west-1 | us-east-1 | 0 region-variable"}},
		{"no region", own("AKIAA", "", "us-east-1"), of(input("[profile a]\n"+pairA, "", "AWS_REGION=us-east-1"), "a"),
			[]string{"boto3 aws-cli: region no region | us-east-1 | 0 region-variable"}},
		{"a code", own("AKIAB", role, "eu-west-1"), of(input(strings.Replace(withRole, "region", "mfa_serial = arn:aws:iam::1:mfa/me\nregion", 1), ""), "a"),
			[]string{"go: error fails: AssumeRoleTokenProviderNotSetError | key pair, role, team/A in 111122223333 | 4 mfa-prompt", "rust: mfa the role without a code | with one | 4 mfa-prompt"}},
		{"latchkey's own error", sdk.Resolution{SDK: sdk.Latchkey, Failure: &sdk.Failure{Class: "config", Text: "refused", Code: "x", Where: origin.File("f", 3, "k")}}, of(input("[profile a]\n"+roleA+pairA+region, ""), "a"),
			[]string{"go: error key pair, role, A in 111122223333 | fails: config | 3 x, 2 role-without-source"}},
		{"latchkey's command", own("AKIAB", role, "eu-west-1"), of(input("[profile a]\nrole_arn = "+role+"\nsource_profile = b\nregion = eu-west-1\n[profile b]\ncredential_process = /usr/bin/latchkey credentials b\n", ""), "a"), nil},
		{"another command", own("AKIAA", "", ""), of(input("[profile a]\ncredential_process = latchkey list\n", ""), "a"),
			[]string{"go boto3 aws-cli aws-cli-v2 rust: source process, latchkey list | key pair, AKIAA | 0 own-order"}},
	}
	for _, tt := range tests {
		var others []sdk.Resolution
		for _, kind := range sdk.All() {
			others = append(others, sdk.Simulate(kind, tt.in))
		}
		var got []string
		for _, d := range sdk.Differences(tt.own, others) {
			var names, why []string
			for _, n := range d.Why {
				why = append(why, fmt.Sprint(n.Where.Line)+" "+n.Code)
			}
			for _, s := range d.SDKs {
				names = append(names, string(s))
			}
			got = append(got, strings.Join(names, " ")+": "+string(d.Aspect)+" "+d.Theirs+" | "+d.Own+" | "+strings.Join(why, ", "))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// TestOthersApart: what two SDKs do is one difference only if they do the same.
func TestOthersApart(t *testing.T) {
	t.Parallel()
	a, b := own("AKIAA", "", ""), own("AKIAB", "", "")
	a.SDK, b.SDK = sdk.Go, sdk.Rust
	if got := sdk.Differences(own("AKIAC", "", ""), []sdk.Resolution{a, b}); len(got) != 2 || len(got[0].SDKs) != 1 || got[0].Theirs == got[1].Theirs {
		t.Errorf("%+v", got)
	}
}

// TestNotes says what each SDK notes, and that the line is the one to look at.
func TestNotes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind sdk.SDK
		in   sdk.Input
		want string // code and position of a note or the failure
	}{
		{"comment", sdk.CLIv2, of(input("[profile a]\naws_access_key_id = AKIAA # x\naws_secret_access_key = s\n", ""), "a"), "inline-comment /home/me/.aws/config:2"},
		{"quotes", sdk.Go, of(input("[profile a]\naws_access_key_id = \"AKIAA\"\naws_secret_access_key = s\n", ""), "a"), "quoted-value /home/me/.aws/config:2"},
		{"quoted command", sdk.Go, of(input("[profile a]\ncredential_process = \"a b\"\n", ""), "a"), "quoted-command /home/me/.aws/config:2"},
		{"blank name", sdk.Boto3, of(input("[profile my dev]\n"+pairA, ""), "my dev"), "spaces-in-name /home/me/.aws/config:1"},
		{"no word", sdk.Rust, of(input("\n[a]\n"+pairA, ""), "a"), "missing-profile-prefix /home/me/.aws/config:2"},
		{"no word, Go", sdk.Go, of(input("\n[a]\n"+pairA, ""), "a"), "missing-profile-prefix /home/me/.aws/config:2"},
		{"word in credentials", sdk.Go, of(input("", "[profile a]\n"+pairA), "a"), "profile-prefix-in-credentials /home/me/.aws/credentials:1"},
		{"mark", sdk.Go, of(input("\ufeff[profile a]\n"+pairA, ""), "a"), "bom /home/me/.aws/config:1"},
		{"text after", sdk.Go, of(input("[profile a] x\n"+pairA, ""), "a"), "text-after-header /home/me/.aws/config:1"},
		{"upper case", sdk.Boto3, of(input("[Profile a]\n"+pairA, ""), "a"), "section-case /home/me/.aws/config:1"},
		{"padded", sdk.CLIv1, of(input("[ profile a ]\n"+pairA, ""), "a"), "padded-header /home/me/.aws/config:1"},
		{"inherited", sdk.Boto3, of(input("[DEFAULT]\n"+pairA+"[profile a]\n", ""), "a"), "default-inheritance /home/me/.aws/config:2"},
		{"two variables", sdk.Boto3, input("[default]\n[profile b]\n"+pairB, "", "AWS_PROFILE=b", "AWS_DEFAULT_PROFILE=default"), "profile-variable $AWS_DEFAULT_PROFILE"},
		{"Rust's variable", sdk.Rust, input("[default]\n"+pairA, "", "AWS_DEFAULT_PROFILE=b"), "profile-variable $AWS_DEFAULT_PROFILE"},
		{"tilde", sdk.Go, input("[default]\n"+pairA, "", "AWS_CONFIG_FILE=~/.aws/config"), "location-tilde $AWS_CONFIG_FILE"},
		{"variable in a place", sdk.Boto3, input("[default]\n"+pairA, "", "AWS_CONFIG_FILE=$HOME/.aws/config"), "location-not-expanded $AWS_CONFIG_FILE"},
		{"stray token", sdk.Go, of(input("[profile a]\naws_session_token = t\n", "[a]\n"+pairA), "a"), "stray-session-token /home/me/.aws/config:2"},
		{"security token", sdk.Boto3, of(input("[profile a]\n"+pairA+"aws_security_token = t\n", ""), "a"), "security-token /home/me/.aws/config:4"},
		{"shell", sdk.Boto3, of(input("[profile a]\ncredential_process = ~/bin/x | y\n", ""), "a"), "command-without-shell /home/me/.aws/config:2"},
		{"duration", sdk.Go, of(input("[profile a]\n"+roleA+"source_profile = b\nregion = x\nduration_seconds = 930\n[profile b]\n"+pairB, ""), "a"), "duration /home/me/.aws/config:5"},
		{"endpoint", sdk.Go, of(input("[profile a]\n"+roleA+"source_profile = b\nregion = x\n[profile b]\n"+pairB, "", "AWS_ENDPOINT_URL=http://x"), "a"), "endpoint-of-chain $AWS_ENDPOINT_URL"},
		{"environment first", sdk.Rust, of(input("[profile a]\n"+pairA, "", "AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=s"), "a"), "environment-keys $AWS_ACCESS_KEY_ID"},
		{"source that is dropped", sdk.Boto3, of(input("[profile a]\n"+roleA+"source_profile = b\n[b]\n"+pairB, ""), "a"), "missing-profile-prefix /home/me/.aws/config:4"},
		{"retry mode", sdk.Go, of(input("[profile a]\n"+pairA+"retry_mode = legacy\n", ""), "a"), "setting /home/me/.aws/config:4"},
	}
	// A token alone is not taken over from the credentials file.
	if res := sdk.Simulate(sdk.Go, of(input("[profile a]\n"+pairA, "[a]\naws_session_token = t\n"), "a")); len(res.Notes) > 0 || res.Failure != nil {
		t.Errorf("%+v", res)
	}
	for _, tt := range tests {
		res := sdk.Simulate(tt.kind, tt.in)
		var got []string
		for _, n := range res.Notes {
			got = append(got, n.Code+" "+n.Where.Position())
		}
		if res.Failure != nil {
			got = append(got, res.Failure.Code+" "+res.Failure.Where.Position())
		}
		if !slices.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q among them", tt.name, got, tt.want)
		}
	}
}

// TestSecrets looks for the secrets of a world in all that is said about it.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary"
	in := of(input("[profile a]\naws_access_key_id = AKIAA\naws_secret_access_key = "+canary+" # x\naws_session_token = "+canary+"\n[profile b]\n"+roleA+"source_profile = a\n[a\n",
		"[a]\naws_access_key_id = AKIAA\naws_secret_access_key = \""+canary+"\"\naws_security_token = "+canary+"\n",
		"AWS_SECRET_ACCESS_KEY="+canary, "AWS_SESSION_TOKEN="+canary, "AWS_CONTAINER_AUTHORIZATION_TOKEN="+canary), "b")
	for _, kind := range sdk.All() {
		res := sdk.Simulate(kind, in)
		if text := strings.ToLower(toText(res)); strings.Contains(text, canary) {
			t.Errorf("%s: %s", kind, text)
		}
	}
}

func toText(v any) string {
	var b strings.Builder
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			b.WriteString(v.String() + "\n")
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		}
	}
	walk(reflect.ValueOf(v))
	return b.String()
}

var errDenied = errors.New("denied")

// TestUnreadable: a file that may not be read is an empty one to all.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, kind := range sdk.All() {
		in := input("", "", "AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=s")
		in.Read = func(string) ([]byte, error) { return nil, errDenied }
		if res := sdk.Simulate(kind, in); res.Failure != nil || res.Identity() != "AKIAENV" {
			t.Errorf("%s: %+v", kind, res)
		}
	}
}
