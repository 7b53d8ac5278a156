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

// blamedIn is the origin of the input to blame in a plan: that of the step for the
// role that the text names, else the last step's that has such an input.
func blamedIn(r *Rule, plan *chain.Plan, role string) *origin.Origin {
	var steps []chain.Step
	for at := plan; at != nil; at = at.Next {
		for _, s := range at.Steps {
			if role != "" && s.Get(chain.InputRoleARN) == role {
				if found := blamed(r, s); found != nil {
					return found
				}
			}
			steps = append(steps, s)
		}
	}
	for _, name := range r.inputs {
		for i := len(steps) - 1; i >= 0; i-- {
			if in, ok := steps[i].Input(name); ok {
				return at(in.Origin)
			}
		}
	}
	return nil
}
