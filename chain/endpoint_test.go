package chain_test

import (
	"errors"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// TestCustomEndpoint: what is AWS's own is no custom one, and a setting for another
// service is none either.
func TestCustomEndpoint(t *testing.T) {
	t.Parallel()
	const stand = "http://127.0.0.1:1"
	for _, tt := range []struct {
		name, config, want string
		env                map[string]string
		fails              bool
	}{
		{name: "none"},
		{name: "the service's", env: map[string]string{"AWS_ENDPOINT_URL_SIGNIN": stand + "/x/"}, want: stand + "/x"},
		{name: "everything's", env: map[string]string{"AWS_ENDPOINT_URL": stand}, want: stand},
		{name: "another's", env: map[string]string{"AWS_ENDPOINT_URL_STS": stand}},
		{name: "the profile's", config: "endpoint_url = " + stand + "\n", want: stand},
		{name: "ignored", config: "endpoint_url = " + stand + "\nignore_configured_endpoint_urls = true\n"},
		{name: "services section", config: "services = s\n[services s]\nsignin =\n  endpoint_url = " + stand + "\n", want: stand},
		{name: "FIPS", config: "use_fips_endpoint = true\nendpoint_url = " + stand + "\n", fails: true},
		{name: "no URL", env: map[string]string{"AWS_ENDPOINT_URL_SIGNIN": "ftp://x"}, fails: true},
	} {
		s := setup{config: "[profile a]\nregion = eu-west-1\n" + tt.config, credentials: "[a]\n" + keys, name: "a", env: tt.env}
		graph, env := s.load(t)
		plan, err := s.plan(t)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got, err := chain.CustomEndpoint(chain.Config{Graph: graph, Env: env}, plan, awsapi.SignIn)
		var config *chain.ConfigError
		if got.Text != tt.want || (got.Text != "") != (got.Origin.Kind != origin.KindDefault) || tt.fails != errors.As(err, &config) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}
