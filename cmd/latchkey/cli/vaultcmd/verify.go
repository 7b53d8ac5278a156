package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// verify asks AWS whose the key is, and finds the device of that user.
func (d *Deps) verify(ctx context.Context, r *latchkey.Resolver, o *addOptions, e *vault.Entry) (iam.Found, error) {
	if o.noVerify {
		return iam.Found{}, nil
	}
	id, key := e.AccessKeyID, e.Secret
	if o.command != "" {
		var err error
		if id, key, err = d.runCommand(ctx, o); err != nil {
			return iam.Found{}, err
		}
	}
	account, err := r.Account(o.name)
	if err != nil {
		return iam.Found{}, err
	}
	who, err := account.Identity(ctx, id, key)
	if err != nil {
		return iam.Found{}, fmt.Errorf("the key was not stored: %w", err)
	}
	d.say("%s is a key of %s", id, display.Text(who.ARN, 200))
	found, err := account.Devices(ctx, id, key)
	if err != nil {
		// The key is good; a policy that hides the devices is no reason against it.
		var refused *awsapi.APIError
		why := err.Error()
		if errors.As(err, &refused) && refused.HasCode("AccessDenied", "AccessDeniedException") {
			why = "the key may not call iam:ListMFADevices"
		}
		d.say("the user's MFA devices are not known: %s", display.Text(why, 300))
		return found, ctx.Err()
	}
	for _, device := range found.Unusable {
		d.say("MFA device %s is left out: %s", display.Text(device.Name, 100), device.Why)
	}
	if e.MFASerial == "" && !e.Seed.Empty() && len(found.Usable) == 1 {
		e.MFASerial = found.Usable[0].Serial
	}
	return found, nil
}

// runCommand runs a password manager's command for a trial.
func (d *Deps) runCommand(ctx context.Context, o *addOptions) (string, secret.Text, error) {
	output, err := command.Run(ctx, command.Options{Line: o.command, Environ: chain.ChildEnviron(d.Environ, "the vault"), Stderr: d.Stderr})
	if err != nil {
		return "", secret.Text{}, d.Failure(fmt.Errorf("the command for the entry %w", err), "run it by hand; its messages are shown above this one")
	}
	id, key, err := vault.ParseKey(output)
	if err != nil {
		return "", secret.Text{}, d.Usage("what the command prints: "+err.Error(), "run it by hand; docs/vault-recipes.md has commands of several password managers")
	}
	return id, key, nil
}

// offerProfile writes what other tools need into the profile of the entry's
// name, if the person wants it.
func (d *Deps) offerProfile(ctx context.Context, r *latchkey.Resolver, ask Asker, o *addOptions, found iam.Found) error {
	serial, err := d.device(ctx, ask, o, found)
	if err != nil {
		return err
	}
	edit, err := d.profileEdit(r, o, serial)
	var refused *profile.EditError
	if errors.As(err, &refused) && !o.writeProfile {
		d.say("profile %s is not written: %s", display.Text(o.name, 100), refused.Error())
		return nil
	}
	if err != nil || edit == nil || !edit.Changed() {
		return err
	}
	if !o.writeProfile {
		what := "credential_process"
		if serial != "" {
			what += " and mfa_serial " + serial
		}
		yes, err := ask.Confirm(ctx, "Write "+what+" into profile "+o.name+" of "+edit.Path()+"?")
		if errors.Is(err, latchkey.ErrNobody) {
			d.say("for other tools, put this into %s (or use --write-profile):\n\n%s", edit.Path(), profileText(o, serial))
			return nil
		}
		if err != nil || !yes {
			return err
		}
	}
	return d.save(ctx, r, edit)
}

// device is the one that the profile is to name.
func (d *Deps) device(ctx context.Context, ask Asker, o *addOptions, found iam.Found) (string, error) {
	switch {
	case o.serial != "":
		return o.serial, nil
	case len(found.Usable) == 0:
		return "", nil
	case len(found.Usable) == 1:
		return found.Usable[0].Serial, nil
	}
	var items []string
	for _, device := range found.Usable {
		items = append(items, device.Name+" ("+device.Serial+")")
	}
	n, err := ask.Choose(ctx, "Which MFA device of "+found.User.Name+" gives the codes?", append(items, "none of them"))
	switch {
	case errors.Is(err, latchkey.ErrNobody):
		d.say("the user has several MFA devices; say --mfa-serial to have one written into the profile")
		return "", nil
	case err != nil || n == len(items):
		return "", err
	}
	return found.Usable[n].Serial, nil
}

// profileEdit is the change that lets other tools use the entry. It is nil
// where the profile has credentials of its own.
func (d *Deps) profileEdit(r *latchkey.Resolver, o *addOptions, serial string) (*profile.Edit, error) {
	if p, err := r.Graph().Profile(o.name); err == nil {
		for _, key := range []string{"aws_access_key_id", "sso_session", "sso_account_id", "login_session", "role_arn", "credential_process"} {
			if v, ok := p.Get(key); ok && v.Text != processLine(o.name) && v.Text != processLine(o.name)+" --mfa" {
				d.say("profile %s has credentials of its own (%s), which are used instead of the vault's", display.Text(o.name, 100), v.Origin)
				if key == "aws_access_key_id" {
					d.say("to have the vault's used, take those out of the file: latchkey vault import %s", explain.Word(o.name))
				}
				return nil, nil
			}
		}
	}
	edit, err := profile.OpenEdit(r.Graph().Locations().Config, profile.ConfigFile)
	if err != nil {
		return nil, err
	}
	if err := edit.Set("profile "+o.name, "credential_process", o.line()); err != nil {
		return nil, err
	}
	if serial != "" {
		err = edit.Set("profile "+o.name, "mfa_serial", serial)
	}
	return edit, err
}

// processLine is what lets other tools get the key of an entry.
func processLine(name string) string {
	return "latchkey credentials " + explain.Word(name)
}

// commandable reports whether a name can stand in such a line. What shells do
// something with even in quotes cannot: some SDKs have a shell run the line.
func commandable(name string) bool {
	return !strings.ContainsAny(name, "\"$`\\!'") && !strings.HasPrefix(name, "-")
}

func profileText(o *addOptions, serial string) string {
	header := "[profile " + o.name + "]"
	if o.name == "default" {
		header = "[default]"
	}
	text := header + "\ncredential_process = " + o.line() + "\n"
	if serial != "" {
		text += "mfa_serial = " + serial + "\n"
	}
	return text
}

// save writes a changed file, and says where the old one is.
func (d *Deps) save(ctx context.Context, r *latchkey.Resolver, edit *profile.Edit) error {
	backup, err := edit.Save(ctx, profile.SaveOptions{Now: d.Now(), Lock: r.EditLock(), Waiting: d.Waiting})
	if err != nil {
		return err
	}
	if backup != "" {
		d.say("%s is changed; what it was is in %s", edit.Path(), backup)
	} else {
		d.say("%s is written", edit.Path())
	}
	return nil
}
