package console

import (
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// PartitionError is a partition whose console's hosts are not public.
type PartitionError struct{ Partition string }

// Error names the partition.
func (e *PartitionError) Error() string {
	return "the host of the console of partition " + display.Text(e.Partition, 40) + " is not known"
}

// DestinationError is a text that names no page of the console.
type DestinationError struct {
	To  string // as it was given
	Why string
}

// Error shows the text up to its query, which may be that of a link that signs in,
// and says what is wrong with it.
func (e *DestinationError) Error() string {
	to, _, _ := strings.Cut(e.To, "?")
	return "no page of the console: " + display.Text(to, 100) + ": " + e.Why
}

// Reason says why credentials open no console.
type Reason string

// The reasons.
const (
	// ReasonRoot: the account's root user, who signs in with a password.
	ReasonRoot Reason = "root"
	// ReasonUserSession: an IAM user's session without the key it was made with
	// (GetSessionToken). The key could ask for a federated user's session.
	ReasonUserSession Reason = "user-session"
	// ReasonSignIn: the session of an IAM user, or of root, who has signed in at
	// the console: the browser is signed in already.
	ReasonSignIn Reason = "sign-in"
	// ReasonPolicy: a session policy is to narrow what is a session already.
	ReasonPolicy Reason = "policy"
	// ReasonRefused: AWS refuses without a word what should be a role's session.
	ReasonRefused Reason = "refused"
)

// CredentialsError is credentials that cannot be made a sign-in.
type CredentialsError struct {
	ARN    string // whose they are
	Reason Reason
	// Page is the page that was asked for; it is public.
	Page string
	Err  error // AWS's answer, if it came to that
}

// Error names whose credentials they are and why that does not do.
func (e *CredentialsError) Error() string {
	who := display.Text(e.ARN, 200)
	switch e.Reason {
	case ReasonRoot:
		return "the root user's key opens no console: " + who
	case ReasonUserSession:
		return "an IAM user's session opens no console: " + who
	case ReasonSignIn:
		return "a sign-in at the console opens no other one: " + who
	case ReasonPolicy:
		return "no session policy can be put on what is a session already: " + who
	}
	why := ""
	if e.Err != nil {
		why = ": " + e.Err.Error()
	}
	return "the console does not take the credentials of " + who + why
}

// Unwrap returns AWS's answer.
func (e *CredentialsError) Unwrap() error { return e.Err }

// RoleError is a role that no link can switch to.
type RoleError struct {
	Name string // path and name, "" where there is none
	Why  string
}

// Error names the role and the reason.
func (e *RoleError) Error() string {
	return strings.TrimSuffix("role "+display.Text(e.Name, 200), " ") + ": " + e.Why
}
