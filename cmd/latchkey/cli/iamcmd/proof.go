package iamcmd

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// offboarded is what offboard says as JSON.
type offboarded struct {
	User    string        `json:"user"`
	ARN     string        `json:"arn"`
	Account string        `json:"account"`
	Exists  bool          `json:"exists"`
	Found   []*iam.Thing  `json:"found"`
	Changes []*iam.Change `json:"changes"`
	Kept    []string      `json:"kept"`
	Unseen  []unseenRow   `json:"unseen"`
	Applied bool          `json:"applied"`
	Failed  []string      `json:"failed"`
	Proof   proofRow      `json:"proof"`
	Roles   rolesRow      `json:"roles"`
}

type proofRow struct {
	Holds   bool         `json:"holds"`
	Deleted bool         `json:"deleted"`
	Denied  bool         `json:"denied"`
	Left    []*iam.Thing `json:"left"`
	Keys    []keyRow     `json:"keys"`
}

// keyRow is a key of the user that this machine has, and what came of trying it.
type keyRow struct {
	ID    string `json:"id"`
	Where string `json:"where"`
	Works bool   `json:"works"`
}

// rolesRow tells of what goes on: sessions of roles.
type rolesRow struct {
	Reachable []string  `json:"reachable"`
	Until     time.Time `json:"until,omitzero"`
	Find      string    `json:"find,omitempty"`
	Policy    string    `json:"policy,omitempty"`
}

// describe begins what is said as JSON.
func (b *offboarding) describe() {
	b.res = offboarded{User: b.state.Name, ARN: b.state.ARN, Account: b.account, Exists: b.state.Exists, Found: list(b.state.Things),
		Changes: list(b.plan.Changes), Kept: list(b.plan.Kept), Unseen: []unseenRow{}, Failed: []string{},
		Proof: proofRow{Left: []*iam.Thing{}, Keys: []keyRow{}}, Roles: rolesRow{Reachable: []string{}}}
}

func (b *offboarding) print() error {
	if !b.o.asJSON {
		return nil
	}
	return b.d.PrintJSON(b.d.Stdout, b.res)
}

// proven tells what the proof says, tries the keys that are here, and tells of roles.
func (b *offboarding) proven(ctx context.Context, p iam.Proof) error {
	b.res.Proof = proofRow{Holds: p.Holds(), Deleted: !p.State.Exists, Denied: p.Denied, Left: list(p.Left), Keys: []keyRow{}}
	for _, t := range p.Left {
		b.d.Say("still works: %s", cell(t.Label()))
	}
	if err := b.tryKeys(ctx); err != nil {
		return err
	}
	b.roleSessions()
	if b.o.asJSON {
		return nil
	}
	var err error
	switch {
	case !p.State.Exists:
		_, err = fmt.Fprintf(b.d.Stdout, "user %s is deleted: AWS knows no such user (NoSuchEntity)\n", b.state.Name)
	case p.Holds():
		_, err = fmt.Fprintf(b.d.Stdout, "user %s is shut out: no password, no active credential, and everything is denied\n", b.state.Name)
	}
	return err
}

// tryKeys tries those of the user's keys that this machine has.
func (b *offboarding) tryKeys(ctx context.Context) error {
	var ids []string
	for _, t := range b.state.All(iam.KindAccessKey) {
		ids = append(ids, t.ID)
	}
	keys, names := b.Resolver.KeysHere(ctx, ids)
	for i, k := range keys {
		row := keyRow{ID: k.ID, Where: names[i]}
		err := b.watched("trying "+k.ID, func() (err error) {
			row.Works, err = iam.KeyEnds(ctx, &b.Admin, k)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			b.d.Say("key %s (%s) was tried, which says nothing: %s", k.ID, cell(names[i]), cell(err.Error()))
			continue
		case row.Works:
			b.d.Say("key %s (%s) still works", k.ID, cell(names[i]))
		default:
			b.d.Say("key %s (%s) was tried: AWS does not take it (InvalidClientTokenId)", k.ID, cell(names[i]))
		}
		b.res.Proof.Keys = append(b.res.Proof.Keys, row)
	}
	return nil
}

// longestSession is how long a role's session lasts at most: what a role can allow.
const longestSession = 12 * time.Hour

// roleSessions tells how to find and end what the user has assumed already.
func (b *offboarding) roleSessions() {
	now := b.Now().UTC().Truncate(time.Second)
	r := rolesRow{Reachable: list(iam.Reaches(b.state)), Until: now.Add(longestSession),
		Find: "aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=" + b.state.Name,
		Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"` +
			now.Format(time.RFC3339) + `"}}}]}`}
	b.res.Roles = r
	b.d.Say("sessions of roles that the user has assumed go on until they expire, at the latest on %s", r.Until.Local().Format(time.DateTime))
	for _, role := range r.Reachable {
		b.d.Say("  the user could assume %s", cell(role))
	}
	b.d.Say("  which ones, as far as CloudTrail keeps it (AssumeRole): %s", r.Find)
	b.d.Say("  to end all sessions of a role that began before now: aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions --policy-document '%s'", r.Policy)
}

//go:noinline
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// lastUsed says when a key or password was used.
//
//go:noinline
func lastUsed(t *iam.Thing) string {
	switch {
	case !t.UseKnown:
		return ""
	case t.LastUsed.IsZero():
		return "never"
	}
	return display.Text(day(t.LastUsed), 20)
}
