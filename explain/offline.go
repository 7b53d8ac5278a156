package explain

import (
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// Scene is where a plan was made: what can be looked at without asking anybody.
type Scene struct {
	Graph *profile.Graph
	// Plan is nil where there is none.
	Plan *chain.Plan
	Env  chain.Env
	Now  time.Time
	// There reports whether a file is there. Nil: files are not looked at.
	There func(path string) bool
}

// Offline returns what is wrong, or not as one may think, around a plan, beside what
// the reader and the planner have noticed. A finding with a class says that running
// the plan will fail, and how.
func Offline(s Scene) []Finding {
	var found []Finding
	if s.Plan != nil {
		first := s.Plan.Steps[0]
		found = append(found, s.keyPair(first)...)
		found = append(found, s.expired(first)...)
		found = append(found, s.unusedKeys(first)...)
		found = append(found, s.leftOver()...)
		found = append(found, s.tokenFiles()...)
		found = append(found, s.longRole()...)
		found = append(found, s.codeOfSession()...)
		found = append(found, s.elsewhere()...)
		found = append(found, s.values()...)
	}
	found = append(found, s.otherFiles()...)
	found = append(found, s.otherUser()...)
	if len(found) == 0 {
		return nil
	}
	known := allRules()
	for i := range found {
		tell(known, &found[i])
		found[i] = finding(found[i])
	}
	return found
}

// values judges what the profiles of a plan say, and the file of certificates, as a
// check-up does.
func (s Scene) values() []Finding {
	var list []Weighed
	seen := map[string]bool{}
	for _, step := range s.Plan.Steps {
		p, err := s.Graph.Profile(step.Profile)
		if err != nil || seen[step.Profile] {
			continue
		}
		seen[step.Profile] = true
		list = append(list, Values(step.Profile, p.Get)...)
		if session, ok := p.Get("sso_session"); ok {
			if section, err := s.Graph.SSOSession(session.Text); err == nil {
				list = append(list, Values(step.Profile, section.Get)...)
			}
		}
	}
	if s.Plan.Region.Origin.Kind == origin.KindEnv {
		list = append(list, Region(s.Plan.Region)...)
	}
	if s.There != nil {
		list = append(list, missingFiles(Surroundings{Get: s.Env, Exists: s.There})...)
	}
	var found []Finding
	for _, w := range list {
		if w.Code != "local-endpoint" { // which elsewhere tells
			found = append(found, w.Finding)
		}
	}
	return found
}

// alphabet has the characters of secret access keys: those of base64.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// keyPair judges the pair that a plan begins with by its form alone.
func (s Scene) keyPair(first chain.Step) []Finding {
	id, ok := first.Input(chain.InputAccessKeyID)
	if !ok {
		return nil
	}
	key, _ := first.Input(chain.InputSecretKey)
	token, hasToken := first.Input(chain.InputSessionToken)
	p := pair{profile: first.Profile, id: origin.Value{Text: id.Value, Origin: id.Origin}, secretAt: key.Origin, secret: key.Secret, token: hasToken, tokenAt: token.Origin}
	f, wrong := p.form()
	if !wrong {
		return nil
	}
	f.Class = ClassRefused
	// A stand-in for AWS may have given it; only AWS's own refuse it for sure.
	if custom := s.custom(); f.Code == codeSecretForm && custom.Set() {
		f.Class = ""
	}
	return []Finding{f}
}

// expired looks at the variables that say when the environment's keys end.
func (s Scene) expired(first chain.Step) []Finding {
	if first.Kind != chain.KindEnvironment {
		return nil
	}
	for _, name := range []string{"AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"} {
		text, _ := s.Env(name)
		if strings.TrimSpace(text) == "" {
			continue
		}
		f := Finding{Code: "environment-expired", Where: at(origin.Env(name))}
		end, err := iso8601.Parse(text)
		switch {
		case err != nil && name == "AWS_CREDENTIAL_EXPIRATION":
			f.Code, f.Class, f.What = "environment-expiration", ClassConfig, name+" is no time"
			f.Fix = "write a time as 2026-01-02T03:04:05Z, or unset " + name
		case err != nil || s.Now.Before(end):
			continue
		default:
			f.What = "the environment's keys have expired, " + s.Now.Sub(end).Round(time.Second).String() + " ago"
			f.Why = name + " says so; programs that do not look at it are refused by AWS"
			if name == "AWS_CREDENTIAL_EXPIRATION" {
				f.Class = ClassFailed
			}
		}
		return []Finding{f}
	}
	return nil
}

// unusedKeys tells of keys in the environment that other programs would use.
func (s Scene) unusedKeys(first chain.Step) []Finding {
	id, _ := s.Env("AWS_ACCESS_KEY_ID")
	name := s.Plan.Profile
	byCaller := name.Origin.Kind == origin.KindArgument || name.Origin.Kind == origin.KindCode || name.Origin.Kind == origin.KindFlag
	if strings.TrimSpace(id) == "" || first.Kind == chain.KindEnvironment || !byCaller {
		return nil
	}
	return []Finding{{Code: "environment-keys-unused", Where: at(origin.Env("AWS_ACCESS_KEY_ID")), Profile: name.Text,
		What:   "the environment has keys, which are not used: profile " + name.Text + " is named",
		Breaks: "programs of this shell that are told AWS_PROFILE=" + name.Text + " use the environment's keys; the Rust SDK does so for a named profile as well",
		Fix:    "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"}}
}

// longRole tells of a long session of a role whose source may be a session itself,
// which only running the plan shows.
func (s Scene) longRole() []Finding {
	steps := s.Plan.Steps
	if len(steps) < 2 || steps[1].Kind != chain.KindAssumeRole {
		return nil
	}
	in, ok := steps[1].Input(chain.InputDuration)
	seconds, err := strconv.Atoi(in.Value)
	switch k := steps[0].Kind; {
	case !ok || err != nil || seconds <= 3600:
	case k == chain.KindProcess, k == chain.KindLogin, k == chain.KindCustom:
		return []Finding{{Code: "duration-may-be-refused", Profile: steps[1].Profile, Where: at(in.Origin),
			What: "a role session of " + in.Value + " s is asked for with credentials that may be a session"}}
	}
	return nil
}

// codeOfSession tells of a device beside a role that is assumed with a role's session:
// AWS takes codes of a user's device from that user only.
func (s Scene) codeOfSession() []Finding {
	for i, step := range s.Plan.Steps {
		serial, ok := step.Input(chain.InputMFASerial)
		if !ok || i == 0 || step.Kind != chain.KindAssumeRole {
			continue
		}
		switch s.Plan.Steps[i-1].Kind {
		case chain.KindSSO, chain.KindWebIdentity, chain.KindContainer, chain.KindIMDS, chain.KindAssumeRole:
			return []Finding{{Code: "mfa-of-session", Class: ClassRefused, Profile: step.Profile, Where: at(serial.Origin),
				What: "an MFA code is to go with a role that is assumed with another role's session",
				Fix:  "remove mfa_serial at " + serial.Origin.Position() + ", and have a condition on MFA taken out of the role's trust policy; or assume the role with the user's own keys"}}
		}
	}
	return nil
}
