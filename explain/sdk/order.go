package sdk

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
)

// leave notes the sources of a profile that are left aside for the one that is
// taken: which that is is the SDK's choice.
func (r *run) leave(s *section, taken chain.Kind) {
	if s == nil {
		return
	}
	var left []string
	var at value
	for _, source := range [...]struct {
		key  string
		kind chain.Kind
	}{
		{chain.InputTokenFile, chain.KindWebIdentity}, {keySource, chain.KindAssumeRole}, {keyCredSource, chain.KindAssumeRole},
		{chain.InputSSOAccount, chain.KindSSO}, {chain.InputLoginSession, chain.KindLogin}, {chain.InputCommand, chain.KindProcess},
		{chain.InputAccessKeyID, chain.KindStatic},
	} {
		if source.kind == chain.KindAssumeRole && taken == chain.KindStatic && s.has(chain.InputRoleARN) {
			continue // a source profile with a role, which has a note of its own
		}
		if v, ok := s.keys[source.key]; ok && source.kind != taken {
			left = append(left, source.key)
			at = v
		}
	}
	if len(left) == 0 {
		return
	}
	r.note("order-in-profile", "in a profile "+nameOf(taken)+" comes before "+strings.Join(left, " and "), at.origin(), "leave one source of credentials in the profile")
}

func (p *python) order(name string, taken chain.Kind) {
	s := p.config.profiles[name]
	if taken == chain.KindAssumeRole && s.text(keySource) == name {
		return
	}
	p.leave(s, taken)
}

// nameOf is a source for people.
func nameOf(kind chain.Kind) string {
	switch kind {
	case chain.KindAssumeRole:
		return "the role with its source"
	case chain.KindWebIdentity:
		return "the token file"
	case chain.KindSSO:
		return "Identity Center"
	case chain.KindLogin:
		return "the console sign-in"
	case chain.KindProcess:
		return "the command"
	case chain.KindStatic:
		return "the key pair"
	}
	return string(kind)
}
