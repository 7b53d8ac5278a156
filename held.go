package latchkey

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/session"
)

// Held returns the credentials of a plan that are kept for all processes, if there
// are any that serve as they are: nothing has to be built, fetched or waited for
// then. Otherwise it returns false, and [Provider.Retrieve] sees to it.
func (r *Resolver) Held(ctx context.Context, plan *chain.Plan) (aws.Credentials, bool) {
	last := plan.Last()
	key, known := r.SessionKey(plan, *last)
	if !known || !shares(last.Kind) {
		return aws.Credentials{}, false
	}
	if keep, err := r.keepsSessions(); err != nil || !keep {
		return aws.Credentials{}, false
	}
	o := r.storeOptions()
	o.Warn = nil // Retrieve tells
	about := (&Provider{plan: plan}).about(*last)
	about.Key = key
	return session.NewStore(o).Held(ctx, about)
}
