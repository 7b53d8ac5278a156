package latchkey

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/profile"
)

// settingNames are the keys of a section of the settings, none where there is no
// such section.
func settingNames(section string) []string {
	switch section {
	case "vault":
		return []string{"backend", "folder", "prefix"}
	case "prompt":
		return []string{"method", "pinentry"}
	case "sessions":
		return []string{"keep"}
	case "login":
		return []string{"method", "port", "offer"}
	case "console":
		return []string{"browser", "browser_profile"}
	}
	return nil
}

// SettingsFindings says what is wrong in latchkey's own settings: lines that cannot
// be read, and sections and keys that mean nothing, which are misspelt as a rule.
// Errors: those of reading the file.
func (r *Resolver) SettingsFindings() ([]profile.Diagnostic, error) {
	settings, err := r.settings()
	if err != nil || settings == nil {
		return nil, err
	}
	var found []profile.Diagnostic
	for _, d := range settings.Findings() {
		switch d.Code {
		case profile.CodeMissingBracket, profile.CodeEmptyHeader, profile.CodeBeforeSection, profile.CodeNoDelimiter, profile.CodeNoName, profile.CodeIndentedAssignment:
			found = append(found, profile.Diagnostic{Code: d.Code, Origin: d.Origin, Message: "latchkey's settings: " + d.Message, Fix: d.Fix})
		}
	}
	for _, name := range settings.Names() {
		section, err := settings.Profile(name)
		if err != nil {
			continue // among the lines that cannot be read
		}
		known := settingNames(name)
		if known == nil {
			found = append(found, profile.Diagnostic{Code: "unknown-setting", Origin: section.Origin(), Message: "latchkey's settings have no section " + name,
				Fix: "write [vault], [prompt], [sessions], [login] or [console]"})
			continue
		}
		for _, key := range section.Keys() {
			if !slices.Contains(known, key) {
				v, _ := section.Get(key)
				found = append(found, profile.Diagnostic{Code: "unknown-setting", Origin: v.Origin, Message: "latchkey's settings have no key " + key + " in [" + name + "]",
					Fix: settingFix(key, known)})
			}
		}
	}
	return found, nil
}

// settingFix says what a key that means nothing may have been meant to be.
func settingFix(key string, known []string) string {
	if near := profile.Nearest(key, known); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return "write one of " + strings.Join(known, ", ") + ", or remove it"
}
