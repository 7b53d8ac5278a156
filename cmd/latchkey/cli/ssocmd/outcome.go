package ssocmd

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/profile"
)

// outcome is what a sync did, or would do.
type outcome struct {
	Session  string       `json:"session"`
	File     string       `json:"file"`
	Changed  bool         `json:"changed"`
	Written  bool         `json:"written"`
	Backup   string       `json:"backup,omitempty"`
	Profiles []outcomeRow `json:"profiles"`

	at      map[string]string // where the profiles outside of the block stand
	orphans []orphan
}

// places looks up where the profiles stand that a message will name.
func (o *outcome) places(outside *profile.Graph) {
	if o.Profiles == nil {
		o.Profiles = []outcomeRow{}
	}
	o.at, o.orphans = make(map[string]string), orphans(outside, goneBy(o.Profiles))
	for _, row := range o.Profiles {
		for _, name := range []string{row.Profile, row.Wanted} {
			if p, err := outside.Profile(name); err == nil && name != "" {
				o.at[name] = p.Origin().Position()
			}
		}
	}
}

// first returns the first profile in a state.
func (o *outcome) first(state string) string {
	for _, row := range o.Profiles {
		if row.State == state {
			return row.Profile
		}
	}
	return ""
}

// maxTold is how many roles are told of in each state; --json has all.
const maxTold = 10

// tell says in words what the preview does not show.
func (d *Deps) tell(o *outcome) {
	told := make(map[string]int)
	count := make(map[string]int)
	more := func(state string) {
		if n := told[state] - maxTold; n > 0 {
			d.say("and %s more; --json lists all", plural(n, "profile"))
		}
	}
	for _, kind := range []string{stateRenamed, stateElsewhere, stateUnusable, stateUntold, stateUnassigned, stateRemoved} {
		for _, row := range o.Profiles {
			if row.State != kind {
				continue
			}
			if told[kind]++; told[kind] <= maxTold {
				d.say("%s", row.words(o.at))
			}
		}
		more(kind)
	}
	for _, row := range o.Profiles {
		count[row.State]++
		where, ok := o.at[row.Wanted]
		if row.Wanted == "" || !ok || row.State != stateAdded {
			continue
		}
		if told["name"]++; told["name"] <= maxTold {
			d.say("%s is named so because there is another profile %s (%s)", cell(row.Profile), cell(row.Wanted), where)
		}
	}
	more("name")
	for _, orphan := range o.orphans {
		d.say("%s", orphan.words())
	}
	if !o.Changed {
		d.say("%s is up to date: %s", cell(o.Session), plural(count[stateUnchanged]+count[stateUnassigned]+count[stateUntold], "profile"))
		return
	}
	var parts []string
	for _, part := range [...]struct{ state, words string }{
		{stateAdded, "to add"}, {stateChanged, "to change"}, {stateRenamed, "to rename"}, {stateRemoved, "to remove"}, {stateUnchanged, "as they are"},
	} {
		if n := count[part.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, part.words))
		}
	}
	if len(parts) > 0 {
		d.say("profiles of %s: %s", cell(o.Session), strings.Join(parts, ", "))
	}
}

// words says what became of one role.
func (row *outcomeRow) words(at map[string]string) string {
	role := cell(row.Role) + " in " + row.AccountID
	if row.AccountName != "" {
		role += " (" + cell(row.AccountName) + ")"
	}
	name := cell(row.Profile)
	switch row.State {
	case stateRenamed:
		return "profile " + cell(row.Was) + " becomes " + name
	case stateElsewhere:
		return role + " has a profile already: " + name + " (" + at[row.Profile] + ")"
	case stateUnusable:
		return role + " gets no profile: AWS has no roles of such a name"
	case stateUntold:
		return "profile " + name + " stays: AWS does not tell your roles in its account"
	case stateUnassigned:
		return "profile " + name + " stays, but " + role + " is no longer assigned to you; --prune removes it"
	}
	return "profile " + name + " goes: " + role + " is no longer assigned to you"
}
