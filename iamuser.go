package latchkey

import (
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
)

// IAM returns the calls of IAM and STS for the credentials of a plan: with the
// region, endpoints and certificates that the plan itself is run with.
func (r *Resolver) IAM(plan *chain.Plan) (*awsapi.Client, iam.Endpoints, error) {
	sts, err := chain.CallerEndpoint(r.config(), plan, awsapi.STS)
	if err != nil {
		return nil, iam.Endpoints{}, err
	}
	at, err := chain.CallerEndpoint(r.config(), plan, awsapi.IAM)
	return r.client(plan.CABundle), iam.Endpoints{STS: sts, IAM: at}, err
}
