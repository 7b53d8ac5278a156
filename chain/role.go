package chain

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// roleSteps plans a profile with role_arn.
func (p *planner) roleSteps(s *shape, path []string) ([]Step, error) {
	if s.source.Set() && s.credSrc.Set() {
		return nil, &ConfigError{Profile: s.name, Origin: s.credSrc.Origin, Message: "both source_profile and credential_source",
			Why: "only one of them can sign the AssumeRole call", Fix: "remove one of them"}
	}
	var source []Step
	var err error
	switch {
	case s.token.Set():
		return p.webIdentityProfile(s)
	case s.source.Set():
		source, err = p.sourceProfile(s, path)
	case s.credSrc.Set():
		source, err = p.credentialSource(s)
	default:
		err = roleWithoutSource(s)
	}
	if err != nil {
		return nil, err
	}
	p.noteOverRole(s)
	step, err := p.assumeRoleProfile(s, source)
	return append(source, step), err
}

func roleWithoutSource(s *shape) error {
	fix := "add source_profile (another profile's name) or credential_source (Environment, Ec2InstanceMetadata, EcsContainer)"
	if bases := s.bases(); s.hasStatic() {
		fix = "to assume the role with this profile's own keys, add source_profile = " + s.name
	} else if len(bases) > 0 {
		fix = "move the role to a profile of its own with source_profile = " + s.name
	}
	return &ConfigError{Profile: s.name, Origin: s.role.Origin, Message: "role_arn without source_profile or credential_source",
		Why: "nothing says whose credentials assume the role", Fix: fix}
}

// sourceProfile plans what source_profile refers to (credential-sources 2.3).
func (p *planner) sourceProfile(s *shape, path []string) ([]Step, error) {
	name := s.source.Text
	if name == s.name {
		if s.partial != nil {
			return nil, s.partial
		}
		if s.hasStatic() {
			return []Step{p.static(s)}, nil
		}
		entry, err := p.inVault(name)
		if err != nil || entry.Name == "" {
			return nil, cmp.Or(err, loop(s, path, name))
		}
		return []Step{p.vaultEntry(s, entry)}, nil
	}
	if slices.Contains(path, name) {
		return nil, loop(s, path, name)
	}
	prof, err := p.graph.Profile(name)
	if isNotFound(err) {
		entry, inVault := p.inVault(name)
		if inVault != nil || entry.Name != "" {
			return []Step{vaultStep(entry, name, s.source.Origin)}, inVault
		}
		return nil, &ConfigError{Profile: s.name, Origin: s.source.Origin, Message: "source_profile " + name + " does not exist",
			Why: err.Error(), Fix: "correct the name at " + s.source.Origin.Position() + nearMiss(err)}
	}
	if err != nil {
		return nil, err
	}
	steps, err := p.profileSteps(prof, append(slices.Clip(path), name))
	if err == nil && len(steps) == 0 {
		err = &ConfigError{Profile: name, Origin: prof.Origin(), Message: "has no credentials, but profile " + s.name + " names it as source_profile",
			Why: "a source profile needs keys, a role, or another source of its own", Fix: "give profile " + name + " credentials, or correct source_profile at " + s.source.Origin.Position()}
	}
	return steps, err
}

func loop(s *shape, path []string, again string) error {
	return &ConfigError{Profile: s.name, Origin: s.source.Origin,
		Message: "source_profile loop: " + strings.Join(append(slices.Clip(path), again), " → "),
		Why:     "no profile of the loop has credentials to begin with", Fix: "let one of them name a profile with credentials"}
}

// credentialSource plans credential_source; its names are matched in any case,
// as the Rust SDK does.
func (p *planner) credentialSource(s *shape) ([]Step, error) {
	var steps []Step
	var err error
	known := ""
	switch strings.ToLower(s.credSrc.Text) {
	case "environment":
		known = "Environment"
		steps, err = p.environment(true)
	case "ec2instancemetadata":
		known = "Ec2InstanceMetadata"
		steps, err = p.imds(true)
	case "ecscontainer":
		known = "EcsContainer"
		steps, err = p.container(true)
	default:
		return nil, &ConfigError{Profile: s.name, Origin: s.credSrc.Origin, Message: "unknown credential_source",
			Why: "it is none of Environment, Ec2InstanceMetadata and EcsContainer", Fix: "write one of the three"}
	}
	if err != nil {
		return nil, err
	}
	if known != s.credSrc.Text {
		p.note("credential-source-case", s.credSrc.Origin, s.name, "credential_source is spelt "+s.credSrc.Text+", not "+known,
			"boto3, the AWS CLI, the Go SDK and Terraform refuse it", "write "+known)
	}
	if len(steps) > 0 {
		return steps, nil
	}
	why := "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
	if known == "EcsContainer" {
		why = "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
	}
	return nil, &ConfigError{Profile: s.name, Origin: s.credSrc.Origin,
		Message: "credential_source " + known + " has nothing to offer", Why: why, Fix: "set them, or use source_profile"}
}

// assumeRoleProfile is the AssumeRole step that a profile describes.
func (p *planner) assumeRoleProfile(s *shape, source []Step) (Step, error) {
	get := func(key string) origin.Value { v, _ := s.p.Get(key); return v }
	step := Step{Kind: KindAssumeRole, Profile: s.name, Inputs: []Input{text(InputRoleARN, s.role)}}
	in := step.Inputs
	in = p.appendSet(in, InputSessionName, get("role_session_name"))
	in = p.appendSet(in, InputExternalID, get("external_id"))
	in = p.appendSet(in, InputMFASerial, get("mfa_serial"))
	tags := get("session_tags")
	if _, err := ParseTags(tags.Text); err != nil {
		return Step{}, &ConfigError{Profile: s.name, Origin: tags.Origin, Message: err.Error(), Fix: "write session_tags = key=value,key=value"}
	}
	in = p.appendSet(in, InputTags, tags)
	in = p.appendSet(in, InputTransitive, get("transitive_session_tags"))
	in = p.appendSet(in, InputSourceID, get("source_identity"))
	var err error
	if in, err = p.duration(in, s, source[len(source)-1].Temporary()); err != nil {
		return Step{}, err
	}
	step.Inputs, err = p.callSTS(in, s.role.Text)
	return step, err
}

// callSTS adds where the call goes.
func (p *planner) callSTS(in []Input, roleARN string) ([]Input, error) {
	region := p.regionFor(roleARN)
	endpoint, from, err := p.resolve(awsapi.STS, region)
	region.Text = endpoint.SigningRegion // that of aws-global is another
	return append(in, text(InputRegion, region), Input{Name: InputEndpoint, Value: endpoint.URL, Origin: from}), err
}

// The limits of DurationSeconds of AssumeRole (STS API reference), in seconds.
const (
	minDuration     = 900
	maxDuration     = 43200
	chainedDuration = 3600
)

// duration adds duration_seconds of a profile: checked, and cut to the hour
// that AWS allows to a role assumed with a session.
func (p *planner) duration(in []Input, s *shape, chained bool) ([]Input, error) {
	v, ok := s.p.Get("duration_seconds")
	if !ok {
		return in, nil
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil || n < minDuration || n > maxDuration {
		return nil, &ConfigError{Profile: s.name, Origin: v.Origin, Message: "duration_seconds is not a number of seconds from 900 to 43200",
			Why: "AssumeRole accepts no other", Fix: "write for example 3600"}
	}
	if n%60 != 0 || n < 960 {
		p.note("duration-odd", v.Origin, s.name, "duration_seconds is honoured to the second",
			"the Go SDK and Terraform ignore values under 16 whole minutes", "")
	}
	if chained && n > chainedDuration {
		p.note("duration-capped", v.Origin, s.name, "duration_seconds is cut to 3600: the role is assumed with a session",
			"other tools send it and AWS refuses the call", "write 3600, or assume the role directly from long-term keys")
		n = chainedDuration
	}
	return append(in, seconds(n, v.Origin)), nil
}

func (p *planner) webIdentityProfile(s *shape) ([]Step, error) {
	if s.hasStatic() {
		p.note("web-identity-over-static", s.token.Origin, s.name, "web identity is used, not the profile's static keys",
			"the Go SDK and Terraform assume the role with the static keys", "remove the keys or web_identity_token_file")
	}
	if s.source.Set() || s.credSrc.Set() || s.process.Set() {
		p.note("web-identity-over-source", s.token.Origin, s.name, "web identity is used, not the profile's other source",
			"the Go SDK and Terraform refuse the profile", "remove web_identity_token_file or the other source")
	}
	if s.asSource && s.partial != nil {
		p.noteHalf(s)
	}
	p.noteUnsent(s)
	name, _ := s.p.Get("role_session_name")
	step, err := p.webIdentity(s.name, s.role, s.token, name)
	return []Step{step}, err
}

func (p *planner) webIdentity(prof string, role, file, name origin.Value) (Step, error) {
	step := Step{Kind: KindWebIdentity, Profile: prof, Inputs: []Input{text(InputRoleARN, role), text(InputTokenFile, file)}}
	step.Inputs = p.appendSet(step.Inputs, InputSessionName, name)
	var err error
	step.Inputs, err = p.callSTS(step.Inputs, role.Text)
	return step, err
}

// nearMiss suggests the name that was probably meant.
func nearMiss(err error) string {
	var missing *profile.NotFoundError
	if errors.As(err, &missing) && len(missing.Near) > 0 {
		return " to " + missing.Near[0]
	}
	return ""
}
