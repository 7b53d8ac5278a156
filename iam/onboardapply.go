package iam

import (
	"context"
	"fmt"
	"io"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// Handover takes the secrets that AWS tells once or never. When a call returns without
// an error the secret is where nothing can take it away any more.
type Handover interface {
	// Password is called before the password works.
	Password(ctx context.Context, p secret.Text) error
	// Key is called as soon as AWS has made the key.
	Key(ctx context.Context, k Key) error
}

// Onboarding is a plan to be carried out.
type Onboarding struct {
	Admin  *Admin
	Wish   Wish // that of the plan
	Plan   Plan
	Random io.Reader
	To     Handover
	// Progress is told of each change before it is made; nil for nobody.
	Progress func(c *Change)
}

// Onboard makes the changes of a plan, each after the other, up to the first that
// fails. It may be killed at any point: what it has made is marked at AWS by
// [TagOnboarding] until the secrets have been handed over, and a plan made anew goes
// on from there.
//
// Errors: *[ChangeError] with AWS's or the hand-over's behind it.
func Onboard(ctx context.Context, o Onboarding) error {
	for _, c := range o.Plan.Changes {
		if o.Progress != nil {
			o.Progress(c)
		}
		if err := o.make(ctx, c); err != nil {
			return &ChangeError{Change: c, Err: err}
		}
	}
	return nil
}

// ChangeError is a change that failed. Those before it are made.
type ChangeError struct {
	Change *Change
	Err    error
}

// Error names the change and the cause.
func (e *ChangeError) Error() string {
	return string(e.Change.Action) + " " + shown(e.Change.Thing()) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *ChangeError) Unwrap() error { return e.Err }

// make makes one change. A user who was just made is not known everywhere for some
// seconds; that there are the groups has been looked at before.
func (o *Onboarding) make(ctx context.Context, c *Change) error {
	var again []string
	if !o.Plan.State.Exists && c.Kind != KindUser {
		again = []string{"NoSuchEntity"}
	}
	return o.Admin.settled(ctx, func() error {
		switch {
		case c.Kind == KindUser:
			return o.user(ctx, c)
		case c.Kind == KindPassword:
			return o.password(ctx, c)
		case c.Kind == KindAccessKey && c.Action == ActionCreate:
			return o.key(ctx)
		}
		return o.Admin.apply(ctx, c)
	}, again...)
}

// user makes the user. Where there is one all of a sudden, it is that of this run only
// if it has its mark: the answer to a first request may have been lost.
func (o *Onboarding) user(ctx context.Context, c *Change) error {
	err := o.Admin.apply(ctx, c)
	if !isCode(err, "EntityAlreadyExists") {
		return err
	}
	tags, listErr := o.Admin.ask(ctx, "ListUserTags", "Tags", "UserName", o.Wish.User)
	if listErr == nil {
		for _, tag := range tags.List {
			if tag.Text("Key") == TagOnboarding && tag.Text("Value") == o.Wish.Mark {
				return nil
			}
		}
	}
	if listErr != nil {
		return fmt.Errorf("%w; and whether it is that of this run is not known: %w", err, listErr)
	}
	return fmt.Errorf("somebody else has just made the user: run it again to see what is missing: %w", err)
}

// password hands a new password over, and sets it then. One whose setting fails is of
// no use to anybody.
func (o *Onboarding) password(ctx context.Context, c *Change) error {
	p, err := newPassword(o.Random, o.Admin.passwordLen(ctx))
	if err != nil {
		return err
	}
	if err := o.To.Password(ctx, p); err != nil {
		return err
	}
	r := &awsapi.IAMRequest{Operation: "CreateLoginProfile", Password: p, Params: []string{"UserName", o.Wish.User, "PasswordResetRequired", "true"}}
	if c.Action == ActionReplace {
		r.Operation = "UpdateLoginProfile"
	}
	set := func() error {
		_, err := o.Admin.send(ctx, r)
		return err
	}
	// The same again while AWS's machines do not know a user who was just made, so that
	// one password is handed over and not several.
	err = o.Admin.settled(ctx, set, "NoSuchEntity", "EntityTemporarilyUnmodifiable")
	if isCode(err, "EntityAlreadyExists") {
		// There was none when the plan was made: the answer to the first request was lost.
		r.Operation = "UpdateLoginProfile"
		err = o.Admin.settled(ctx, set, "EntityTemporarilyUnmodifiable")
	}
	return err
}

// key makes an access key and hands it over; one that cannot be is deleted again.
func (o *Onboarding) key(ctx context.Context) error {
	a := o.Admin
	made, err := a.API.CreateAccessKey(ctx, a.Endpoints.IAM, a.Credentials, o.Wish.User)
	if err != nil {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	err = o.To.Key(last, Key{made.ID, made.Secret})
	if err == nil {
		return nil
	}
	out := &StoreError{KeyID: made.ID, Err: err}
	_, out.DeleteErr = a.ask(last, "DeleteAccessKey", "", "UserName", o.Wish.User, "AccessKeyId", made.ID)
	if gone(out.DeleteErr) {
		out.DeleteErr = nil
	}
	out.Deleted = out.DeleteErr == nil
	return out
}
