package explain

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
)

// overNetwork has a rule win over those of the network, which it explains. That nothing
// accepts connections is a weak text anyway.
func overNetwork(reason string) []Precedence {
	var list []Precedence
	for _, r := range []awsapi.Reason{awsapi.ReasonDNS, awsapi.ReasonTimeout, awsapi.ReasonClosed} {
		list = append(list, Precedence{networkCode(r), reason})
	}
	return list
}

//go:noinline
func networkCode(r awsapi.Reason) string { return "unreachable-" + string(r) }

// away makes the rule of a point at which a server was out of reach.
func away(reason awsapi.Reason, title, why, fix, page string, texts ...Text) Rule {
	return Rule{
		Code: networkCode(reason), Title: title, Class: ClassUnreachable, Why: why, Fix: fix, Page: page, Texts: texts,
		match: []matcher{on(func(e *awsapi.UnreachableError, _ *Finding) bool { return e.Reason == reason })},
	}
}

// hostInputs are the inputs that make the host's name.
func hostInputs() []string { return []string{chain.InputRegion, chain.InputEndpoint} }

const anyRefusal = "aws-refused"

// networkRules are about servers that cannot be reached, are none of AWS, or are in
// trouble.
func networkRules() []Rule {
	dns := away(awsapi.ReasonDNS, "The host name has no address", "the host name has no address: the region is misspelt, or there is no name service", "check the region and the network",
		"https://docs.aws.amazon.com/general/latest/gr/rande.html",
		Text{Raw: "Could not connect to the endpoint URL: *", By: "boto3, AWS CLI", Why: "the host name has no address, because the region is misspelt or there is no name service; or nothing answers there, as in a VPC without an endpoint of the service", Fix: "compare the region in the URL with AWS's; check the network"},
		Text{Raw: "Provided region_name * doesn't match a supported format", By: "boto3, AWS CLI", Why: "no region can have such a name", Fix: "write a region such as eu-west-1"},
		Text{Raw: "no such host", By: "Go, Terraform", Weak: true},
		Text{Raw: "dns error: failed to lookup address information", By: "Rust"},
		Text{Raw: "getaddrinfo ENOTFOUND *.amazonaws.com", By: "JavaScript"})
	dns.inputs = hostInputs()
	return []Rule{
		dns,
		away(awsapi.ReasonConnect, "Nothing accepts connections there", "nothing accepts connections there", "check the endpoint and the network", "",
			Text{Raw: "connect: connection refused", By: "Go, Terraform", Weak: true}),
		away(awsapi.ReasonTimeout, "There is no answer in time", "there was no answer in time", "check the network, a firewall, and the endpoint", "",
			Text{Raw: "Connect timeout on endpoint URL: *", By: "boto3, AWS CLI"}, Text{Raw: "Read timeout on endpoint URL: *", By: "boto3, AWS CLI"},
			Text{Raw: "i/o timeout", By: "Go, Terraform", Weak: true}, Text{Raw: "net/http: TLS handshake timeout", By: "Go, Terraform", Weak: true}),
		away(awsapi.ReasonClosed, "The connection ended early", "the connection ended before the answer was complete", "try again", "",
			Text{Raw: "Connection was closed before we received a valid response from endpoint URL: *", By: "boto3, AWS CLI"}, Text{Raw: "connection reset by peer", By: "Go, Terraform", Weak: true}),
		away(awsapi.ReasonProxy, "The proxy does not let the request through", "the proxy does not let the request through", "check HTTPS_PROXY and NO_PROXY", "",
			Text{Raw: "Failed to connect to proxy URL: *", By: "boto3, AWS CLI"}, Text{Raw: "proxyconnect tcp: *", By: "Go, Terraform"}),
		certificate(),
		{
			Code: "ca-bundle", Title: "The file of certificates cannot be used", Class: ClassConfig,
			Why: "AWS_CA_BUNDLE or ca_bundle names a file that is not there, or holds no PEM certificates", Fix: "correct the path, or the PEM file behind it",
			Covers: []string{"ca-bundle-missing", "missing-file"},
			Texts: []Text{
				{Raw: "Could not find a suitable TLS CA certificate bundle, invalid path: *", By: "boto3, AWS CLI"},
				{Raw: "failed to load custom CA bundle PEM file", By: "Go, Terraform"},
			},
			match: []matcher{on(func(e *awsapi.CABundleError, f *Finding) bool { f.Where, f.Why = at(e.Origin), ""; return true })},
		},
		{
			Code: "input", Title: "The call cannot be sent as asked", Class: ClassConfig,
			Why: "a value is missing or has a form that AWS does not take", Fix: "correct the value",
			match: []matcher{on(func(_ *awsapi.InputError, f *Finding) bool { f.Why = ""; return true })},
		},
		{
			Code: "not-aws", Title: "Something else than AWS answered", Class: ClassUnreachable,
			Why: "something between here and AWS answered: a captive portal, a proxy, or a wrong endpoint", Fix: "open a web page to sign in to the network, and check AWS_ENDPOINT_URL and the proxy settings",
			Texts: []Text{
				{Raw: "Unable to parse response (*), invalid XML received", By: "boto3, AWS CLI"},
				{Raw: "failed to decode response body, *", By: "Go, Terraform"},
				{Raw: "deserialization failed, *", By: "Go, Terraform", Weak: true},
			},
			match: []matcher{on(func(e *awsapi.ResponseError, f *Finding) bool {
				if e.Status >= 500 {
					f.Why, f.Fix = "the service, or something before it, is in trouble", "try again in a moment"
				}
				return true
			})},
		},
		regionDisabled(), busy(), refusal(),
	}
}

func certificate() Rule {
	tls := away(awsapi.ReasonTLS, "The server's certificate is not accepted", "the server's certificate is not accepted, as behind a proxy that opens TLS", "point AWS_CA_BUNDLE at the PEM file of your organisation's certificate authority",
		"https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-troubleshooting.html",
		Text{Raw: "SSL validation failed for *", By: "boto3, AWS CLI"}, Text{Raw: "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", By: "boto3, AWS CLI"},
		Text{Raw: "x509: certificate signed by unknown authority", By: "Go, Terraform"}, Text{Raw: "tls: failed to verify certificate", By: "Go, Terraform"},
		Text{Raw: "invalid peer certificate: UnknownIssuer", By: "Rust"}, Text{Raw: "unable to get local issuer certificate", By: "JavaScript"})
	tls.Over = append(overNetwork("the connection stood until the certificate"), Precedence{networkCode(awsapi.ReasonProxy), "the proxy has let it through"})
	return tls
}

func regionDisabled() Rule {
	return Rule{
		Code: "region-disabled", Title: "STS is not active in the region", Class: ClassRefused,
		Why: "STS is not active in that region for the account", Fix: "use another region, or have it activated",
		Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html",
		Texts:   []Text{{Raw: "STS is not activated in this region", By: "all tools"}, {Raw: "RegionDisabledException", By: "all tools"}},
		answers: []answer{{codes: []string{"RegionDisabledException", "RegionDisabled"}}},
		inputs:  refusedInputs(),
	}
}

// busyRule is the rule of a service that could not do it now.
const busyRule = "aws-busy"

// busy keeps the code that AWS gives, as refusal does.
func busy() Rule {
	return Rule{
		Code: busyRule, Title: "AWS cannot do it now", Class: ClassUnreachable,
		Why: "the service is in trouble, or was asked too often in a short time", Fix: "try again in a moment",
		Texts: []Text{
			{Raw: "Rate exceeded", By: "all tools"}, {Raw: "TooManyRequestsException", By: "all tools"}, {Raw: "ThrottlingException", By: "all tools"},
			{Raw: "ServiceUnavailable", By: "all tools", Weak: true}, {Raw: "RequestLimitExceeded", By: "all tools, for EC2"},
		},
		match: []matcher{on(func(e *awsapi.APIError, f *Finding) bool {
			if e.Status < 500 && e.Status != 429 && !throttled(e) {
				return false
			}
			f.Code, f.Fix = refusalCode(e), "try again in a moment"
			f.Why = fmt.Sprintf("AWS could not do it now, after %d requests", e.Attempts)
			return true
		})},
		Over: []Precedence{{everything, "what a service says that is in trouble is not about the call"}},
	}
}

func refusalCode(e *awsapi.APIError) string { return "aws-" + strings.ToLower(e.Code) }

// refusal is the rule of all answers that no other one knows.
func refusal() Rule {
	return Rule{
		Code: anyRefusal, Title: "AWS refuses the call", Class: ClassRefused,
		Why: "AWS does not accept the call, for the reason in its answer", Fix: "correct the value that the answer names, or look its code up in the documentation of the service",
		Page: "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html",
		match: []matcher{on(func(e *awsapi.APIError, f *Finding) bool {
			f.Code = refusalCode(e)
			f.Fix = "correct the value that the answer names, or look " + e.Code + " up in the documentation of the service"
			return true
		})},
		inputs: refusedInputs(), rest: true,
	}
}

func throttled(e *awsapi.APIError) bool {
	return strings.Contains(e.Code, "Throttl") || e.HasCode("TooManyRequestsException", "RequestLimitExceeded", "SlowDown")
}
