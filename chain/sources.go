package chain

import (
	"errors"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// sources walks the order and plans the first source that is configured. One
// that can turn out not to be there gets the plan of those behind it as Next.
func (p *planner) sources(order []Source) (*Plan, error) {
	for i, source := range order {
		steps, err := p.source(source)
		if err != nil {
			return nil, err
		}
		if len(steps) == 0 {
			continue
		}
		if steps, err = p.onTop(steps); err != nil {
			return nil, err
		}
		plan := &Plan{Steps: steps, Looked: slices.Clone(p.looked)}
		if !mayBeAbsent(steps[0]) {
			return plan, nil
		}
		next, err := p.sources(order[i+1:])
		var none *NoCredentialsError
		if err != nil && !errors.As(err, &none) {
			return nil, err
		}
		plan.Next = next
		return plan, nil
	}
	return nil, &NoCredentialsError{Profile: p.selected, Looked: p.looked}
}

// mayBeAbsent reports whether only running the step can tell if the source is
// there: a program's own provider, or the metadata service nobody asked for.
func mayBeAbsent(first Step) bool {
	return first.Kind == KindCustom || first.Kind == KindIMDS && first.Get(InputAsked) == ""
}

// source plans one source; no steps means that it is not configured.
func (p *planner) source(source Source) ([]Step, error) {
	switch source {
	case SourceEnvironment:
		return p.environment(false)
	case SourceWebIdentity:
		return p.webIdentityFromEnv()
	case SourceProfile:
		return p.profileSource()
	case SourceContainer:
		return p.container(false)
	case SourceIMDS:
		return p.imds(false)
	}
	name := origin.Value{Text: string(source), Origin: origin.Code("the chain's order")}
	return []Step{{Kind: KindCustom, Inputs: []Input{text(InputName, name)}}}, nil
}

func (p *planner) profileSource() ([]Step, error) {
	if p.rootErr != nil {
		return nil, p.rootErr
	}
	if p.entry.Name != "" {
		return []Step{vaultStep(p.entry, p.selected.Text, p.entry.Origin)}, nil
	}
	if p.root == nil {
		p.looked = append(p.looked, "profile: none is named and there is no [default]")
		return nil, nil
	}
	steps, err := p.profileSteps(p.root, []string{p.selected.Text})
	if err == nil && len(steps) == 0 {
		p.looked = append(p.looked, "profile "+p.selected.Text+": has no credential settings")
	}
	return steps, err
}

// environment plans the environment's keys. Half a pair is an error, because
// going on would use an identity that the user did not mean.
func (p *planner) environment(required bool) ([]Step, error) {
	id := p.variable("AWS_ACCESS_KEY_ID")
	key, keyFrom, hasKey := p.secretVariable("AWS_SECRET_ACCESS_KEY")
	switch {
	case id.Set() && !hasKey:
		return nil, halfPair(id.Origin, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not")
	case !id.Set() && hasKey:
		return nil, halfPair(keyFrom, "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not")
	case !id.Set():
		if !required {
			p.looked = append(p.looked, "environment: AWS_ACCESS_KEY_ID is not set")
		}
		return nil, nil
	}
	step := Step{Kind: KindEnvironment, Inputs: []Input{text(InputAccessKeyID, id), hidden(InputSecretKey, key, keyFrom)}}
	if token, from, ok := p.secretVariable("AWS_SESSION_TOKEN"); ok {
		step.Inputs = append(step.Inputs, hidden(InputSessionToken, token, from))
	}
	step.Inputs = p.appendSet(step.Inputs, InputAccountID, p.variable("AWS_ACCOUNT_ID"))
	step.Inputs = p.appendSet(step.Inputs, InputExpiration, p.variable("AWS_CREDENTIAL_EXPIRATION"))
	p.noteEnvironment()
	p.noteKeyBlanks()
	return []Step{step}, nil
}

func halfPair(at origin.Origin, message string) error {
	return &ConfigError{Origin: at, Message: message,
		Why: "half a key pair in the environment is more likely a mistake than a wish to use something else",
		Fix: "set both variables or unset both"}
}

func (p *planner) noteEnvironment() {
	if p.selected.Origin.Kind == origin.KindEnv {
		p.note("environment-over-profile", origin.Env("AWS_ACCESS_KEY_ID"), p.selected.Text,
			"the environment's keys are used, not profile "+p.selected.Text+" that "+p.selected.Origin.Position()+" names",
			"", "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or name the profile on the command line")
	}
	old, _, hasOld := p.secretVariable("AWS_SECURITY_TOKEN")
	token, _, hasToken := p.secretVariable("AWS_SESSION_TOKEN")
	if hasOld && (!hasToken || !old.Equal(token)) {
		p.note("security-token", origin.Env("AWS_SECURITY_TOKEN"), "",
			"AWS_SECURITY_TOKEN is set to something else than AWS_SESSION_TOKEN and is ignored",
			"boto3 and the AWS CLI send it instead of AWS_SESSION_TOKEN", "unset AWS_SECURITY_TOKEN")
	}
}

func (p *planner) webIdentityFromEnv() ([]Step, error) {
	file, role := p.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), p.variable("AWS_ROLE_ARN")
	if !file.Set() {
		p.looked = append(p.looked, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set")
		return nil, nil
	}
	if !role.Set() {
		return nil, &ConfigError{Origin: file.Origin, Message: "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not",
			Why: "a web identity token is only good for assuming a role", Fix: "set AWS_ROLE_ARN, or unset AWS_WEB_IDENTITY_TOKEN_FILE"}
	}
	if p.root != nil && (p.selected.Origin.Kind == origin.KindEnv || hasCredentials(p.root)) {
		p.note("web-identity-over-profile", file.Origin, p.selected.Text,
			"the environment's web identity is used, not profile "+p.selected.Text,
			"the Rust SDK uses the profile; so do boto3 and the AWS CLI where it assumes a role with a source",
			"unset AWS_WEB_IDENTITY_TOKEN_FILE, or name the profile on the command line")
	}
	step, err := p.webIdentity("", role, file, p.variable("AWS_ROLE_SESSION_NAME"))
	return []Step{step}, err
}

// hasCredentials reports whether a profile says anything about credentials.
func hasCredentials(prof *profile.Profile) bool {
	for _, key := range []string{"aws_access_key_id", "role_arn", "sso_session", "sso_account_id", "login_session", "credential_process"} {
		if _, ok := prof.Get(key); ok {
			return true
		}
	}
	return false
}

func (p *planner) container(required bool) ([]Step, error) {
	p.noteEmptyContainer()
	uri := p.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
	if uri.Set() {
		// The relative URI wins over the full one (SDK reference, container provider).
		if !strings.HasPrefix(uri.Text, "/") {
			return nil, &ConfigError{Origin: uri.Origin, Message: "the relative URI does not begin with a slash"}
		}
		if full := p.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"); full.Set() {
			p.note("two-container-uris", uri.Origin, "", "both container URIs are set; the relative one is used", "", "unset one of them")
		}
		uri.Text = "http://169.254.170.2" + uri.Text
	} else if uri = p.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"); !uri.Set() {
		if !required {
			p.looked = append(p.looked, "container: AWS_CONTAINER_CREDENTIALS_FULL_URI and _RELATIVE_URI are not set")
		}
		return nil, nil
	}
	step := Step{Kind: KindContainer, Inputs: []Input{text(InputEndpoint, uri)}}
	if file := p.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file.Set() {
		step.Inputs = append(step.Inputs, text(InputAuthTokenFile, file))
	} else if token, from, ok := p.secretVariable("AWS_CONTAINER_AUTHORIZATION_TOKEN"); ok {
		step.Inputs = append(step.Inputs, hidden(InputAuthToken, token, from))
	}
	return []Step{step}, nil
}

// imds plans the metadata service: the last resort, or asked for by name.
func (p *planner) imds(required bool) ([]Step, error) {
	if off := p.variable("AWS_EC2_METADATA_DISABLED"); strings.EqualFold(strings.TrimSpace(off.Text), "true") {
		if required {
			return nil, &ConfigError{Origin: off.Origin, Message: "the instance metadata service is switched off but the profile asks for it",
				Fix: "unset AWS_EC2_METADATA_DISABLED"}
		}
		p.looked = append(p.looked, "instance metadata: switched off by AWS_EC2_METADATA_DISABLED")
		return nil, nil
	}
	endpoint, err := p.imdsEndpoint()
	if err != nil {
		return nil, err
	}
	step := Step{Kind: KindIMDS, Inputs: []Input{text(InputEndpoint, endpoint)}}
	step.Inputs = p.appendSet(step.Inputs, InputInstanceRole, p.setting("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name"))
	if p.policy.IMDSv1 && !p.enabled("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled") {
		step.Inputs = append(step.Inputs, Input{Name: InputIMDSv1, Value: "true", Origin: origin.Code("Policy.IMDSv1")})
	}
	if required {
		step.Inputs = append(step.Inputs, Input{Name: InputAsked, Value: "true", Origin: origin.Default("credential_source asks for it")})
	}
	return []Step{step}, nil
}

func (p *planner) imdsEndpoint() (origin.Value, error) {
	endpoint := p.setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
	if endpoint.Set() {
		return endpoint, nil
	}
	mode := p.setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
	switch {
	case !mode.Set(), strings.EqualFold(mode.Text, "ipv4"):
		return origin.Value{Text: "http://169.254.169.254", Origin: origin.Default("the IPv4 metadata address")}, nil
	case strings.EqualFold(mode.Text, "ipv6"):
		return origin.Value{Text: "http://[fd00:ec2::254]", Origin: mode.Origin}, nil
	}
	return origin.Value{}, &ConfigError{Profile: p.selected.Text, Origin: mode.Origin,
		Message: "the metadata endpoint mode is neither IPv4 nor IPv6", Fix: "write IPv4 or IPv6"}
}

func (p *planner) appendSet(inputs []Input, name string, v origin.Value) []Input {
	if !v.Set() {
		return inputs
	}
	return append(inputs, text(name, v))
}

func isNotFound(err error) bool {
	var notFound *profile.NotFoundError
	return errors.As(err, &notFound)
}
