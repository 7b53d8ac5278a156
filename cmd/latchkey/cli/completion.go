package cli

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletion(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Print a script that makes the Tab key complete latchkey's commands, flags and the
names of your profiles. Load it in the start-up file of your shell:

  bash        source <(latchkey completion bash)             in ~/.bashrc
  zsh         source <(latchkey completion zsh)              in ~/.zshrc, after compinit
  fish        latchkey completion fish | source              in ~/.config/fish/config.fish
  powershell  latchkey completion powershell | Out-String | Invoke-Expression
                                                             in $PROFILE`,
		Example: `  latchkey completion bash
  latchkey completion zsh
  latchkey completion fish
  latchkey completion powershell`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      oneShell,
		RunE: func(cmd *cobra.Command, args []string) error {
			script, err := completionScript(cmd.Root(), args[0])
			if err != nil {
				return err
			}
			_, err = sys.Stdout.Write(script)
			return err
		},
	}
}

func completionScript(root *cobra.Command, shell string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch shell {
	case "bash":
		err = root.GenBashCompletionV2(&b, true)
		return bashAlone(b.Bytes()), err
	case "zsh":
		err = root.GenZshCompletion(&b)
	case "fish":
		err = root.GenFishCompletion(&b, true)
	case "powershell", "pwsh":
		err = root.GenPowerShellCompletionWithDesc(&b)
	default:
		return nil, &usageError{what: "there is no completion for the shell " + shell, fix: "latchkey completion bash, or zsh, fish, powershell"}
	}
	return b.Bytes(), err
}

// bashAlone makes the script work where the bash-completion package is not
// installed, whose function cobra's script calls.
func bashAlone(script []byte) []byte {
	const theirs, ours = `_get_comp_words_by_ref "$@" cur prev words cword`, "__latchkey_words"
	return append(bytes.ReplaceAll(script, []byte(theirs), []byte(ours)), `
# Puts the words of the line together again that bash splits at = and :.
__latchkey_words()
{
    local line=${COMP_LINE} word i
    words=()
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ ${line} != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=${word}
        else
            words+=("${word}")
        fi
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"${word}"}
        ((i == COMP_CWORD)) && cword=$((${#words[@]} - 1))
    done
    cur=${words[cword]}
    prev=${words[cword - 1]}
}
`...)
}

// completeProfiles completes the names of profiles as the first argument.
//
//go:noinline
func completeProfiles(sys *Sys) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		resolver, err := sys.resolver(nil, "")
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, name := range resolver.Graph().Names() {
			if strings.HasPrefix(name, typed) {
				names = append(names, name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeCommand completes what comes after --, which is for the shell. Cobra does
// not tell whether there is a -- yet.
func completeCommand(before cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if before == nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return before(cmd, args, typed)
	}
}
