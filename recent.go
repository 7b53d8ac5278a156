package latchkey

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/session"
)

// A role's trust policy may want a recent code (aws:MultiFactorAuthAge, an hour in
// AWS's examples), and AWS does not say that this is why it refuses. So a role that
// is refused to an MFA session of some age is tried once more with a new one.

// recentCode is how old an MFA session may be without being blamed for a refusal.
const recentCode = time.Hour

type anewKey struct{}

// recent is a role that is assumed with an MFA session.
type recent struct {
	p    *Provider
	role aws.CredentialsProvider
	// code is the MFA session's step and its cache in this process.
	code  *signed
	cache *session.Cache
}

func (r *recent) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := r.role.Retrieve(ctx)
	var refused *awsapi.APIError
	if !errors.As(err, &refused) || refused.Operation != "AssumeRole" || !refused.HasCode("AccessDenied") || session.Quiet(ctx) || !r.aged(ctx) {
		return creds, err
	}
	r.cache.Invalidate()
	again, failed := r.role.Retrieve(context.WithValue(ctx, anewKey{}, r.code.step.Key))
	if failed != nil && ctx.Err() == nil {
		return creds, err // what AWS said first: nobody could be asked, or it was not that
	}
	return again, failed
}

// aged reports whether the MFA session that is kept was made a while ago.
func (r *recent) aged(ctx context.Context) bool {
	key, known := r.p.resolver.SessionKey(r.code.plan, r.code.step)
	list, err := r.p.shared.List(ctx)
	if !known || err != nil {
		return false
	}
	for _, i := range list {
		if i.Key == key {
			return r.p.resolver.opts.Now().Sub(i.Obtained) > recentCode
		}
	}
	return false
}

// minimum is how long a session must last for ctx: for ever, which none does, where
// a new one is wanted.
func (s *signed) minimum(ctx context.Context, asked time.Duration) time.Duration {
	if ctx.Value(anewKey{}) == s.step.Key {
		return math.MaxInt64
	}
	return asked
}
