package console

// Limit says why a console does not stay open for as long as was asked.
type Limit string

// The limits. The console ends with its session then.
const (
	// LimitChained: the role was assumed with another role's session.
	LimitChained Limit = "chained"
	// LimitMFA: the role was assumed with an MFA session.
	LimitMFA Limit = "mfa"
	// LimitFederated: a federated user's session is what it is.
	LimitFederated Limit = "federated"
	// LimitRefused: AWS did not want to, and does not say why.
	LimitRefused Limit = "refused"
)
