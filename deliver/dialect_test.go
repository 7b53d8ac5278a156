package deliver_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/deliver"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	v := deliver.Variables{}.With("A", "plain/+=").With("B", "it's \"$x\" \\ ‘é🔑")
	unset := deliver.Unset().With("AWS_REGION", "r")
	tests := []struct {
		shell       deliver.Shell
		want        string
		first, last string // lines of unset
	}{
		{deliver.Sh, "export A='plain/+=';\nexport B='it'\\''s \"$x\" \\ ‘é🔑';\n", "export AWS_REGION='r';\n", "\nunset AWS_PROFILE;\n"},
		{deliver.Fish, "set -gx A 'plain/+=';\nset -gx B 'it\\'s \"$x\" \\\\ ‘é🔑';\n", "set -gx AWS_REGION 'r';\n", "\nset -eg AWS_PROFILE; or true;\n"},
		{deliver.PowerShell, "$Env:A = 'plain/+='\n$Env:B = 'it''s \"$x\" \\ ' + [char]0x2018 + [char]0xe9 + [char]0xd83d + [char]0xdd11\n",
			"$Env:AWS_REGION = 'r'\n", "\n$Env:AWS_PROFILE = $null\n"},
		{deliver.Nu, "$env.A = \"plain/+=\"\n$env.B = \"it's \\\"$x\\\" \\\\ ‘é🔑\"\n", "$env.AWS_REGION = \"r\"\n", "\nhide-env -i AWS_PROFILE\n"},
		{deliver.Dotenv, "A=plain/+=\nB=\"it's \\\"\\$x\\\" \\\\ ‘é🔑\"\n", "AWS_REGION=r\n", ""},
		{deliver.JSON, "{\"A\":\"plain/+=\",\"B\":\"it's \\\"$x\\\" \\\\ ‘é🔑\"}\n", "{\"AWS_REGION\":\"r\"}\n", ""},
	}
	for _, tt := range tests {
		got, err := v.Format(tt.shell)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.shell, got, err, tt.want)
		}
		got, err = unset.Format(tt.shell)
		if err != nil || !strings.HasPrefix(string(got), tt.first) || !strings.Contains(string(got), tt.last) {
			t.Errorf("%s unset: %q, %v, want it to start with %q and hold %q", tt.shell, got, err, tt.first, tt.last)
		}
		if !tt.shell.CanUnset() && string(got) != tt.first {
			t.Errorf("%s cannot unset, yet writes %q", tt.shell, got)
		}
	}
	got, err := unset.With("B", "a ^&|<>'()=;,").Format(deliver.Cmd)
	if err != nil || !strings.HasSuffix(strings.SplitAfter(string(got), "\r\n")[1], "set \"B=a ^&|<>'()=;,\"\r\n") || !strings.Contains(string(got), "set \"AWS_PROFILE=\"\r\n") {
		t.Errorf("cmd: %q, %v", got, err)
	}
}

func TestFormatDotenv(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                     `''`,
		"a b#c":                `'a b#c'`,
		"$(x)`y`":              "'$(x)`y`'",
		`back\slash`:           `"back\\slash"`,
		"two\nlines":           "\"two\nlines\"",
		"2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z",
	} {
		got, err := deliver.Variables{}.With("K", value).Format(deliver.Dotenv)
		if err != nil || string(got) != "K="+want+"\n" {
			t.Errorf("%q: %q, %v, want %q", value, got, err, want)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	t.Parallel()
	text := []deliver.Shell{deliver.PowerShell, deliver.Nu, deliver.Dotenv, deliver.JSON}
	tests := []struct {
		name, value string
		shells      []deliver.Shell
		why         string
	}{
		{"K", "a\x00b", deliver.Shells(), "the value holds a NUL byte, which no environment can carry"},
		{"K", "\xff", text, "the value is not valid UTF-8, which this form cannot carry"},
		{"", "v", deliver.Shells(), "not a name for a variable"},
		{"1K", "v", deliver.Shells(), "not a name for a variable"},
		{"K;reboot", "v", deliver.Shells(), "not a name for a variable"},
		{"K\x1b[2J", "v", deliver.Shells(), "not a name for a variable"},
		{"Ké", "v", deliver.Shells(), "not a name for a variable"},
		{"K", "50%", []deliver.Shell{deliver.Cmd}, "cmd.exe has no safe way to write the character %"},
		{"K", "hey!", []deliver.Shell{deliver.Cmd}, "cmd.exe has no safe way to write the character !"},
		{"K", `"`, []deliver.Shell{deliver.Cmd}, `cmd.exe has no safe way to write the character "`},
		{"K", "a\nb", []deliver.Shell{deliver.Cmd}, "cmd.exe carries printable ASCII only"},
		{"K", "é", []deliver.Shell{deliver.Cmd}, "cmd.exe carries printable ASCII only"},
		{"K", strings.Repeat("x", 8100), []deliver.Shell{deliver.Cmd}, "longer than a line of cmd.exe may be"},
	}
	for _, tt := range tests {
		for _, shell := range tt.shells {
			got, err := deliver.Variables{}.With("FIRST", "v").With(tt.name, tt.value).Format(shell)
			var refused *deliver.VariableError
			if got != nil || !errors.As(err, &refused) || refused.Name != tt.name || refused.Shell != shell || refused.Why != tt.why {
				t.Errorf("%s, %q=%.20q: %q, %v, want why %q", shell, tt.name, tt.value, got, err, tt.why)
			} else if strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("%q holds an escape", err)
			}
		}
	}
	var unknown *deliver.UnknownShellError
	if _, err := (deliver.Variables{}).Format("tcsh"); !errors.As(err, &unknown) {
		t.Errorf("unknown shell: %v", err)
	}
}

// FuzzFormat reads back what each dialect writes by that dialect's own rules,
// stated here a second time: one statement, and the value unchanged.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "it's", `"$(touch x)" ` + "`id`", "a\\", "\\'", "two\nlines\r", "!%^&", "‘’‚‛", "é🔑\u2028\x7f\x01", "\xff\xc3", "''", "{}[]#;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, shell := range deliver.Shells() {
			out, err := deliver.Variables{}.With("K", value).Format(shell)
			if err != nil {
				var refused *deliver.VariableError
				if !errors.As(err, &refused) || refused.Name != "K" {
					t.Errorf("%s: %v is not about K", shell, err)
				}
				continue
			}
			if got, ok := readBack(shell, string(out)); !ok || got != value {
				t.Errorf("%s: %q is read as %q (%v) from %q", shell, value, got, ok, out)
			}
		}
	})
}

// readBack is the inverse of Format for one variable K; false where the text
// is not exactly one assignment.
func readBack(shell deliver.Shell, text string) (string, bool) {
	between := func(prefix, suffix string) (string, bool) {
		rest, ok := strings.CutPrefix(text, prefix)
		if !ok {
			return "", false
		}
		return strings.CutSuffix(rest, suffix)
	}
	switch shell {
	case deliver.Sh:
		body, ok := between("export K=", ";\n")
		return readWord(body, ok, "")
	case deliver.Fish:
		body, ok := between("set -gx K '", "';\n")
		return readEscaped(body, ok, `\'`, "'")
	case deliver.PowerShell:
		body, ok := between("$Env:K = ", "\n")
		return readPowerShell(body, ok)
	case deliver.Cmd:
		body, ok := between(`set "K=`, "\"\r\n")
		return body, ok && !strings.ContainsAny(body, "\"%!\r\n") && len(body) < 8100
	case deliver.Nu:
		body, ok := between(`$env.K = "`, "\"\n")
		return readNu(body, ok)
	case deliver.Dotenv:
		body, ok := between("K=", "\n")
		return readWord(body, ok, "\"\\$`")
	}
	got := map[string]string{}
	err := json.Unmarshal([]byte(text), &got)
	return got["K"], err == nil && len(got) == 1 && strings.Count(text, "\n") == 1
}

// readWord reads one POSIX shell word: single quotes, an escaped single quote
// outside them, double quotes with the given escapes, and bare characters.
func readWord(s string, ok bool, escapes string) (string, bool) {
	const bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./+=:,@"
	var b strings.Builder
	for s != "" && ok {
		switch {
		case s[0] == '\'':
			var body string
			body, s, ok = strings.Cut(s[1:], "'")
			b.WriteString(body)
		case strings.HasPrefix(s, `\'`):
			b.WriteByte('\'')
			s = s[2:]
		case s[0] == '"' && escapes != "" && len(s) > 1 && strings.HasSuffix(s, `"`):
			body, fine := readEscaped(s[1:len(s)-1], true, escapes, "\"$`")
			b.WriteString(body)
			s, ok = "", fine
		default:
			ok = strings.IndexByte(bare, s[0]) >= 0
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String(), ok
}

// readEscaped drops the backslash before each of escapes; none of special may
// stand without one.
func readEscaped(s string, ok bool, escapes, special string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s) && ok; i++ {
		if s[i] == '\\' {
			i++
			ok = i < len(s) && strings.IndexByte(escapes+`\`, s[i]) >= 0
			if !ok {
				break
			}
		} else if strings.IndexByte(special, s[i]) >= 0 {
			return "", false
		}
		b.WriteByte(s[i])
	}
	return b.String(), ok
}

// readPowerShell reads 'text' + [char]0xNN + 'text'; the text is ASCII.
func readPowerShell(s string, ok bool) (string, bool) {
	var units []uint16
	for ok {
		if hex, char := strings.CutPrefix(s, "[char]0x"); char {
			digits, _, _ := strings.Cut(hex, " ")
			n, err := strconv.ParseUint(digits, 16, 16)
			units, s, ok = append(units, uint16(n)), hex[len(digits):], err == nil
		} else if ok = strings.HasPrefix(s, "'"); ok {
			i := 1
			for ; i < len(s) && (s[i] != '\'' || i+1 < len(s) && s[i+1] == '\''); i++ {
				if s[i] == '\'' {
					i++
				}
				if s[i] < ' ' || s[i] > '~' {
					return "", false
				}
				units = append(units, uint16(s[i]))
			}
			if i >= len(s) {
				return "", false
			}
			s = s[i+1:]
		}
		if s == "" {
			break
		}
		s, ok = strings.CutPrefix(s, " + ")
	}
	return string(utf16.Decode(units)), ok
}

// readNu reads the inside of a double-quoted Nushell string.
func readNu(s string, ok bool) (string, bool) {
	var b strings.Builder
	for s != "" && ok {
		switch {
		case strings.HasPrefix(s, `\u{`):
			digits, rest, closed := strings.Cut(s[3:], "}")
			n, err := strconv.ParseUint(digits, 16, 21)
			b.WriteRune(rune(n))
			s, ok = rest, closed && err == nil && len(digits) <= 6
		case strings.HasPrefix(s, `\"`), strings.HasPrefix(s, `\\`):
			b.WriteByte(s[1])
			s = s[2:]
		default:
			r, size := utf8.DecodeRuneInString(s)
			ok = r != '"' && r != '\\' && r >= ' '
			b.WriteRune(r)
			s = s[size:]
		}
	}
	return b.String(), ok
}
