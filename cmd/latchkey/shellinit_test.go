//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/deliver"
)

// oddName is a profile's name that a shell would make much of.
const oddName = `odd $(touch pwned) 'x' "y" & %n \z`

// initShells are the shells that shell-init is for and that run here, with what
// loads the function from a line of theirs.
func initShells() map[string]struct {
	args []string
	load string
} {
	type shell = struct {
		args []string
		load string
	}
	return map[string]shell{
		"bash": {[]string{"bash", "--norc", "--noprofile"}, `eval "$(latchkey shell-init bash)"`},
		"zsh":  {[]string{"zsh", "-f"}, `eval "$(latchkey shell-init zsh)"`},
		"fish": {[]string{"fish", "--no-config"}, "latchkey shell-init fish | source"},
	}
}

// initHome makes a home with profiles of several regions, one that expires, and
// names that are not plain.
func initHome(t *testing.T) (dir string, environ []string) {
	t.Helper()
	dir, environ = staticHome(t)
	keys := "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
	put(t, filepath.Join(dir, ".aws", "credentials"), "[west]\n"+keys+"[my prod]\n"+keys+"[team:dev]\n"+keys+"[-dash]\n"+keys+"["+oddName+"]\n"+keys)
	put(t, filepath.Join(dir, "ends"), `printf '{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","SessionToken":"t","Expiration":"%s"}' "$1"`)
	put(t, filepath.Join(dir, ".aws", "config"), "[profile west]\nregion = us-west-2\n[profile my prod]\nregion = eu-west-1\n[profile ends]\ncredential_process = sh "+
		filepath.Join(dir, "ends")+" "+time.Now().Add(43*time.Minute+30*time.Second).UTC().Format(time.RFC3339)+"\n")
	return dir, environ
}

// inShell runs lines in a shell that has the function, as its whole script.
func inShell(t *testing.T, environ []string, name, before, lines string) string {
	t.Helper()
	if ok, err := have(name); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip(name + " is not installed")
	}
	shell := initShells()[name]
	file := filepath.Join(t.TempDir(), "script")
	put(t, file, before+"\n"+shell.load+"\n"+lines+"\n")
	cmd := exec.Command(shell.args[0], append(shell.args[1:], file)...)
	cmd.Env, cmd.Dir = environ, t.TempDir()
	out, _ := cmd.CombinedOutput()
	if left, err := os.ReadDir(cmd.Dir); err != nil || len(left) > 0 {
		t.Errorf("the script has made files: %v, %v", left, err)
	}
	return string(out)
}

// against is what people do to a POSIX shell before our script is loaded.
const against = `
[ -n "${ZSH_VERSION-}" ] || shopt -s expand_aliases
printf() { echo BAD; }; unset() { echo BAD; }; export() { echo BAD; }; read() { echo BAD; }; date() { echo BAD; }
alias lk='echo BAD' lk_prompt='echo BAD' local='echo BAD' unset='echo BAD' export='echo BAD' printf='echo BAD' return='echo BAD'
set -eu -o noclobber
IFS=ot_`

// TestShellInit switches, fails and clears in real shells, in POSIX shells with
// everything set against it.
func TestShellInit(t *testing.T) {
	t.Parallel()
	posix := `
unalias -a
latchkey() { echo BAD; }; eval() { echo BAD; }
show() { echo "[$(\lk_prompt)] ${AWS_ACCESS_KEY_ID-none} ${AWS_REGION-none} ${LATCHKEY_PROFILE-none} ${AWS_SESSION_TOKEN-none}"; }
show
lk west; show
lk 'my prod'; show
lk no-such 2>/dev/null || echo "exit $?"
lk west --no-such-flag 2>/dev/null || echo "exit $?"
lk -dash 2>/dev/null || echo "exit $?"
show
lk -- -dash; show
lk ends; show
lk ` + "'" + strings.ReplaceAll(oddName, "'", `'\''`) + `'; show
sh -c 'echo "child: $AWS_ACCESS_KEY_ID ${AWS_REGION-none}"'
lk west --shell json >/dev/null; lk west --help >/dev/null; lk --help | head -n 1
lk --clear; show
echo "$IFS"; lk west; lk --unset; show
lk no-such 2>/dev/null
echo "set -e is for everything"`
	fish := `
function latchkey; echo BAD; end
function source; echo BAD; end
function show; echo "[$(lk_prompt)]" (set -q AWS_ACCESS_KEY_ID; and echo $AWS_ACCESS_KEY_ID; or echo none) (set -q AWS_REGION; and echo $AWS_REGION; or echo none) (set -q LATCHKEY_PROFILE; and echo $LATCHKEY_PROFILE; or echo none) (set -q AWS_SESSION_TOKEN; and echo $AWS_SESSION_TOKEN; or echo none); end
show
lk west; show
lk 'my prod'; show
lk no-such 2>/dev/null; or echo "exit $status"
lk west --no-such-flag 2>/dev/null; or echo "exit $status"
lk -dash 2>/dev/null; or echo "exit $status"
show
lk -- -dash; show
lk ends; show
lk '` + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(oddName) + `'; show
sh -c 'echo "child: $AWS_ACCESS_KEY_ID ${AWS_REGION-none}"'
lk west --shell json >/dev/null; lk west --help >/dev/null; lk --help | head -n 1
lk --clear; show
echo ot_; lk west; lk --unset; show`
	key := "AKIAIOSFODNN7EXAMPLE"
	for name := range initShells() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, environ := initHome(t)
			odd := oddName
			if name == "zsh" {
				odd = strings.ReplaceAll(odd, "%", "%%")
			}
			want := "[] none none none none\n[west] " + key + " us-west-2 west none\n[my prod] " + key + " eu-west-1 my prod none\nexit 3\nexit 2\nexit 2\n[my prod] " + key + " eu-west-1 my prod none\n" +
				"[-dash] " + key + " none -dash none\n[ends 43m] ASIAIOSFODNN7EXAMPLE none ends t\n[" + odd + "] " + key + " none " + oddName + " none\nchild: " + key + " none\n" +
				"Print a script for bash, zsh, fish or powershell that defines the function lk, for\n[] none none none none\not_\n[] none none none none\n"
			before, lines := against, posix
			if name == "fish" {
				before, lines = "function printf; echo BAD; end; function math; echo BAD; end; function count; echo BAD; end", fish
			}
			if got := inShell(t, environ, name, before, lines); got != want {
				t.Errorf("it says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestShellInitStarts switches from an environment that says something else: it
// counts where the person has set it, and not where the last switch has.
func TestShellInitStarts(t *testing.T) {
	t.Parallel()
	_, environ := initHome(t)
	environ = append(environ, "AWS_REGION=sa-east-1", "AWS_PROFILE=ends")
	for name := range initShells() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inShell(t, environ, name, "", `lk west; echo "$AWS_REGION <$AWS_PROFILE>"; lk 'my prod'; echo "$AWS_REGION"; lk --name x 2>/dev/null || echo failed; echo "$AWS_REGION $LATCHKEY_PROFILE"`)
			if want := "sa-east-1 <>\neu-west-1\nfailed\neu-west-1 my prod\n"; got != want {
				t.Errorf("it says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// promptCases writes lines that ask a shell $again for its prompt, and what it is to say.
func promptCases(t *testing.T, lines, want *strings.Builder) {
	t.Helper()
	say := func(profile, ends, format, text string) {
		fmt.Fprintf(lines, "env LATCHKEY_PROFILE='%s' AWS_CREDENTIAL_EXPIRATION='%s' $again '%s'\n", profile, ends, format)
		want.WriteString(text + "\n")
	}
	now := time.Now().UTC()
	in := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	say("", "", "%s", "")
	say("prod", "", "%s", "prod")
	say("prod", in(-time.Hour), "(%s) ", "(prod expired) ")
	say("prod", "1999-12-31T23:59:59Z", "", "prod expired")
	say("prod", in(43*time.Minute+30*time.Second), "%s", "prod 43m")
	say("prod", strings.Replace(in(43*time.Minute+30*time.Second), "Z", "+00:00", 1), "%s", "prod 43m")
	say("prod", in(time.Hour+5*time.Minute+30*time.Second), "%s", "prod 1h05m")
	say("prod", in(12*time.Hour-30*time.Second), "%s", "prod 11h59m")
	say("my prod", in(43*time.Minute+30*time.Second), "%s", "my prod 43m")
	say("", in(43*time.Minute+30*time.Second), "%s", "43m")
	say("prod", "tomorrow", "%s", "prod")
	say("prod", "0000-00-00T08:09:09Z; touch x", "%s", "prod")
	say("a\tb\x1bc", "", "%s", "a?b?c")
	for _, day := range []string{"2400-02-29", "2100-03-01", "2399-12-31", "2400-01-01"} {
		end, err := time.Parse(time.RFC3339, day+"T08:09:09Z")
		if err != nil {
			t.Fatal(err)
		}
		left := time.Duration(end.Unix()-now.Unix()) / time.Duration(3600) // in hours; Sub ends at 292 years
		say("p", day+"T08:09:09Z", "%s", fmt.Sprintf("p %dh", left))
	}
}

// TestShellInitPrompt looks at the prompt's text, far from latchkey.
func TestShellInitPrompt(t *testing.T) {
	t.Parallel()
	_, environ := initHome(t)
	for name, shell := range initShells() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, err := exec.Command("latchkey", "shell-init", name).Output()
			if err != nil {
				t.Fatal(err)
			}
			// Each line is a shell of its own, without latchkey in its PATH.
			file := filepath.Join(t.TempDir(), "init")
			argument, path := `"$@"`, "export PATH=/usr/bin:/bin\n"
			if name == "fish" {
				argument, path = "$argv", "set -gx PATH /usr/bin /bin\n"
			}
			put(t, file, string(script)+"\nlk_prompt "+argument+"\necho\n")
			var lines, want strings.Builder
			promptCases(t, &lines, &want)
			again := strings.Join(append(shell.args, file), " ")
			got := inShell(t, environ, name, "", path+strings.ReplaceAll(lines.String(), "$again", again))
			gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want.String(), "\n")
			if len(gotLines) != len(wantLines) {
				t.Fatalf("it says\n%s\nwant\n%s", got, want.String())
			}
			for i, line := range wantLines {
				if hours, ok := strings.CutSuffix(line, "h"); ok { // a long time: the minutes may have changed
					gotLines[i], _, _ = strings.Cut(gotLines[i], "h")
					line = hours
				}
				if gotLines[i] != line {
					t.Errorf("line %d: %q, want %q", i, gotLines[i], line)
				}
			}
		})
	}
}

// TestShellInitTab presses Tab after the function's name, and looks at the prompt.
func TestShellInitTab(t *testing.T) {
	t.Parallel()
	dir, environ := initHome(t)
	put(t, filepath.Join(dir, "policy.json"), "{}")
	zsh := "PS1='ready> '; setopt prompt_subst\n"
	shells := map[string]struct{ of, load string }{
		"bash":             {"bash", "set -u\n" + initShells()["bash"].load + "\n"},
		"zsh":              {"zsh", zsh + "autoload -U compinit; compinit -u -D\n" + initShells()["zsh"].load + "\n"},
		"zsh, not compsys": {"zsh", zsh + initShells()["zsh"].load + "\n"},
		"fish":             {"fish", initShells()["fish"].load + "\n"},
	}
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ok, err := have(shell.of); err != nil {
				t.Fatal(err)
			} else if !ok {
				t.Skip(shell.of + " is not installed")
			}
			for typed, want := range map[string]string{
				"lk my\t":           "<lk><my prod>",
				`lk my\ p` + "\t":   "<lk><my prod>",
				"lk 'my p\t":        "<lk><my prod>",
				"lk \"my p\t":       "<lk><my prod>",
				"lk team:d\t":       "<lk><team:dev>",
				"lk o\t":            "<lk><" + oddName + ">",
				"lk 'o\t":           "<lk><" + oddName + ">",
				"lk \"od\t":         "<lk><" + oddName + ">",
				"lk --cl\t":         "<lk><--clear>",
				"lk west --dur\t":   "<lk><west><--duration>",
				"lk $(touch x) w\t": "",
			} {
				checkTab(t, environ, append(initShells()[shell.of].args, "-i"), shell.load, typed, want)
			}
			if strings.Contains(shell.load, "compinit") || shell.of != "zsh" { // the old system is not told
				checkTab(t, environ, append(initShells()[shell.of].args, "-i"), shell.load, "lk west --session-policy ~/pol\t", "<--session-policy><"+dir+"/policy.json>")
			}
		})
	}
}

// checkTab types a line with a Tab. How long a shell takes is not known; the next
// try gives it more.
func checkTab(t *testing.T, environ, start []string, load, typed, want string) {
	t.Helper()
	if want == "" { // nothing of the line is run
		ty := inTerminal(t, environ, start...)
		defer func() { _ = ty.cmd.Process.Kill() }()
		ty.typed(load + "echo load''ed\n")
		ty.await("loaded\n", 1)
		ty.typed(typed)
		time.Sleep(time.Second)
		if left, err := os.ReadDir(ty.cmd.Dir); err != nil || len(left) > 0 {
			t.Errorf("%q has run something: %v, %v", typed, left, err)
		}
		return
	}
	last := ""
	for _, patience := range []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second, 9 * time.Second} {
		last = strings.ReplaceAll(completed(t, environ, start, load, typed, patience), "\n", "")
		if strings.Contains(last, want) {
			return
		}
	}
	t.Errorf("%q is not completed to %s:\n%q", typed, want, last)
}

// TestShellInitLives switches at a prompt that shows it, to a profile that asks its
// user too.
func TestShellInitLives(t *testing.T) {
	t.Parallel()
	dir, environ := initHome(t)
	put(t, filepath.Join(dir, "ask"), `printf 'pin? ' >/dev/tty; read -r pin </dev/tty
test "$pin" = 4711 && echo '{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}'`)
	config := filepath.Join(dir, ".aws", "config")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "AWS_PROFILE=west")
	put(t, config, string(text)+"[profile asks]\ncredential_process = sh "+filepath.Join(dir, "ask")+"\n")
	for name, prompt := range map[string]string{
		"bash": `PS1='$(lk_prompt "(%s) ")$ '`,
		"zsh":  `setopt prompt_subst; PROMPT='$(lk_prompt "(%s) ")$ '`,
		"fish": `function fish_prompt; lk_prompt '(%s) '; echo '$ '; end`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ok, err := have(name); err != nil {
				t.Fatal(err)
			} else if !ok {
				t.Skip(name + " is not installed")
			}
			shell := initShells()[name]
			ty := inTerminal(t, environ, append(shell.args, "-i")...)
			ty.typed(shell.load + "\n" + prompt + "\n")
			ty.typed("echo load''ed\n")
			ty.await("loaded", 1)
			ty.typed("lk\n") // what AWS_PROFILE says is not meant
			ty.await("which profile?", 1)
			ty.await("number, ", 1)
			number := regexp.MustCompile(`(\d+) +my prod`).FindStringSubmatch(ty.screen())
			if number == nil {
				t.Fatalf("the profile cannot be picked:\n%s", ty.screen())
			}
			ty.typed(number[1] + "\n")
			ty.await("(my prod) $ ", 1)
			ty.typed("lk asks\n")
			ty.await("pin? ", 1)
			time.Sleep(100 * time.Millisecond) // until it reads
			ty.typed("\x03")
			ty.await("cancelled", 1)
			ty.await("(my prod) $ ", 2)
			ty.typed("lk asks\n")
			ty.await("pin? ", 2)
			ty.typed("4711\n")
			ty.await("(asks) $ ", 1)
			ty.typed("lk ends\n")
			ty.await("(ends 4", 1)
			ty.typed("lk --clear\n")
			ty.typed("echo ''cleared\n")
			ty.await("\ncleared\n", 1)
			after := func() string {
				screen := ty.screen()
				return screen[strings.LastIndex(screen, "\ncleared\n"):]
			}
			soon(t, "the next prompt", func() bool { return strings.Contains(after(), "$ ") })
			if s := after(); strings.Contains(s, "(") {
				t.Errorf("the prompt still has a profile:\n%s", s)
			}
		})
	}
}

// TestShellInitScripts looks at the scripts themselves: with another name nothing
// of lk is left, and each variable of env is named.
func TestShellInitScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, err := exec.Command("latchkey", "shell-init", shell, "--name", "to-aws").Output()
		script := string(out)
		if err != nil || strings.Contains(script, "@LK@") || strings.Contains(script, "@ALL@") || strings.Contains(script, "@IDENTITY@") || !strings.Contains(script, "to-aws_prompt") {
			t.Errorf("%s: %v\n%s", shell, err, script)
		}
		words := strings.FieldsFunc(script, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') })
		for _, name := range deliver.Unset().Unsets() {
			if !slices.Contains(words, name) {
				t.Errorf("%s: %s stays", shell, name)
			}
		}
	}
	for _, args := range []string{"", "csh", "bash zsh", "bash --name if", "bash --name a$b", "bash --name -x", "bash --name=", "bash --name latchkey", "zsh --name 1a", "fish --name echo", "bash extra --name lk"} {
		err := exec.Command("latchkey", append([]string{"shell-init"}, strings.Fields(args)...)...).Run()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 {
			t.Errorf("shell-init %s: %v", args, err)
		}
	}
}
