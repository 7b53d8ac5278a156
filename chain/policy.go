package chain

import (
	"time"

	"github.com/latchkey-aws/latchkey/origin"
)

// Source is a place in the order in which credentials are looked for.
type Source string

// The sources of the default order. Any other Source names a provider of the
// program that uses the library, handed to Build in Deps.Custom.
const (
	SourceEnvironment Source = "environment"
	SourceWebIdentity Source = "web-identity"
	SourceProfile     Source = "profile"
	SourceContainer   Source = "container"
	SourceIMDS        Source = "imds"
)

// DefaultOrder returns the order of the AWS SDKs: environment keys, web
// identity from the environment, the profile, the container endpoint, the
// instance metadata service.
func DefaultOrder() []Source {
	return []Source{SourceEnvironment, SourceWebIdentity, SourceProfile, SourceContainer, SourceIMDS}
}

// Policy is what the caller asks of a plan beyond the configuration. The zero
// Policy asks for nothing.
type Policy struct {
	// Order replaces DefaultOrder. A profile named by the caller still takes
	// the environment's sources out.
	Order []Source
	// Region wins over the environment's and the profile's.
	Region origin.Value
	// Role is the ARN of a role to assume on top of what the profile yields.
	Role origin.Value
	// Duration is how long the last session is to last; 0 leaves it to the
	// profile or AWS. DurationOrigin says who asked.
	Duration       time.Duration
	DurationOrigin origin.Origin
	// Lifetime is how long the credentials must last at least; a role session
	// that nobody gave a duration is asked for with this one. 0: no demand.
	Lifetime       time.Duration
	LifetimeOrigin origin.Origin
	// SessionPolicy is the JSON text of a policy that narrows the last role
	// session, PolicyARNs up to ten managed policies that do, and ReadOnly the
	// managed policy ReadOnlyAccess of the role's partition.
	SessionPolicy origin.Value
	PolicyARNs    []origin.Value
	ReadOnly      bool
	// Console says that the credentials are for the web console. An IAM user's key
	// is traded for a session there, which takes session policies as a role's does:
	// who asks for them has to put them on it.
	Console bool
	// MFA asks for an MFA session where the plan would end with long-term keys.
	MFA bool
	// IMDSv1 allows the metadata service's old protocol.
	IMDSv1 bool
}

// narrows reports whether a session policy of any form is asked for.
func (p Policy) narrows() bool {
	return p.SessionPolicy.Set() || len(p.PolicyARNs) > 0 || p.ReadOnly
}

func (p Policy) order(explicitProfile bool) []Source {
	order := p.Order
	if order == nil {
		order = DefaultOrder()
	}
	if !explicitProfile {
		return order
	}
	kept := make([]Source, 0, len(order))
	for _, s := range order {
		if s != SourceEnvironment && s != SourceWebIdentity {
			kept = append(kept, s)
		}
	}
	return kept
}
