package iam

import (
	"context"
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// denyAll is the document of [PolicyOffboarded]. Sessions that GetSessionToken and the
// console have made are the user's, so that it holds for them at once.
const denyAll = `{"Version":"2012-10-17","Statement":[{"Sid":"Offboarded","Effect":"Deny","Action":"*","Resource":"*"}]}`

// PlanOffboard plans how a user gets out: with everything denied and every credential
// inactive, and if all is to go, with nothing left. At every point of the plan there
// is less access than before it, so that it may be interrupted, and made anew from
// what is left then. Where something that gives access could not be seen, the user and
// the policy that denies everything stay.
func PlanOffboard(s UserState, everything bool) Plan {
	p := &offboardPlan{Plan: Plan{State: s}}
	if !s.Exists {
		return p.Plan
	}
	if has := s.Get(KindInline, PolicyOffboarded); has == nil || !sameDocument(has.Value, denyAll) {
		p.add(ActionSet, KindInline, PolicyOffboarded, "denies everything, also to sessions that run", "PutUserPolicy", "PolicyName", PolicyOffboarded, "PolicyDocument", denyAll)
	}
	for _, t := range s.Things {
		if row := rowOf(t.Kind); row.deactivate != "" && t.Active() {
			p.add(ActionDeactivate, t.Kind, t.ID, used(t), row.deactivate, row.param, t.ID, "Status", statusInactive)
		} else if t.Kind == KindPassword {
			p.add(ActionDelete, t.Kind, "", "AWS cannot deactivate a password; to undo it, set a new one", row.removing)
		}
	}
	if everything {
		p.everything()
	}
	return p.Plan
}

type offboardPlan struct{ Plan }

//go:noinline
func (p *offboardPlan) add(a Action, k Kind, id, why, operation string, pairs ...string) {
	p.Changes = append(p.Changes, &Change{a, k, id, why, [][]string{append([]string{operation, "UserName", p.State.Name}, pairs...)}})
}

// everything plans the deletion, in the order that AWS needs: a user goes when
// nothing hangs on it any more. The policy that denies everything goes last but one.
func (p *offboardPlan) everything() {
	for _, t := range p.State.Things {
		row := rowOf(t.Kind)
		action := ActionDelete
		switch {
		case t.Kind == KindPassword, t.Kind == KindTag, t.Kind == KindInline && t.ID == PolicyOffboarded:
			continue
		case t.Kind == KindGroup || t.Kind == KindPolicy:
			action = ActionRemove
		case t.Kind == KindDevice && !virtual(t.ID):
			action = ActionDeactivate
		}
		p.add(action, t.Kind, t.ID, "", row.removing, row.param, t.ID)
		if t.Kind == KindDevice && virtual(t.ID) {
			last := p.Changes[len(p.Changes)-1]
			last.calls = append(last.calls, []string{"DeleteVirtualMFADevice", "SerialNumber", t.ID})
		}
	}
	if !p.State.powerless() {
		p.Kept = append(p.Kept, "the user and the policy "+PolicyOffboarded+", since not all that gives access could be seen")
		return
	}
	p.add(ActionDelete, KindInline, PolicyOffboarded, "there is nothing left that it keeps out", "DeleteUserPolicy", "PolicyName", PolicyOffboarded)
	p.add(ActionDelete, KindUser, "", p.goesWith(), "DeleteUser")
}

// powerless reports whether nothing that could not be seen would give the user any
// access if nothing that could be seen were left: passwords, keys, groups and policies
// were all listed. The user can be deleted then, which AWS refuses if something is left.
func (s *UserState) powerless() bool {
	for _, k := range [...]Kind{KindPassword, KindAccessKey, KindGroup, KindPolicy, KindInline} {
		if s.hidden(k) {
			return false
		}
	}
	return true
}

// Ends reports whether the plan ends with the user deleted.
func (p *Plan) Ends() bool {
	n := len(p.Changes)
	return n > 0 && p.Changes[n-1].Kind == KindUser && p.Changes[n-1].Action == ActionDelete
}

// goesWith says what ends with the user itself.
func (p *offboardPlan) goesWith() string {
	var parts []string
	if n := len(p.State.All(KindTag)); n > 0 {
		parts = append(parts, plural(n, "tag"))
	}
	if p.State.Boundary != "" {
		parts = append(parts, "permissions boundary "+p.State.Boundary)
	}
	if len(parts) == 0 {
		return ""
	}
	return "with " + strings.Join(parts, " and ")
}

// virtual reports whether a device is one that is deleted by itself.
//
//go:noinline
func virtual(serial string) bool {
	arn, ok := awsapi.ParseARN(serial)
	return ok && strings.HasPrefix(arn.Resource, "mfa/")
}

//go:noinline
func used(t *Thing) string {
	if t.Kind != KindAccessKey {
		return ""
	}
	return strings.TrimPrefix(since(t), ", ")
}

// Offboard makes the changes of a plan. One that fails does not keep it from those
// behind it: what can be blocked is. Only the user and the policy that denies
// everything stay then. progress is told of each change before it is made.
//
// The errors are [*ChangeError]s, or the context's.
func Offboard(ctx context.Context, a *Admin, p Plan, progress func(*Change)) []error {
	var failed []error
	stays := false
	for _, c := range p.Changes {
		last := c.Action == ActionDelete && (c.Kind == KindUser || c.ID == PolicyOffboarded)
		if last && stays {
			return failed
		}
		if progress != nil {
			progress(c)
		}
		err := a.apply(ctx, c)
		if err == nil {
			continue
		}
		failed = append(failed, &ChangeError{Change: c, Err: err})
		// Who has nothing left needs no policy that denies it.
		stays = stays || c.Action != ActionSet
		if c.Kind == KindUser {
			failed = append(failed, a.denyAgain(ctx, p.State.Name)...)
		}
		var away *awsapi.UnreachableError
		if ctx.Err() != nil || errors.As(err, &away) {
			return failed
		}
	}
	return failed
}

// denyAgain puts the policy back that had to go before the user, who did not.
func (a *Admin) denyAgain(ctx context.Context, user string) []error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	c := &Change{ActionSet, KindInline, PolicyOffboarded, "", [][]string{{"PutUserPolicy", "UserName", user, "PolicyName", PolicyOffboarded, "PolicyDocument", denyAll}}}
	if err := a.apply(last, c); err != nil && !gone(err) {
		return []error{&ChangeError{Change: c, Err: err}}
	}
	return nil
}

// Proof is what AWS says after an offboarding.
type Proof struct {
	State UserState
	// Left are the credentials that still work. Denied says that the policy which
	// denies everything is in place.
	Left   []*Thing
	Denied bool
}

// Holds reports whether nothing of what could be seen lets the user in.
func (p Proof) Holds() bool { return !p.State.Exists || p.Denied && len(p.Left) == 0 }

// Prove reads the user again until nothing lets the user in, or everything is gone, for
// up to a minute: AWS's machines do not all know at once.
func Prove(ctx context.Context, a *Admin, name string, everything bool) (Proof, error) {
	quiet := *a
	quiet.Progress = nil
	var p Proof
	err := a.until(ctx, func() (bool, error) {
		s, err := ReadUser(ctx, &quiet, name)
		if err != nil {
			return false, err
		}
		p = Proof{State: s}
		for _, t := range s.Things {
			if t.Active() {
				p.Left = append(p.Left, t)
			}
		}
		has := s.Get(KindInline, PolicyOffboarded)
		p.Denied = has != nil && sameDocument(has.Value, denyAll)
		return !s.Exists || !everything && (p.Holds() || len(p.Left) == 0 && s.hidden(KindInline)), nil
	})
	return p, err
}

// KeyEnds tries a key until AWS does not know it any more (InvalidClientTokenId), for up
// to a minute. It returns what AWS said last: an error that says nothing of the key, or
// none if the key does not work. works is true if it still does.
func KeyEnds(ctx context.Context, a *Admin, k Key) (works bool, err error) {
	err = a.until(ctx, func() (bool, error) {
		_, err := a.API.GetCallerIdentity(ctx, a.Endpoints.STS, k.credentials())
		works = err == nil
		if isCode(err, "InvalidClientTokenId") {
			return true, nil
		}
		return false, err
	})
	return works, err
}

// Reaches returns the roles that the user could assume by what is written in the own
// inline policies. Groups and managed policies are not looked at.
func Reaches(s UserState) []string {
	var out []string
	for _, t := range s.All(KindInline) {
		out = union(out, assumable(t.Value))
	}
	return out
}
