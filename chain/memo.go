package chain

import (
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// surroundings are all that the plan of a source profile depends on besides the
// files: where calls go and for which region. Sources that read more of the
// environment are not kept.
type surroundings struct {
	region          origin.Value
	endpoints       [4]origin.Value // of STS, the portal, OIDC and sign-in, where the user set one
	fips, dualStack bool
	processChain    string
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
	before, after []profile.Diagnostic
	first         string // the profile that the chain begins with
	length        int
	err           error
}

// around returns the surroundings; ok is false where plans are not kept.
func (p *planner) around() (surroundings, bool) {
	if p.place != nil {
		return *p.place, p.keeps
	}
	s := surroundings{region: p.region, fips: p.enabled("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
		dualStack: p.enabled("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")}
	s.processChain, _ = p.env(chainVariable)
	p.keeps = true
	for i, service := range [...]awsapi.Service{awsapi.STS, awsapi.SSO, awsapi.SSOOIDC, awsapi.SignIn} {
		v, err := p.customEndpoint(service)
		s.endpoints[i], p.keeps = v, p.keeps && err == nil
	}
	p.place = &s
	return s, p.keeps
}

// recall returns the kept plan of a source profile. A chain that begins with the
// keys of the selected profile is a loop when that profile is on the way.
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

// keep remembers the plan of a source profile. mark is where its notes begin,
// inner where those of its own source are.
func (p *planner) keep(name string, steps []Step, err error, mark int, inner [2]int, source *known) {
	p.last = nil
	around, ok := p.around()
	if !ok || p.volatile {
		return
	}
	if err != nil {
		steps, source = nil, nil
	}
	k := &known{source: source, length: len(steps), err: err, first: name}
	k.before = append(k.before, p.notes[mark:inner[0]]...)
	k.after = append(k.after, p.notes[inner[1]:]...)
	own := steps
	if source != nil {
		own, k.first = steps[source.length:], source.first
	}
	setKeys(steps)
	k.steps = append(k.steps, own...)
	p.graph.Memo().Store(memoKey{around, name}, k)
	p.last = k
}
