package explain

import (
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
)

// Does says in one line what running a step would do.
func Does(s chain.Step) string {
	get := func(name string) string { return clean(s.Get(name)) }
	switch s.Kind {
	case chain.KindEnvironment:
		return "takes the keys of the environment" + token(s)
	case chain.KindStatic:
		return "takes the keys of the profile" + token(s)
	case chain.KindVault:
		return "opens the entry " + get(chain.InputVaultEntry) + " of the vault"
	case chain.KindProcess:
		return "runs the command and reads credentials from its output"
	case chain.KindSSO:
		return "gets credentials of role " + get(chain.InputSSORole) + " in account " + get(chain.InputSSOAccount) + " from Identity Center, with the cached sign-in"
	case chain.KindLogin:
		return "takes the credentials of the console sign-in, renewing them if they are about to expire"
	case chain.KindWebIdentity:
		return "sends the token file's content to STS and assumes " + get(chain.InputRoleARN)
	case chain.KindContainer:
		return "asks the container's credential endpoint"
	case chain.KindIMDS:
		if s.Get(chain.InputAsked) == "" {
			return "asks the instance metadata service, waiting 1.5 s at most, as the last resort"
		}
		return "asks the instance metadata service"
	case chain.KindCustom:
		return "asks the program's own provider " + get(chain.InputName)
	case chain.KindSessionToken:
		duration := lasting(s)
		if duration == "" {
			duration = " for 12h"
		}
		return "asks STS for an MFA session" + duration + code(s) + "; all roles of this user share it, for one hour each"
	case chain.KindAssumeRole:
		return "assumes " + get(chain.InputRoleARN) + lasting(s) + code(s)
	}
	return string(s.Kind)
}

// code says whose MFA code a step takes, if it takes one.
func code(s chain.Step) string {
	if _, discover := s.Input(chain.InputDiscover); discover {
		return ", with a code of the user's device, which IAM is asked for"
	}
	if s.Get(chain.InputMFASerial) != "" {
		return ", with a code of the device"
	}
	return ""
}

func token(s chain.Step) string {
	if s.Temporary() {
		return ", with a session token"
	}
	return ""
}

func lasting(s chain.Step) string {
	d, err := time.ParseDuration(s.Get(chain.InputDuration) + "s")
	if err != nil {
		return ""
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return " for " + text
}

// Next says what would happen next if the plan were run now: what it needs of
// a person, and what it calls. kept reports which steps have credentials kept
// from before, so that they and all before them are not run; nil: none has. over
// says what a person has to do before a step can be run, "" for nothing; nil: nothing.
func Next(plan *chain.Plan, kept func(chain.Step) bool, over func(chain.Step) string) string {
	steps := plan.Steps
	for i := len(steps) - 1; i >= 0 && kept != nil; i-- {
		if kept(steps[i]) {
			steps = steps[i+1:]
			break
		}
	}
	if len(steps) == 0 && len(plan.Steps) > 0 {
		return "hands out the session that is kept; nobody is prompted and AWS is not asked"
	}
	var needs []string
	opens := ""
	for _, s := range steps {
		if over != nil && over(s) != "" {
			return "somebody has to sign in first, which is offered on a terminal; " + over(s)
		}
		if serial := s.Get(chain.InputMFASerial); serial != "" {
			needs = append(needs, "a code of "+clean(serial))
		} else if code(s) != "" {
			needs = append(needs, "a code of the user's MFA device")
		}
		if s.Kind == chain.KindVault {
			opens = "opens the vault and "
		}
	}
	switch {
	case len(needs) > 0:
		return opens + "needs " + strings.Join(needs, " and ") + ": asked for on the terminal, or given with --mfa-code 123456 or TOTP_CODE in the environment"
	case len(steps) < len(plan.Steps):
		return "asks AWS, with the session that is kept; nobody is prompted for a code"
	case plan.CallsAWS():
		return opens + "asks AWS; nobody is prompted for a code"
	}
	return opens + "hands out the credentials without a network call"
}
