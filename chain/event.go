package chain

import "time"

// Phase says what has happened to a step.
type Phase string

// The phases.
const (
	PhaseBegun  Phase = "begun"
	PhaseDone   Phase = "done"
	PhaseFailed Phase = "failed"
)

// Event is something that happened while a plan was run. A step is asked for its
// credentials by the one behind it, so that the last begins first and ends last.
// There are no secrets in an event.
type Event struct {
	Step  Step
	Phase Phase
	// Kept says of a step that is done that it was not run: its credentials were
	// kept in this process, or by another of the user's.
	Kept bool
	// Took is the time since the step began, without that of the steps before it.
	// What a person takes to answer is part of it.
	Took time.Duration
	// AccessKeyID, AccountID and Expires are those of the credentials of a step that
	// is done; the account is "" and the expiry zero where nobody told them.
	AccessKeyID, AccountID string
	Expires                time.Time
	// Err is why a step failed: its own failure, or that of a step before it, which
	// the [StepError] in it names.
	Err error
}
