package chain

import (
	"slices"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// surroundings are all that the plan of a source profile depends on besides the
// files: where calls go and for which region. Sources that read more of the
// environment are not kept.
type surroundings struct {
	region          string
	endpoints       [4]string // of STS, the portal, OIDC and sign-in, where the user set one
	fips, dualStack bool
	processChain    string
}

// whence is who decided region and endpoints. Most profiles have a region line
// of their own and the same region in it, so it is no part of the key and is put
// right in what is recalled.
type whence struct {
	region    origin.Origin
	endpoints [4]origin.Origin
}

type memoKey struct {
	surroundings
	name string
}

// known is the plan of a profile as somebody's source: what this profile adds to
// that of its own source. A thousand profiles in one chain are a thousand of
// these, not half a million steps.
type known struct {
	source        *known
	steps         []Step // with keys
	whence        whence
	before, after []profile.Diagnostic
	first         string // the profile that the chain begins with, or fails at
	length        int
	err           error
}

// around returns the surroundings; ok is false where plans are not kept.
func (p *planner) around() (surroundings, bool) {
	if p.place != nil {
		return *p.place, p.keeps
	}
	s := surroundings{region: p.region.Text, fips: p.enabled("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
		dualStack: p.enabled("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")}
	s.processChain, _ = p.env(chainVariable)
	p.keeps, p.whence.region = true, p.region.Origin
	for i, service := range [...]awsapi.Service{awsapi.STS, awsapi.SSO, awsapi.SSOOIDC, awsapi.SignIn} {
		v, err := p.customEndpoint(service)
		s.endpoints[i], p.whence.endpoints[i] = v.Text, v.Origin
		p.keeps = p.keeps && err == nil
	}
	p.place = &s
	return s, p.keeps
}

// recall returns the kept plan of a source profile. A chain that begins with the
// selected profile is a loop in its own plan, and so is planned anew.
func (p *planner) recall(name string, path []string) (*known, bool) {
	around, ok := p.around()
	if !ok {
		return nil, false
	}
	v, ok := p.graph.Memo().Load(memoKey{around, name})
	if !ok {
		return nil, false
	}
	k := v.(*known)
	return k, k.first != path[0]
}

// replay puts a kept plan together, with its notes in the order in which they
// were made.
func (p *planner) replay(k *known) ([]Step, error) {
	steps := make([]Step, k.length, k.length+1)
	at := len(steps)
	var way []*known
	for n := k; n != nil; n = n.source {
		at -= len(n.steps)
		copy(steps[at:], n.steps)
		if n.whence != p.whence {
			for i := range n.steps {
				p.relocate(&steps[at+i])
			}
		}
		p.notes = append(p.notes, n.before...)
		way = append(way, n)
	}
	for i := len(way) - 1; i >= 0; i-- {
		p.notes = append(p.notes, way[i].after...)
	}
	for i := range steps {
		if in, ok := steps[i].Input(InputRegion); ok && p.regionless == "" && !p.region.Set() {
			p.regionless = in.Value
			break
		}
	}
	p.last = k
	return steps, k.err
}

// relocate gives the region and the endpoints of a kept step the origins that
// they have in this plan.
func (p *planner) relocate(s *Step) {
	service := 0
	switch s.Kind {
	case KindAssumeRole, KindWebIdentity:
	case KindSSO:
		service = 1
	case KindLogin:
		service = 3
	default:
		return
	}
	s.Inputs = slices.Clone(s.Inputs)
	for i := range s.Inputs {
		in := &s.Inputs[i]
		switch {
		case in.Name == InputRegion && p.region.Set():
			in.Origin = p.whence.region
		case in.Name == InputEndpoint && p.place.endpoints[service] != "":
			in.Origin = p.whence.endpoints[service]
		case in.Name == InputOIDCEndpoint && p.place.endpoints[2] != "":
			in.Origin = p.whence.endpoints[2]
		}
	}
}

// keep remembers the plan of a source profile. mark is where its notes begin,
// inner where those of its own source are.
func (p *planner) keep(name string, steps []Step, err error, mark int, inner [2]int, source *known) {
	p.last = nil
	around, ok := p.around()
	if !ok || p.volatile {
		return
	}
	if err != nil {
		steps = nil
	}
	k := &known{source: source, length: len(steps), err: err, first: name, whence: p.whence}
	k.before = append(k.before, p.notes[mark:inner[0]]...)
	k.after = append(k.after, p.notes[inner[1]:]...)
	own := steps
	if source != nil {
		k.first = source.first
	}
	switch {
	case err != nil:
		k.source = nil
	case source != nil:
		own = steps[source.length:]
	}
	setKeys(steps)
	k.steps = append(k.steps, own...)
	p.graph.Memo().Store(memoKey{around, name}, k)
	p.last = k
}
