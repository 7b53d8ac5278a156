package iam

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// AdminAPI is what administration needs of AWS; *awsapi.Client has it.
type AdminAPI interface {
	Identity
	// IAM makes a call that can be repeated; see [awsapi.Client.IAM].
	IAM(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, r *awsapi.IAMRequest) (*awsapi.IAMAnswer, error)
	// CreateAccessKey makes a key, at most once.
	CreateAccessKey(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) (awsapi.NewAccessKey, error)
}

// Admin is an administrator at work.
type Admin struct {
	API         AdminAPI
	Endpoints   Endpoints
	Credentials aws.Credentials
	Now         func() time.Time
	Sleep       func(context.Context, time.Duration) error
	// Progress is told how far something has come; nil for nobody.
	Progress func(done, total int)
}

// ask makes a call of IAM; list is the one whose elements are wanted, "" for none, and
// pairs are names and values of parameters.
//
//go:noinline
func (a *Admin) ask(ctx context.Context, operation, list string, pairs ...string) (*awsapi.IAMAnswer, error) {
	return a.send(ctx, &awsapi.IAMRequest{Operation: operation, List: list, Params: pairs})
}

func (a *Admin) send(ctx context.Context, r *awsapi.IAMRequest) (*awsapi.IAMAnswer, error) {
	return a.API.IAM(ctx, a.Endpoints.IAM, a.Credentials, r)
}

//go:noinline
func (a *Admin) progress(done, total int) {
	if a.Progress != nil {
		a.Progress(done, total)
	}
}

// Caller tells whose the credentials are, by ARN and account. Unlike [User] it can
// be a role.
func (a *Admin) Caller(ctx context.Context) (awsapi.CallerIdentity, error) {
	return a.API.GetCallerIdentity(ctx, a.Endpoints.STS, a.Credentials)
}

// until repeats a check while AWS's machines may not know yet what another has been
// told: every 2 s, for a minute. check says how much of it holds, and whether all does.
func (a *Admin) until(ctx context.Context, check func() (ok bool, err error)) error {
	const limit, pause = 60 * time.Second, 2 * time.Second
	began := a.Now()
	for {
		ok, err := check()
		passed := a.Now().Sub(began)
		if ok || err != nil || passed >= limit {
			return err
		}
		a.progress(int(passed/time.Second), int(limit/time.Second))
		if err := a.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// Unseen is a part of what was to be looked at that AWS did not show.
type Unseen struct {
	What string // "access keys"
	// Operation is the call, and with "iam:" before it the permission that is missing
	// where Err is AccessDenied.
	Operation string
	Err       error
}

// gone reports an answer that says there is no such thing.
//
//go:noinline
func gone(err error) bool { return isCode(err, "NoSuchEntity") }

// unknown reports an answer of a stand-in for AWS that does not know the call at
// all, and so cannot have what it is about. AWS itself knows all of them.
//
//go:noinline
func unknown(err error) bool {
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode("InvalidAction", "UnknownOperationException", "NotImplemented", "UnknownOperation")
}

// Denied reports an answer that says the caller has no permission.
func Denied(err error) bool {
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode("AccessDenied", "AccessDeniedException")
}
