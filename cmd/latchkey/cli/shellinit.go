package cli

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/deliver"
)

// The scripts of shell-init. @LK@ stands for the function's name, @ALL@ for the
// variables that env may set, @IDENTITY@ for those of them that are no region,
// @MARK@ for the script's version.
var (
	//go:embed shellinit/bash.sh
	initBash string
	//go:embed shellinit/zsh.zsh
	initZsh string
	//go:embed shellinit/fish.fish
	initFish string
	//go:embed shellinit/powershell.ps1
	initPowerShell string
)

func newShellInit(sys *Sys) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "shell-init SHELL",
		Short: "Print a function that switches the shell to a profile",
		Long: `Print a script for bash, zsh, fish or powershell that defines the function lk, for
people who work with one profile at a time. Load it in your shell's start-up file:

  bash        eval "$(latchkey shell-init bash)"             in ~/.bashrc
  zsh         eval "$(latchkey shell-init zsh)"              in ~/.zshrc, after compinit
  fish        latchkey shell-init fish | source              in ~/.config/fish/config.fish
  powershell  latchkey shell-init powershell | Out-String | Invoke-Expression
                                                             in $PROFILE

  lk prod                switches this shell to the profile prod; where that fails
                         everything stays as it was, and the exit code tells why
  lk prod --duration 1h  takes every flag of "latchkey env"
  lk                     has you pick the profile, unless there is a default one
  lk --clear             takes the credentials and the region out of the shell again

The Tab key completes profiles and flags. A switch starts afresh: it does not see
what the last one has set.

lk_prompt prints the profile and the time left, such as "prod 43m" or "prod expired",
and nothing where there is no profile. It does not start latchkey. Its argument
says what stands around it. In the prompt:

  bash        PS1='$(lk_prompt "(%s) ")'"$PS1"
  zsh         setopt prompt_subst; PROMPT='$(lk_prompt "(%s) ")'"$PROMPT"
  fish        lk_prompt '(%s) '                              in the function fish_prompt
  powershell  lk_prompt '(%s) '                              in the function prompt`,
		Example: `  eval "$(latchkey shell-init bash)"
  latchkey shell-init zsh --name aws-profile
  latchkey shell-init fish | source
  latchkey shell-init powershell | Out-String | Invoke-Expression`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      oneShell,
		RunE: func(_ *cobra.Command, args []string) error {
			script, err := shellInit(args[0], name)
			if err != nil {
				return err
			}
			_, err = sys.Stdout.Write([]byte(script))
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "lk", "name of the function; that for the prompt has _prompt after it")
	return cmd
}

// shellInit returns the script for a shell.
func shellInit(shell, name string) (string, error) {
	if !canBeFunction(name) {
		return "", &usageError{what: "the function cannot have this name", fix: "use letters, digits, - and _, and no word of a shell: --name lk"}
	}
	script := initScript(shell)
	if script == "" {
		return "", &usageError{what: "there is no function for the shell " + shell, fix: "latchkey shell-init bash, or zsh, fish, powershell"}
	}
	all := deliver.Unset().Unsets()
	identity := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return strings.HasSuffix(name, "_REGION") })
	script = strings.NewReplacer("@LK@", name, "@ALL@", strings.Join(all, " "), "@IDENTITY@", strings.Join(identity, " "), "@MARK@", shellMark(shell)).Replace(script)
	if shell == "zsh" {
		// What is read and run so has neither the user's aliases nor their options.
		return "'builtin' 'emulate' 'zsh' '-o' 'no_aliases' '-c' '" + strings.ReplaceAll(script, "'", `'\''`) + "'\n", nil
	}
	return script, nil
}

// initScript is the template of a shell's script, "" for a shell that has none.
func initScript(shell string) string {
	switch shell {
	case "bash":
		return initBash
	case "zsh":
		return initZsh
	case "fish":
		return initFish
	case "powershell", "pwsh":
		return initPowerShell
	}
	return ""
}

// shellMark is what the script of a shell leaves in LATCHKEY_SHELL_INIT, so that
// doctor knows a shell which has loaded another version's: bash-0123abcd.
func shellMark(shell string) string {
	script := initScript(shell)
	if script == "" {
		return ""
	}
	if shell == "pwsh" {
		shell = "powershell"
	}
	sum := sha256.Sum256([]byte(script))
	return shell + "-" + hex.EncodeToString(sum[:4])
}

// canBeFunction reports whether a name is one for a function in every shell, and
// takes nothing away that the shells or the scripts need.
func canBeFunction(name string) bool {
	for i, c := range name {
		if letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'; !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	switch strings.ToLower(name) {
	case "", "_", "latchkey", "aws", "sh", "bash", "zsh", "fish", "env", "date":
		return false
	// Words of the grammar.
	case "and", "begin", "break", "case", "catch", "class", "continue", "coproc", "data", "define", "do", "done", "dynamicparam", "elif", "else", "elseif", "end", "enum", "esac", "exit",
		"fi", "filter", "finally", "for", "foreach", "from", "function", "hidden", "if", "in", "inlinescript", "namespace", "nocorrect", "not", "or", "parallel", "param", "process",
		"repeat", "return", "select", "sequence", "static", "switch", "then", "throw", "time", "trap", "try", "until", "using", "var", "while", "workflow":
		return false
	// Programs of the shells themselves.
	case "alias", "argparse", "bg", "builtin", "cd", "command", "compadd", "compctl", "compdef", "complete", "compopt", "count", "dirs", "echo", "emulate", "eval", "exec", "export", "false",
		"fg", "history", "jobs", "let", "local", "math", "popd", "print", "printf", "pushd", "pwd", "read", "set", "setopt", "shift", "source", "status", "string", "test", "true", "type",
		"typeset", "unalias", "unset", "wait", "zmodload":
		return false
	}
	return len(name) <= 40
}

// oneShell accepts the name of one shell.
func oneShell(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &usageError{what: cmd.Name() + " takes one shell", fix: cmd.CommandPath() + " bash, or zsh, fish, powershell"}
	}
	return nil
}
