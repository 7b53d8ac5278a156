package sdk

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// goConfig is the SDK's view of the two files.
type goConfig struct {
	sections map[string]*section
	partial  map[string]goPartial
	dropped  []dropped
}

// goPartial is half a key pair in a section. Count is how often the SDK has
// noticed, which is part of its message.
type goPartial struct {
	count int
	name  string // of the section as it stands in the file
	at    origin.Origin
}

// goRead reads and parses a file; what cannot be opened is an empty one.
func (r *run) goRead(path string) (*goParser, *Failure) {
	data, err := r.Read(path)
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Op == "read" {
		return nil, &Failure{Class: "SharedConfigLoadError", Text: "failed to load shared config file, " + path, Where: origin.File(path, 0, ""), Code: profile.CodeFileUnreadable, Fix: "name a file"}
	}
	if err != nil {
		data = nil
	}
	return goParse(path, data)
}

// goPlace is the path of a file: as it stands in the variable, or in the home folder.
func (r *run) goPlace(variable, name string) string {
	if v := r.get(variable); v != "" {
		if strings.HasPrefix(v, "~") {
			r.note(profile.CodeLocationTilde, "the tilde in "+variable+" is not expanded", origin.Env(variable), "write the path out")
		}
		return v
	}
	return r.goHome() + r.slash() + ".aws" + r.slash() + name
}

func (r *run) slash() string {
	if r.GOOS == "windows" {
		return `\`
	}
	return "/"
}

func (r *run) goHome() string {
	if r.GOOS == "windows" {
		return r.get("USERPROFILE")
	}
	return r.get("HOME")
}

// goLoad reads both files and merges them.
func (r *run) goLoad() (*goConfig, *Failure) {
	config, f := r.goRead(r.goPlace("AWS_CONFIG_FILE", "config"))
	if f != nil {
		return nil, f
	}
	c := &goConfig{partial: map[string]goPartial{}}
	for name, s := range config.sections {
		if at, half := goHalf(s); half {
			bare := strings.TrimPrefix(name, "profile ")
			c.partial[bare] = goPartial{1, name, at}
		}
	}
	config.configSections()
	c.sections = config.sections
	credentials, f := r.goRead(r.goPlace("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
	if f != nil {
		return nil, f
	}
	credentials.credentialsSections()
	c.dropped = append(config.dropped, credentials.dropped...)
	for name, s := range credentials.sections {
		delete(c.partial, name)
		if at, half := goHalf(s); half {
			c.partial[name] = goPartial{2, name, at}
		}
		if own, both := c.sections[name]; both {
			goMerge(own, s)
		} else {
			c.sections[name] = s
		}
	}
	return c, nil
}

// goHalf reports whether a section has one key of a pair.
func goHalf(s *section) (origin.Origin, bool) {
	if s.has(chain.InputAccessKeyID) == s.has(chain.InputSecretKey) {
		return origin.Origin{}, false
	}
	if s.has(chain.InputAccessKeyID) {
		return s.at(chain.InputAccessKeyID), true
	}
	return s.at(chain.InputSecretKey), true
}

// goMerged reports whether a key of the credentials file counts where the profile
// is in the config file as well.
func goMerged(key string) bool {
	switch key {
	case chain.InputRoleARN, keySource, keyCredSource, chain.InputExternalID, chain.InputMFASerial, chain.InputSessionName, chain.InputRegion,
		"endpoint_discovery_enabled", chain.InputCommand, chain.InputTokenFile, "s3_use_arn_region", "s3_disable_multiregion_access_points",
		"ec2_metadata_service_endpoint_mode", "ec2_metadata_service_endpoint", "ec2_metadata_v1_disabled", "use_dualstack_endpoint", "use_fips_endpoint",
		"defaults_mode", "retry_mode", "ca_bundle", chain.InputDuration, "max_attempts", chain.InputSSOSession, chain.InputSSOAccount, chain.InputSSORegion,
		chain.InputSSORole, chain.InputStartURL, "auth_scheme_preference", chain.InputLoginSession:
		return true
	}
	return false
}

func goMerge(into, s *section) {
	pair := s.has(chain.InputAccessKeyID) && s.has(chain.InputSecretKey)
	for key, v := range s.keys {
		isKey := key == chain.InputAccessKeyID || key == chain.InputSecretKey || key == chain.InputSessionToken
		if isKey && pair || goMerged(key) {
			v.sub, v.nested = nil, false
			into.keys[key] = v
		}
	}
}

// goSettings are the values of a profile that make it unusable if the SDK does
// not know them.
func goSettings(s *section) *Failure {
	oneOf := func(key string, fold bool, allowed ...string) bool {
		if !s.has(key) {
			return true
		}
		for _, a := range allowed {
			if a == s.text(key) || fold && strings.EqualFold(a, s.text(key)) {
				return true
			}
		}
		return false
	}
	number := func(key string) bool {
		_, err := strconv.ParseInt(s.text(key), 0, 64)
		return !s.has(key) || err == nil
	}
	bad, allowed := "", ""
	mode := strings.TrimSpace(s.text("ec2_metadata_service_endpoint_mode"))
	switch {
	case mode != "" && !strings.EqualFold(mode, "IPv4") && !strings.EqualFold(mode, "IPv6"):
		bad, allowed = "ec2_metadata_service_endpoint_mode", "IPv4 or IPv6"
	case !oneOf("defaults_mode", true, "", "auto", "cross-region", "in-region", "legacy", "mobile", "standard"):
		bad, allowed = "defaults_mode", "standard, legacy, in-region, cross-region, mobile or auto"
	case !number("max_attempts"):
		bad, allowed = "max_attempts", "a number"
	case !oneOf("retry_mode", false, "standard", "adaptive"):
		bad, allowed = "retry_mode", "standard or adaptive"
	case !oneOf("disable_request_compression", false, "true", "false"):
		bad, allowed = "disable_request_compression", "true or false"
	case !oneOf("disable_clock_skew_correction", false, "true", "false"):
		bad, allowed = "disable_clock_skew_correction", "true or false"
	case !number("request_min_compression_size_bytes"):
		bad, allowed = "request_min_compression_size_bytes", "a number"
	case !oneOf("account_id_endpoint_mode", false, "preferred", "required", "disabled"):
		bad, allowed = "account_id_endpoint_mode", "preferred, required or disabled"
	case !oneOf("request_checksum_calculation", true, "when_supported", "when_required"):
		bad, allowed = "request_checksum_calculation", "when_supported or when_required"
	case !oneOf("response_checksum_validation", true, "when_supported", "when_required"):
		bad, allowed = "response_checksum_validation", "when_supported or when_required"
	default:
		return nil
	}
	return &Failure{Class: "error", Text: fmt.Sprintf("failed to load %s from shared config", bad), Where: s.at(bad), Code: "setting", Fix: "write " + allowed + ", or remove the line"}
}

// goVariables are the variables that the SDK refuses to start with.
func (r *run) goVariables() *Failure {
	bad := func(name, allowed string) *Failure {
		return &Failure{Class: "error", Text: name, Where: origin.Env(name), Code: "setting", Fix: "write " + allowed + ", or unset it"}
	}
	for _, s := range [...]struct{ name, allowed string }{
		{"AWS_DISABLE_REQUEST_COMPRESSION", "true or false"}, {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true or false"}, {"AWS_ENABLE_ENDPOINT_DISCOVERY", "true, false or auto"},
		{"AWS_S3_USE_ARN_REGION", "true or false"}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4 or IPv6"}, {"AWS_EC2_METADATA_V1_DISABLED", "true or false"},
		{"AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", "true or false"}, {"AWS_USE_DUALSTACK_ENDPOINT", "true or false"}, {"AWS_USE_FIPS_ENDPOINT", "true or false"},
		{"AWS_DEFAULTS_MODE", "auto or cross-region or in-region or legacy or mobile or standard"}, {"AWS_RETRY_MODE", "standard or adaptive"},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true or false"}, {"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "true or false"},
		{"AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred or required or disabled"}, {"AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported or when_required"}, {"AWS_RESPONSE_CHECKSUM_VALIDATION", "when_supported or when_required"},
		{"AWS_RESTRICT_FILE_PERMISSIONS", "user_read_write or unrestricted"},
	} {
		v := r.get(s.name)
		allowed := v == ""
		for _, word := range strings.FieldsFunc(strings.ReplaceAll(s.allowed, " or ", ","), func(c rune) bool { return c == ',' || c == ' ' }) {
			exact := s.name == "AWS_RETRY_MODE" || s.name == "AWS_ACCOUNT_ID_ENDPOINT_MODE"
			allowed = allowed || word == v || !exact && strings.EqualFold(word, v)
		}
		if !allowed {
			return bad(s.name, s.allowed)
		}
	}
	if v := r.get("AWS_MAX_ATTEMPTS"); v != "" {
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return bad("AWS_MAX_ATTEMPTS", "a number")
		}
	}
	return nil
}
