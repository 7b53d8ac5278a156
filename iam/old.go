package iam

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// deactivate makes the old key inactive, signed with the new one. A key that is
// not there any more is as good.
func (r *run) deactivate(ctx context.Context) error {
	r.step(StepDeactivate, r.journal.Old)
	creds, err := r.sign(ctx, r.current)
	if err != nil {
		return err
	}
	err = r.settled(ctx, func() error {
		// For a person to look at; that it may be denied or late is no harm.
		r.oldUse, _ = r.API.GetAccessKeyLastUsed(ctx, r.Endpoints.IAM, creds, r.journal.Old)
		return r.API.UpdateAccessKey(ctx, r.Endpoints.IAM, creds, r.user.Name, r.journal.Old, awsapi.KeyInactive)
	})
	if err != nil && !isCode(err, "NoSuchEntity") {
		return err
	}
	r.journal.Deactivated = r.Now().UTC().Truncate(time.Second)
	return r.write(ctx, StageDeactivated)
}

// unused makes sure that nobody needs the old key: that it is inactive still, and
// has not been used long after it became so.
func (r *run) unused(ctx context.Context) error {
	if r.Delete == r.journal.Old {
		return nil
	}
	creds, err := r.sign(ctx, r.current)
	if err != nil {
		return err
	}
	keys, err := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, creds, r.user.Name)
	if err != nil {
		return r.unfinished(StepDelete, err)
	}
	for _, k := range keys {
		if k.ID != r.journal.Old {
			continue
		}
		info := r.describe(ctx, creds, k)
		if k.Status != awsapi.KeyInactive || info.LastUsed.After(r.journal.Deactivated.Add(clocksOff)) {
			return &InUseError{info}
		}
	}
	return nil
}

// drop deletes a key, signed by another. One that is gone already is success.
func (r *run) drop(ctx context.Context, by Key, id string) error {
	creds, err := r.sign(ctx, by)
	if err != nil {
		return err
	}
	err = r.settled(ctx, func() error {
		return r.API.DeleteAccessKey(ctx, r.Endpoints.IAM, creds, r.user.Name, id)
	})
	if isCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}

// settled repeats a call for up to 20 s while IAM does not know the key that
// signs it: STS, which has accepted it, may know it earlier.
func (r *run) settled(ctx context.Context, call func() error) error {
	const limit, pause = 20 * time.Second, 2 * time.Second
	began := r.Now()
	for {
		err := call()
		if !isCode(err, "InvalidClientTokenId") || r.Now().Sub(began) >= limit {
			return err
		}
		if err := r.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}
