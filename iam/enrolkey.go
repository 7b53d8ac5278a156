package iam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// FirstKeys is where a user's first key is put, with a note beside it that one is
// being made. What it writes MUST be on disk when it returns.
type FirstKeys interface {
	// Began returns when an unfinished creation was begun, zero if none was.
	Began(ctx context.Context) (time.Time, error)
	// Begin notes that a key is about to be made.
	Begin(ctx context.Context, at time.Time) error
	// Store puts the key in, and takes the note away with it.
	Store(ctx context.Context, k Key) error
}

// FirstKey says for whom a key is to be made by other credentials than a key: of a
// sign-in at the console.
type FirstKey struct {
	API       KeyAPI
	Endpoints Endpoints
	From      aws.Credentials
	User      User
	Keys      FirstKeys
	Delete    string // as in [Rotation]
	Now       func() time.Time
	Sleep     func(context.Context, time.Duration) error
	Progress  func(step Step, keyID string)
}

// Created is a key that was made and stored.
type Created struct {
	ID string
	// Doubtful are keys beside it that came when an earlier run was interrupted and
	// were never used as far as AWS tells: nobody may have their secrets.
	Doubtful []KeyInfo
}

// CreateKey makes a user's key and stores it. It may be killed or fail at any point,
// and another call finishes: a key that was made just then, whose secret nobody has,
// is deleted if AWS knows of no use; one that may be somebody else's is told of.
//
// Errors: [*LimitError], where the user has two keys already; [*StoreError],
// [*VerifyError], and [*UnfinishedError] where another call can go on; those of the
// interfaces.
func CreateKey(ctx context.Context, o FirstKey) (Created, error) {
	r := &run{user: o.User, signed: make(map[string]aws.Credentials, 1), Rotation: Rotation{
		API: o.API, Endpoints: o.Endpoints, Delete: o.Delete, Now: o.Now, Sleep: o.Sleep, Progress: o.Progress,
		Sign: func(context.Context, Key) (aws.Credentials, error) { return o.From, nil },
	}}
	began, err := o.Keys.Began(ctx)
	if err != nil {
		return Created{}, err
	}
	var out Created
	if !began.IsZero() {
		r.journal = Journal{Stage: StageCreating, Started: began}
		if out.Doubtful, err = r.lostKeys(ctx, o.From); err != nil {
			return Created{}, err
		}
	}
	keys, err := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, o.From, o.User.Name)
	if err != nil {
		return Created{}, err
	}
	if err := r.makeRoom(ctx, o.From, keys); err != nil {
		return Created{}, err
	}
	r.step(StepPrepare, "")
	if err := o.Keys.Begin(ctx, o.Now().UTC().Truncate(time.Second)); err != nil {
		return Created{}, err
	}
	if err := r.makeFirst(ctx, o); err != nil {
		return Created{}, err
	}
	out.ID = r.next.ID
	return out, r.knownEverywhere(ctx)
}

// lostKeys deletes what an interrupted run has made and could not store, and
// returns what it may have made.
func (r *run) lostKeys(ctx context.Context, from aws.Credentials) ([]KeyInfo, error) {
	r.step(StepCheck, "")
	// AWS may list a key only seconds after it was made.
	if age := r.Now().Sub(r.journal.Started); age >= 0 && age < listed {
		if err := r.Sleep(ctx, listed-age); err != nil {
			return nil, err
		}
	}
	keys, err := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, from, r.user.Name)
	if err != nil {
		return nil, err
	}
	var doubtful []KeyInfo
	for _, k := range keys {
		info := r.describe(ctx, from, k)
		if info.Lost = r.lost(info); !info.Lost {
			continue
		}
		if !info.UseKnown || !r.journal.madeAtOnce(k.CreateDate) {
			doubtful = append(doubtful, info)
			continue
		}
		r.step(StepDelete, k.ID)
		if err := r.drop(ctx, Key{}, k.ID); err != nil {
			return nil, err
		}
	}
	return doubtful, nil
}

// listed is how long AWS may take to list a new key.
const listed = 10 * time.Second

// makeFirst makes the key and stores it. From the moment that AWS may have made it
// nothing waits for the caller any more.
func (r *run) makeFirst(ctx context.Context, o FirstKey) error {
	r.step(StepCreate, "")
	made, err := r.API.CreateAccessKey(ctx, r.Endpoints.IAM, o.From, r.user.Name)
	switch {
	case awsapi.MayHaveRun(err):
		return r.unfinished(StepCreate, err)
	case isCode(err, "LimitExceeded"): // somebody else has made one meanwhile
		if keys, listErr := r.API.ListAccessKeys(ctx, r.Endpoints.IAM, o.From, r.user.Name); listErr == nil {
			return r.limit(ctx, o.From, keys, err)
		}
		return err
	case err != nil:
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	r.next = Key{made.ID, made.Secret}
	r.step(StepStore, made.ID)
	if err := o.Keys.Store(last, r.next); err != nil {
		out := &StoreError{KeyID: made.ID, Err: err}
		out.DeleteErr = r.drop(last, Key{}, made.ID)
		out.Deleted = out.DeleteErr == nil
		return out
	}
	return nil
}

// knownEverywhere waits until AWS knows a key that is stored already.
func (r *run) knownEverywhere(ctx context.Context) error {
	return r.accepted(ctx, func(err error) error { return &VerifyError{KeyID: r.next.ID, Err: err} })
}
