package ssocmd

import (
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

// orphan is a profile outside of the block whose source profile goes, or gets another
// name: it would not work any more.
type orphan struct{ profile, at, source, becomes string }

// orphans finds them. gone are the names that go, with what they become, "" for
// nothing.
func orphans(outside *profile.Graph, gone map[string]string) []orphan {
	var list []orphan
	if len(gone) == 0 {
		return nil
	}
	for _, name := range outside.Names() {
		p, err := outside.Profile(name)
		if err != nil {
			continue // it does not work as it is
		}
		for _, key := range [...]string{"source_profile", "include_profile"} {
			v, ok := p.Get(key)
			if becomes, goes := gone[v.Text]; ok && goes {
				list = append(list, orphan{name, v.Origin.Position(), v.Text, becomes})
			}
		}
	}
	return list
}

// goneBy is what a sync's rows say of names that are no more.
func goneBy(rows []outcomeRow) map[string]string {
	gone := make(map[string]string)
	for _, row := range rows {
		switch row.State {
		case stateRenamed:
			gone[row.Was] = row.Profile
		case stateRemoved:
			gone[row.Profile] = ""
		}
	}
	for _, row := range rows { // a name that another profile gets is not gone
		if row.State != stateRemoved {
			delete(gone, row.Profile)
		}
	}
	return gone
}

// words says what is to be done about it.
func (o orphan) words() string {
	text := "profile " + cell(o.profile) + " gets its credentials from " + cell(o.source) + " (" + o.at + "), which "
	if o.becomes == "" {
		return text + "goes: it will not work any more"
	}
	return text + "becomes " + explain.Word(cell(o.becomes)) + ": write that there"
}
