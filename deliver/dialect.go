package deliver

import "strconv"

// A dialect is how one shell writes assignments.
type dialect struct {
	open, between, end, close string
	// utf8 is set where the shell reads text, not bytes.
	utf8 bool
	// refuse says why a value cannot be carried, or ""; nil refuses nothing.
	refuse func(name, value string) string
	set    func(b []byte, name, value string) []byte
	// unset is nil where the form cannot unset.
	unset func(b []byte, name string) []byte
}

// dialectOf returns the dialect of shell.
func dialectOf(shell Shell) (dialect, bool) {
	switch shell {
	case Sh:
		// The semicolons keep an unquoted eval $(…), which joins the lines, working.
		return dialect{end: ";\n", set: setSh, unset: func(b []byte, name string) []byte {
			return append(append(b, "unset "...), name...)
		}}, true
	case Fish:
		// -g: a universal variable is the user's own, for all their shells,
		// and erasing it would outlive this one. Erasing what is not there is an
		// error, which would be the status of the whole.
		return dialect{end: ";\n", set: setFish, unset: func(b []byte, name string) []byte {
			return append(append(append(b, "set -eg "...), name...), "; or true"...)
		}}, true
	case PowerShell:
		return dialect{end: "\n", utf8: true, set: setPowerShell, unset: func(b []byte, name string) []byte {
			return append(append(append(b, "$Env:"...), name...), " = $null"...)
		}}, true
	case Cmd:
		return dialect{end: "\r\n", refuse: refuseCmd, set: setCmd, unset: func(b []byte, name string) []byte {
			return setCmd(b, name, "")
		}}, true
	case Nu:
		return dialect{end: "\n", utf8: true, set: setNu, unset: func(b []byte, name string) []byte {
			return append(append(b, "hide-env -i "...), name...)
		}}, true
	case Dotenv:
		return dialect{end: "\n", utf8: true, set: setDotenv}, true
	case JSON:
		return dialect{open: "{", between: ",", close: "}\n", utf8: true, set: setJSON}, true
	}
	return dialect{}, false
}

// setSh quotes for POSIX shells: between single quotes every byte stands for
// itself but the quote, which is written outside them (POSIX.1 XCU 2.2.2).
func setSh(b []byte, name, value string) []byte {
	b = append(append(append(b, "export "...), name...), "='"...)
	for i := range len(value) {
		if value[i] == '\'' {
			b = append(b, `'\''`...)
		} else {
			b = append(b, value[i])
		}
	}
	return append(b, '\'')
}

// setFish quotes for fish, which knows two escapes between single quotes.
func setFish(b []byte, name, value string) []byte {
	b = append(append(append(b, "set -gx "...), name...), " '"...)
	for i := range len(value) {
		if value[i] == '\'' || value[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, value[i])
	}
	return append(b, '\'')
}

// setPowerShell writes printable ASCII between single quotes and everything
// else as [char] values: PowerShell decodes a program's output by the console's
// code page, splits it into lines, and takes typographic single quotes (U+2018
// to U+201B) for quotes.
func setPowerShell(b []byte, name, value string) []byte {
	b = append(append(append(b, "$Env:"...), name...), " = '"...)
	quoted := true
	for _, r := range value {
		if plain := r >= ' ' && r <= '~'; plain != quoted {
			if quoted = plain; plain {
				b = append(b, " + '"...)
			} else {
				b = append(b, '\'')
			}
		}
		switch {
		case r == '\'':
			b = append(b, "''"...)
		case quoted:
			b = append(b, byte(r))
		case r > 0xFFFF:
			r -= 0x10000
			b = appendChar(appendChar(b, 0xD800+r>>10), 0xDC00+r&0x3FF)
		default:
			b = appendChar(b, r)
		}
	}
	if quoted {
		b = append(b, '\'')
	}
	return b
}

func appendChar(b []byte, unit rune) []byte {
	b = append(b, " + [char]0x"...)
	return strconv.AppendInt(b, int64(unit), 16)
}

// maxCmdLine is below the 8,191 characters that cmd.exe accepts as a line.
const maxCmdLine = 8000

// refuseCmd allows only what means the same to cmd.exe when typed, in a batch
// file, in for /f, and with delayed expansion: between the quotes of set "K=v"
// carets and operators are plain, but there is no way to write % that holds in
// all four, nor to write a quote, an exclamation mark or a line break at all.
// Other code points than ASCII depend on the console's code page.
func refuseCmd(name, value string) string {
	for i := range len(value) {
		switch c := value[i]; {
		case c == '"' || c == '%' || c == '!':
			return "cmd.exe has no safe way to write the character " + string(rune(c))
		case c < ' ' || c > '~':
			return "cmd.exe carries printable ASCII only"
		}
	}
	if len(name)+len(value) > maxCmdLine {
		return "longer than a line of cmd.exe may be"
	}
	return ""
}

// setCmd writes what refuseCmd let through. An empty value unsets.
func setCmd(b []byte, name, value string) []byte {
	b = append(append(append(b, `set "`...), name...), '=')
	return append(append(b, value...), '"')
}

// setNu writes a double-quoted Nushell string.
func setNu(b []byte, name, value string) []byte {
	b = append(append(append(b, "$env."...), name...), ` = "`...)
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7F:
			b = append(b, `\u{`...)
			b = append(strconv.AppendInt(b, int64(r), 16), '}')
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// setDotenv writes the plainest form that holds the value. Bare, it is read
// alike by every reader, docker --env-file among them, which keeps quotes as
// part of the value; that covers every key and token AWS issues. The quoted
// forms are those of the POSIX shell, so that a shell can source the file;
// dotenv libraries agree on them but for expansions of their own.
func setDotenv(b []byte, name, value string) []byte {
	b = append(append(b, name...), '=')
	bare, single := value != "", true
	for i := range len(value) {
		c := value[i]
		bare = bare && isBare(c)
		single = single && c != '\'' && c != '\\' && c != '\n' && c != '\r'
	}
	switch {
	case bare:
		return append(b, value...)
	case single:
		return append(append(append(b, '\''), value...), '\'')
	}
	b = append(b, '"')
	for i := range len(value) {
		switch value[i] {
		case '"', '\\', '$', '`':
			b = append(b, '\\')
		}
		b = append(b, value[i])
	}
	return append(b, '"')
}

// isBare reports whether c means nothing to any reader of .env files.
func isBare(c byte) bool {
	switch c {
	case '-', '_', '.', '/', '+', '=', ':', ',', '@':
		return true
	}
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

// setJSON writes one member of an object.
func setJSON(b []byte, name, value string) []byte {
	return appendJSONString(append(appendJSONString(b, name), ':'), value)
}
