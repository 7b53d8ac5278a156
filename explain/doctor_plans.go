package explain

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// PlanError is why a profile has no plan. Profiles that fail for one reason, such as
// a broken source that they share, are one finding.
func PlanError(name string, err error) Weighed {
	f := Error(err)
	f.Profile = name
	var config *chain.ConfigError
	var syntax *profile.SyntaxError
	switch {
	case errors.As(err, &config):
		f.What = config.Message
		if config.Profile != "" && config.Profile != name {
			f.What = "its source, profile " + config.Profile + ", " + has(config.Message)
		}
	case errors.As(err, &syntax):
		f.What, f.Breaks = "a line cannot be read: "+syntax.Reason, profile.Breaks(syntax.Code)
	default:
		f.What = strings.TrimPrefix(f.What, "profile "+name+": ")
	}
	w := Weigh(WeightError, f)
	w.Class = "" // of a command that fails; this one has not
	return w
}

// has begins a message of a ConfigError after the profile's name, where that is a
// clause of its own or begins with a key.
func has(message string) string {
	for _, verb := range []string{"has ", "is ", "lacks "} {
		if strings.HasPrefix(message, verb) {
			return message
		}
	}
	return "cannot be used: " + message
}

// NoSource is a profile that configures no credentials: of use only with keys from
// elsewhere.
func NoSource(p *profile.Profile) Weighed {
	f := Finding{Code: "no-source", Profile: p.Name(), Where: at(p.Origin()), What: "the profile configures no credentials",
		Why: "it is of use only where the environment or the machine has some", Fix: "give it keys, role_arn with source_profile, sso_session or credential_process, or latchkey vault add NAME; or remove it"}
	if session, ok := p.Get("sso_session"); ok {
		f.Code, f.What = "token-only", "the profile gives the token of a sign-in, but no credentials"
		f.Where, f.Why, f.Fix = at(session.Origin), "it has sso_session but no sso_account_id and sso_role_name", "add both, or leave it if a tool wants the token only"
	}
	return Weigh(WeightNote, f)
}

// Loop is a circle of source profiles, which the profile is in or leads to.
func Loop(name string, where origin.Origin, loop []string) Weighed {
	from := 0 // the same for all that meet the circle elsewhere
	for i, member := range loop {
		if member < loop[from] {
			from = i
		}
	}
	turn := append(append(loop[from:len(loop):len(loop)], loop[:from]...), loop[from])
	return Weigh(WeightError, Finding{Code: profile.CodeSourceLoop, Profile: name, Where: at(where), What: "source_profile loop: " + strings.Join(turn, " → "),
		Why: "no profile of the loop has credentials to begin with", Fix: "let one of them name a profile with credentials", Breaks: profile.Breaks(profile.CodeSourceLoop)})
}

// LongChain is a profile behind so many source profiles that nobody can mean it.
func LongChain(name string, where origin.Origin, most int) Weighed {
	return Weigh(WeightWarning, Finding{Code: "long-chain", Profile: name, Where: at(where), What: "more roles are chained with source_profile than latchkey doctor looks at: " + plural(most, "role")})
}

// Noticed weighs what the reader or the planner noticed.
func Noticed(d profile.Diagnostic) Weighed {
	f := Diagnostic(d)
	weight := WeightWarning
	switch d.Code {
	case "no-region", "aws-region-variable", "old-profile-variable", "duration-odd", "duration-capped", "mfa-each-session", "login-as-source", "process-needs-shell",
		"not-for-web-identity", "sso-over-others", "login-over-process", profile.CodeIncludeProfile, profile.CodeNameCase, profile.CodeMoreFindings,
		profile.CodeKeysInBothFiles, profile.CodeLocationTilde, profile.CodeNameCharacters, profile.CodeSpacesInName, profile.CodeQuotedName, profile.CodeIndentedProperty:
		weight = WeightNote
	case profile.CodeSourceLoop, profile.CodeSourceSelf, profile.CodeFileUnreadable, profile.CodeNoHome, "unknown-setting", "blanks-around-key":
		weight = WeightError
	}
	if d.WholeFile && weight == WeightNote {
		weight = WeightWarning
	}
	if f.Where != nil && f.Where.Kind == origin.KindEnv {
		f.Profile = "" // it is nobody's in particular
	}
	w := Weigh(weight, f)
	if d.Code == profile.CodeDuplicateKey || d.Code == profile.CodeDuplicateSection {
		w.cause = d.Code // their texts tell lines
	}
	return w
}

// Backup is a file that keeps what was before an edit, with long-term keys in it.
func Backup(path string, keys int) Weighed {
	w := Weigh(WeightSecurity, Finding{Code: "plaintext-backup", Where: at(origin.File(path, 0, "")), What: "a backup of before a change still holds long-term keys in plaintext: " + plural(keys, "key")})
	w.cause = "backup"
	return w.with("rm", path)
}

// MissingFile is a file that a profile names and that is not there.
func MissingFile(profile string, v origin.Value) Weighed {
	code := "missing-file"
	if v.Origin.Key == "web_identity_token_file" {
		code = "token-file"
	}
	return Weigh(WeightError, Finding{Code: code, Profile: profile, Where: at(v.Origin), What: v.Origin.Key + " names a file that is not there: " + v.Text,
		Why: "the profile needs it for every call", Fix: "put it there, or correct the path at " + v.Origin.Position()})
}

// MissingProgram is the program of a command that is not installed.
func MissingProgram(profile string, v origin.Value, program string) Weighed {
	return Weigh(WeightError, Finding{Code: "missing-program", Profile: profile, Where: at(v.Origin), What: "the program of " + v.Origin.Key + " is not there: " + program,
		Why: "no SDK gets credentials from it then", Fix: "install it, or write its full path at " + v.Origin.Position()})
}
