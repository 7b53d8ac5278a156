package sdk

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// goStatic takes the profile's keys, and a session token of either file.
func (r *run) goStatic(s *goShared) {
	id := s.get(chain.InputAccessKeyID)
	r.goStep(chain.KindStatic, s, chain.InputAccessKeyID)
	r.goWritten(s.get(chain.InputSecretKey))
	if token := s.get(chain.InputSessionToken); token.text != "" && token.path != id.path {
		r.note(profile.CodeStrayToken, "a session token of the other file is joined to the key pair", token.origin(), "move it next to its key pair, or remove it")
	}
	if s.text(chain.InputRoleARN) != "" {
		r.leaveButRole(s)
	} else {
		r.leave(s.section, chain.KindStatic)
	}
}

// leaveButRole notes what a role is not assumed with.
func (r *run) leaveButRole(s *goShared) {
	if file, ok := s.section.keys[chain.InputTokenFile]; ok {
		r.note("order-in-profile", "the role is assumed with the key pair, and the token file is left aside", file.origin(), "leave one source of credentials in the profile")
		return
	}
	if s.section.has(keySource) || s.section.has(keyCredSource) {
		return
	}
	r.note("role-without-source", "a role without a source is assumed with what else the profile has", s.get(chain.InputRoleARN).origin(), "name the source in source_profile")
}

// goNamedSource is credential_source.
func (r *run) goNamedSource(s *goShared) *Failure {
	source := s.get(keyCredSource)
	switch source.text {
	case "Ec2InstanceMetadata":
		r.goMetadata()
		return nil
	case "Environment":
		id, from, secret := r.goKeys()
		step := r.step(chain.KindEnvironment, "")
		if id == "" || secret == "" {
			r.later(&Failure{Class: "StaticCredentialsEmptyError", Text: "static credentials are empty", Where: source.origin(), Code: "credential-source", Fix: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"})
			return nil
		}
		step.add(chain.InputAccessKeyID, id, origin.Env(from))
		return nil
	case "EcsContainer":
		found, f := r.goContainer()
		if f == nil && !found {
			f = &Failure{Class: "error", Text: "EcsContainer was specified as the credential_source, but neither 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' or AWS_CONTAINER_CREDENTIALS_FULL_URI' was set",
				Where: source.origin(), Code: "credential-source", Fix: "set one of the two variables, or name another source"}
		}
		return f
	}
	return &Failure{Class: "error", Text: "credential_source values must be EcsContainer, Ec2InstanceMetadata, or Environment", Where: source.origin(),
		Code: "credential-source", Fix: "write one of them, in this case"}
}

// goAmbient is what is left where a profile has no source.
func (r *run) goAmbient() *Failure {
	found, f := r.goContainer()
	if f != nil || found {
		return f
	}
	r.goMetadata()
	return nil
}

func (r *run) goSSO(s *goShared) *Failure {
	if f := s.ssoComplete(); f != nil {
		return f
	}
	step := r.step(chain.KindSSO, s.name)
	cached, region := s.get(chain.InputStartURL), s.get(chain.InputSSORegion)
	if s.session != nil {
		id := s.get(chain.InputSSOSession)
		step.add(chain.InputSSOSession, id.text, id.origin())
		r.goWritten(id)
		cached, region = id, s.session.get(chain.InputSSORegion)
	}
	start := s.get(chain.InputStartURL)
	if s.session != nil {
		start = s.session.get(chain.InputStartURL)
	}
	for _, in := range [...]value{start, region, s.get(chain.InputSSOAccount), s.get(chain.InputSSORole)} {
		if in.text != "" {
			step.add(in.key, in.text, in.origin())
			r.goWritten(in)
		}
	}
	step.add(InputTokenCache, r.goCache("sso")+r.slash()+sha1Hex(cached.text)+".json", cached.origin())
	r.leave(s.section, chain.KindSSO)
	r.goLabel(region.text, region.origin())
	if s.text(chain.InputSSOAccount) == "" || s.text(chain.InputSSORole) == "" {
		r.note("sso-token-only", "credentials are asked for without sso_account_id or sso_role_name, which fails", cached.origin(), "add sso_account_id and sso_role_name")
	}
	return nil
}

// ssoComplete is validateSSOConfiguration.
func (s *goShared) ssoComplete() *Failure {
	incomplete := func(missing []string) *Failure {
		if len(missing) == 0 {
			return nil
		}
		return &Failure{Class: "error", Text: fmt.Sprintf("profile %q is configured to use SSO but is missing required configuration: %s", s.name, strings.Join(missing, ", ")),
			Where: s.section.origin(), Code: "sso-incomplete", Fix: "add what is missing"}
	}
	var missing []string
	if s.session == nil {
		for _, key := range [...]string{chain.InputSSORegion, chain.InputStartURL, chain.InputSSOAccount, chain.InputSSORole} {
			if s.text(key) == "" {
				missing = append(missing, key)
			}
		}
		return incomplete(missing)
	}
	for _, key := range [...]string{chain.InputSSORegion, chain.InputStartURL} {
		if s.session.text(key) == "" {
			missing = append(missing, key)
		}
	}
	if f := incomplete(missing); f != nil {
		f.Where = s.session.origin()
		return f
	}
	for _, key := range [...]string{chain.InputSSORegion, chain.InputStartURL} {
		if own := s.get(key); own.text != "" && own.text != s.session.text(key) {
			return &Failure{Class: "error", Text: fmt.Sprintf("%s in profile %q must match %s in sso-session ", key, s.name, key), Where: own.origin(),
				Code: "sso-session-differs", Fix: "remove it from the profile"}
		}
	}
	return nil
}

// goRole adds AssumeRole.
func (r *run) goRole(s *goShared) *Failure {
	step := r.goStep(chain.KindAssumeRole, s, chain.InputRoleARN, chain.InputSessionName, chain.InputExternalID, chain.InputMFASerial)
	d := s.get(chain.InputDuration)
	sent, own := goDuration(d.text)
	switch {
	case own:
		step.add(chain.InputDuration, sent, d.origin())
	case d.key == "":
		step.add(chain.InputDuration, sent, origin.Default("the SDK's fifteen minutes"))
	default:
		step.add(chain.InputDuration, sent, origin.Default("the SDK's fifteen minutes"))
		if d.text != "900" {
			r.note("duration", "duration_seconds counts from sixteen whole minutes on", d.origin(), "write 960 or more")
		}
	}
	if s.text(chain.InputMFASerial) != "" {
		return &Failure{Class: "AssumeRoleTokenProviderNotSetError", Text: "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.",
			Where: s.get(chain.InputMFASerial).origin(), Code: "mfa-prompt", Fix: "hand it credentials: latchkey exec, or credential_process"}
	}
	if len(r.res.Steps) > 1 && r.get("AWS_ENDPOINT_URL") != "" && r.get("AWS_ENDPOINT_URL_STS") == "" {
		r.note("endpoint-of-chain", "AWS_ENDPOINT_URL does not count for the STS of the chain", origin.Env("AWS_ENDPOINT_URL"), "set AWS_ENDPOINT_URL_STS as well")
	}
	r.goRegion()
	return nil
}
