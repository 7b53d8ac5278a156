package explain

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
)

// Error explains an error of loading, planning or running. The class decides
// the exit code.
func Error(err error) Finding {
	f := Finding{Code: "failed", Class: ClassFailed, What: err.Error()}
	var step *chain.StepError
	if errors.As(err, &step) {
		f.Profile = step.Step.Profile
		f.What = label(&f) + step.Err.Error()
	}
	if found := explained(allRules(), err, f); len(found) > 0 {
		f = found[0].finding
		f.locate(found[0].rule, step)
		f.Evidence = evidence(found[0].err)
		if found[0].rule.refine != nil {
			found[0].rule.refine(f.Evidence, &f)
		}
	}
	var selected *chain.SelectionError
	if errors.As(err, &selected) {
		f.Why = strings.TrimPrefix(f.Why+"; "+selected.Selected.Origin.String()+" names the profile", "; ")
		o, nowhere := selected.Selected.Origin, f.Where == nil || f.Where.Line == 0
		if f.Code == "not-found" && nowhere && o.Kind == origin.KindEnv {
			f.Where, f.Fix = at(o), f.Fix+"; correct "+o.Key+", or unset "+o.Key
		}
	}
	return finding(f)
}

// Matching returns the codes of the rules that explain an error: one, unless the
// rules contradict each other, or none.
func Matching(err error) []string {
	var codes []string
	for _, c := range explained(allRules(), err, Finding{}) {
		codes = append(codes, c.rule.Code)
	}
	return codes
}

// explained looks for the outermost error that a rule knows: who wraps an error
// knows more of it than the error itself. Only the person's own end of a command
// counts wherever it is.
func explained(rules []Rule, err error, start Finding) []candidate {
	if cancelled(err) {
		err = context.Canceled
	}
	return outermost(rules, err, start)
}

func outermost(rules []Rule, err error, start Finding) []candidate {
	if err == nil {
		return nil
	}
	if found := matching(rules, err, start); len(found) > 0 {
		return found
	}
	switch wrapper := err.(type) { // it is the walk over what is wrapped
	case interface{ Unwrap() error }:
		return outermost(rules, wrapper.Unwrap(), start)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			if found := outermost(rules, inner, start); len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// cancelled reports whether the person ended it. A process that has the terminal
// gets the Ctrl-C, not we.
func cancelled(err error) bool {
	var process *provider.ProcessError
	interrupted := errors.As(err, &process) && process.Signal == os.Interrupt.String()
	return interrupted || errors.Is(err, context.Canceled)
}

// locate points at the input of the step that the rule blames, unless the error
// itself has said where.
func (f *Finding) locate(r *Rule, step *chain.StepError) {
	if f.Where != nil || step == nil {
		return
	}
	f.Where = blamed(r, step.Step)
}

// anyInput is the first input that a step has.
const anyInput = "*"

// refused are the inputs to blame where AWS refuses a call.
func refusedInputs() []string { return []string{chain.InputRoleARN, anyInput} }

// evidence is what AWS's answer tells of a call, for its owner to look up.
func evidence(err error) []Fact {
	api, ok := err.(*awsapi.APIError) // and no other: what is behind an error other processes do not see
	if !ok {
		return nil
	}
	var known facts
	known.add(FactService, string(api.Service))
	known.add(FactOperation, api.Operation)
	known.add(FactCode, api.Code)
	known.add(FactRequestID, api.RequestID)
	known.add(FactEndpoint, api.Endpoint)
	for _, fact := range factsOf(mask(api.Message)) {
		known.add(fact.Name, fact.Value)
	}
	return known
}

// label begins the text of an error with the profile that it is about.
func label(f *Finding) string {
	if f.Profile == "" {
		return ""
	}
	return "profile " + f.Profile + ": "
}
