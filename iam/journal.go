package iam

import (
	"encoding/json"
	"time"
)

// Stage is how far a rotation has come, as its journal says.
type Stage string

// The stages, in their order. What follows a stage may have been done without
// having been written down: every step can be repeated.
const (
	StageCreating    Stage = "creating"    // a new key is about to be made
	StageStored      Stage = "stored"      // the new key is in the journal
	StageSwitched    Stage = "switched"    // the new key is the one in use
	StageDeactivated Stage = "deactivated" // the old key is inactive
)

// Record is a rotation's journal as it is kept, a record of its own beside the
// key in use. Whoever finds nothing but the record finds a working key in it.
type Record struct {
	// Key is the new key, or the one in use while there is no new one.
	Key Key
	// Text is JSON and holds no secret; see [Record.Journal].
	Text string
}

// Journal is what a [Record] says.
type Journal struct {
	Format  int       `json:"format"`
	Stage   Stage     `json:"stage"`
	User    string    `json:"user"`
	ARN     string    `json:"arn"`
	Started time.Time `json:"started"`
	Old     string    `json:"old"`           // id of the key that goes
	New     string    `json:"new,omitempty"` // id of the key that comes
	// Deactivated is when the old key was.
	Deactivated time.Time `json:"deactivated,omitzero"`
}

const (
	journalFormat = 1
	maxJournal    = 16 << 10
	// clocksOff is how far AWS's clock and ours may be apart: a little more than
	// AWS lets signatures be off.
	clocksOff = 16 * time.Minute
	// callTime is how long making a key can take with all repeats, callPlay what
	// clocks that are right may differ by.
	callTime = 30 * time.Second
	callPlay = 5 * time.Second
)

// Empty reports whether there is no journal.
func (r Record) Empty() bool { return r.Text == "" }

// Journal reads the record. A journal that makes no sense, or whose key is not
// the one it names, is a [*JournalError].
func (r Record) Journal() (Journal, error) {
	var j Journal
	fail := func(why string) (Journal, error) { return Journal{}, &JournalError{Why: why} }
	if len(r.Text) > maxJournal {
		return fail("longer than 16 KiB")
	}
	// The error would quote the text, which may be anything.
	if json.Unmarshal([]byte(r.Text), &j) != nil {
		return fail("not readable")
	}
	if j.Format > journalFormat {
		return Journal{}, &JournalError{Why: "written by a newer version", Newer: true}
	}
	want := j.New
	switch {
	case j.Format != journalFormat:
		return fail("has no format")
	case j.Stage == StageCreating:
		want = j.Old
	case j.Stage != StageStored && j.Stage != StageSwitched && j.Stage != StageDeactivated:
		return fail("stage not known")
	case j.Stage == StageDeactivated && j.Deactivated.IsZero():
		return fail("does not say when the old key was deactivated")
	}
	switch {
	case j.User == "" || j.Old == "" || j.Old == j.New:
		return fail("incomplete")
	case want == "" || r.Key.ID != want || r.Key.Secret.Empty():
		return fail("is kept with another key than it names")
	}
	return j, nil
}

// record makes the record that keeps j.
func (j Journal) record(k Key) (Record, error) {
	j.Format = journalFormat
	text, err := json.Marshal(j)
	return Record{Key: k, Text: string(text)}, err
}

// madeAtOnce reports whether a key came within the time that a call to make it can
// take after the journal was written.
func (j Journal) madeAtOnce(created time.Time) bool {
	since := created.Sub(j.Started)
	return since > -callPlay && since < callTime+callPlay
}

// madeBy reports whether a key beside the old one may be what the rotation had
// made when it was interrupted: it came at that time. Before there was no
// other key, or no room.
func (j Journal) madeBy(created time.Time) bool {
	return created.After(j.Started.Add(-clocksOff)) && created.Before(j.Started.Add(clocksOff))
}
