package iam

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// cleanup bounds what is done although the caller has given up, because a key
// would be lost otherwise.
const cleanup = 30 * time.Second

// run is one call of [Rotate] or [Abandon].
type run struct {
	Rotation
	current Key     // in use
	journal Journal // Stage "": none
	next    Key     // the new key, while it is in the journal
	user    User    // known after whoami, or from the journal
	resumed bool
	oldUse  awsapi.KeyUse
	signed  map[string]aws.Credentials // by key id
}

// load reads both records.
func (r *run) load(ctx context.Context) error {
	var err error
	if r.current, err = r.Keys.Current(ctx); err != nil {
		return err
	}
	rec, err := r.Keys.Journal(ctx)
	if err != nil || rec.Empty() {
		return err
	}
	if r.journal, err = rec.Journal(); err != nil {
		return err
	}
	if r.journal.New != "" {
		r.next = rec.Key
	}
	arn, _ := awsapi.ParseARN(r.journal.ARN)
	r.user = User{Name: r.journal.User, Account: arn.Account, ARN: r.journal.ARN}
	return nil
}

// rotate takes the steps that are left. Each stage's journal is on disk before
// the next stage begins.
func (r *run) rotate(ctx context.Context) (Result, error) {
	waited := r.journal.Stage == StageDeactivated
	if r.journal.Stage != "" {
		r.resumed = true
		if err := r.reconcile(ctx); err != nil {
			return Result{}, err
		}
	}
	if r.journal.Stage == "" {
		if err := r.begin(ctx); err != nil {
			return Result{}, err
		}
	}
	if r.journal.Stage == StageStored {
		if err := r.promote(ctx); err != nil {
			return Result{}, err
		}
	}
	if r.journal.Stage == StageSwitched {
		if err := r.deactivate(ctx); err != nil {
			return Result{}, r.unfinished(StepDeactivate, err)
		}
	}
	out := Result{User: r.user, Old: r.journal.Old, New: r.journal.New, Resumed: r.resumed, OldUse: r.oldUse}
	if after := r.journal.Deactivated.Add(r.Grace); r.Now().Before(after) {
		out.DeleteAfter = after
		return out, nil
	}
	if waited {
		if err := r.unused(ctx); err != nil {
			return Result{}, err
		}
	}
	r.step(StepDelete, r.journal.Old)
	if err := r.drop(ctx, r.current, r.journal.Old); err != nil {
		return Result{}, r.unfinished(StepDelete, err)
	}
	r.step(StepFinish, "")
	if err := r.Keys.RemoveJournal(ctx); err != nil {
		return Result{}, r.unfinished(StepFinish, err)
	}
	out.Done = true
	return out, nil
}

// reconcile holds a journal against the key that is in use: between two writes
// the one is behind the other.
func (r *run) reconcile(ctx context.Context) error {
	j := &r.journal
	switch {
	case j.Stage == StageCreating && r.current.ID == j.Old:
		return r.recover(ctx)
	case j.Stage == StageCreating:
		// The key was replaced by hand, and no new one is known: begin anew.
		return r.forget(ctx)
	case j.Stage == StageStored && r.current.ID == j.New:
		// Killed between the switch and its journal.
		if err := r.write(ctx, StageSwitched); err != nil {
			return r.unfinished(StepSwitch, err)
		}
		return nil
	case j.Stage == StageStored && r.current.ID == j.Old, r.current.ID == j.New:
		return nil
	}
	return &ConflictError{Current: r.current.ID, Old: j.Old, New: j.New}
}

// promote verifies the new key and puts it in the place of the old one.
func (r *run) promote(ctx context.Context) error {
	if err := r.verify(ctx); err != nil {
		return err
	}
	r.step(StepSwitch, r.next.ID)
	if err := r.Keys.Switch(ctx, r.next); err != nil {
		return r.unfinished(StepSwitch, err)
	}
	r.current = r.next
	if err := r.write(ctx, StageSwitched); err != nil {
		return r.unfinished(StepSwitch, err)
	}
	return nil
}

// sign returns the credentials that sign in the key's name.
func (r *run) sign(ctx context.Context, k Key) (aws.Credentials, error) {
	if c, ok := r.signed[k.ID]; ok {
		return c, nil
	}
	c, err := k.credentials(), error(nil)
	if r.Sign != nil {
		c, err = r.Sign(ctx, k)
	}
	if err == nil {
		r.signed[k.ID] = c
	}
	return c, err
}

// write puts the journal's next stage on disk.
func (r *run) write(ctx context.Context, s Stage) error {
	r.journal.Stage = s
	key := r.current
	if s == StageStored {
		key = r.next
	}
	rec, err := r.journal.record(key)
	if err != nil {
		return err
	}
	return r.Keys.WriteJournal(ctx, rec)
}

// forget removes the journal and everything that came of it.
func (r *run) forget(ctx context.Context) error {
	if err := r.Keys.RemoveJournal(ctx); err != nil {
		return err
	}
	r.journal, r.next, r.resumed = Journal{}, Key{}, false
	return nil
}

//go:noinline
func (r *run) unfinished(s Step, err error) error {
	return &UnfinishedError{Step: s, Old: r.journal.Old, New: r.journal.New, Err: err}
}

func (r *run) step(s Step, id string) {
	if r.Progress != nil {
		r.Progress(s, id)
	}
}

func isCode(err error, code string) bool {
	var api *awsapi.APIError
	return errors.As(err, &api) && api.HasCode(code)
}
