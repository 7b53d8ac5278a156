package explain

import (
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// blamed is the origin of the input that a rule blames in a step, nil if the step
// has none of them.
func blamed(r *Rule, s chain.Step) *origin.Origin {
	for _, name := range r.inputs {
		if name == anyInput && len(s.Inputs) > 0 {
			return at(s.Inputs[0].Origin)
		}
		if in, ok := s.Input(name); ok {
			return at(in.Origin)
		}
	}
	return nil
}
