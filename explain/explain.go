// Package explain turns plans, diagnostics and errors into findings: what is
// wrong, where, why, and the fix. It must not know how findings are rendered.
package explain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// Class says what kind of failure an error is; the program's exit codes and a
// script's next move follow from it.
type Class string

// The classes.
const (
	ClassFailed      Class = "failed"      // anything that is none of the others
	ClassConfig      Class = "config"      // usage or configuration
	ClassNotFound    Class = "not-found"   // no such profile, no credentials
	ClassNeedsUser   Class = "needs-user"  // a sign-in, a code, an unlock
	ClassRefused     Class = "refused"     // AWS said no
	ClassUnreachable Class = "unreachable" // no answer, or none of AWS
	ClassStore       Class = "store"       // the vault is damaged or cannot be used
	ClassCancelled   Class = "cancelled"   // the user stopped it
)

// Finding is one diagnosed fact.
type Finding struct {
	// Code is stable and machine-readable, such as "inline-comment".
	Code string `json:"code"`
	// Class is set for errors, and for what will make running a plan fail.
	Class Class `json:"class,omitempty"`
	// Profile is the profile concerned, if one is.
	Profile string `json:"profile,omitempty"`
	// What happened, in one line.
	What string `json:"what"`
	// Where is the line, variable or flag to look at.
	Where *origin.Origin `json:"where,omitempty"`
	// Why it is so, and the Fix: a command or an edit. Both may be "".
	Why string `json:"why,omitempty"`
	Fix string `json:"fix,omitempty"`
	// Breaks says which other programs are affected, if any.
	Breaks string `json:"breaks,omitempty"`
	// Title is the kind of failure in a few words, "" for one that no rule knows.
	Title string `json:"title,omitempty"`
	// Evidence is what AWS, or a text that was given, tells of the case.
	Evidence []Fact `json:"evidence,omitempty"`
	// Docs are pages to read on: this project's, and AWS's if there is one.
	Docs []string `json:"docs,omitempty"`
}

// Fact is something that was recognised, such as the operation that was refused.
type Fact struct {
	Name  string `json:"name"` // one of the Fact constants
	Value string `json:"value"`
}

// The names of facts.
const (
	FactService   = "service"
	FactOperation = "operation"
	FactCode      = "code"
	FactStatus    = "status" // of HTTP
	FactRequestID = "request_id"
	FactEndpoint  = "endpoint" // URL without query, or the host
	FactRegion    = "region"
	FactAccount   = "account"
	FactProfile   = "profile"
	FactCaller    = "caller"   // ARN of who asked
	FactResource  = "resource" // ARN of what was asked for, such as a role
	FactDevice    = "mfa_device"
	FactClock     = "clock" // how far this machine's is off
)

// maxText is the longest text of a finding, in characters: names and messages
// of others are cut there, so that none can flood a terminal.
const maxText = 600

// clean removes what a terminal would act on. Every text of a finding passes
// through it, because names and messages come from files and servers.
func clean(s string) string { return display.Text(s, maxText) }

func finding(f Finding) Finding {
	f.Profile, f.What, f.Why = clean(f.Profile), clean(f.What), clean(f.Why)
	f.Fix, f.Breaks = clean(f.Fix), clean(f.Breaks)
	for i := range f.Evidence {
		f.Evidence[i].Value = clean(f.Evidence[i].Value)
	}
	return f
}

func at(o origin.Origin) *origin.Origin {
	if o == (origin.Origin{}) {
		return nil
	}
	o.File, o.Key = clean(o.File), clean(o.Key)
	return &o
}

// Diagnostic turns what the reader or the planner noticed into a finding.
func Diagnostic(d profile.Diagnostic) Finding {
	f := Finding{Code: d.Code, Profile: d.Profile, What: d.Message, Where: at(d.Origin), Fix: d.Fix, Breaks: d.Breaks}
	// A file may have a thousand of them: only the rules that can know one are made.
	for _, rules := range [...]func() []Rule{readerRules, centerRules, shapeRules, misfits, profileRules, fileRules, checkRules} {
		if r, ok := among(rules(), d.Code); ok {
			f.Title, f.Docs = r.Title, r.links()
			break
		}
	}
	return finding(f)
}

// Plan returns the findings about a plan: those of the planner, and those of the
// files that can affect its profile or one that it leads to.
func Plan(g *profile.Graph, plan *chain.Plan) []Finding {
	var found []Finding
	seen := map[profile.Diagnostic]bool{}
	for _, d := range append(plan.Notes[:len(plan.Notes):len(plan.Notes)], g.FindingsFor(plan.Profile.Text)...) {
		if !seen[d] {
			seen[d] = true
			found = append(found, Diagnostic(d))
		}
	}
	return found
}

// Word writes a name as an argument of a command line that somebody copies:
// bare, or in double quotes, which all shells and the SDKs understand, or in
// single quotes where a shell would do something with what is in it.
func Word(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@:+"
	switch {
	case name != "" && strings.Trim(name, plain) == "":
		return name
	case !strings.ContainsAny(name, "\"$`\\!"):
		return `"` + name + `"`
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
