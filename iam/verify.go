package iam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// verify uses the new key until AWS knows it. A key that AWS refuses to the end is
// deleted again.
func (r *run) verify(ctx context.Context) error {
	return r.accepted(ctx, func(err error) error { return r.reject(ctx, err) })
}

// accepted uses the new key until AWS takes it three times in a row, since one of
// its machines may know what another does not yet. reject makes the error of a key
// that is refused to the end.
func (r *run) accepted(ctx context.Context, reject func(error) error) error {
	const times, limit, pause = 3, 60 * time.Second, time.Second
	r.step(StepVerify, r.next.ID)
	began := r.Now()
	for good := 0; ; {
		id, err := r.API.GetCallerIdentity(ctx, r.Endpoints.STS, r.next.credentials())
		over := r.Now().Sub(began) >= limit
		switch {
		case err == nil && id.ARN != r.user.ARN:
			return reject(fmt.Errorf("it belongs to %s", shown(id.ARN)))
		case err == nil:
			good++
		case over && awsapi.Refused(err):
			return reject(err)
		case over:
			return r.unfinished(StepVerify, err)
		default:
			good = 0
		}
		if good == times {
			return nil
		}
		if err := r.Sleep(ctx, pause); err != nil {
			return r.unfinished(StepVerify, err)
		}
	}
}

// reject gives the new key up. The journal stays if the key cannot be deleted,
// so that another run tries both again.
func (r *run) reject(ctx context.Context, cause error) error {
	out := &VerifyError{KeyID: r.next.ID, Err: cause}
	if err := r.drop(ctx, r.current, r.next.ID); err != nil {
		return r.unfinished(StepVerify, errors.Join(out, err))
	}
	out.Deleted = true
	if err := r.Keys.RemoveJournal(ctx); err != nil {
		return r.unfinished(StepVerify, errors.Join(out, err))
	}
	return out
}
