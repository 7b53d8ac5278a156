package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

// password has the person change the console password, where they want to.
func (e *enroller) password(ctx context.Context) error {
	if e.o.skipPassword {
		e.out.Password = iam.PasswordKept
		return nil
	}
	state, err := iam.ChangePassword(ctx, iam.PasswordChange{API: e.client, Endpoints: e.at, From: e.from, User: e.user, Ask: e.askPassword})
	e.out.Password = state
	var refused *iam.PasswordError
	switch {
	case errors.As(err, &refused):
		return e.Failure(err, "run the same command again, or leave the password out with --skip-password")
	case lostAnswer(err):
		return fmt.Errorf("the console password may be the new one or the old one: %w", err)
	case err != nil:
		return err
	case state == iam.PasswordChanged:
		e.out.Changed = true
		e.Say("the console password is the new one")
	case state == iam.PasswordUnknown && e.asked:
		e.Say("AWS does not let you change the console password: it stays as it is")
	}
	return nil
}

// lostAnswer reports whether AWS may have changed the password all the same.
func lostAnswer(err error) bool {
	var unreachable *awsapi.UnreachableError
	return errors.As(err, &unreachable) && strings.HasSuffix(unreachable.Operation, "ChangePassword") && awsapi.MayHaveRun(err)
}

// askPassword shows the rules and asks for both passwords. Whoever has a device is
// past this: only a password that has to be changed is asked for then.
func (e *enroller) askPassword(ctx context.Context, rules []string, due bool, why error) (old, next secret.Text, ok bool, err error) {
	if why == nil {
		if !due && e.settled(ctx) {
			return old, next, false, nil
		}
		question := "Change your console password now?"
		if due {
			e.Say("your console password was given to you by somebody else; the console lets you in only after a change")
		}
		yes, err := e.ask.Confirm(ctx, question)
		if errors.Is(err, latchkey.ErrNobody) && !due {
			return old, next, false, nil
		}
		if errors.Is(err, latchkey.ErrNobody) {
			err = e.nobody("the console password has to be changed, and there is nobody to ask for it", "run it in a terminal, or leave the password as it is: --skip-password")
		}
		if err != nil || !yes {
			return old, next, false, err
		}
		if len(rules) > 0 {
			e.Say("a new password needs: %s", strings.Join(rules, ", "))
		}
	} else {
		e.Say("%s", cell(why.Error()))
	}
	var texts [3]string
	for again := ""; ; again = "the two are not the same" {
		for i, prompt := range []string{"console password of now", "new console password", "the new one again"} {
			if texts[i], err = e.ask.Ask(ctx, latchkey.Question{Prompt: prompt, Reason: "To change the console password of " + e.user.Name + ".", Error: again, Hidden: true}); err != nil {
				return old, next, false, err
			}
			again = ""
		}
		if texts[1] == texts[2] {
			e.asked = true
			return secret.New(texts[0]), secret.New(texts[1]), true, nil
		}
	}
}

// settled reports whether the user has a device already.
func (e *enroller) settled(ctx context.Context) bool {
	found, err := iam.Devices(ctx, e.client, e.at, e.from)
	return err == nil && len(found.Usable) > 0
}

// deviceStep sets the MFA device up.
func (e *enroller) deviceStep(ctx context.Context) error {
	done, kept, err := e.EnrollDevice(ctx, DeviceJob{Resolver: e.resolver, Ask: e.ask, Client: e.client, At: e.at, From: e.from, User: e.user,
		Flags: &e.o.device, Kept: iam.Seed{Serial: e.entry.MFASerial, Text: e.entry.Seed}, Keep: e.keepSeed})
	if err != nil {
		return err
	}
	e.out.Device = deviceResult{Serial: done.Serial, Enabled: done.New, SeedKept: kept || !e.entry.Seed.Empty() && strings.EqualFold(e.entry.MFASerial, done.Serial)}
	if done.New {
		e.out.Changed = true
		e.Say("MFA device %s is yours", cell(done.Serial))
	}
	return nil
}

// createKey makes the key, where the credentials are those of a sign-in.
func (e *enroller) createKey(ctx context.Context) error {
	if e.key.ID != "" {
		return nil
	}
	o := iam.FirstKey{API: e.client, Endpoints: e.at, From: e.from, User: e.user, Keys: e, Now: e.Now, Sleep: pause.For, Progress: e.progress}
	made, err := iam.CreateKey(ctx, o)
	if o.Delete, err = e.makeRoom(ctx, err); o.Delete != "" {
		made, err = iam.CreateKey(ctx, o)
	}
	var denied *awsapi.APIError
	if errors.As(err, &denied) && denied.HasCode("AccessDenied") {
		return e.signInAgain(denied)
	}
	if err != nil {
		return e.keyFailure(err)
	}
	for _, k := range made.Doubtful {
		e.Say("key %s came when an earlier run was interrupted, and was never used: if nobody has its secret, delete it", k.String())
	}
	e.out.Changed, e.out.Key.Made = true, true
	return e.lookUp(ctx, e.name)
}

// signInAgain is the error of a sign-in without MFA, which a policy does not let make
// keys.
func (e *enroller) signInAgain(cause error) error {
	again := "latchkey login PROFILE --console --force"
	if e.given != "" {
		again = "latchkey login " + explain.Word(e.given) + " --force"
	}
	// The cause is told and not wrapped: what is needed is a person, and no permission.
	return e.nobody("AWS does not let this sign-in make an access key: "+cause.Error(), "sign in again with a code of the MFA device, and then run the same command, which goes on from here: "+again)
}

// rotate replaces a key that others have seen, and finishes a rotation that was
// begun.
func (e *enroller) rotate(ctx context.Context) error {
	_, err := e.store.Stamp(latchkey.JournalOf(e.name))
	due := e.mark.First != "" && e.mark.First == e.entry.AccessKeyID
	if e.out.Key.ID = e.entry.AccessKeyID; !due && err != nil {
		return nil
	}
	// Both are read anew: profiles were written meanwhile.
	if e.resolver, e.ask, err = e.Load(""); err != nil {
		return err
	}
	if e.store, err = e.resolver.Vault(); err != nil {
		return err
	}
	account, err := e.resolver.Account(e.name)
	if err != nil {
		return err
	}
	if e.needs {
		account = account.WithMFA()
	}
	e.Say("replacing key %s, which others may have seen", e.entry.AccessKeyID)
	rotation := account.Rotation(e.store)
	rotation.Progress, rotation.Sign = e.progress, e.signing(rotation.Sign)
	result, err := iam.Rotate(ctx, rotation)
	if rotation.Delete, err = e.makeRoom(ctx, err); rotation.Delete != "" {
		result, err = iam.Rotate(ctx, rotation)
	}
	if err != nil {
		return e.keyFailure(err)
	}
	e.out.Changed, e.out.Key.Made, e.out.Key.ID, e.out.Key.Replaced = true, true, result.New, result.Old
	return e.lookUp(ctx, e.name)
}

// makeRoom finds the key to delete where there are two: one that an interrupted run
// has made and nobody has the secret of, or the one that the person names. Without one
// the error is the one to end with.
func (e *enroller) makeRoom(ctx context.Context, err error) (string, error) {
	var limit *iam.LimitError
	if !errors.As(err, &limit) {
		return "", err
	}
	var ids, items []string
	for _, k := range limit.Keys {
		if k.AtOnce {
			e.Say("key %s was made when a run was interrupted, and nobody has its secret: it goes", k.ID)
			return k.ID, nil
		}
		if !k.Current {
			ids, items = append(ids, k.ID), append(items, "delete "+k.String())
		}
	}
	e.Say("%s", cell(limit.Error()))
	n, asked := e.ask.Choose(ctx, "AWS allows two keys a user. Which is to go for the new one?", append(items, "none: stop here"))
	switch {
	case cancelled(asked):
		return "", asked
	case asked != nil || n == len(ids):
		return "", err
	}
	return ids[n], nil
}

// keyFailure adds what to do about a key that could not be made or replaced.
func (e *enroller) keyFailure(err error) error {
	var limit *iam.LimitError
	var unfinished *iam.UnfinishedError
	switch {
	case errors.As(err, &limit):
		return e.Failure(err, "delete one that nothing needs any more in the IAM console, or run this in a terminal, which asks; then run the same command again")
	case errors.As(err, &unfinished):
		return e.Failure(err, "nothing is lost; run the same command again")
	}
	return err
}

// progress says what a step with keys does.
func (e *enroller) progress(step iam.Step, key string) {
	words := map[iam.Step]string{
		iam.StepMakeRoom:   "deleting key %s to make room",
		iam.StepCreate:     "making a new key%s",
		iam.StepStore:      "putting key %s into the vault",
		iam.StepVerify:     "trying key %s until AWS knows it everywhere",
		iam.StepDeactivate: "deactivating the old key %s",
		iam.StepDelete:     "deleting key %s",
	}[step]
	if words != "" {
		e.Say(words, cell(key))
	}
}
