package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
)

// TestRecipes runs the recipes of docs/vault-recipes.md against programs that
// answer these very arguments, and refuse all others.
func TestRecipes(t *testing.T) {
	t.Parallel()
	needShell(t)
	page, err := os.ReadFile("../docs/vault-recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	const pair = someID + `\n` + someSecret + `\n`
	recipes := []struct {
		program, line string
		answers       map[string]string // arguments → what printf gets
	}{
		{"op", `op item get "AWS prod" --fields "label=access key id,label=secret access key" --reveal`, map[string]string{
			"item|get|AWS prod|--fields|label=access key id,label=secret access key|--reveal": someID + "," + someSecret + `\n`,
		}},
		{"bw", `printf '%s\n' "$(bw get username aws-prod)" "$(bw get password aws-prod)"`, map[string]string{
			"get|username|aws-prod": someID, "get|password|aws-prod": someSecret,
		}},
		{"pass", "pass show aws/prod", map[string]string{"show|aws/prod": pair}},
		{"gopass", "gopass show --noparsing aws/prod", map[string]string{"show|--noparsing|aws/prod": `AWS_ACCESS_KEY_ID=` + someID + `\nAWS_SECRET_ACCESS_KEY=` + someSecret}},
		{"bao", "bao kv get -mount=secret -format=json aws/prod", map[string]string{
			"kv|get|-mount=secret|-format=json|aws/prod": `{"data": {"data": {"access_key": "` + someID + `", "secret_key": "` + someSecret + `"}, "metadata": {"version": 3}}}`,
		}},
		{"vault", "vault kv get -mount=secret -format=json aws/prod", map[string]string{
			"kv|get|-mount=secret|-format=json|aws/prod": `{"data": {"data": {"access_key": "` + someID + `", "secret_key": "` + someSecret + `"}}}`,
		}},
	}
	for _, r := range recipes {
		t.Run(r.program, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(string(page), "\n"+r.line+"\n") {
				t.Errorf("the page does not have the line %s", r.line)
			}
			bin := t.TempDir()
			script := "#!/bin/sh\nIFS='|'\ncase \"$*\" in\n"
			for args, answer := range r.answers {
				script += "'" + args + "') printf '" + answer + "' ;;\n"
			}
			script += "*) echo \"wrong arguments: $*\" >&2; exit 2 ;;\nesac\n"
			if err := os.WriteFile(filepath.Join(bin, r.program), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			c := vault.NewCommands(vault.CommandOptions{Folder: t.TempDir(), Environ: []string{"PATH=" + bin}, Stderr: os.Stderr})
			mustPut(t, c, vault.Entry{Name: "prod", Command: r.line})
			e, err := c.Get(t.Context(), "prod")
			if err != nil || e.AccessKeyID != someID || e.Secret.Reveal() != someSecret {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}
