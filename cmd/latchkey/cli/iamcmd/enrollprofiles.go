package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

// roleProfile is a role that gets a profile.
type roleProfile struct{ name, arn string }

// parseRole reads [NAME=]ARN; the name is that of the role where none is given.
func parseRole(text string) (roleProfile, bool) {
	name, arn, named := strings.Cut(text, "=arn:")
	if arn = "arn:" + arn; !named {
		name, arn = "", text
	}
	parsed, ok := awsapi.ParseARN(arn)
	path, isRole := strings.CutPrefix(parsed.Resource, "role/")
	if !ok || parsed.Service != "iam" || parsed.Account == "" || !isRole || path == "" || named && name == "" {
		return roleProfile{}, false
	}
	if !named {
		name = path[strings.LastIndexByte(path, '/')+1:]
	}
	return roleProfile{name, arn}, true
}

// setting is a line of a profile.
type setting struct{ profile, key, value string }

// wanted are the lines of all profiles; those without a value are not known yet, or
// not asked for. serial is "" while it is not known.
func (e *enroller) wanted(serial string) []setting {
	line := "latchkey credentials " + explain.Word(e.name)
	if e.needs {
		line += " --mfa"
	}
	region := e.o.region
	if region == "" && e.given != e.name {
		region = e.region
	}
	own := region
	if region == "" {
		region = e.region
	}
	out := []setting{{e.name, "credential_process", line}, {e.name, "mfa_serial", serial}, {e.name, "region", own}}
	for _, role := range e.roles {
		out = append(out, setting{role.name, "role_arn", role.arn}, setting{role.name, "source_profile", e.name},
			setting{role.name, "mfa_serial", serial}, setting{role.name, "region", region})
	}
	return out
}

// valueOf is the line of a profile, "" if there is none.
func valueOf(list []setting, profile, key string) string {
	for _, s := range list {
		if s.profile == profile && s.key == key {
			return s.value
		}
	}
	return ""
}

// plain reports whether a profile's plaintext key is the one that is going into the
// vault, so that it can be taken out of the file.
func (e *enroller) plain() (profile.PlaintextKey, bool) {
	keys, _ := profile.PlaintextKeys(e.resolver.Graph())
	for _, k := range keys {
		if k.Profile == e.name && !k.Shadowed && k.Syntax == nil && (k.AccessKeyID.Text == e.key.ID || k.AccessKeyID.Text == e.mark.First) {
			return k, true
		}
	}
	return profile.PlaintextKey{}, false
}

// own are the keys with which a profile has credentials of its own.
func own() []string {
	return []string{"aws_access_key_id", "credential_process", "role_arn", "source_profile", "credential_source", "sso_session", "sso_account_id", "login_session", "web_identity_token_file"}
}

// checkProfiles looks for what a profile has that another value would have to take
// the place of, and for what cannot be written: before anything is done.
func (e *enroller) checkProfiles() error {
	for _, role := range e.roles {
		if role.name == e.name {
			return e.Usage("the user and a role would both have the profile "+cell(e.name), "name one of them: --as NAME, or --role NAME="+role.arn)
		}
	}
	want := e.wanted(e.out.Device.Serial)
	if err := e.conflicts(want); err != nil {
		return err
	}
	_, err := e.edits(want)
	return err
}

func (e *enroller) conflicts(want []setting) error {
	_, plain := e.plain()
	for i, s := range want {
		name := s.profile
		if i > 0 && want[i-1].profile == name {
			continue // the lines of a profile stand together
		}
		p, err := e.resolver.Graph().Profile(name)
		var none *profile.NotFoundError
		if errors.As(err, &none) {
			continue
		}
		if err != nil {
			return err
		}
		for _, key := range append(own(), "mfa_serial", "region") {
			v, ok := p.Get(key)
			value := valueOf(want, name, key)
			switch {
			case !ok || !v.Set() || v.Text == value:
			case value == "" && (key == "mfa_serial" || key == "region"):
			case key == "aws_access_key_id" && plain && name == e.name:
			case key == "credential_process" && value != "" && ours(v.Text, name):
			default:
				return e.conflict(name, key, v.Origin.Position(), v.Text)
			}
		}
	}
	return nil
}

// ours reports whether a credential_process asks latchkey for that very profile.
func ours(line, name string) bool {
	of, ok := chain.AsksFor(line)
	return ok && of == name
}

func (e *enroller) conflict(name, key, at, text string) error {
	fix := "choose another name with --as"
	for _, role := range e.roles {
		if role.name == name {
			fix = "name the profile of the role: --role NAME=" + role.arn
		}
	}
	what := key
	if key != "aws_access_key_id" {
		what += " = " + cell(text)
	}
	return e.Usage(fmt.Sprintf("profile %s is there already, with %s at %s", cell(name), what, at), fix+"; or change that line")
}

// profiles writes the profiles, and takes a key in plaintext out that is in the
// vault now.
func (e *enroller) profiles(ctx context.Context) error {
	if err := e.probe(ctx); err != nil {
		return err
	}
	want := e.wanted(e.out.Device.Serial)
	if err := e.conflicts(want); err != nil {
		return err
	}
	edits, err := e.edits(want)
	if err != nil {
		return err
	}
	e.out.Profiles = []string{e.name}
	for _, role := range e.roles {
		e.out.Profiles = append(e.out.Profiles, role.name)
	}
	if len(edits) == 0 {
		return nil
	}
	for _, edit := range edits {
		fmt.Fprint(e.Stderr, edit.Diff())
	}
	if !e.o.yes {
		yes, err := e.ask.Confirm(ctx, "Write these profiles?")
		if errors.Is(err, latchkey.ErrNobody) {
			return e.nobody("there is nobody to ask whether the profiles are to be written", "say --yes")
		}
		if err == nil && !yes {
			err = context.Canceled
		}
		if err != nil {
			return err
		}
	}
	for _, edit := range edits {
		backup, err := edit.Save(ctx, profile.SaveOptions{Now: e.Now(), Lock: e.resolver.EditLock(), Waiting: e.Waiting})
		if err != nil {
			return err
		}
		e.out.Changed = true
		e.Say("%s is written", cell(edit.Path()))
		if backup != "" {
			e.Say("what it was is in %s", cell(backup))
		}
	}
	return nil
}

// edits are the changes of the files.
func (e *enroller) edits(want []setting) ([]*profile.Edit, error) {
	at := e.resolver.Graph().Locations()
	config, err := profile.OpenEdit(at.Config, profile.ConfigFile)
	if err != nil {
		return nil, err
	}
	for _, s := range want {
		if s.value == "" {
			continue
		}
		if err := config.Set("profile "+s.profile, s.key, s.value); err != nil {
			return nil, err
		}
	}
	var all []*profile.Edit
	if key, ok := e.plain(); ok {
		edit := config
		if key.File == profile.CredentialsFile {
			if edit, err = profile.OpenEdit(at.Credentials, profile.CredentialsFile); err != nil {
				return nil, err
			}
		}
		section := "profile " + e.name
		if err := edit.Remove(section, "aws_access_key_id", "aws_secret_access_key"); err != nil {
			return nil, err
		}
		if edit != config {
			if _, err := edit.RemoveSection(section); err != nil {
				return nil, err
			}
			all = append(all, edit)
		}
	}
	if config.Changed() {
		all = append([]*profile.Edit{config}, all...)
	}
	return all, nil
}

// probe finds out whether the user's policies want MFA for what tools do: then the
// profile gives them a session of it, and not the key.
func (e *enroller) probe(ctx context.Context) error {
	_, err := e.client.ListAccessKeys(ctx, e.at.IAM, e.from, e.user.Name)
	var denied *awsapi.APIError
	if errors.As(err, &denied) && denied.HasCode("AccessDenied") {
		e.needs, err = true, nil
	}
	return err
}
