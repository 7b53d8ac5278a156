package latchkey

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
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

// IAMOf is [Resolver.IAM] with the settings of a profile that need not exist yet. region,
// if not "", stands in for the one that is configured: it tells the partition.
func (r *Resolver) IAMOf(profile, region string) (*awsapi.Client, iam.Endpoints, error) {
	c := r.config()
	if region != "" {
		c.Env = func(name string) (string, bool) {
			if name == "AWS_REGION" {
				return region, true
			}
			return r.Env(name)
		}
	}
	a, err := r.account(c, profile)
	if err != nil {
		return nil, iam.Endpoints{}, err
	}
	return a.client, a.at, nil
}

// Codes gives codes of sources that no other process is given: beside those that
// plans ask for. now is AWS's clock as far as it is known.
func (r *Resolver) Codes(now func() time.Time, sources ...mfa.Source) *mfa.Codes {
	return mfa.New(mfa.Options{Folder: r.mfaFolder(), Now: now, Busy: r.opts.Waiting, Warn: r.opts.Warn, Waiting: r.opts.CodeWait}, sources...)
}

// Seed returns the seed that the vault keeps of a device for a plan, empty if none.
func (r *Resolver) Seed(ctx context.Context, plan *chain.Plan, serial string) (secret.Text, error) {
	return r.seed(ctx, plan, serial)
}
