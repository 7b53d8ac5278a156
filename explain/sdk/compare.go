package sdk

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// Latchkey stands for latchkey's own plan among resolutions.
const Latchkey SDK = "latchkey"

// Own is latchkey's plan in the form of a resolution.
func Own(plan *chain.Plan) Resolution {
	res := Resolution{SDK: Latchkey, Profile: plan.Profile, Region: plan.Region, Steps: []Step{}, Notes: []Note{}}
	for _, s := range plan.Steps {
		if s.Kind == chain.KindSessionToken {
			continue // an MFA session of the same user
		}
		step := Step{Kind: s.Kind, Profile: s.Profile, Inputs: []Detail{}}
		for _, in := range s.Inputs {
			if in.Value != "" {
				step.add(in.Name, in.Value, in.Origin)
			}
		}
		res.Steps = append(res.Steps, step)
	}
	return res
}

// Aspect says in what two resolutions differ.
type Aspect string

// The aspects.
const (
	AspectError  Aspect = "error"  // one of them ends with an error
	AspectSource Aspect = "source" // the credentials come from elsewhere, or are somebody else's
	AspectRegion Aspect = "region"
	AspectMFA    Aspect = "mfa" // a role is assumed without the code that is configured
)

// Difference is one thing that SDKs do otherwise than latchkey.
type Difference struct {
	SDKs   []SDK  `json:"sdks"`
	Aspect Aspect `json:"aspect"`
	// Theirs and Own are what is different, in a few words.
	Theirs string `json:"theirs"`
	Own    string `json:"own"`
	// Why are the rules that make the difference, each with its line and an edit
	// that makes all agree.
	Why []Note `json:"why"`
}

// Differences compares SDKs with latchkey's own resolution. SDKs that differ in
// the same way for the same reasons are one difference.
func Differences(own Resolution, others []Resolution) []Difference {
	list := []Difference{}
	for _, res := range others {
		for _, d := range compare(&own, &res) {
			same := slices.IndexFunc(list, func(e Difference) bool {
				return e.Aspect == d.Aspect && e.Theirs == d.Theirs && slices.Equal(e.Why, d.Why)
			})
			if same >= 0 {
				list[same].SDKs = append(list[same].SDKs, res.SDK)
			} else {
				list = append(list, d)
			}
		}
	}
	return list
}

func compare(own, res *Resolution) []Difference {
	var list []Difference
	about := []SDK{res.SDK}
	switch {
	case res.Failure != nil && own.Failure == nil:
		f := res.Failure
		why := []Note{{f.Code, f.Class + ": " + f.Text, f.Where, f.Fix}}
		for _, n := range res.Notes {
			// Others are about what it would have done then.
			if n.Where == f.Where && n.Where != (origin.Origin{}) || strings.HasPrefix(n.Code, "location") || n.Code == "profile-variable" {
				why = append(why, n)
			}
		}
		list = append(list, Difference{about, AspectError, "fails: " + f.Class, own.Describe(), why})
	case res.Failure == nil && own.Failure != nil:
		f := own.Failure
		why := append([]Note{{f.Code, "latchkey: " + f.Text, f.Where, f.Fix}}, res.relevant(false)...)
		list = append(list, Difference{about, AspectError, res.Describe(), "fails: " + f.Class, why})
	case res.Failure == nil && !sameIdentity(own, res):
		list = append(list, Difference{about, AspectSource, res.Describe(), own.Describe(), res.relevant(false)})
	case res.Failure == nil && res.SDK == Rust:
		for _, n := range res.Notes {
			if n.Code == "mfa-prompt" {
				list = append(list, Difference{about, AspectMFA, "the role without a code", "with one", []Note{n}})
			}
		}
	}
	if own.Failure == nil && own.Region.Text != res.Region.Text && res.Failure == nil {
		list = append(list, Difference{about, AspectRegion, regionText(res.Region), regionText(own.Region), res.relevant(true)})
	}
	for i := range list {
		if len(list[i].Why) == 0 {
			list[i].Why = []Note{{"own-order", "it takes its sources in an order of its own", res.Profile.Origin, "leave one source of credentials in the profile"}}
		}
	}
	return list
}

func regionText(v origin.Value) string {
	if v.Text == "" {
		return "no region"
	}
	return v.Text
}

// relevant are the notes about the region, or all others, of which something
// follows.
func (res *Resolution) relevant(region bool) []Note {
	list := []Note{}
	for _, n := range res.Notes {
		about := n.Code == "region-variable" || n.Where.Key == chain.InputRegion
		if about == region && n.Fix != "" {
			list = append(list, n)
		}
	}
	return list
}

// sameIdentity reports whether both get the credentials of the same identity in
// the same way.
func sameIdentity(own, res *Resolution) bool {
	mine, theirs := own.Steps, res.Steps
	if len(theirs) > 0 && callsLatchkey(theirs[0].Get(chain.InputCommand)) && len(theirs) <= len(mine) {
		// It is handed what latchkey has.
		mine, theirs = mine[len(mine)-len(theirs)+1:], theirs[1:]
	}
	return slices.EqualFunc(mine, theirs, func(a, b Step) bool {
		return a.Kind == b.Kind && slices.Equal(a.signature(), b.signature())
	})
}

// callsLatchkey reports whether a command asks latchkey for credentials.
func callsLatchkey(command string) bool {
	words, problem := shlexSplit(command)
	if problem != "" || len(words) < 2 || words[1] != "credentials" {
		return false
	}
	name := strings.TrimSuffix(filepath.Base(strings.ReplaceAll(words[0], `\`, "/")), ".exe")
	return name == "latchkey"
}

// signature are the values that make a step the one that it is.
func (s *Step) signature() []string {
	names := []string{chain.InputAccessKeyID}
	switch s.Kind {
	case chain.KindProcess:
		names = []string{chain.InputCommand}
	case chain.KindSSO:
		names = []string{chain.InputStartURL, chain.InputSSORegion, chain.InputSSOAccount, chain.InputSSORole}
	case chain.KindLogin:
		return []string{strings.TrimSpace(s.Get(chain.InputLoginSession))}
	case chain.KindWebIdentity:
		names = []string{chain.InputRoleARN, chain.InputTokenFile}
	case chain.KindAssumeRole:
		names = []string{chain.InputRoleARN, chain.InputExternalID}
	case chain.KindContainer:
		names = []string{chain.InputEndpoint}
	case chain.KindIMDS:
		return nil
	}
	var list []string
	for _, name := range names {
		list = append(list, s.Get(name))
	}
	return list
}

// Describe says in a few words where the credentials come from and whose they are.
func (res *Resolution) Describe() string {
	if res.Failure != nil {
		return "fails: " + res.Failure.Class
	}
	return res.Source() + ", " + res.Identity()
}

// Source names the kind of the first step, and how many roles are assumed then.
func (res *Resolution) Source() string {
	if len(res.Steps) == 0 {
		return "nothing"
	}
	text := string(res.Steps[0].Kind)
	switch res.Steps[0].Kind {
	case chain.KindStatic:
		text = "key pair"
	case chain.KindIMDS:
		text = "metadata"
	}
	switch n := len(res.Steps) - 1; n {
	case 0:
	case 1:
		text += ", role"
	default:
		text += ", " + string(rune('0'+min(n, 9))) + " roles"
	}
	return text
}

// Identity is whose credentials they are in the end: an access key ID, a role, a
// sign-in or a command.
func (res *Resolution) Identity() string {
	if len(res.Steps) == 0 {
		return ""
	}
	s := res.Steps[len(res.Steps)-1]
	switch s.Kind {
	case chain.KindAssumeRole, chain.KindWebIdentity:
		return shortRole(s.Get(chain.InputRoleARN))
	case chain.KindSSO:
		return s.Get(chain.InputSSORole) + " in " + s.Get(chain.InputSSOAccount)
	case chain.KindLogin:
		return s.Get(chain.InputLoginSession)
	case chain.KindProcess:
		return s.Get(chain.InputCommand)
	case chain.KindContainer:
		return s.Get(chain.InputEndpoint)
	case chain.KindIMDS:
		return "the instance's role"
	case chain.KindVault:
		return s.Get(chain.InputVaultEntry)
	}
	return s.Get(chain.InputAccessKeyID)
}

// shortRole is the name of a role and its account.
func shortRole(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || !strings.HasPrefix(parts[5], "role/") {
		return arn
	}
	return parts[5][len("role/"):] + " in " + parts[4]
}
