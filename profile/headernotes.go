package profile

import (
	"bytes"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// headerLine returns the header line of head i from its bracket on, without the end.
func (f *file) headerLine(i int) []byte {
	from := f.lineStart(i)
	at := from + bytes.IndexByte(f.data[from:], '[')
	return f.data[at:lineEnd(f.data, at)]
}

// meant returns the name of the profile that an ignored section seems to mean.
func (f *file) meant(i int) string {
	line := f.headerLine(i)
	h := readHeader(line, f.credentials)
	if h.bad != "" {
		return ""
	}
	name := string(line[h.from:h.to])
	if f.credentials {
		if k := configHeader(name); k != kindOther {
			return strings.TrimSpace(name[len(k.word()):])
		}
		if strings.EqualFold(name, "default") {
			return "default"
		}
		return name
	}
	switch {
	case h.word == "" && strings.EqualFold(name, "default"):
		return "default"
	case h.word == "" && len(name) > len("profile") && strings.EqualFold(name[:len("profile")], "profile"):
		return name[len("profile"):] // [profilefoo]
	}
	return name
}

// headerNotes reports what is odd about the header of head i in that line.
func (f *file) headerNotes(i, number int, n *notes) {
	line := f.headerLine(i)
	h := readHeader(line, f.credentials)
	add := func(code, message string) {
		d := newDiagnostic(code, origin.File(f.path, number, ""), message)
		d.Section, d.Profile = f.labels(i)
		n.add(d)
	}
	name := clean(string(line[h.from:h.to]))
	if bytes.HasPrefix(f.data[f.lineStart(i):], bom[:]) {
		add(CodeBOM, "")
	}
	if at := f.data[f.lineStart(i)]; isBlank(at) {
		add(CodeIndentedHeader, "")
	}
	if h.bad != "" {
		message := ""
		if h.bad == CodeInvalidUTF8 {
			message = "the section header is not valid UTF-8; the section is ignored"
		}
		add(h.bad, message)
		return
	}
	if h.kind == kindOther {
		if !h.closed {
			add(CodeMissingBracket, "")
		}
		f.unknownNotes(h, name, add)
		return
	}
	f.nameNotes(line, h, add)
}

// nameNotes reports what is odd about the header of a section that is used.
func (f *file) nameNotes(line []byte, h header, add func(code, message string)) {
	name := string(line[h.from:h.to])
	if h.padded {
		add(CodePaddedHeader, "")
	}
	if h.quoted {
		add(CodeQuotedName, "")
	}
	switch {
	case strings.ContainsAny(name, " \t"):
		if !h.quoted {
			add(CodeSpacesInName, "")
		}
	case !allowedName(name):
		add(CodeNameCharacters, "")
	}
	if !h.closed {
		return
	}
	if rest := bytes.TrimLeft(line[h.after:], " \t\r"); len(rest) > 0 && rest[0] != '#' && rest[0] != ';' {
		add(CodeTextAfterHeader, "")
	}
}

// unknownNotes reports why a section is ignored and what was probably meant.
func (f *file) unknownNotes(h header, name string, add func(code, message string)) {
	bare := h.word == ""
	switch {
	case bare && name == "DEFAULT":
		add(CodeDEFAULT, "")
	case bare && strings.EqualFold(name, "default"):
		add(CodeSectionCase, "the default profile is written [default]; this section is ignored, except by the AWS SDK for Go")
	case f.credentials && configHeader(name) == kindProfile:
		add(CodePrefixInCredentials, "")
	case f.credentials:
		add(CodeKindInCredentials, "")
	case bare && (name == "plugins" || name == "preview" || name == "toplevel"):
		// Sections of the AWS CLI itself.
	case bare && (name == "profile" || name == "sso-session" || name == "services"):
		add(CodeUnknownSection, "["+name+"] has no name: did you mean ["+name+" NAME]?")
	case bare:
		for _, k := range []kind{kindProfile, kindSSO, kindServices} {
			if w := k.word(); len(name) > len(w) && strings.EqualFold(name[:len(w)], w) {
				add(CodeUnknownSection, "["+name+"] is no section of a known kind and is ignored: did you mean ["+w+" "+strings.TrimLeft(name[len(w):], "-_:")+"]?")
				return
			}
		}
		add(CodeMissingPrefix, "["+name+"] is ignored in the config file: did you mean [profile "+name+"]?")
	default:
		f.misspeltKind(h, name, add)
	}
}

// misspeltKind reports a section whose first word is no known kind.
func (f *file) misspeltKind(h header, name string, add func(code, message string)) {
	word, nearest, limit := strings.ToLower(h.word), "", 4
	for _, k := range []kind{kindProfile, kindSSO, kindServices} {
		if d := distance(word, k.word(), min(limit, 3)); d < min(limit, 3) {
			nearest, limit = k.word(), d
		}
	}
	if s := strings.ReplaceAll(word, "_", "-"); s == "sso-session" || s == "ssosession" {
		nearest = "sso-session"
	}
	header := "[" + clean(h.word) + " " + name + "]"
	switch {
	case nearest == word:
		add(CodeSectionCase, header+" is ignored, section names distinguish upper and lower case: did you mean ["+nearest+" "+name+"]?")
	case nearest != "":
		add(CodeUnknownSection, header+" is no section of a known kind and is ignored: did you mean ["+nearest+" "+name+"]?")
	default:
		add(CodeUnknownSection, header+" is no section of a known kind and is ignored: did you mean [profile "+clean(h.word)+"-"+name+"]?")
	}
}

// labels returns the Section and Profile of findings on head i.
func (f *file) labels(i int) (section, profile string) {
	h := f.heads[i]
	name := f.nameOf(i)
	switch h.kind {
	case kindProfile:
		return "profile " + name, name
	case kindSSO, kindServices:
		return h.kind.word() + " " + name, ""
	}
	profile = f.meant(i)
	return "[" + clean(name) + "]", profile
}
