package ssocmd

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/sso"
)

// The states of a profile after a sync.
const (
	stateAdded      = "added"
	stateChanged    = "changed"
	stateRenamed    = "renamed"
	stateUnchanged  = "unchanged"
	stateRemoved    = "removed"
	stateUnassigned = "unassigned" // stays, because --prune was not said
	stateUntold     = "untold"     // stays, because AWS does not tell the account's roles
	stateElsewhere  = "elsewhere"  // the role has a profile outside of the block
	stateUnusable   = "unusable"   // the role's name cannot be one of AWS's
)

// outcomeRow is what became of one role, or of a profile in the block.
type outcomeRow struct {
	Profile     string `json:"profile"`
	AccountID   string `json:"account_id"`
	AccountName string `json:"account_name,omitempty"`
	Role        string `json:"role"`
	State       string `json:"state"`
	// Was is the name before, of one that was renamed. Wanted is the name that the
	// template makes, where something else has it.
	Was    string `json:"was,omitempty"`
	Wanted string `json:"wanted,omitempty"`
}

// planning is what a sync starts from.
type planning struct {
	signIn   chain.SignIn
	accounts []sso.Account
	template template
	rename   bool // the template is another one than last time
	region   string
	force    bool // the region was asked for, so it counts for all profiles
	prune    bool
	old      profile.Block
	outside  *profile.Graph // all but the block
	session  *profile.BlockSection
}

// plan returns the sections of the new block and what became of each role. It is
// the same for the same state of the world, and nothing changes if it is run again.
func (p *planning) plan() (sections []profile.BlockSection, rows []outcomeRow) {
	n := p.naming()
	sections, profiles, had := p.sorted()
	for _, s := range profiles {
		n.used[strings.ToLower(strings.TrimPrefix(s.Section, "profile "))] = true
	}
	if p.session != nil {
		sections = append(sections, *p.session)
	}
	list, rows := p.wanted(had)
	left, leftRows := p.leftOver(had, list, n)
	profiles, rows = append(profiles, left...), append(rows, leftRows...)
	for _, w := range list {
		if s := had[pair{w.account.ID, w.role}]; s != nil && !p.rename {
			if name := strings.TrimPrefix(s.Section, "profile "); n.free(name) {
				n.give(w, name)
			}
		}
	}
	n.assign(list)
	for _, w := range list {
		s, row := p.profile(w, had[pair{w.account.ID, w.role}])
		profiles, rows = append(profiles, s), append(rows, row)
	}
	sort.Slice(profiles, func(i, j int) bool { return profiles[i].Section < profiles[j].Section })
	sort.SliceStable(rows, func(i, j int) bool {
		return cmp.Or(cmp.Compare(rows[i].Profile, rows[j].Profile), cmp.Compare(rows[i].State, rows[j].State)) < 0
	})
	return append(sections, profiles...), rows
}

// sorted returns what the block holds: sections that are no profiles, profiles that
// somebody else put there, and by their roles those that sync made.
func (p *planning) sorted() (sections, foreign []profile.BlockSection, had map[pair]*profile.BlockSection) {
	had = make(map[pair]*profile.BlockSection)
	for i := range p.old.Sections {
		s := &p.old.Sections[i]
		at := pair{s.Get(keyAccount), s.Get(keyRole)}
		switch _, twice := had[at]; {
		case !strings.HasPrefix(s.Section, "profile "):
			sections = append(sections, *s)
		case s.Get(keySession) != p.signIn.Session.Text || at.account == "" || at.role == "" || twice:
			foreign = append(foreign, *s)
		default:
			had[at] = s
		}
	}
	return sections, foreign, had
}

// wanted returns the roles that are to have a profile in the block, in an order
// that does not depend on what the accounts are called today.
func (p *planning) wanted(had map[pair]*profile.BlockSection) (list []*wanted, rows []outcomeRow) {
	elsewhere := uses(p.outside, p.signIn)
	for _, a := range p.accounts {
		for _, role := range a.Roles {
			row := outcomeRow{AccountID: a.ID, AccountName: a.Name, Role: role}
			at := pair{a.ID, role}
			switch others := elsewhere[at]; {
			case !usable(role):
				row.State = stateUnusable
			case len(others) > 0 && had[at] == nil:
				row.State, row.Profile = stateElsewhere, others[0]
			default:
				list = append(list, &wanted{account: a, role: role})
				continue
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(list, func(a, b *wanted) int {
		return cmp.Or(cmp.Compare(a.account.ID, b.account.ID), cmp.Compare(a.role, b.role))
	})
	return list, rows
}

// usable reports whether a role has a name as IAM allows it. Any other could be
// read as something else in the file.
func usable(role string) bool {
	return !strings.ContainsFunc(role, func(r rune) bool { return !nameRune(r) && r != '=' && r != ',' })
}

func (p *planning) naming() *naming {
	taken := make(map[string]bool)
	for _, name := range p.outside.Names() {
		taken[strings.ToLower(name)] = true
	}
	return &naming{template: p.template, session: p.signIn.Session.Text, used: make(map[string]bool),
		taken: func(name string) bool { return taken[strings.ToLower(name)] }}
}

// leftOver returns the profiles of the block whose roles are not assigned any more.
func (p *planning) leftOver(had map[pair]*profile.BlockSection, list []*wanted, n *naming) (kept []profile.BlockSection, rows []outcomeRow) {
	untold, listed := make(map[string]bool), make(map[pair]bool)
	for _, a := range p.accounts {
		untold[a.ID] = a.Refused
	}
	for _, w := range list {
		listed[pair{w.account.ID, w.role}] = true
	}
	places := slices.Collect(maps.Keys(had))
	sort.Slice(places, func(i, j int) bool {
		return cmp.Or(cmp.Compare(places[i].account, places[j].account), cmp.Compare(places[i].role, places[j].role)) < 0
	})
	for _, at := range places {
		s := had[at]
		name := strings.TrimPrefix(s.Section, "profile ")
		row := outcomeRow{Profile: name, AccountID: at.account, AccountName: s.Get(keyAccountName), Role: at.role, State: stateUnassigned}
		switch {
		case listed[at]:
			continue
		case untold[at.account]:
			row.State = stateUntold
		case p.prune:
			row.State = stateRemoved
		}
		rows = append(rows, row)
		if row.State != stateRemoved {
			kept = append(kept, *s)
			n.used[strings.ToLower(name)] = true
		}
	}
	return kept, rows
}

// profile makes the profile of a role. What somebody added to it stays.
func (p *planning) profile(w *wanted, old *profile.BlockSection) (profile.BlockSection, outcomeRow) {
	s := profile.BlockSection{Section: "profile " + w.name}
	set := func(key, value string) {
		if value != "" {
			s.Properties = append(s.Properties, profile.Property{Key: key, Value: value})
		}
	}
	region := p.region
	if old != nil && !p.force && old.Get(keyRegion) != "" {
		region = old.Get(keyRegion)
	}
	set(keySession, p.signIn.Session.Text)
	set(keyAccount, w.account.ID)
	set(keyAccountName, shownName(w.account.Name))
	set(keyRole, w.role)
	set(keyRegion, region)
	row := outcomeRow{Profile: w.name, AccountID: w.account.ID, AccountName: w.account.Name, Role: w.role, State: stateAdded}
	if !strings.EqualFold(w.base, w.name) {
		row.Wanted = w.base
	}
	if old == nil {
		return s, row
	}
	for _, property := range old.Properties {
		switch property.Key {
		case keySession, keyAccount, keyAccountName, keyRole, keyRegion:
		default:
			s.Properties = append(s.Properties, property)
		}
	}
	switch was := strings.TrimPrefix(old.Section, "profile "); {
	case was != w.name:
		row.State, row.Was = stateRenamed, was
	case slices.Equal(s.Properties, old.Properties):
		row.State = stateUnchanged
	default:
		row.State = stateChanged
	}
	return s, row
}
