package deliver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/deliver"
)

func session() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "s3cr3t/+", SessionToken: "tok+/en==", AccountID: "012345678901",
		CanExpire: true, Expires: time.Date(2026, 1, 2, 4, 4, 5, 999, time.FixedZone("", 3600)),
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	longTerm := aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "s3cr3t/+"}
	tests := []struct {
		name            string
		credentials     aws.Credentials
		region, profile string
		set             []string
		unset           []string // of the variables that Env may set
	}{
		{"session", session(), "eu-west-1", "dev", []string{
			"AWS_ACCESS_KEY_ID=ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=s3cr3t/+", "AWS_SESSION_TOKEN=tok+/en==",
			"AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z", "AWS_ACCOUNT_ID=012345678901",
			"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "LATCHKEY_PROFILE=dev",
		}, nil},
		{"long-term key", longTerm, "", "", []string{
			"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=s3cr3t/+",
		}, []string{"AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "LATCHKEY_PROFILE"}},
	}
	for _, tt := range tests {
		v := deliver.Env(tt.credentials, tt.region, tt.profile)
		var set []string
		for _, name := range v.Names() {
			value, _ := v.Lookup(name)
			set = append(set, name+"="+value.Reveal())
		}
		if !slices.Equal(set, tt.set) {
			t.Errorf("%s sets %q, want %q", tt.name, set, tt.set)
		}
		for _, name := range append(tt.unset, "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ACCESS_KEY", "SECRET_ACCESS_KEY", "AWS_VAULT", "TOTP_CODE") {
			if !slices.Contains(v.Unsets(), name) {
				t.Errorf("%s does not unset %s", tt.name, name)
			}
		}
		for _, name := range v.Names() {
			if slices.Contains(v.Unsets(), name) {
				t.Errorf("%s both sets and unsets %s", tt.name, name)
			}
			if !slices.Contains(deliver.Unset().Unsets(), name) {
				t.Errorf("Unset leaves %s", name)
			}
		}
		if _, ok := v.Lookup("AWS_CONFIG_FILE"); ok || slices.Contains(v.Unsets(), "AWS_REGION") {
			t.Errorf("%s touches configuration", tt.name)
		}
	}
}

// TestVariablesNeverPrinted feeds a canary through the ways values are printed
// and through every error.
func TestVariablesNeverPrinted(t *testing.T) {
	t.Parallel()
	const canary = "canary-wJalr"
	v := deliver.Env(aws.Credentials{AccessKeyID: canary, SecretAccessKey: canary}, "", "")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, v); strings.Contains(got, canary) || strings.Contains(got, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	for _, bad := range []string{"\x00", "\xff", "%", "\n"} {
		for _, shell := range deliver.Shells() {
			_, err := v.With("SECRET", canary+bad).Format(shell)
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%s, %q: %v holds the value", shell, bad, err)
			}
		}
		_, err := deliver.ProcessJSON(aws.Credentials{AccessKeyID: canary + bad, SecretAccessKey: ""})
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("ProcessJSON, %q: %v", bad, err)
		}
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	base := deliver.Env(session(), "eu-west-1", "dev")
	v := base.With("AWS_PROFILE", "p").With("AWS_REGION", "us-east-1")
	if slices.Contains(v.Unsets(), "AWS_PROFILE") {
		t.Error("With leaves the variable among those unset")
	}
	value, ok := v.Lookup("AWS_REGION")
	if names := v.Names(); !ok || value.Reveal() != "us-east-1" || names[len(names)-1] != "AWS_REGION" || slices.Index(names, "AWS_REGION") != len(names)-1 {
		t.Errorf("AWS_REGION = %q, %v in %q", value.Reveal(), ok, names)
	}
	if value, _ := base.Lookup("AWS_REGION"); value.Reveal() != "eu-west-1" || !slices.Contains(base.Unsets(), "AWS_PROFILE") {
		t.Error("With changed the variables it was called on")
	}
}

func TestChildEnviron(t *testing.T) {
	t.Parallel()
	v := deliver.Env(aws.Credentials{AccessKeyID: "AKIANEW", SecretAccessKey: "new"}, "eu-west-1", "dev")
	added := []string{"AWS_ACCESS_KEY_ID=AKIANEW", "AWS_SECRET_ACCESS_KEY=new", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "LATCHKEY_PROFILE=dev"}
	kept := []string{
		"PATH=/bin", "=C:=C:\\dir", "ODD", "EMPTY=", "AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWS_CA_BUNDLE=/b",
		"AWS_ENDPOINT_URL_STS=http://x", "AWS_EC2_METADATA_DISABLED=true", "LATCHKEY_CONFIG=/l", "DUP=1", "DUP=2", "RAW=\xff\n",
	}
	dropped := []string{
		"AWS_ACCESS_KEY_ID=old", "AWS_ACCESS_KEY_ID=twice", "AWS_SESSION_TOKEN=old", "AWS_CREDENTIAL_EXPIRATION=old", "AWS_ACCOUNT_ID=old",
		"AWS_ACCESS_KEY=old", "AWS_SECRET_KEY=old", "AWS_SECURITY_TOKEN=old", "SECRET_ACCESS_KEY=old", "AWS_PROFILE=old", "AWS_DEFAULT_PROFILE=old",
		"AWS_ROLE_ARN=old", "AWS_ROLE_SESSION_NAME=old", "AWS_WEB_IDENTITY_TOKEN_FILE=old", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=old",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=old", "AWS_CONTAINER_AUTHORIZATION_TOKEN=old", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=old",
		"AWS_BEARER_TOKEN_BEDROCK=old", "AWS_BEARER_TOKEN_OTHER=old", "AWS_VAULT=old", "TOTP_CODE=123456", "LATCHKEY_MFA_CODE=123456",
		"LATCHKEY_PASSPHRASE=old", "LATCHKEY_SERVER_TOKEN=old", "AWS_REGION=old",
	}
	for _, goos := range []string{"linux", "windows"} {
		environ := slices.Concat(kept[:3], dropped, kept[3:])
		before := slices.Clone(environ)
		want := append(slices.Clone(kept), added...)
		if got := deliver.ChildEnvironFor(goos, environ, v); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", goos, got, want)
		}
		if !slices.Equal(environ, before) {
			t.Errorf("%s: the caller's list was changed", goos)
		}
	}
	mixed := []string{"Aws_Profile=old", "aws_access_key_id=old", "Path=C:\\", "Aws_Bearer_Token_X=old"}
	if got := deliver.ChildEnvironFor("windows", mixed, v); !slices.Equal(got, append([]string{"Path=C:\\"}, added...)) {
		t.Errorf("windows, mixed case: %q", got)
	}
	if got := deliver.ChildEnvironFor("linux", mixed, v); !slices.Equal(got, append(slices.Clone(mixed), added...)) {
		t.Errorf("linux, mixed case: %q", got)
	}
	if got := deliver.ChildEnviron([]string{"A=1", "AWS_PROFILE=x"}, deliver.Variables{}); !slices.Equal(got, []string{"A=1"}) {
		t.Errorf("no variables: %q", got)
	}
}

func TestParseShell(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]deliver.Shell{
		"sh": deliver.Sh, "bash": deliver.Sh, "zsh": deliver.Sh, "dash": deliver.Sh, "ksh": deliver.Sh, "/usr/bin/zsh": deliver.Sh,
		"fish": deliver.Fish, "pwsh": deliver.PowerShell, "PowerShell": deliver.PowerShell, `C:\x\pwsh.exe`: deliver.PowerShell,
		"cmd": deliver.Cmd, "cmd.exe": deliver.Cmd, "nu": deliver.Nu, "nushell": deliver.Nu, "dotenv": deliver.Dotenv, "json": deliver.JSON,
	} {
		if got, err := deliver.ParseShell(name); got != want || err != nil {
			t.Errorf("ParseShell(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	for name, text := range map[string]string{
		"tcsh":      "shell tcsh: not known; known are sh, fish, powershell, cmd, nu, dotenv, json",
		"":          `shell "": not known; known are sh, fish, powershell, cmd, nu, dotenv, json`,
		"\x1b[2Jx/": `shell [2Jx/: not known; known are sh, fish, powershell, cmd, nu, dotenv, json`,
	} {
		_, err := deliver.ParseShell(name)
		var unknown *deliver.UnknownShellError
		if !errors.As(err, &unknown) || unknown.Name != name || err.Error() != text {
			t.Errorf("ParseShell(%q): %v, want %q", name, err, text)
		}
	}
}
