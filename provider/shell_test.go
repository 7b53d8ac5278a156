package provider_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/provider"
)

func TestNeedsShell(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"":                              "",
		"/usr/bin/tool --profile dev":   "",
		`"/opt/my tool" 'a b' "c d"`:    "",
		"tool user@example.com a~b x=y": "",
		"tool '$HOME' '`id`' 'a|b;c&d>e<f*g?h[i]' '~'": "",
		`tool \$HOME \~ a\|b "\$x" \*`:                 "",
		`tool "a|b;c&d>e*" "~" "it's"`:                 "",
		"tool $ 5$ \"$\"":                              "",
		"~/bin/tool":                                   "tilde",
		"tool --file ~/x":                              "tilde",
		"tool\t~user":                                  "tilde",
		"$HOME/bin/tool":                               "variable",
		`tool "$HOME"`:                                 "variable",
		"tool ${X}":                                    "variable",
		"tool $1":                                      "variable",
		"tool $(id)":                                   "command substitution",
		"tool \"`id`\"":                                "command substitution",
		"tool | jq .":                                  "pipe",
		"tool 2>/dev/null":                             "redirection",
		"tool < in":                                    "redirection",
		"a; b":                                         "semicolon",
		"a && b":                                       "ampersand",
		"tool *.json":                                  "glob",
		"tool a?":                                      "glob",
		"tool [ab]":                                    "glob",
		"(tool)":                                       "subshell",
		"a\nb":                                         "line break",
		"tool # words":                                 "comment",
		"tool a#b":                                     "",
		"X=1 tool":                                     "variable assignment",
		"  X_2= tool":                                  "variable assignment",
		"2x=1 tool":                                    "",
		"--a=b":                                        "",
		`'it'\''s' "$X"`:                               "variable",
		`tool "unclosed $X`:                            "variable",
		`tool \`:                                       "",
	} {
		got, yes := provider.NeedsShell(command)
		if got != want || yes != (want != "") {
			t.Errorf("NeedsShell(%q) = %q, %v; want %q", command, got, yes, want)
		}
	}
}

func FuzzNeedsShell(f *testing.F) {
	f.Add("tool '$x' \"$y\" \\")
	f.Fuzz(func(t *testing.T, command string) {
		if name, yes := provider.NeedsShell(command); yes != (name != "") {
			t.Errorf("NeedsShell(%q) = %q, %v", command, name, yes)
		}
	})
}
