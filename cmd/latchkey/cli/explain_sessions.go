package cli

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/session"
)

// keptSessions is what explain says of sessions that are kept for a plan.
type keptSessions struct {
	Folder string `json:"folder,omitempty"`
	// SealingKey says where the key is, "" where there is none yet.
	SealingKey string     `json:"sealing_key,omitempty"`
	Off        string     `json:"off,omitempty"`
	Error      string     `json:"error,omitempty"`
	Steps      []keptStep `json:"steps"`
}

// keptStep is one step whose session is shared between processes.
type keptStep struct {
	Key     string    `json:"session_key"`
	Kept    bool      `json:"kept"`
	Expires time.Time `json:"expires,omitzero"`
	Left    int       `json:"left_seconds,omitempty"`
	Error   string    `json:"error,omitempty"`
	// due and must are as in session.Info.
	due, must bool
	// under is the key that the session is kept under; "" where only running
	// the plan tells.
	under string
}

// leastLeft is what a session must have left to be handed out.
const leastLeft = time.Minute

// lookForSessions looks which of a plan's sessions are kept. Nothing is made.
func lookForSessions(ctx context.Context, r *latchkey.Resolver, plan *chain.Plan) (*keptSessions, error) {
	kept := &keptSessions{Steps: []keptStep{}}
	off, err := r.Setting("sessions", "keep")
	if err != nil {
		return nil, err
	}
	shared := false
	for at := plan; at != nil; at = at.Next {
		for _, step := range at.Steps {
			shares, err := r.Shares(step)
			if err != nil {
				return nil, err
			}
			if shares {
				shared = true
				under, _ := r.SessionKey(at, step)
				kept.Steps = append(kept.Steps, keptStep{Key: step.Key, under: under})
			}
		}
	}
	if !shared {
		if off.Set() {
			kept.Off = off.Origin.Position()
		}
		return kept, nil
	}
	kept.Folder = r.SessionFolder()
	return kept, kept.fill(ctx, r.Sessions())
}

// fill looks into the store. What is wrong with it is told, and no failure: there
// is a plan all the same.
func (k *keptSessions) fill(ctx context.Context, store *session.Store) error {
	where, err := store.Where(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		k.SealingKey = where
	case !errors.Is(err, session.ErrNoKey):
		k.Error = err.Error()
	}
	list, err := store.List(ctx)
	if err != nil {
		k.Error = err.Error()
	}
	if len(list) == 0 {
		k.SealingKey = "" // one that is there may be another home's
	}
	for _, info := range list {
		for i := range k.Steps {
			if step := &k.Steps[i]; step.under == info.Key {
				row := sessionRowOf(info)
				step.due, step.must = info.Due, info.Must
				step.Kept, step.Expires, step.Left, step.Error = info.Err == nil && info.Left > leastLeft, row.Expires, row.Left, row.Error
			}
		}
	}
	return nil
}

func (k *keptSessions) step(key string) (keptStep, bool) {
	for _, step := range k.Steps {
		if step.Key == key {
			return step, true
		}
	}
	return keptStep{}, false
}

// has reports whether a step's session is kept and serves as it is: one that is about
// to end is asked for as if there were none.
func (k *keptSessions) has(s chain.Step) bool {
	step, _ := k.step(s.Key)
	return step.Kept && !step.must
}

// renews reports whether a step's session serves, and a new one is asked for first.
// What takes a code of its own waits until it must.
func (k *keptSessions) renews(s chain.Step) bool {
	step, _ := k.step(s.Key)
	return step.Kept && step.due && !s.AsksCode()
}

// printStep adds what is kept of a step to its lines.
func (k *keptSessions) printStep(out *lines, s chain.Step) {
	step, ok := k.step(s.Key)
	switch {
	case !ok:
		return
	case step.Error != "":
		out.add("     %-24s no: %s", "kept", display.Text(step.Error, 300))
	case step.Kept:
		left := short((time.Duration(step.Left) * time.Second).Truncate(time.Minute))
		out.add("     %-24s until %s, %s left", "kept", step.Expires.Local().Format(time.DateTime), left)
	case step.under == "":
		out.add("     %-24s for the key that the first step gives", "kept")
	default:
		out.add("     %-24s no", "kept")
	}
}

// print says where sessions are kept, and where the key is that seals them.
func (k *keptSessions) print(out *lines) {
	switch {
	case k.Off != "":
		out.add("\nsessions: not kept, by %s", display.Text(k.Off, 300))
	case len(k.Steps) == 0:
	case k.Error != "":
		out.add("\nsessions: cannot be kept in %s: %s", display.Text(k.Folder, 300), display.Text(k.Error, 300))
	case k.SealingKey == "":
		out.add("\nsessions: none kept yet; they will be sealed in %s", display.Text(k.Folder, 300))
	default:
		out.add("\nsessions: sealed in %s; the key is in %s", display.Text(k.Folder, 300), display.Text(k.SealingKey, 300))
	}
}
