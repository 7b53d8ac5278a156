package explain

import (
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
)

// Status says what came of a step when its plan was run.
type Status string

// The statuses, in the words that people are shown.
const (
	StatusDone       Status = "done"
	StatusKept       Status = "kept session" // from before, or of another process
	StatusFailed     Status = "failed"
	StatusAbsent     Status = "not there"   // so that the plan went on with its next source
	StatusNotNeeded  Status = "not needed"  // what comes of a later step was known
	StatusNotReached Status = "not reached" // a step before it failed
)

// TriedStep is one step of a plan that was run.
type TriedStep struct {
	Step   chain.Step
	Status Status
	// Took is the step's own time, 0 if it was not run.
	Took time.Duration
	// AccessKeyID, AccountID and Expires are those of the credentials that came out.
	AccessKeyID, AccountID string
	Expires                time.Time
	// Err is the failure of this step.
	Err error
}

// Tried tells what came of each step of a plan, those of the plans behind it
// included, from what was observed while it was run.
func Tried(plan *chain.Plan, events []chain.Event) []TriedStep {
	last := map[string]chain.Event{}
	for _, e := range events {
		before, seen := last[e.Step.Key]
		if e.Kept && seen && before.Phase == chain.PhaseDone && !before.Kept {
			continue // it was run just now, and asked for again
		}
		last[e.Step.Key] = e
	}
	var list []TriedStep
	for at := plan; at != nil; at = at.Next {
		first := len(list)
		needed := false // by a step behind it
		for i := len(at.Steps) - 1; i >= 0; i-- {
			t := tried(at.Steps[i], last)
			if t.Status == StatusNotReached && needed {
				t.Status = StatusNotNeeded
			}
			// A refusal of another process a moment ago needs none either.
			needed = needed || t.Status != StatusNotReached
			list = append(list, t)
		}
		if !reverse(list[first:]) {
			return append(list, behind(at, list[len(list)-1].Status)...)
		}
	}
	return list
}

// behind are the steps of the plans behind one that was there: nobody asks for them,
// whether it worked or not.
func behind(plan *chain.Plan, last Status) []TriedStep {
	var list []TriedStep
	status := StatusNotReached
	if last == StatusDone || last == StatusKept {
		status = StatusNotNeeded
	}
	for at := plan.Next; at != nil; at = at.Next {
		for _, s := range at.Steps {
			list = append(list, TriedStep{Step: s, Status: status})
		}
	}
	return list
}

// tried is what came of one step.
func tried(s chain.Step, last map[string]chain.Event) TriedStep {
	t := TriedStep{Step: s, Status: StatusNotReached}
	e, seen := last[s.Key]
	var of *chain.StepError
	switch {
	case !seen:
	case e.Phase == chain.PhaseDone:
		t.Status, t.Took, t.AccessKeyID, t.AccountID, t.Expires = StatusDone, e.Took, e.AccessKeyID, e.AccountID, e.Expires
		if e.Kept {
			t.Status = StatusKept
		}
	case e.Phase == chain.PhaseFailed && (!errors.As(e.Err, &of) || of.Step.Key == s.Key):
		t.Status, t.Took, t.Err = StatusFailed, e.Took, e.Err
	}
	return t
}

// reverse puts the steps of one plan into their order, and reports whether its
// first turned out not to be there.
func reverse(list []TriedStep) (absent bool) {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	var not chain.NotConfigured
	if list[0].Status != StatusFailed || !errors.As(list[0].Err, &not) || !not.NotConfigured() {
		return false
	}
	list[0].Status = StatusAbsent
	for i := range list[1:] {
		list[i+1].Status = StatusNotNeeded
	}
	return true
}

// noticeSkew is the clock difference that is worth a word.
const noticeSkew = time.Minute

// ClockFinding says what a difference of AWS's clock to this machine's means, nil for
// one that means nothing. skew is AWS's clock minus ours.
func ClockFinding(skew time.Duration) *Finding {
	off := skew.Abs()
	if off <= noticeSkew {
		return nil
	}
	f := Finding{Code: "clock", What: clockOff(skew),
		Why: "what ends by the clock ends too early or too late for other tools, and codes of an MFA seed are wrong",
		Fix: "set the clock (on WSL: sudo hwclock -s)"}
	if off > maxSkew {
		f.Class = ClassRefused
		f.Why = "services refuse signatures that are 5 to 15 minutes off; latchkey signs with AWS's time"
		f.Breaks = "boto3 and the AWS CLI sign with this machine's"
	}
	tell(clockRules(), &f)
	return &f
}
