package sdk

import (
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// python is botocore: boto3, both versions of the AWS CLI.
type python struct {
	*run
	v2     bool
	name   string // of the profile, with the default filled in
	config pyConfig
}

// python simulates botocore 1.43, or the copy of it in version 2 of the AWS CLI.
func (r *run) python(v2 bool) *Failure {
	p := &python{run: r, v2: v2}
	chosen := p.chooseProfile()
	fromEnv := p.envRegion()
	if f := p.load(); f != nil {
		return f
	}
	scoped := p.config.profiles[p.name]
	if chosen && scoped == nil {
		return p.notFound()
	}
	if v := scoped.get("region"); !fromEnv && scoped.has("region") && !v.nested {
		r.res.Region = origin.Value{Text: v.text, Origin: v.origin()}
		p.written(v)
	}
	if f := p.validRegion(r.res.Region); f != nil {
		return f
	}
	if f := p.settings(scoped); f != nil {
		return f
	}
	found, f := p.chain()
	if f == nil {
		// Every client that is made looks for the token of an sso-session as well.
		f = p.ssoToken(p.name, scoped)
	}
	if f == nil {
		f = p.clientSettings(scoped)
	}
	switch {
	case f != nil:
		return f
	case !found:
		return &Failure{Class: "NoCredentialsError", Text: "Unable to locate credentials", Where: scoped.origin(), Code: "no-credentials",
			Fix: "give the profile credentials, or name one that has some"}
	}
	return r.late
}

// chooseProfile reports whether somebody names a profile. A variable that is set
// to nothing names the profile without a name.
func (p *python) chooseProfile() bool {
	names := [2]string{"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}
	if p.v2 {
		names = [2]string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}
	}
	p.name = "default"
	if p.Named {
		p.name, p.res.Profile = p.Profile.Text, p.Profile
		return true
	}
	for i, variable := range names {
		v, set := p.env(variable)
		if !set {
			continue
		}
		p.name, p.res.Profile = v, origin.Value{Text: v, Origin: origin.Env(variable)}
		if other, also := p.env(names[1]); i == 0 && also && other != v && !p.v2 {
			p.note("profile-variable", "AWS_DEFAULT_PROFILE comes before AWS_PROFILE", origin.Env(variable), "unset AWS_DEFAULT_PROFILE")
		}
		return true
	}
	return false
}

// envRegion reports whether the environment names the region.
func (p *python) envRegion() bool {
	names := []string{"AWS_DEFAULT_REGION"}
	if p.v2 {
		names = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}
	}
	if v := p.get("AWS_REGION"); v != "" && !p.v2 && v != p.get("AWS_DEFAULT_REGION") {
		p.note("region-variable", "AWS_REGION is not read, only AWS_DEFAULT_REGION", origin.Env("AWS_REGION"), "set AWS_DEFAULT_REGION to the same region")
	}
	for _, variable := range names {
		if v, set := p.env(variable); set {
			p.res.Region = origin.Value{Text: v, Origin: origin.Env(variable)}
			return true
		}
	}
	return false
}

// validRegion is what every client that is made checks.
func (p *python) validRegion(v origin.Value) *Failure {
	t := v.Text
	plain := strings.Trim(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
	digits := t != "" && strings.Trim(t, "0123456789") == ""
	if plain && !digits && len(t) <= 63 && !strings.HasPrefix(t, "-") && !strings.HasSuffix(t, "-") {
		return nil
	}
	return &Failure{Class: "InvalidRegionError", Text: "Provided region_name '" + t + "' doesn't match a supported format.",
		Where: v.Origin, Code: "region-name", Fix: "write the name of a region and nothing else"}
}

func (p *python) notFound() *Failure {
	f := &Failure{Class: "ProfileNotFound", Text: "The config profile (" + p.name + ") could not be found", Where: p.res.Profile.Origin, Code: "profile-missing"}
	if d, ok := lost(p.config.dropped, p.name); ok {
		f.Where, f.Code, f.Fix = origin.File(d.path, d.line, ""), d.code, d.fix
		p.note(d.code, d.why, f.Where, d.fix)
	} else if p.name == "" {
		f.Code, f.Fix = "empty-profile-variable", "unset "+p.res.Profile.Origin.Key
	}
	return f
}

// pyInt is Python's int() of a text.
func pyInt(s string) (int, bool) {
	s = pyStrip(s)
	digits := strings.TrimLeft(s, "+-")
	if strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		return 0, false
	}
	n, err := strconv.Atoi(strings.ReplaceAll(s, "_", ""))
	return n, err == nil
}

// written notes what is read differently by others in a value that takes part.
func (p *python) written(v value) {
	if v.how&howComment != 0 {
		p.note(profile.CodeInlineComment, "the comment after "+v.key+" is part of the value", v.origin(), "move the comment to a line of its own")
	}
	if v.how&howQuoted != 0 && v.key != "credential_process" {
		p.note(profile.CodeQuotedValue, "the quotes around "+v.key+" are part of the value", v.origin(), "remove the quotes")
	}
	if v.how&howDefault != 0 {
		p.note(profile.CodeDEFAULT, v.key+" is inherited from [DEFAULT] by every profile", v.origin(), "move it from [DEFAULT] to the profiles that need it")
	}
}

// use adds a key of a profile to a step.
func (p *python) use(s *Step, name string, v value) {
	s.add(name, v.text, v.origin())
	p.written(v)
}
