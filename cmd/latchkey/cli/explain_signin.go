package cli

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// signInState is what explain says of a sign-in that a step rests on.
type signInState struct {
	Key      string    `json:"session_key"`
	SignedIn bool      `json:"signed_in"`
	Expires  time.Time `json:"expires,omitzero"`
	Renews   bool      `json:"renews"`
	Error    string    `json:"error,omitempty"`
	fix      string
}

// lookForSignIns looks into the files of the sign-ins that a plan rests on. AWS is
// not asked.
func lookForSignIns(ctx context.Context, r *latchkey.Resolver, plan *chain.Plan) ([]signInState, error) {
	list, err := r.SignIns(plan)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var states []signInState
	for at := plan; at != nil; at = at.Next {
		for _, step := range at.Steps {
			if step.Kind != chain.KindSSO && step.Kind != chain.KindLogin {
				continue
			}
			state := signInState{Key: step.Key}
			standing, err := r.Standing(ctx, list[len(states)])
			if err != nil {
				found := explain.Error(&chain.StepError{Step: step, Err: err})
				state.Error, state.fix = found.What, found.Fix
			} else {
				state.SignedIn, state.Expires, state.Renews = true, standing.Expires.UTC(), standing.Renews
			}
			states = append(states, state)
		}
	}
	return states, nil
}

// signIn is the state of the sign-in that a step rests on.
func (r *report) signIn(key string) (signInState, bool) {
	for _, s := range r.SignIns {
		if s.Key == key {
			return s, true
		}
	}
	return signInState{}, false
}

// printSignIn adds the state of its sign-in to a step's lines.
func (r *report) printSignIn(out *lines, s chain.Step) {
	state, ok := r.signIn(s.Key)
	switch {
	case !ok:
	case !state.SignedIn:
		out.add("     %-24s no: %s", "signed in", display.Text(state.Error, 400))
	case state.Renews:
		out.add("     %-24s until %s, and then renewed as long as AWS lets it", "signed in", state.Expires.Local().Format(time.DateTime))
	default:
		out.add("     %-24s until %s", "signed in", state.Expires.Local().Format(time.DateTime))
	}
}

// over is what a person has to do before a step can be run, "" if nothing.
func (r *report) over(s chain.Step) string {
	state, _ := r.signIn(s.Key)
	return state.fix
}
