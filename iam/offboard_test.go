package iam_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

const phone, bobDevice = "arn:aws:iam::111122223333:mfa/phone", "arn:aws:iam::111122223333:mfa/bob"

// leaver is a user with at least three of everything that there can be, so that each
// list has more than one page.
func (d *desk) leaver() *fakeUser {
	u := newFakeUser()
	u.password, u.boundary = "secret", "arn:aws:iam::111122223333:policy/edge"
	d.fake.newKey(u)
	d.fake.newKey(u)
	for _, list := range []struct {
		to   *[]string
		name string
	}{{&u.certs, "CERT"}, {&u.ssh, "APKA"}, {&u.creds, "ACCA"}} {
		for i := range 3 {
			id := fmt.Sprintf("%s%d", list.name, i)
			*list.to = append(*list.to, id)
			u.status[id] = "Active"
		}
	}
	u.status["CERT1"], u.status[u.keys[1]] = "Inactive", "Inactive"
	u.devices = []string{phone, bobDevice, "arn:aws:iam::111122223333:u2f/user/bob/key-1", "GAHT12345678"}
	u.groups, u.attached = []string{"devs", "ops", "g3"}, []string{"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/C"}
	u.inline = map[string]string{"a": "{}", "b": `{"Statement":{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":["arn:aws:iam::1:role/x"]}}`, "c": "{}"}
	u.tags = map[string]string{"x": "1", "y": "2", "z": "3"}
	d.fake.users["bob"] = u
	return u
}

func (d *desk) offboard(everything bool) (iam.Plan, []error) {
	d.t.Helper()
	admin := d.fake.admin(d.t, d.clock)
	state, err := iam.ReadUser(d.t.Context(), admin, "bob")
	if err != nil {
		return iam.Plan{}, []error{err}
	}
	p := iam.PlanOffboard(state, everything)
	return p, iam.Offboard(d.t.Context(), admin, p, nil)
}

func TestOffboard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u := d.leaver()
	p, failed := d.offboard(false)
	if failed != nil {
		t.Fatal(failed)
	}
	if u.password != "" || !strings.Contains(u.inline[iam.PolicyOffboarded], `"Effect":"Deny","Action":"*","Resource":"*"`) {
		t.Errorf("password %q, policies %v", u.password, u.inline)
	}
	for id, status := range u.status {
		if status != "Inactive" {
			t.Errorf("%s is %s", id, status)
		}
	}
	// What can be brought back is there, MFA devices too.
	if len(u.keys) != 2 || len(u.devices) != 4 || len(u.groups) != 3 || len(u.inline) != 4 {
		t.Errorf("left: %+v", u)
	}
	if c := p.Changes[0]; c.Thing() != "inline policy "+iam.PolicyOffboarded {
		t.Errorf("begins with %s", c.Thing())
	}
	if roles := iam.Reaches(p.State); !slices.Equal(roles, []string{"arn:aws:iam::1:role/x"}) {
		t.Errorf("roles %q", roles)
	}
	if p, _ := d.offboard(false); len(p.Changes) != 0 {
		t.Errorf("again: %+v", p.Changes)
	}
	proof, err := iam.Prove(t.Context(), d.fake.admin(t, d.clock), "bob", false)
	if err != nil || !proof.Holds() || !proof.State.Exists {
		t.Errorf("proof %+v, %v", proof, err)
	}
	// The policy is there, and somebody has taken the meaning out of it; a device of a
	// similar name is somebody else's.
	u.inline[iam.PolicyOffboarded] = strings.Replace(u.inline[iam.PolicyOffboarded], "Deny", "Allow", 1)
	d.fake.spare = []string{"arn:aws:iam::111122223333:mfa/notbob"}
	if proof, err = iam.Prove(t.Context(), d.fake.admin(t, d.clock), "bob", false); err != nil || proof.Holds() {
		t.Errorf("proof %+v, %v", proof, err)
	}
	if p, failed = d.offboard(false); failed != nil || len(p.Changes) != 1 || !strings.Contains(u.inline[iam.PolicyOffboarded], "Deny") {
		t.Errorf("tampered: %+v, %v", p.Changes, failed)
	}
	if p, failed = d.offboard(true); len(d.fake.spare) == 1 {
		d.fake.spare = nil
	}
	if failed != nil || !p.Ends() || len(d.fake.users) != 0 || len(d.fake.spare) != 0 {
		t.Errorf("deleting: %v; users %v, spare devices %v", failed, d.fake.users, d.fake.spare)
	}
	if last := p.Changes[len(p.Changes)-1]; !strings.Contains(last.Why, "3 tags") || !strings.Contains(last.Why, "policy/edge") {
		t.Errorf("the user goes %q", last.Why)
	}
	proof, err = iam.Prove(t.Context(), d.fake.admin(t, d.clock), "bob", true)
	if err != nil || proof.State.Exists || !proof.Holds() {
		t.Errorf("proof %+v, %v", proof, err)
	}
	if p, failed = d.offboard(true); len(p.Changes) != 0 || failed != nil || p.State.Exists {
		t.Errorf("nobody: %+v, %v", p, failed)
	}
}

// access is what somebody with the user's credentials could do: each way in, with each
// permission.
func access(u *fakeUser) map[string]bool {
	out := map[string]bool{}
	if u == nil || u.inline[iam.PolicyOffboarded] != "" {
		return out
	}
	ways := []string{}
	if u.password != "" {
		ways = append(ways, "password")
	}
	for id, status := range u.status {
		all := slices.Concat(u.keys, u.certs, u.ssh, u.creds)
		if status == "Active" && slices.Contains(all, id) {
			ways = append(ways, id)
		}
	}
	for _, way := range ways {
		for _, right := range slices.Concat(u.groups, u.attached, slices.Collect(maps.Keys(u.inline))) {
			out[way+" "+right] = true
		}
	}
	return out
}

// TestOffboardKilled: a run is killed before and after each of its calls. Nothing it does
// gives more access than there was, and the next run ends it.
func TestOffboardKilled(t *testing.T) {
	t.Parallel()
	for _, everything := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				d := newDesk(t)
				d.leaver()
				seen, had := 0, access(d.fake.users["bob"])
				less := func() {
					now := access(d.fake.users["bob"])
					for way := range now {
						if !had[way] {
							t.Errorf("change %d gives %s", seen, way)
						}
					}
					had = now
				}
				kill := func(string) error {
					if less(); seen >= n-1 {
						d.fake.dead = true
						return errors.New("killed")
					}
					seen++
					return nil
				}
				if after {
					d.fake.after = kill
				} else {
					d.fake.before = kill
				}
				_, failed := d.offboard(everything)
				d.fake.dead, d.fake.before, d.fake.after = false, nil, nil
				if failed == nil {
					if n < 9 || everything && n < 30 {
						t.Errorf("only %d changes", n-1)
					}
					break
				}
				if _, failed := d.offboard(everything); failed != nil {
					t.Fatalf("delete %v, after %v, change %d: the next run: %v", everything, after, n, failed)
				}
				proof, err := iam.Prove(t.Context(), d.fake.admin(t, d.clock), "bob", everything)
				if err != nil || !proof.Holds() || proof.State.Exists == everything || len(d.fake.spare) > 0 && !slices.Equal(d.fake.spare, []string{phone}) {
					t.Fatalf("delete %v, after %v, change %d: %+v, spare %v, %v", everything, after, n, proof, d.fake.spare, err)
				}
			}
		}
	}
}

// TestOffboardDenied: what may not be seen or done does not keep the rest from being
// done, and whether the user can go depends on what it is.
func TestOffboardDenied(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		action         string
		unseen, failed int
		ends           bool // the plan has the user deleted
		exists, denied bool // afterwards
	}{
		{"ListAccessKeys", 1, 0, false, true, true},
		{"ListGroupsForUser", 1, 0, false, true, true},
		{"ListUserPolicies", 1, 0, false, true, true},
		{"GetLoginProfile", 1, 0, false, true, true},
		{"ListSSHPublicKeys", 1, 1, true, true, true}, // AWS does not let the user go
		{"ListUserTags", 1, 0, true, false, false},
		{"GetUser", 1, 0, true, false, false},
		{"UpdateAccessKey", 0, 1, true, true, true},
		{"DeleteAccessKey", 0, 2, true, true, true},
		{"PutUserPolicy", 0, 1, true, false, false},
		{"DeleteUser", 0, 1, true, true, true},
		{"GetUserPolicy", 0, 0, true, false, false},
		{"GetAccessKeyLastUsed", 0, 0, true, false, false},
		{"ListVirtualMFADevices", 0, 0, true, false, false},
	} {
		d := newDesk(t)
		u := d.leaver()
		d.fake.denied[tt.action] = true
		p, failed := d.offboard(true)
		if len(p.State.Unseen) != tt.unseen || len(failed) != tt.failed || p.Ends() != tt.ends || (d.fake.users["bob"] != nil) != tt.exists {
			t.Errorf("%s: unseen %v, failed %v, ends %v, user %v", tt.action, p.State.Unseen, failed, p.Ends(), d.fake.users["bob"])
		}
		if _, denied := u.inline[iam.PolicyOffboarded]; tt.exists && denied != tt.denied {
			t.Errorf("%s: the policy that denies everything is there: %v", tt.action, denied)
		}
		if u.password != "" && tt.action != "GetLoginProfile" {
			t.Errorf("%s: the password stays", tt.action)
		}
		for _, s := range p.State.Unseen {
			if s.Operation != tt.action || !iam.Denied(s.Err) || s.What == "" {
				t.Errorf("%s: unseen %+v", tt.action, s)
			}
		}
	}
}

// TestOffboardAway: when AWS is not reached any more there is no use in trying on.
func TestOffboardAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leaver()
	d.fake.before = func(string) error { d.fake.dead = true; return errors.New("cable") }
	if _, failed := d.offboard(true); len(failed) != 1 {
		t.Errorf("%d failures: %v", len(failed), failed)
	}
}

// TestProveWaits: the proof is asked for again while AWS tells what was before, and for a
// minute at most.
func TestProveWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u := d.leaver()
	if _, failed := d.offboard(false); failed != nil {
		t.Fatal(failed)
	}
	u.status["APKA0"] = "Active"
	admin := d.fake.admin(t, d.clock)
	began, told := d.clock.Now(), 0
	admin.Progress = func(int, int) { told++ }
	proof, err := iam.Prove(t.Context(), admin, "bob", false)
	if waited := d.clock.Now().Sub(began); err != nil || proof.Holds() || len(proof.Left) != 1 || proof.Left[0].ID != "APKA0" || waited < time.Minute || waited > 70*time.Second || told == 0 {
		t.Errorf("after %v, told %d times: %+v, %v", waited, told, proof.Left, err)
	}
	slept := 0
	admin.Progress = func(int, int) {
		if slept++; slept == 3 {
			u.status["APKA0"] = "Inactive"
		}
	}
	if proof, err = iam.Prove(t.Context(), admin, "bob", false); err != nil || !proof.Holds() || slept != 3 {
		t.Errorf("after %d: %+v, %v", slept, proof.Left, err)
	}
}

// TestKeyEnds: a key is tried until it ends; what says nothing of it is an error.
func TestKeyEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u := d.leaver()
	admin := d.fake.admin(t, d.clock)
	key := iam.Key{ID: u.keys[0], Secret: secret.New("x")}
	if works, err := iam.KeyEnds(t.Context(), admin, key); !works || err != nil {
		t.Errorf("an active key: %v, %v", works, err)
	}
	tries := 0
	admin.Progress = func(int, int) {
		if tries++; tries == 2 {
			u.status[key.ID] = "Inactive"
		}
	}
	if works, err := iam.KeyEnds(t.Context(), admin, key); works || err != nil || tries != 2 {
		t.Errorf("a key that ends: %v, %v after %d", works, err, tries)
	}
	d.fake.denied["GetCallerIdentity"] = true
	if works, err := iam.KeyEnds(t.Context(), admin, key); works || !iam.Denied(err) {
		t.Errorf("no answer: %v, %v", works, err)
	}
}
