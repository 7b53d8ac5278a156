package explain

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/provider"
)

// Error explains an error of loading, planning or running. The class decides
// the exit code.
func Error(err error) Finding {
	f := Finding{Code: "failed", Class: ClassFailed, What: err.Error()}
	var step *chain.StepError
	if errors.As(err, &step) {
		f.Profile = step.Step.Profile
		f.What = label(&f) + step.Err.Error()
	}
	for _, rule := range []func(error, *Finding) bool{cancelled, configuration, notFound, store, device, shared, signIn, signingIn, webConsole, sources, service, network, disk} {
		if rule(err, &f) {
			break
		}
	}
	var selected *chain.SelectionError
	if errors.As(err, &selected) {
		f.Why = strings.TrimPrefix(f.Why+"; "+selected.Selected.Origin.String()+" names the profile", "; ")
	}
	return finding(f)
}

func cancelled(err error, f *Finding) bool {
	// A process that has the terminal gets the Ctrl-C, not we.
	var process *provider.ProcessError
	interrupted := errors.As(err, &process) && process.Signal == os.Interrupt.String()
	if !interrupted && !errors.Is(err, context.Canceled) {
		return false
	}
	f.Code, f.Class, f.What = "cancelled", ClassCancelled, "cancelled"
	return true
}

// configuration explains what is wrong in files, variables and flags.
func configuration(err error, f *Finding) bool {
	var config *chain.ConfigError
	var syntax *profile.SyntaxError
	var file *profile.FileError
	var half *profile.PartialKeysError
	var edit *profile.EditError
	var changed *profile.ChangedError
	var include *profile.IncludeError
	switch {
	case errors.As(err, &config):
		f.Code, f.Profile, f.Where, f.Why, f.Fix = "config", config.Profile, at(config.Origin), config.Why, config.Fix
	case errors.As(err, &syntax):
		f.Code, f.Where, f.Fix = syntax.Code, at(syntax.Origin), syntax.Fix
		f.Why = "a line that cannot be read may be the one that matters, so the profile is not used"
	case errors.As(err, &include):
		f.Code, f.Profile, f.Where = "include-profile", include.Profile, at(include.Hop.Origin)
		f.Fix = "correct include_profile at " + include.Hop.Origin.Position()
	case errors.As(err, &file):
		f.Code, f.Where, f.Fix = "unreadable-file", at(file.Origin), "make "+file.Path+" readable, or point "+fileVariable(file)+" at another file"
	case errors.As(err, &edit):
		f.Code, f.Where, f.Fix = "cannot-edit", at(edit.Origin), edit.Fix
	case errors.As(err, &changed):
		f.Code, f.Where, f.Fix = "file-changed", at(origin.File(changed.Path, 0, "")), "run the command again: it reads the file anew"
	case errors.As(err, &half):
		f.Code, f.Profile = "half-pair", half.Profile
		f.Why = "an access key is a pair, and pairs are not joined over files"
		f.Fix = "add " + strings.Join(half.Missing, " and ") + " to the same section"
		if len(half.Present) > 0 {
			f.Where = at(half.Present[0])
		}
	default:
		return false
	}
	f.Class = ClassConfig
	return true
}

func fileVariable(e *profile.FileError) string {
	if e.What == "credentials" {
		return "AWS_SHARED_CREDENTIALS_FILE"
	}
	return "AWS_CONFIG_FILE"
}

// notFound explains that there is nothing of the name, or nothing at all.
func notFound(err error, f *Finding) bool {
	var missing *profile.NotFoundError
	var none *chain.NoCredentialsError
	switch {
	case errors.As(err, &none):
		f.Code, f.Profile = "no-credentials", none.Profile.Text
		f.What = none.Error()
		looked := none.Looked
		var away *provider.NotAvailableError
		if errors.As(none.Last, &away) {
			looked = append(looked[:len(looked):len(looked)], away.Error())
		}
		f.Why = strings.Join(looked, "; ")
		f.Fix = "name a profile that has credentials (latchkey profiles lists them), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
		if none.Profile.Set() {
			f.Where = at(none.Profile.Origin)
			f.Fix = "give profile " + none.Profile.Text + " credentials: keys, role_arn with source_profile, sso_session, or credential_process"
		}
	case errors.As(err, &missing):
		f.Code = "not-found"
		notFoundFix(missing, f)
	default:
		return false
	}
	f.Class = ClassNotFound
	return true
}

func notFoundFix(e *profile.NotFoundError, f *Finding) {
	f.What = e.Kind + " " + e.Name + ": not found"
	config := e.Locations.Config
	if e.Kind == "profile" && e.Locations.Credentials != "" {
		config += " and " + e.Locations.Credentials
	}
	f.Why = "looked in " + config
	if config == "" {
		f.Why = "no home folder is known: HOME is not set"
	}
	switch {
	case len(e.Reasons) > 0:
		r := e.Reasons[0]
		f.Why += "; " + r.Origin.Position() + ": " + r.Message
		f.Where, f.Fix = at(r.Origin), r.Fix
	case len(e.Near) > 0:
		f.Fix = "did you mean " + strings.Join(e.Near, " or ") + "?"
	default:
		f.Fix = "latchkey profiles lists what there is"
	}
	if f.Where == nil && e.Locations.Config != "" {
		f.Where = at(origin.File(e.Locations.Config, 0, ""))
	}
}
