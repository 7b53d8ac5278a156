package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// findingPrinter shows findings the same way everywhere: a line for what, why and
// fix each, wrapped and with colour on a terminal, and plain elsewhere.
type findingPrinter struct {
	w      io.Writer
	width  int // 0: nothing is wrapped
	colour bool
	err    error // of writing, the first
}

func (sys *Sys) findings(w io.Writer) *findingPrinter {
	p := &findingPrinter{w: w}
	file, ok := w.(*os.File)
	if !ok || !isTerminal(file) {
		return p
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		p.width = width
	}
	p.colour = sys.env("NO_COLOR") == "" && sys.env("TERM") != "dumb" && sys.env("CI") == ""
	return p
}

// failure writes the lines of an error: what, why, fix.
func (p *findingPrinter) failure(f explain.Finding) {
	p.line("", "latchkey: error", display.Text(f.What, 1000), f)
	p.reasons("", f)
}

// reasons writes all that is known of a finding but what happened.
func (p *findingPrinter) reasons(indent string, f explain.Finding) {
	for _, part := range []struct{ label, text string }{{"why", f.Why}, {"differs", f.Breaks}, {"fix", f.Fix}} {
		if part.text != "" {
			p.line(indent, part.label, part.text, f)
		}
	}
}

// where writes the line, variable or flag to look at.
func (p *findingPrinter) where(indent string, f explain.Finding) {
	if f.Where != nil {
		p.line(indent, "at", f.Where.String(), f)
	}
}

// more writes what else there is to read.
func (p *findingPrinter) more(indent string, f explain.Finding) {
	if len(f.Evidence) > 0 {
		p.line(indent, "seen", seen(f.Evidence), f)
	}
	for _, page := range f.Docs {
		p.line(indent, "docs", page, f)
	}
}

// seen puts facts into one line.
func seen(facts []explain.Fact) string {
	parts := make([]string, len(facts))
	for i, fact := range facts {
		parts[i] = strings.ReplaceAll(fact.Name, "_", " ") + " " + fact.Value
		if fact.Name == explain.FactClock {
			parts[i] = fact.Value
		}
	}
	return strings.Join(parts, ", ")
}

const (
	red   = "\x1b[1;31m"
	bold  = "\x1b[1m"
	reset = "\x1b[0m"
)

// line writes a label and a text, whose further lines stand under its first word.
func (p *findingPrinter) line(indent, label, text string, f explain.Finding) {
	var keep []string
	if f.Where != nil {
		keep = append(keep, f.Where.String(), f.Where.Position())
	}
	hang := indent + strings.Repeat(" ", len("why: "))
	lead := len(indent) + len(label) + len(": ")
	lines := wrap(text, p.width-len(hang), lead-len(hang), keep...)
	_, err := fmt.Fprintf(p.w, "%s%s: %s\n", indent, p.coloured(label), strings.Join(lines, "\n"+hang))
	if p.err == nil {
		p.err = err
	}
}

func (p *findingPrinter) coloured(label string) string {
	switch {
	case !p.colour:
		return label
	case strings.HasSuffix(label, "error"):
		return red + label + reset
	}
	return bold + label + reset
}
