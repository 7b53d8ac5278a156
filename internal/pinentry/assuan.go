package pinentry

import (
	"context"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// GnuPG's codes of a person who does not want to answer, or did not in time, and of
// a terminal that is none or is not there: those of the system's errors, with the
// same numbers on all systems.
const (
	codeTimeout        = 62
	codeCanceled       = 99
	codeFullyCanceled  = 198
	codeENOENT         = 1<<15 | 81
	codeENOTTY         = 1<<15 | 102
	codeENXIO          = 1<<15 | 104
	codeOfSource       = 0xffff // the bits below the source of an error
	escapeLength       = 3      // %XX
	greetingsOfProgram = 1      // the OK before the first command
)

// parse returns what the program said to its command number index, from 0,
// which is GETPIN. Commands before it may have failed: an option that a program
// does not know is no loss.
func parse(output []byte, index int) (secret.Text, error) {
	index += greetingsOfProgram
	var data strings.Builder
	for line := range strings.Lines(string(output)) {
		line = strings.TrimRight(line, "\r\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "D" && index == 0:
			data.WriteString(rest)
		case word == "OK" && index == 0:
			return secret.New(unescape(data.String())), nil
		case word == "ERR" && index == 0:
			return secret.Text{}, failure(rest)
		case word == "OK", word == "ERR":
			index--
		}
	}
	return secret.Text{}, &Error{Why: "ended without an answer"}
}

// failure explains the rest of an ERR line: a number, and words.
func failure(rest string) error {
	number, words, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(number)
	if err != nil {
		code, words = 0, rest
	}
	switch code &= codeOfSource; code {
	case codeCanceled, codeFullyCanceled:
		return context.Canceled
	case codeTimeout:
		return &Error{Code: code, Why: "got no answer in time"}
	case codeENOENT, codeENOTTY, codeENXIO:
		return &Error{Code: code, Why: "has neither a window nor a terminal to ask in", Err: ErrNobody}
	}
	return &Error{Code: code, Why: "failed: " + display.Text(unescape(words), textLimit)}
}

// escape makes a text the argument of a command.
func escape(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// unescape reads %XX; a percent sign without two hexadecimal digits stays.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+escapeLength <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+escapeLength], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += escapeLength - 1
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
