package deliver_test

import (
	"slices"
	"testing"

	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestEndpoint: what an endpoint's program gets, and nothing that would win over it.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1/v1/credentials/dev"
	before := []string{
		"PATH=/bin", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x", "AWS_CREDENTIAL_EXPIRATION=x", "AWS_ACCOUNT_ID=x", "AWS_PROFILE=x",
		"AWS_DEFAULT_PROFILE=x", "AWS_ROLE_ARN=x", "AWS_WEB_IDENTITY_TOKEN_FILE=x", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=x",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=x", "AWS_EC2_METADATA_DISABLED=true", "AWS_EC2_METADATA_SERVICE_ENDPOINT=x",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6", "AWS_EC2_METADATA_V1_DISABLED=x", "AWS_CONFIG_FILE=kept", "AWS_REGION=x", "AWS_DEFAULT_REGION=x", "LATCHKEY_PROFILE=x",
	}
	for name, tt := range map[string]struct {
		v    deliver.Variables
		want []string
	}{
		"container": {deliver.Endpoint(url, secret.New("token"), "eu-west-1", "dev"), []string{
			"PATH=/bin", "AWS_CONFIG_FILE=kept", "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + url, "AWS_CONTAINER_AUTHORIZATION_TOKEN=token",
			"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "LATCHKEY_PROFILE=dev",
		}},
		"no region": {deliver.Endpoint(url, secret.New("token"), "", ""), []string{
			"PATH=/bin", "AWS_CONFIG_FILE=kept", "AWS_REGION=x", "AWS_DEFAULT_REGION=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + url, "AWS_CONTAINER_AUTHORIZATION_TOKEN=token",
		}},
		"metadata": {deliver.Metadata("http://127.0.0.1:1", "eu-west-1", "dev"), []string{
			"PATH=/bin", "AWS_CONFIG_FILE=kept", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "LATCHKEY_PROFILE=dev",
		}},
	} {
		if got := deliver.ChildEnvironFor("linux", before, tt.v); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%q, want\n%q", name, got, tt.want)
		}
		names := append(tt.v.Names(), tt.v.Unsets()...)
		slices.Sort(names)
		if once := slices.Compact(slices.Clone(names)); len(once) != len(names) {
			t.Errorf("%s: a variable is there twice: %q", name, names)
		}
	}
}
