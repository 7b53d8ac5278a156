package iam

import (
	"context"
	"encoding/json"
	"reflect"
	"time"
)

// The names of what is attached to users.
const (
	PolicySelfService = "latchkey-self-service" // inline: the own set-up, and all else denied until MFA
	PolicyAssumeRoles = "latchkey-assume-roles" // inline: the roles that the user may assume
	PolicyOffboarded  = "latchkey-offboarded"   // inline: everything denied
	// TagOnboarding is on a user while its onboarding lasts. A run that finds it goes
	// on with one that was interrupted.
	TagOnboarding = "latchkey-onboarding"
)

// Action is what a change does.
type Action string

// The actions.
const (
	ActionCreate     Action = "create"
	ActionAdd        Action = "add"
	ActionSet        Action = "set"     // put there, or in the place of another
	ActionReplace    Action = "replace" // of a secret that nobody has: by another
	ActionDeactivate Action = "deactivate"
	ActionRemove     Action = "remove" // take off, it goes on to exist
	ActionDelete     Action = "delete" // for ever
)

// Change is one step of a plan.
type Change struct {
	Action Action `json:"action"`
	Kind   Kind   `json:"kind"`
	ID     string `json:"id,omitempty"` // of the thing, "" for the user and the password
	Why    string `json:"why,omitempty"`
	// calls do it, in their order: each an operation, and names and values of its
	// parameters. A password or a key to be made has none.
	calls [][]string
}

// Thing names what is changed to a person.
//
//go:noinline
func (c *Change) Thing() string {
	if c.Kind == KindUser || c.Kind == KindPassword || c.ID == "" {
		return c.Kind.Label()
	}
	return c.Kind.Label() + " " + c.ID
}

// Plan is what is to be done about a user, as data.
type Plan struct {
	State   UserState
	Changes []*Change
	// Kept says what the user has beyond what was wished for, and which stays.
	Kept []string
}

// apply makes a change. What is gone already is success where it was to go.
func (a *Admin) apply(ctx context.Context, c *Change) error {
	for _, call := range c.calls {
		err := a.settled(ctx, func() error {
			_, err := a.ask(ctx, call[0], "", call[1:]...)
			return err
		}, "EntityTemporarilyUnmodifiable", "ConcurrentModification", "DeleteConflict")
		taken := c.Action == ActionDeactivate || c.Action == ActionRemove || c.Action == ActionDelete
		if err != nil && (!taken || !gone(err)) {
			return err
		}
	}
	return nil
}

// settled repeats a call for up to 20 s while IAM answers it with one of codes: one of
// its machines does not know yet what another has just been told.
func (a *Admin) settled(ctx context.Context, call func() error, codes ...string) error {
	const limit, pause = 20 * time.Second, 2 * time.Second
	began := a.Now()
	for {
		err := call()
		again := false
		for _, code := range codes {
			again = again || isCode(err, code)
		}
		if !again || a.Now().Sub(began) >= limit {
			return err
		}
		if err := a.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// sameDocument reports whether two policy documents say the same, but for blanks and
// the order of names.
//
//go:noinline
func sameDocument(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
