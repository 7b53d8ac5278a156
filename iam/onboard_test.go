package iam_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/secret"
)

// desk is an administrator's desk: the fake, and what was handed over.
type desk struct {
	t        *testing.T
	fake     *fakeIAM
	clock    *clock
	handed   map[string]bool // passwords, and keys as "ID SECRET"
	failHand error
	killed   bool
}

func newDesk(t *testing.T) *desk {
	c := &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	return &desk{t: t, fake: newFake(c.Now), clock: c, handed: map[string]bool{}}
}

func (d *desk) Password(_ context.Context, p secret.Text) error {
	if d.killed || d.failHand != nil {
		return errors.Join(d.failHand, errors.New("no hand-over"))
	}
	d.handed[p.Reveal()] = true
	return nil
}

func (d *desk) Key(_ context.Context, k iam.Key) error {
	if d.killed || d.failHand != nil {
		return errors.Join(d.failHand, errors.New("no hand-over"))
	}
	d.handed[k.ID+" "+k.Secret.Reveal()] = true
	return nil
}

func selfService() string { return policies.SelfService(policies.SelfServiceOptions{}).JSON() }

func assume(arns []string) (string, error) {
	doc, err := policies.AssumeRoles(arns, policies.AssumeOptions{})
	return doc.JSON(), err
}

func wish() iam.Wish {
	return iam.Wish{User: "bob", Path: "/people/", Groups: []string{"devs"}, Roles: []string{"arn:aws:iam::444455556666:role/Deploy"}, Boundary: "arn:aws:iam::111122223333:policy/edge",
		Tags: []awsapi.Tag{{Key: "team", Value: "a"}}, SelfService: selfService(), AssumeRoles: assume, Password: true, AccessKey: true}
}

// run reads, plans and carries out, as the command does.
func (d *desk) run(w iam.Wish) (iam.Plan, error) {
	d.t.Helper()
	admin := d.fake.admin(d.t, d.clock)
	state, err := iam.ReadUser(d.t.Context(), admin, w.User, iam.OnboardKinds()...)
	if err != nil {
		return iam.Plan{}, err
	}
	if w.Mark, err = iam.NewMark(d.clock.Now(), rand.Reader); err != nil {
		d.t.Fatal(err)
	}
	p, err := iam.PlanOnboard(state, w)
	if err != nil {
		return p, err
	}
	return p, iam.Onboard(d.t.Context(), iam.Onboarding{Admin: admin, Wish: w, Plan: p, Random: rand.Reader, To: d})
}

// asWished checks a user who was onboarded by wish.
func (d *desk) asWished() {
	d.t.Helper()
	u := d.fake.users["bob"]
	switch {
	case u == nil:
		d.t.Fatal("there is no user")
	case u.path != "/people/" || u.boundary != "arn:aws:iam::111122223333:policy/edge" || !maps.Equal(u.tags, map[string]string{"team": "a"}) || !slices.Equal(u.groups, []string{"devs"}):
		d.t.Errorf("user %+v", u)
	case len(u.inline) != 2 || u.inline[iam.PolicySelfService] != selfService() || !strings.Contains(u.inline[iam.PolicyAssumeRoles], "role/Deploy"):
		d.t.Errorf("policies %v", u.inline)
	case !d.handed[u.password] || !u.reset:
		d.t.Errorf("password %q, to be reset %v; handed over %v", u.password, u.reset, d.handed)
	case len(u.keys) != 1 || !d.handed[u.keys[0]+" "+u.secret[u.keys[0]]]:
		d.t.Errorf("keys %v; handed over %v", u.keys, d.handed)
	}
}

func TestOnboard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, err := d.run(wish())
	if err != nil {
		t.Fatal(err)
	}
	d.asWished()
	var got []string
	for _, c := range p.Changes {
		got = append(got, string(c.Action)+" "+c.Thing())
	}
	// What limits the user comes before what gives rights, and a way in comes last.
	want := []string{"create user", "set inline policy latchkey-self-service", "set inline policy latchkey-assume-roles", "add group devs",
		"create console password", "create access key", "remove tag latchkey-onboarding"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q", got)
	}
	// Once more: nothing.
	calls := len(d.fake.calls)
	if p, err := d.run(wish()); err != nil || len(p.Changes) != 0 {
		t.Errorf("second run: %+v, %v", p.Changes, err)
	}
	for _, call := range d.fake.calls[calls:] {
		if !strings.HasPrefix(call, "Get") && !strings.HasPrefix(call, "List") {
			t.Errorf("second run calls %s", call)
		}
	}
	// With another wish it only adds, and says what stays.
	w := wish()
	w.Groups, w.Roles, w.Tags, w.Path, w.Boundary = []string{"ops"}, []string{"arn:aws:iam::444455556666:role/Read"}, []awsapi.Tag{{Key: "cost", Value: ""}}, "/", ""
	p, err = d.run(w)
	u := d.fake.users["bob"]
	if err != nil || !slices.Equal(u.groups, []string{"devs", "ops"}) || u.path != "/people/" || len(u.tags) != 2 ||
		!strings.Contains(u.inline[iam.PolicyAssumeRoles], "role/Deploy") || !strings.Contains(u.inline[iam.PolicyAssumeRoles], "role/Read") {
		t.Errorf("added: %+v, %v", u, err)
	}
	other := wish()
	other.Tags = []awsapi.Tag{{Key: "team", Value: "b"}}
	if _, err := d.run(other); err != nil || u.tags["team"] != "b" || u.boundary != "arn:aws:iam::111122223333:policy/edge" {
		t.Errorf("another value: %v, %v", u.tags, err)
	}
	kept := strings.Join(p.Kept, "\n")
	for _, want := range []string{"the path stays /people/", "permissions boundary arn", "tag team=a", "group devs", "assume arn:aws:iam::444455556666:role/Deploy", "access key AKIAFAKE", "console password"} {
		if !strings.Contains(kept, want) {
			t.Errorf("%q is not said to stay: %s", want, kept)
		}
	}
}

// TestOnboardKilled: a run is killed before and after each of its calls that change
// something. Whatever it leaves, the next run ends as if nothing had happened, and at no
// point is there a key whose secret nobody has that is not marked.
func TestOnboardKilled(t *testing.T) {
	t.Parallel()
	for _, exists := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				d := newDesk(t)
				if exists {
					u := newFakeUser()
					u.path = "/people/"
					d.fake.users["bob"] = u
				}
				seen := 0
				kill := func(string) error {
					if seen++; seen >= n {
						d.killed, d.fake.dead = true, true
						return errors.New("killed")
					}
					return nil
				}
				if after {
					d.fake.after = kill
				} else {
					d.fake.before = kill
				}
				_, err := d.run(wish())
				d.killed, d.fake.dead, d.fake.before, d.fake.after = false, false, nil, nil
				if err == nil {
					if n < 7 {
						t.Errorf("only %d changes", n-1)
					}
					break
				}
				name := fmt.Sprintf("existing %v, after %v, change %d", exists, after, n)
				if u := d.fake.users["bob"]; u != nil {
					_, marked := u.tags[iam.TagOnboarding]
					for _, id := range u.keys {
						if !d.handed[id+" "+u.secret[id]] && !marked {
							t.Errorf("%s: key %s is known to nobody, and not marked", name, id)
						}
					}
					if u.password != "" && !d.handed[u.password] {
						t.Errorf("%s: the password works, and nobody has it", name)
					}
				}
				d.clock.now = d.clock.now.Add(time.Minute)
				if _, err := d.run(wish()); err != nil {
					t.Errorf("%s: the next run: %v", name, err)
				}
				d.asWished()
				if t.Failed() {
					t.Fatal(name)
				}
			}
		}
	}
}

// TestOnboardLost: of what an interrupted run seems to have made, only what nobody has
// used is replaced.
func TestOnboardLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		change         func(f *fakeIAM, u *fakeUser)
		password, keys bool // are other ones
	}{
		{"unused", func(*fakeIAM, *fakeUser) {}, true, true},
		{"password used", func(_ *fakeIAM, u *fakeUser) { u.passwordUsed = u.made[""] }, false, true},
		{"password changed", func(_ *fakeIAM, u *fakeUser) { u.reset = false }, false, true},
		{"key used", func(_ *fakeIAM, u *fakeUser) { u.used[u.keys[0]] = u.made[u.keys[0]] }, true, false},
		{"key older than the run", func(_ *fakeIAM, u *fakeUser) { u.made[u.keys[0]] = u.made[u.keys[0]].Add(-time.Hour) }, true, false},
		{"use of keys not told", func(f *fakeIAM, _ *fakeUser) { f.denied["GetAccessKeyLastUsed"] = true }, true, false},
		{"no mark", func(_ *fakeIAM, u *fakeUser) { delete(u.tags, iam.TagOnboarding) }, false, false},
		{"a mark of somebody else's", func(_ *fakeIAM, u *fakeUser) { u.tags[iam.TagOnboarding] = "yes" }, false, false},
	} {
		d := newDesk(t)
		d.fake.before = func(action string) error {
			if action == "UntagUser" {
				return errors.New("killed")
			}
			return nil
		}
		if _, err := d.run(wish()); err == nil {
			t.Fatal("was not killed")
		}
		d.fake.before = nil
		u := d.fake.users["bob"]
		tt.change(d.fake, u)
		password, key := u.password, u.keys[0]
		p, err := d.run(wish())
		if err != nil || (u.password != password) != tt.password || (u.keys[0] != key) != tt.keys || len(u.keys) != 1 || len(u.tags) != 1 {
			t.Errorf("%s: password is another one: %v, key: %v, keys %v, tags %v, %v", tt.name, u.password != password, u.keys[0] != key, u.keys, u.tags, err)
		}
		if tt.keys && !slices.ContainsFunc(p.Changes, func(c *iam.Change) bool { return c.Action == iam.ActionDelete && c.ID == key && c.Why != "" }) {
			t.Errorf("%s: the key that goes is not named: %+v", tt.name, p.Changes)
		}
		doubts := slices.ContainsFunc(p.Kept, func(k string) bool {
			return strings.Contains(k, key) && strings.Contains(k, "delete it if nobody has its secret")
		})
		if doubts != (tt.name == "use of keys not told") {
			t.Errorf("%s: kept %q", tt.name, p.Kept)
		}
	}
}

// TestOnboardKeyNotHandedOver: a key that could not be handed over is deleted at once.
func TestOnboardKeyNotHandedOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.failHand = errors.New("disk full")
	w := wish()
	w.Password = false
	_, err := d.run(w)
	var lost *iam.StoreError
	if !errors.As(err, &lost) || !lost.Deleted || len(d.fake.users["bob"].keys) != 0 {
		t.Errorf("got %v, keys %v", err, d.fake.users["bob"].keys)
	}
	w.Password, w.AccessKey = true, false
	if _, err = d.run(w); err == nil || d.fake.users["bob"].password != "" {
		t.Errorf("got %v, password %q", err, d.fake.users["bob"].password)
	}
}

// TestOnboardRefused: what is found to be impossible changes nothing.
func TestOnboardRefused(t *testing.T) {
	t.Parallel()
	many := []string{}
	for i := range 40 {
		many = append(many, fmt.Sprintf("arn:aws:iam::444455556666:role/a-role-of-a-long-name-%d", i))
	}
	for _, tt := range []struct {
		name   string
		change func(d *desk, u *fakeUser, w *iam.Wish)
		want   string
	}{
		{"offboarded", func(_ *desk, u *fakeUser, _ *iam.Wish) { u.inline[iam.PolicyOffboarded] = "{}" }, "has been offboarded"},
		{"unseen", func(d *desk, _ *fakeUser, _ *iam.Wish) { d.fake.denied["ListAccessKeys"] = true }, "is not known: access keys"},
		{"too long", func(_ *desk, _ *fakeUser, w *iam.Wish) { w.Roles = many }, "and AWS allows 2048 together"},
		{"edited", func(_ *desk, u *fakeUser, _ *iam.Wish) {
			u.inline[iam.PolicyAssumeRoles] = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::1:role/x"}}`
		}, "changed by somebody else"},
	} {
		d, w := newDesk(t), wish()
		d.fake.users["bob"] = newFakeUser()
		tt.change(d, d.fake.users["bob"], &w)
		d.fake.before = func(action string) error { t.Errorf("%s: %s", tt.name, action); return nil }
		_, err := d.run(w)
		var not *iam.PlanError
		if !errors.As(err, &not) || !strings.Contains(not.What, tt.want) || not.Fix == "" {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestOnboardRace: a user whom somebody else makes at the same time is not taken for
// the own one; the own one is, when the answer to the first request was lost.
func TestOnboardRace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fake.before = func(action string) error {
		if action == "CreateUser" && d.fake.users["bob"] == nil {
			d.fake.users["bob"] = newFakeUser()
		}
		return nil
	}
	if _, err := d.run(wish()); err == nil || !strings.Contains(err.Error(), "somebody else has just made the user") || len(d.handed) > 0 {
		t.Errorf("got %v", err)
	}
	// It is an onboarding as well, of another administrator.
	d = newDesk(t)
	d.fake.before = func(action string) error {
		if action == "CreateUser" && d.fake.users["bob"] == nil {
			d.fake.users["bob"] = newFakeUser()
			d.fake.users["bob"].tags[iam.TagOnboarding] = "2026-03-04T05:06:07Z/other"
		}
		return nil
	}
	if _, err := d.run(wish()); err == nil || len(d.handed) > 0 {
		t.Errorf("got %v, handed over %v", err, d.handed)
	}
	d = newDesk(t)
	lost := map[string]bool{"CreateUser": true, "CreateLoginProfile": true}
	d.fake.after = func(action string) error {
		if lost[action] {
			lost[action] = false
			return errors.New("connection lost")
		}
		return nil
	}
	if _, err := d.run(wish()); err != nil {
		t.Fatal(err)
	}
	d.asWished()
}
