package deliver

import (
	"strings"
	"unicode/utf8"
)

// Shell names a dialect in which variables can be written.
type Shell string

// The dialects.
const (
	// Sh is evaluated by every POSIX shell: eval "$(latchkey env P)".
	Sh Shell = "sh"
	// Fish is evaluated by: latchkey env P | source.
	Fish Shell = "fish"
	// PowerShell, 5.1 and later: latchkey env P | Out-String | Invoke-Expression.
	PowerShell Shell = "powershell"
	// Cmd is cmd.exe, typed, in a batch file, or through for /f.
	Cmd Shell = "cmd"
	// Nu is saved to a file that Nushell then reads with source.
	Nu Shell = "nu"
	// Dotenv is a .env file: for docker --env-file, systemd, dotenv libraries.
	Dotenv Shell = "dotenv"
	// JSON is one object, name to value.
	JSON Shell = "json"
)

// Shells returns all dialects, in the order in which help lists them.
func Shells() []Shell { return []Shell{Sh, Fish, PowerShell, Cmd, Nu, Dotenv, JSON} }

// ParseShell returns the dialect with the given name, in any case. The names
// of POSIX shells (bash, zsh, dash, ksh, ash, mksh, posix) mean sh, pwsh means
// powershell, nushell means nu, and a path (as in $SHELL) or ".exe" around a
// name is dropped. The error is an *UnknownShellError.
func ParseShell(name string) (Shell, error) {
	base := strings.ToLower(name[strings.LastIndexAny(name, `/\`)+1:])
	switch base = strings.TrimSuffix(base, ".exe"); base {
	case "sh", "bash", "zsh", "dash", "ksh", "ksh93", "mksh", "ash", "posix":
		return Sh, nil
	case "powershell", "pwsh":
		return PowerShell, nil
	case "nu", "nushell":
		return Nu, nil
	case "fish", "cmd", "dotenv", "json":
		return Shell(base), nil
	}
	return "", &UnknownShellError{Name: name}
}

// CanUnset reports whether the dialect has a way to unset a variable. Format
// leaves unsets out of one that has not.
func (s Shell) CanUnset() bool { return s != Dotenv && s != JSON }

// Format writes v for shell, one statement a line. What it writes survives
// evaluation byte for byte and runs nothing. A value that the dialect cannot
// carry unchanged is a *VariableError, and so are a NUL byte and a name that
// is not [A-Za-z_][A-Za-z0-9_]*. An unknown shell is an *UnknownShellError.
func (v Variables) Format(shell Shell) ([]byte, error) {
	d, ok := dialectOf(shell)
	if !ok {
		return nil, &UnknownShellError{Name: string(shell)}
	}
	out := append(make([]byte, 0, 2048), d.open...)
	for i, a := range v.set {
		value := a.value.Reveal()
		why := refuse(a.name, value, d.utf8)
		if why == "" && d.refuse != nil {
			why = d.refuse(a.name, value)
		}
		if why != "" {
			return nil, &VariableError{Name: a.name, Shell: shell, Why: why}
		}
		if i > 0 {
			out = append(out, d.between...)
		}
		out = append(d.set(out, a.name, value), d.end...)
	}
	for _, name := range v.unset {
		if d.unset == nil {
			break
		}
		if !validName(name) {
			return nil, &VariableError{Name: name, Shell: shell, Why: "not a name for a variable"}
		}
		out = append(d.unset(out, name), d.end...)
	}
	return append(out, d.close...), nil
}

// refuse says why no dialect can carry the variable, or "".
func refuse(name, value string, wantUTF8 bool) string {
	switch {
	case !validName(name):
		return "not a name for a variable"
	case strings.IndexByte(value, 0) >= 0:
		return "the value holds a NUL byte, which no environment can carry"
	case wantUTF8 && !utf8.ValidString(value):
		return "the value is not valid UTF-8, which this form cannot carry"
	}
	return ""
}

// validName reports whether every shell accepts name as a variable's name.
func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
