package sdk

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// setting is the value of a variable, or else of the profile.
func (p *python) setting(scoped *section, key, variable string) (origin.Value, bool) {
	if v, set := p.env(variable); set {
		return origin.Value{Text: v, Origin: origin.Env(variable)}, true
	}
	return origin.Value{Text: scoped.text(key), Origin: scoped.at(key)}, scoped.has(key)
}

// number refuses what int() does.
func (p *python) number(scoped *section, key, variable string) *Failure {
	v, set := p.setting(scoped, key, variable)
	if _, ok := pyInt(v.Text); ok || !set {
		return nil
	}
	return &Failure{Class: "ValueError", Text: "invalid literal for int() with base 10: ", Where: v.Origin, Code: "setting", Fix: "write a number"}
}

// settings are those of the metadata service, which are read for every chain.
func (p *python) settings(scoped *section) *Failure {
	if f := p.number(scoped, "metadata_service_timeout", "AWS_METADATA_SERVICE_TIMEOUT"); f != nil {
		return f
	}
	if f := p.number(scoped, "metadata_service_num_attempts", "AWS_METADATA_SERVICE_NUM_ATTEMPTS"); f != nil {
		return f
	}
	v, set := p.setting(scoped, "ec2_metadata_service_endpoint_mode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
	if mode := strings.ToLower(v.Text); set && mode != "ipv4" && mode != "ipv6" {
		return &Failure{Class: "InvalidIMDSEndpointModeError", Text: "Invalid EC2 Instance Metadata endpoint mode: " + v.Text, Where: v.Origin, Code: "setting", Fix: "write IPv4 or IPv6"}
	}
	return nil
}

// clientSettings are those that no client is made with.
func (p *python) clientSettings(scoped *section) *Failure {
	if r := p.res.Region; r.Text == "" && r.Origin != (origin.Origin{}) {
		return &Failure{Class: "ValueError", Text: "Invalid endpoint: https://", Where: r.Origin, Code: "region-name", Fix: "name a region, or remove the blank one"}
	}
	if f := p.number(scoped, "max_attempts", "AWS_MAX_ATTEMPTS"); f != nil {
		return f
	}
	for _, s := range [...]struct{ key, variable, class, text, allowed string }{
		{"defaults_mode", "AWS_DEFAULTS_MODE", "InvalidDefaultsMode", "Client configured with invalid defaults mode: ", "legacy auto standard in-region cross-region mobile"},
		{"retry_mode", "AWS_RETRY_MODE", "InvalidRetryModeError", "Invalid value provided to \"mode\": ", "legacy standard adaptive"},
		{"account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE", "InvalidConfigError", "The configured value '", "preferred disabled required"},
		{"request_checksum_calculation", "AWS_REQUEST_CHECKSUM_CALCULATION", "InvalidChecksumConfigError", "Unsupported configuration value for request_checksum_calculation.", "when_supported when_required"},
		{"response_checksum_validation", "AWS_RESPONSE_CHECKSUM_VALIDATION", "InvalidChecksumConfigError", "Unsupported configuration value for response_checksum_validation.", "when_supported when_required"},
	} {
		v, set := p.setting(scoped, s.key, s.variable)
		if !set || slices.Contains(strings.Fields(s.allowed), strings.ToLower(v.Text)) {
			continue
		}
		return &Failure{Class: s.class, Text: s.text, Where: v.Origin, Code: "setting", Fix: "write one of " + strings.ReplaceAll(s.allowed, " ", ", ")}
	}
	v, set := p.setting(scoped, "request_min_compression_size_bytes", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES")
	if _, ok := pyInt(v.Text); set && !ok {
		return &Failure{Class: "InvalidConfigError", Text: `Invalid value "` + v.Text + `" for request_min_compression_size_bytes.`, Where: v.Origin, Code: "setting", Fix: "write a number"}
	}
	return nil
}
