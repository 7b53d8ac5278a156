package profile

import (
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Diagnostic is one deviation from the grammar that all SDKs share, or one
// reference that leads nowhere.
type Diagnostic struct {
	Code    string        `json:"code"` // one of the Code constants
	Origin  origin.Origin `json:"origin"`
	Profile string        `json:"profile,omitempty"` // the profile that it belongs to or seems to mean; "" for none
	// Section is the section it stands in ("profile dev", "sso-session corp"),
	// or "" for the file as a whole.
	Section string `json:"section,omitempty"`
	Message string `json:"message"`
	Breaks  string `json:"breaks,omitempty"` // who reads it differently or not at all: "botocore and the AWS CLI"
	Fix     string `json:"fix,omitempty"`
	// WholeFile is set where those who break lose the whole file, and so every
	// other profile as well.
	WholeFile bool `json:"whole_file,omitempty"`
}

// newDiagnostic fills in what the code decides; message replaces its text.
func newDiagnostic(code string, o origin.Origin, message string) Diagnostic {
	m := meaningOf(code)
	if message == "" {
		message = m.message
	}
	return Diagnostic{Code: code, Origin: o, Message: message, Breaks: m.breaks, Fix: m.fix, WholeFile: m.wholeFile}
}

// maxNotes bounds the findings of one run, so that a hostile file cannot fill
// the memory with them.
const maxNotes = 4096

// notes collects findings.
type notes struct {
	keep    func(*Diagnostic) bool // nil keeps all
	list    []Diagnostic
	dropped int
}

// full reports that nothing more is listed, and counts one that is not: a
// cheap answer before a finding is put together.
func (n *notes) full() bool {
	if n.keep != nil || len(n.list) < maxNotes {
		return false
	}
	n.dropped++
	return true
}

func (n *notes) add(d Diagnostic) {
	if n.keep != nil && !n.keep(&d) {
		return
	}
	if len(n.list) >= maxNotes {
		n.dropped++
		return
	}
	n.list = append(n.list, d)
}

// note reports a finding on the line being read.
func (p *parser) note(code, key string) { p.noteMessage(code, key, "") }

func (p *parser) noteMessage(code, key, message string) {
	if p.notes == nil || p.notes.full() {
		return
	}
	d := newDiagnostic(code, origin.File(p.file.path, p.line, printableKey(key)), message)
	d.Profile, d.Section = p.profile, p.section
	p.notes.add(d)
}

// checkKey reports what is odd about a key.
func (p *parser) checkKey(key string) {
	if !allowedName(key) {
		p.note(CodeKeyCharacters, key)
	}
	if near := nearestKey(key); near != "" {
		p.noteMessage(CodeUnknownKey, key, "a key that no SDK knows: did you mean "+near+"?")
	}
	p.duplicate(key, key)
}

func (p *parser) checkNested(parent *entry, key string) {
	p.duplicate(strconv.Itoa(parent.line)+"\x00"+key, key)
}

// duplicate reports a key that was there before; the last one wins.
func (p *parser) duplicate(id, key string) {
	if p.seen == nil {
		p.seen = make(map[string]int)
	}
	if before, ok := p.seen[id]; ok {
		p.noteMessage(CodeDuplicateKey, key, "the key is set before in line "+strconv.Itoa(before)+"; the last one wins")
	}
	p.seen[id] = p.line
}

// printableKey returns key where it is a plain word. Anything else may be a
// secret that was pasted on a line of its own, and stays out of messages.
func printableKey(key string) string {
	if keyLike(key) && (len(key) <= 16 || strings.IndexByte(key, '_') >= 0) {
		return key
	}
	return ""
}

// keyLike reports whether text has the form of AWS's keys.
func keyLike(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return text != "" && len(text) <= 64
}
