package iam

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Wish is how a user is to be.
type Wish struct {
	User   string
	Path   string       // "" is /
	Tags   []awsapi.Tag // each key once
	Groups []string
	Roles  []string // ARNs
	// Boundary is the ARN of the permissions boundary, "" for none.
	Boundary string
	// SelfService is the document of [PolicySelfService], "" for none.
	SelfService string
	// AssumeRoles makes the document of [PolicyAssumeRoles].
	AssumeRoles func(arns []string) (string, error)
	// Password and AccessKey want such a secret to be made where there is none.
	Password, AccessKey bool
	// Mark is the value of [TagOnboarding] if this run sets it; see [NewMark].
	Mark string
}

// PlanError is a wish that cannot be met.
type PlanError struct {
	What, Fix string
	Err       error // the cause, nil where it is the wish itself
}

// Error says what is in the way.
func (e *PlanError) Error() string { return e.What }

// Unwrap returns the cause.
func (e *PlanError) Unwrap() error { return e.Err }

// NewMark makes a mark: the time, and what tells this run from all others.
func NewMark(now time.Time, random io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return now.UTC().Format(time.RFC3339) + "/" + hex.EncodeToString(b[:]), nil
}

// PlanOnboard plans what a wish lacks. What the user has beyond it stays, and is in
// Kept. An empty plan is a user who is as wished for.
func PlanOnboard(s UserState, w Wish) (Plan, error) {
	p := &onboardPlan{Plan: Plan{State: s}, wish: w}
	if s.Get(KindInline, PolicyOffboarded) != nil {
		return p.Plan, &PlanError{"user " + shown(s.Name) + " has been offboarded: the policy " + PolicyOffboarded + " denies everything",
			"to have the user back, delete that inline policy; to begin anew, latchkey iam offboard " + shown(s.Name) + " --delete", nil}
	}
	if len(s.Unseen) > 0 {
		u := s.Unseen[0]
		return p.Plan, &PlanError{fmt.Sprintf("what user %s has already is not known: %s: %v", shown(s.Name), u.What, u.Err), "have iam:" + u.Operation + " allowed to you", u.Err}
	}
	p.user()
	if err := p.policies(); err != nil {
		return p.Plan, err
	}
	p.groups()
	p.secrets()
	return p.Plan, nil
}

type onboardPlan struct {
	Plan
	wish Wish
}

//go:noinline
func (p *onboardPlan) add(a Action, k Kind, id, why string, call ...string) {
	p.Changes = append(p.Changes, &Change{a, k, id, why, [][]string{call}})
}

//go:noinline
func (p *onboardPlan) keep(format string, args ...any) {
	p.Kept = append(p.Kept, fmt.Sprintf(format, args...))
}

// user plans the user itself, its tags and its boundary.
func (p *onboardPlan) user() {
	s, w := &p.State, &p.wish
	if !s.Exists {
		pairs := []string{"CreateUser", "UserName", w.User}
		if w.Path != "" {
			pairs = append(pairs, "Path", w.Path)
		}
		if w.Boundary != "" {
			pairs = append(pairs, "PermissionsBoundary", w.Boundary)
		}
		p.add(ActionCreate, KindUser, "", "there is no such user", append(pairs, tagPairs(append([]awsapi.Tag{{Key: TagOnboarding, Value: w.Mark}}, w.Tags...))...)...)
		return
	}
	if w.Path != "" && w.Path != s.Path {
		p.keep("the path stays %s: another one would give the user another ARN, and policies that name the old one would not know it", s.Path)
	}
	switch {
	case w.Boundary != "" && w.Boundary != s.Boundary:
		why := "the user has none"
		if s.Boundary != "" {
			why = "in the place of " + s.Boundary
		}
		p.add(ActionSet, KindBoundary, w.Boundary, why, "PutUserPermissionsBoundary", "UserName", s.Name, "PermissionsBoundary", w.Boundary)
	case w.Boundary == "" && s.Boundary != "":
		p.keep("permissions boundary %s", s.Boundary)
	}
	wished := map[string]bool{TagOnboarding: true}
	for _, tag := range w.Tags {
		wished[tag.Key] = true
		why := "the user has none of this key"
		if has := s.Get(KindTag, tag.Key); has != nil {
			if has.Value == tag.Value {
				continue
			}
			why = "in the place of " + has.Value
		}
		p.add(ActionSet, KindTag, tag.Key+"="+tag.Value, why, append([]string{"TagUser", "UserName", s.Name}, tagPairs([]awsapi.Tag{tag})...)...)
	}
	for _, tag := range s.All(KindTag) {
		if !wished[tag.ID] {
			p.keep("%s", tag.Label())
		}
	}
}

func tagPairs(tags []awsapi.Tag) []string {
	var out []string
	for i, tag := range tags {
		at := fmt.Sprintf("Tags.member.%d.", i+1)
		out = append(out, at+"Key", tag.Key, at+"Value", tag.Value)
	}
	return out
}

// groups plans the memberships.
func (p *onboardPlan) groups() {
	wished := map[string]bool{}
	for _, g := range p.wish.Groups {
		if !wished[g] && p.State.Get(KindGroup, g) == nil {
			p.add(ActionAdd, KindGroup, g, "the user is not in it", "AddUserToGroup", "UserName", p.wish.User, "GroupName", g)
		}
		wished[g] = true
	}
	for _, t := range p.State.Things {
		if t.Kind == KindGroup && !wished[t.ID] || t.Kind == KindPolicy {
			p.keep("%s", t.Label())
		}
	}
}

// secrets plans the password and the access key. They come last: until then the user
// has rights and no way in.
func (p *onboardPlan) secrets() {
	s, w := &p.State, &p.wish
	mark := s.Get(KindTag, TagOnboarding)
	var began time.Time
	if mark != nil {
		at, _, _ := strings.Cut(mark.Value, "/")
		began, _ = time.Parse(time.RFC3339, at)
	}
	var secrets []*Change
	password := s.Get(KindPassword, "")
	switch {
	case password == nil && w.Password:
		secrets = append(secrets, &Change{Action: ActionCreate, Kind: KindPassword, Why: "the user has none; it has to be changed at the first sign-in"})
	case password != nil && lost(password, mark, began) && w.Password:
		secrets = append(secrets, &Change{Action: ActionReplace, Kind: KindPassword, Why: "a run that did not end has set it, it has never been used, and nobody may have seen it"})
	case password != nil:
		p.keep("console password%s", since(password))
	}
	left := 0
	for _, key := range s.All(KindAccessKey) {
		if lost(key, mark, began) {
			p.add(ActionDelete, KindAccessKey, key.ID, "a run that did not end has made it, it has never been used, and nobody may have its secret",
				"DeleteAccessKey", "UserName", s.Name, "AccessKeyId", key.ID)
			continue
		}
		left++
		doubt := ""
		if mark != nil && !key.UseKnown {
			doubt = "; a run that did not end may have made it: delete it if nobody has its secret"
		}
		p.keep("access key %s (%s%s)%s", key.ID, strings.ToLower(key.Status), since(key), doubt)
	}
	if w.AccessKey && left == 0 {
		secrets = append(secrets, &Change{Action: ActionCreate, Kind: KindAccessKey, Why: "the user has none"})
	}
	if s.Exists && mark == nil && len(secrets) > 0 {
		p.add(ActionSet, KindTag, TagOnboarding, "so that another run knows what this one has made, should it be interrupted",
			append([]string{"TagUser", "UserName", s.Name}, tagPairs([]awsapi.Tag{{Key: TagOnboarding, Value: w.Mark}})...)...)
	}
	p.Changes = append(p.Changes, secrets...)
	if !s.Exists || mark != nil || len(secrets) > 0 {
		p.add(ActionRemove, KindTag, TagOnboarding, "all is done then", "UntagUser", "UserName", w.User, "TagKeys.member.1", TagOnboarding)
	}
}

// lost reports whether an interrupted run seems to have made a secret that nobody has
// used since.
//
//go:noinline
func lost(t, mark *Thing, began time.Time) bool {
	fresh := t.Kind == KindAccessKey || t.Reset
	return mark != nil && !began.IsZero() && fresh && t.UseKnown && t.LastUsed.IsZero() && t.Created.After(began.Add(-callPlay))
}

func since(t *Thing) string {
	out := ""
	if !t.Created.IsZero() {
		out += ", made " + t.Created.Format(time.DateOnly)
	}
	switch {
	case t.UseKnown && t.LastUsed.IsZero():
		out += ", never used"
	case t.UseKnown:
		out += ", last used " + t.LastUsed.Format(time.DateOnly)
	}
	if t.Kind == KindPassword {
		return strings.Replace(out, ", made", ", set", 1)
	}
	return out
}
