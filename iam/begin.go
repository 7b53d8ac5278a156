package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxKeys is AWS's limit of access keys per user, which cannot be raised.
const maxKeys = 2

// begin takes the steps up to a new key that is written down.
func (r *run) begin(ctx context.Context) error {
	creds, keys, err := r.check(ctx)
	if err != nil {
		return err
	}
	if err := r.makeRoom(ctx, creds, keys); err != nil {
		return err
	}
	r.step(StepPrepare, r.current.ID)
	r.journal = Journal{User: r.user.Name, ARN: r.user.ARN, Started: r.Now().UTC().Truncate(time.Second), Old: r.current.ID}
	if err := r.write(ctx, StageCreating); err != nil {
		return err
	}
	return r.create(ctx, creds)
}

// check finds out whose key it is, and lists the user's keys.
func (r *run) check(ctx context.Context) (aws.Credentials, []awsapi.AccessKey, error) {
	r.step(StepCheck, r.current.ID)
	unsuitable := func(why string) (aws.Credentials, []awsapi.AccessKey, error) {
		return aws.Credentials{}, nil, &UnsuitableError{r.current.ID, why}
	}
	if !strings.HasPrefix(r.current.ID, "AKIA") {
		return unsuitable("not a long-term key of an IAM user, whose ids begin with AKIA")
	}
	var err error
	if r.user, err = whoami(ctx, r.API, r.Endpoints.STS, r.current.credentials()); err != nil {
		return aws.Credentials{}, nil, err
	}
	if r.user.Root() {
		return unsuitable("belongs to the account's root user, which should have no access keys: delete it instead")
	}
	creds, err := r.sign(ctx, r.current)
	if err != nil {
		return aws.Credentials{}, nil, err
	}
	keys, err := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, creds, r.user.Name)
	if err != nil {
		return aws.Credentials{}, nil, err
	}
	if !slices.ContainsFunc(keys, func(k awsapi.AccessKey) bool { return k.ID == r.current.ID }) {
		return unsuitable("AWS does not list it among the keys of user " + shown(r.user.Name))
	}
	return creds, keys, nil
}

// makeRoom deletes the key that may be deleted if there are too many.
func (r *run) makeRoom(ctx context.Context, creds aws.Credentials, keys []awsapi.AccessKey) error {
	if len(keys) < maxKeys {
		return nil
	}
	listed := slices.ContainsFunc(keys, func(k awsapi.AccessKey) bool { return k.ID == r.Delete })
	if r.Delete == r.current.ID || !listed {
		return r.limit(ctx, creds, keys, nil)
	}
	r.step(StepMakeRoom, r.Delete)
	return r.drop(ctx, r.current, r.Delete)
}

// limit describes the keys that leave no room.
func (r *run) limit(ctx context.Context, creds aws.Credentials, keys []awsapi.AccessKey, cause error) error {
	out := &LimitError{User: r.user.Name, Err: cause}
	for _, k := range keys {
		info := r.describe(ctx, creds, k)
		info.Lost = r.lost(info)
		info.AtOnce = info.Lost && info.UseKnown && r.journal.madeAtOnce(info.Created)
		out.Keys = append(out.Keys, info)
	}
	return out
}

// describe asks for the last use of a key, which may be denied.
func (r *run) describe(ctx context.Context, creds aws.Credentials, k awsapi.AccessKey) KeyInfo {
	info := KeyInfo{ID: k.ID, Status: k.Status, Created: k.CreateDate, Current: k.ID == r.current.ID}
	if use, err := r.API.GetAccessKeyLastUsed(ctx, r.Endpoints.IAM, creds, k.ID); err == nil {
		info.UseKnown, info.LastUsed, info.Service = true, use.At, use.Service
	}
	return info
}

// lost reports whether nothing speaks against a key that this rotation had made
// when it was interrupted, and whose secret is lost: nobody can have used it.
func (r *run) lost(k KeyInfo) bool {
	return r.journal.Stage == StageCreating && !k.Current && k.LastUsed.IsZero() && r.journal.madeBy(k.Created)
}

// create makes the new key and writes it into the journal. From the moment that
// AWS may have made it nothing waits for the caller any more.
func (r *run) create(ctx context.Context, creds aws.Credentials) error {
	r.step(StepCreate, "")
	made, err := r.API.CreateAccessKey(ctx, r.Endpoints.IAM, creds, r.user.Name)
	switch {
	case awsapi.MayHaveRun(err):
		// Another run looks for the key: right now AWS may not list it yet.
		return r.unfinished(StepCreate, err)
	case err != nil:
		// Left behind it is no harm: another run finds no new key and begins anew.
		_ = r.forget(ctx)
		if isCode(err, "LimitExceeded") { // somebody else has made one meanwhile
			if keys, listErr := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, creds, r.user.Name); listErr == nil {
				return r.limit(ctx, creds, keys, err)
			}
		}
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	r.next = Key{made.ID, made.Secret}
	r.journal.New = made.ID
	r.step(StepStore, made.ID)
	if err := r.write(last, StageStored); err != nil {
		return r.undo(ctx, err)
	}
	return nil
}

// undo deletes a new key that could not be written down.
func (r *run) undo(ctx context.Context, cause error) error {
	// Its own time: the store may have used up that of the write.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	out := &StoreError{KeyID: r.next.ID, Err: cause}
	if out.DeleteErr = r.drop(last, r.current, r.next.ID); out.DeleteErr == nil {
		out.Deleted = true
		// The record may be on disk although writing it failed. Another run
		// sorts that out too, only slower.
		_ = r.Keys.RemoveJournal(last)
	}
	return out
}

// recover goes on from an interrupted creation. A key that it has made is
// useless, since its secret was never written down; but nothing tells it from one
// that somebody else made at that time, so that it must be named to be deleted.
func (r *run) recover(ctx context.Context) error {
	r.step(StepCheck, r.current.ID)
	creds, err := r.sign(ctx, r.current)
	if err != nil {
		return err
	}
	keys, err := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, creds, r.user.Name)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.ID != r.current.ID && k.ID != r.Delete && r.journal.madeBy(k.CreateDate) {
			return r.limit(ctx, creds, keys, nil)
		}
	}
	return r.forget(ctx)
}
