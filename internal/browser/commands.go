package browser

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

var (
	errText     = errors.New("a text browser cannot show AWS's pages")
	errQuote    = errors.New("a quote is not closed")
	errSignal   = errors.New("was ended by a signal")
	errNotFound = errors.New("is not installed, or not in PATH")
)

// A command is a program that may open a page, and its arguments.
type command struct {
	args       []string // with %s for the address
	background bool     // not waited for
	err        error    // why it is not run
}

// with returns the arguments for an address.
func (c command) with(url string) []string {
	fill := strings.NewReplacer("%s", url, "%c", ":", "%%", "%")
	args := make([]string, len(c.args), len(c.args)+1)
	placed := false
	for i, arg := range c.args {
		placed = placed || i > 0 && strings.Contains(strings.ReplaceAll(arg, "%%", ""), "%s")
		if args[i] = arg; i > 0 {
			args[i] = fill.Replace(arg)
		}
	}
	if !placed {
		args = append(args, url)
	}
	return args
}

// commands are what Open tries.
func (o Options) commands() []command {
	if chosen := o.chosen(); o.Command != "" || slices.ContainsFunc(chosen, runnable) {
		return chosen
	}
	switch goos := o.goos(); {
	case goos == "darwin":
		return []command{{args: []string{"/usr/bin/open"}}}
	case goos == "windows":
		root := o.env("SystemRoot")
		if root == "" {
			root = `C:\Windows`
		}
		return []command{{args: []string{root + `\System32\rundll32.exe`, "url.dll,FileProtocolHandler"}}}
	case o.inWindows():
		// cmd.exe's start and PowerShell would read the & of the address.
		return []command{
			{args: []string{"rundll32.exe", "url.dll,FileProtocolHandler"}},
			{args: []string{"/mnt/c/Windows/System32/rundll32.exe", "url.dll,FileProtocolHandler"}},
			{args: []string{"wslview"}},
			{args: []string{"xdg-open"}},
		}
	}
	return []command{{args: []string{"xdg-open"}}, {args: []string{"x-www-browser"}}}
}

func runnable(c command) bool { return c.err == nil }

// chosen are the commands of Command or BROWSER.
func (o Options) chosen() []command {
	var list []command
	text := o.Command
	if text == "" {
		text = o.env("BROWSER")
	}
	for _, entry := range splitList(text, o.goos() == "windows") {
		c := o.parse(entry)
		if len(c.args) > 0 || c.err != nil {
			list = append(list, c)
		}
	}
	return list
}

// parse reads one command.
func (o Options) parse(entry string) command {
	var c command
	entry = strings.TrimSpace(entry)
	if before, ok := strings.CutSuffix(entry, "&"); ok && !strings.HasSuffix(before, `\`) {
		c.background, entry = true, strings.TrimSpace(before)
	}
	// A path with blanks that is not quoted is usual inside Windows.
	if strings.ContainsAny(entry, " ") && strings.ContainsAny(entry, `/\`) && !strings.Contains(entry, "%") && executable(entry) == nil {
		c.args = []string{entry}
		return c
	}
	c.args, c.err = words(entry, o.goos() != "windows")
	if len(c.args) > 0 && isText(c.args[0]) {
		c.err = errText
	}
	return c
}

// isText tells the browsers of the terminal.
func isText(program string) bool {
	switch path.Base(program) {
	case "lynx", "w3m", "links", "links2", "elinks", "www-browser":
		return true
	}
	return false
}

// splitList cuts a list at its separators, but for those that are quoted.
func splitList(text string, windows bool) []string {
	separator := byte(':')
	if windows {
		separator = ';'
	}
	var list []string
	quote, from := byte(0), 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && !windows && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == separator:
			list = append(list, text[from:i])
			from = i + 1
		}
	}
	return append(list, text[from:])
}

// words splits a command as a POSIX shell does that knows nothing but quotes;
// backslashes are plain where they separate folders.
func words(text string, escapes bool) ([]string, error) {
	var list []string
	var word []byte
	quote, open := byte(0), false // open: there is a word, which may be empty
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && escapes && quote != '\'' && i+1 < len(text):
			i++
			if quote == '"' && strings.IndexByte("\"\\$`", text[i]) < 0 {
				word = append(word, c)
			}
			word, open = append(word, text[i]), true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, open = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if open {
				list = append(list, string(word))
			}
			word, open = nil, false
		default:
			word, open = append(word, c), true
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if open {
		list = append(list, string(word))
	}
	return list, nil
}

// find returns the path of a program, looked up in the PATH of the options.
func (o Options) find(program string) (string, error) {
	if o.goos() == "windows" {
		return exec.LookPath(program)
	}
	if strings.Contains(program, "/") {
		return program, executable(program)
	}
	for _, folder := range filepath.SplitList(o.env("PATH")) {
		// A folder such as . means another one for everybody.
		if at := filepath.Join(folder, program); filepath.IsAbs(folder) && executable(at) == nil {
			return at, nil
		}
	}
	return "", errNotFound
}

// executable reports why a file cannot be run as a program.
func executable(name string) error {
	about, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNotFound
	case err != nil:
		return errors.Unwrap(err) // without the path
	case about.IsDir() || about.Mode()&0o111 == 0 && filepath.Separator == '/':
		return fs.ErrPermission
	}
	return nil
}
