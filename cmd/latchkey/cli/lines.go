package cli

import (
	"fmt"
	"io"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// lines writes lines and keeps the first error.
type lines struct {
	w        io.Writer
	findings *findingPrinter
	err      error
}

// lines are those of standard output.
func (sys *Sys) lines() *lines { return &lines{w: sys.Stdout, findings: sys.findings(sys.Stdout)} }

//go:noinline
func (l *lines) add(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}

func (l *lines) step(n int, s chain.Step) {
	title := string(s.Kind)
	if s.Profile != "" {
		title += " of profile " + display.Text(s.Profile, 100)
	}
	l.add("\n%d. %s: %s", n, title, explain.Does(s))
	for _, in := range s.Inputs {
		value := display.Text(in.Value, 200)
		if !in.Secret.Empty() {
			value = in.Secret.String()
		}
		l.add("     %-24s %s  (%s)", in.Name, value, display.Text(in.Origin.String(), 300))
	}
	l.add("     %-24s %s", "session key", s.Key[:16])
}

func (l *lines) finding(indent string, f explain.Finding) {
	if l.err == nil {
		l.findings.where(indent, f)
		l.findings.reasons(indent, f)
		l.err = l.findings.err
	}
}

// failure tells all of the finding of an error.
func (l *lines) failure(f explain.Finding) {
	if l.err == nil {
		l.findings.line("", "error", f.What, f)
		l.finding("  ", f)
		l.findings.more("  ", f)
		l.err = l.findings.err
	}
}
