package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// trial is what came of running a plan.
type trial struct {
	Works    bool             `json:"works"`
	Steps    []triedStep      `json:"steps"`
	Identity *triedIdentity   `json:"identity,omitempty"`
	Clock    *triedClock      `json:"clock,omitempty"`
	Error    *explain.Finding `json:"error,omitempty"`
	Refusal  *explain.Refusal `json:"refusal,omitempty"`
	// failed is the key of the step that failed.
	failed string
}

// triedStep is one row of the table.
type triedStep struct {
	Key       string         `json:"session_key"`
	Kind      chain.Kind     `json:"kind"`
	Profile   string         `json:"profile,omitempty"`
	Status    explain.Status `json:"status"`
	Took      float64        `json:"took_seconds"`
	AccessKey string         `json:"access_key_id,omitempty"`
	Account   string         `json:"account,omitempty"`
	Expires   time.Time      `json:"expires,omitzero"`
	Left      int            `json:"left_seconds,omitempty"`
	Region    string         `json:"region,omitempty"`
	Endpoint  string         `json:"endpoint,omitempty"`
}

// triedIdentity is whose the credentials of the last step are.
type triedIdentity struct {
	ARN      string  `json:"arn"`
	Account  string  `json:"account"`
	UserID   string  `json:"user_id"`
	Region   string  `json:"region"`
	Endpoint string  `json:"endpoint"`
	Took     float64 `json:"took_seconds"`
}

// triedClock is AWS's clock against this machine's.
type triedClock struct {
	Ahead   int              `json:"aws_ahead_seconds"`
	Finding *explain.Finding `json:"finding,omitempty"`
}

// watch collects what happens to the steps of a plan.
type watch struct {
	mu     sync.Mutex
	events []chain.Event
}

func (w *watch) see(e chain.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *watch) seen() []chain.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[:len(w.events):len(w.events)]
}

// try runs a plan as any command does that wants its credentials, and asks AWS whose
// they are.
func (p *planned) try(ctx context.Context, sys *Sys, seen *watch) (*trial, error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	provider, err := p.resolver.Provider(p.plan)
	if err != nil {
		return nil, err
	}
	t := &trial{}
	creds, err := p.signing.retrieve(ctx, p.plan, provider)
	if err == nil {
		began := sys.Now()
		var who latchkey.Caller
		if who, err = provider.Caller(ctx, creds); err == nil {
			t.Works = true
			t.Identity = &triedIdentity{who.ARN, who.Account, who.UserID, who.Endpoint.SigningRegion, who.Endpoint.URL, seconds(sys.Now().Sub(began))}
		} else {
			err = &chain.StepError{Step: *p.plan.Last(), Err: err}
		}
	}
	if err != nil {
		t.fail(ctx, provider, err)
	}
	if skew, known := provider.Clock(); known {
		t.Clock = &triedClock{int(skew.Round(time.Second).Seconds()), explain.ClockFinding(skew)}
	}
	for _, s := range explain.Tried(p.plan, seen.seen()) {
		t.Steps = append(t.Steps, triedRow(s, provider.Now()))
	}
	return t, nil
}

// fail explains the error; what a refused role comes to is asked for with the
// credentials that are there.
func (t *trial) fail(ctx context.Context, provider *latchkey.Provider, err error) {
	found := findingOf(err)
	t.Error = &found
	var step *chain.StepError
	if errors.As(err, &step) {
		t.failed = step.Step.Key
	}
	if t.Refusal = provider.Refused(ctx, err); t.Refusal != nil && t.Refusal.Fix != "" {
		t.Error.Why, t.Error.Fix = t.Refusal.Why, t.Refusal.Fix
	}
}

func triedRow(s explain.TriedStep, now time.Time) triedStep {
	row := triedStep{Key: s.Step.Key, Kind: s.Step.Kind, Profile: s.Step.Profile, Status: s.Status, Took: seconds(s.Took),
		AccessKey: display.Text(s.AccessKeyID, 128), Account: display.Text(s.AccountID, 64), Expires: s.Expires,
		Region: s.Step.Get(chain.InputRegion), Endpoint: s.Step.Get(chain.InputEndpoint)}
	if row.Region == "" {
		row.Region = s.Step.Get(chain.InputSSORegion)
	}
	if !s.Expires.IsZero() {
		row.Left = max(0, int(s.Expires.Sub(now).Seconds()))
	}
	return row
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// print writes the table: one line a step, and below it what it was asked of and
// what went wrong.
func (t *trial) print(out *lines) {
	out.add("\ntried:")
	for i, s := range t.Steps {
		name := string(s.Kind)
		if s.Profile != "" {
			name += " of profile " + display.Text(s.Profile, 100)
		}
		out.add("%d. %s: %s%s", i+1, name, s.Status, s.detail())
		if s.Endpoint != "" && (s.Status == explain.StatusDone || s.Status == explain.StatusFailed) {
			out.add("     at %s%s", display.Text(s.Endpoint, 300), inRegion(s.Region))
		}
		if t.Error != nil && s.Key == t.failed {
			t.printError(out)
		}
	}
	if id := t.Identity; id != nil {
		out.add("\nidentity %s\n         account %s, user id %s\n         at %s%s, in %gs", display.Text(id.ARN, 2048), display.Text(id.Account, 64), display.Text(id.UserID, 256),
			display.Text(id.Endpoint, 300), inRegion(id.Region), id.Took)
	}
	if t.Error != nil && !t.atStep() {
		t.printError(out)
	}
	if t.Clock != nil {
		t.Clock.print(out)
	}
	switch {
	case t.Works && t.Clock != nil && t.Clock.refused():
		out.add("\nit works for latchkey; programs that sign with this machine's clock are refused until it is set")
	case t.Works:
		out.add("\nit works")
	}
}

func (t *trial) atStep() bool {
	for _, s := range t.Steps {
		if s.Key == t.failed {
			return true
		}
	}
	return false
}

// detail is what a row says beside the status.
func (s triedStep) detail() string {
	text := ""
	switch s.Status {
	case explain.StatusDone, explain.StatusFailed, explain.StatusKept:
		text = fmt.Sprintf(" in %gs", s.Took)
	}
	if s.AccessKey != "" {
		text += ", access key " + s.AccessKey
	}
	if !s.Expires.IsZero() {
		text += ", until " + s.Expires.Local().Format(time.DateTime) + " (" + short(time.Duration(s.Left)*time.Second) + " left)"
	}
	return text
}

func inRegion(region string) string {
	if region == "" {
		return ""
	}
	return ", region " + display.Text(region, 100)
}

// printError writes the error with the evidence before what follows from it.
func (t *trial) printError(out *lines) {
	out.add("     error: %s", display.Text(t.Error.What, 1000))
	if t.Refusal != nil {
		for _, f := range t.Refusal.Facts {
			out.add("       %-16s %s", f.Name, f.Text)
		}
		for _, s := range t.Refusal.Trust {
			name := ""
			if s.Sid != "" {
				name = " " + s.Sid
			}
			out.add("       trust policy, statement %d%s: %s, %s", s.Number, name, s.Effect, s.Verdict)
			for _, reason := range s.Reasons {
				out.add("         %s", reason)
			}
		}
	}
	out.finding("     ", *t.Error)
}

func (c *triedClock) print(out *lines) {
	if c.Finding == nil {
		out.add("\nclock    as AWS's, to a few seconds")
		return
	}
	level := ""
	if c.refused() {
		level = "error: "
	}
	out.add("\nclock    %s%s", level, c.Finding.What)
	out.finding("         ", *c.Finding)
}

// refused reports whether the clock is so wrong that AWS refuses what is signed by it.
func (c *triedClock) refused() bool { return c.Finding != nil && c.Finding.Class != "" }
