package chain

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// noteShadowed says which other sources the profile has that are not used, and
// which SDKs use them instead. Only Rust puts a source's own keys before
// Identity Center, login_session and a process.
func (p *planner) noteShadowed(s *shape) {
	if s.hasStatic() {
		p.noteOverStatic(s)
	}
	p.noteWithoutRole(s)
	if s.partial != nil {
		p.noteHalf(s)
	}
	if s.sso.hint != nil && len(s.bases()) > 0 {
		p.note("sso-unfinished", firstSet(s.sso.session, s.sso.startURL, s.sso.region).Origin, s.name,
			"the profile's Identity Center settings name no account and role and are ignored",
			"the AWS SDKs for Go and Rust refuse the profile", "add sso_account_id and sso_role_name, or remove the sso_ settings")
	}
	if s.asSource && s.login.Set() && len(s.bases()) == 1 {
		p.note("login-as-source", s.login.Origin, s.name, "login_session is used as the source of another profile",
			"the Go SDK and Terraform refuse it", "")
	}
	if s.selfCall && len(s.bases()) > 0 {
		v, _ := s.p.Get("credential_process")
		p.note("process-calls-itself", v.Origin, s.name, "credential_process takes this profile's key from the vault, and is not used: the profile has other credentials", "", "remove one of them")
	}
}

// noteOverStatic reports each source that the profile's own keys hide.
func (p *planner) noteOverStatic(s *shape) {
	at := s.static.AccessKeyID.Origin
	var python, rust []string
	hide := func(there, inPython bool, name string) {
		if there && inPython {
			python = append(python, name)
		}
		if there && !s.asSource {
			rust = append(rust, name)
		}
	}
	inConfig := !s.static.InCredentialsFile
	sso := s.sso.complete() || s.sso.err != nil
	hide(s.asSource && s.role.Set() && s.token.Set(), true, "web identity")
	hide(sso, true, "Identity Center")
	hide(s.login.Set(), inConfig, "login_session")
	hide(s.process.Set(), inConfig, "credential_process")
	if s.asSource && s.role.Set() {
		p.note("source-has-role", s.role.Origin, s.name,
			"the keys of profile "+s.name+" are used as the source and its own role_arn is not assumed first",
			"the Go SDK and Terraform assume that role first", "move the keys to a profile of their own")
	}
	for _, other := range []struct {
		there      bool
		code, name string
	}{
		{s.asSource && s.role.Set() && s.token.Set(), "static-over-web-identity", "web identity"}, {sso, "static-over-sso", "Identity Center"},
		{s.login.Set(), "static-over-login", "login_session"}, {s.process.Set(), "static-over-process", "credential_process"},
	} {
		if other.there {
			p.note(other.code, at, s.name, "the static keys are used, not "+other.name, preferring(other.name, python, rust), "remove one of them")
		}
	}
}

// preferring names the SDKs that use a source, by the first one that each takes.
func preferring(name string, python, rust []string) string {
	inPython, inRust := len(python) > 0 && python[0] == name, len(rust) > 0 && rust[0] == name
	switch {
	case inPython && inRust:
		return "boto3, the AWS CLI and the Rust SDK use " + name
	case inPython:
		return "boto3 and the AWS CLI use " + name
	case inRust:
		return "the Rust SDK uses " + name
	}
	return ""
}

// noteWithoutRole reports settings that serve only a role, in a profile that
// has none but another source.
func (p *planner) noteWithoutRole(s *shape) {
	if s.role.Set() || len(s.bases()) == 0 {
		return
	}
	for _, v := range []struct {
		value     origin.Value
		code, key string
	}{{s.source, "source-without-role", "source_profile"}, {s.credSrc, "credential-source-without-role", "credential_source"}} {
		if v.value.Set() {
			p.note(v.code, v.value.Origin, s.name, v.key+" has no role_arn to serve and is ignored",
				"the Go SDK and Terraform refuse the profile", "remove "+v.key+" or add role_arn")
		}
	}
}

// noteHalf reports half a key pair beside the source that is used.
func (p *planner) noteHalf(s *shape) {
	var half *profile.PartialKeysError
	if errors.As(s.partial, &half) {
		p.note("half-pair-ignored", half.Present[0], s.name, "half a key pair stands beside "+s.bases()[0]+" and is ignored; "+strings.Join(half.Missing, " and ")+" is missing",
			"the Go SDK and Terraform refuse it in the credentials file; all AWS SDKs but Go refuse it in a source profile", "remove the half, or complete it")
	}
}

// noteOverRole reports what else a profile has that assumes a role with
// source_profile or credential_source.
func (p *planner) noteOverRole(s *shape) {
	if s.process.Set() {
		p.note("role-over-process", s.process.Origin, s.name, "role_arn is assumed with the named source, not with credential_process",
			"the Go SDK and Terraform refuse the profile", "remove credential_process or the source")
	}
	if s.credSrc.Set() && s.hasStatic() {
		p.note("credential-source-over-static", s.credSrc.Origin, s.name, "role_arn is assumed with credential_source, not with the profile's own keys",
			"the Go SDK and Terraform use the keys", "remove the keys or credential_source")
	}
}

// noteUnsent reports settings of a role that a web identity call does not send.
func (p *planner) noteUnsent(s *shape) {
	for _, key := range []string{"duration_seconds", "external_id", "mfa_serial", "session_tags", "source_identity"} {
		if v, ok := s.p.Get(key); ok {
			p.note("not-for-web-identity", v.Origin, s.name, key+" is not sent when a role is assumed by web identity", "all AWS SDKs ignore it as well", "remove it")
		}
	}
}
