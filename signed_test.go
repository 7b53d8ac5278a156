package latchkey_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestSessionsAreOfWhoSigns: a session serves those only who still are who fetched
// it, although the plan is the same.
func TestSessionsAreOfWhoSigns(t *testing.T) {
	t.Parallel()
	server := sandbox.Start(t)
	dir := t.TempDir()
	home, err := server.WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(id, secret string) string {
		return `{"Version":1,"AccessKeyId":"` + id + `","SecretAccessKey":"` + secret + `"}`
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("alice.json", keys("AKIAALICE0001EXAMPLE", "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"))
	write("bob.json", keys("AKIABOB000001EXAMPLE", "bob/Sandbox+Secret/000001/bPxREXAMPLEKEY"))
	config := write("config", "[profile who]\ncredential_process = cat '"+dir+"'/${WHO}.json\n"+
		"[profile role]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = who\n")
	environ := home.Env
	get := func(config, profile string) (string, error) {
		r, err := latchkey.Load(latchkey.Options{Environ: environ, ConfigFile: config, StateFolder: filepath.Join(dir, "state")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.EndSessions(context.Background()) })
		plan, err := r.PlanOf(origin.Value{Text: profile, Origin: origin.Code("test")}, chain.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		if creds, ok := r.Held(t.Context(), plan); ok {
			return creds.AccessKeyID, nil
		}
		p, err := r.Provider(plan)
		if err != nil {
			t.Fatal(err)
		}
		creds, err := p.Retrieve(t.Context())
		return creds.AccessKeyID, err
	}
	as := func(name string) string {
		environ = append(slices.Clip(home.Env), "WHO="+name)
		id, err := get(config, "role")
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := as("alice")
	if as("bob") == first {
		t.Error("bob got alice's session")
	}
	if as("alice") != first {
		t.Error("alice's session was not kept")
	}

	signedIn := filepath.Join(dir, ".aws", "sso", "cache")
	center, err := get("", "sso-dev")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := get("", "sso-dev"); again != center || err != nil {
		t.Errorf("the session of Identity Center was not kept: %v", err)
	}
	if err := os.RemoveAll(signedIn); err != nil {
		t.Fatal(err)
	}
	if _, err := get("", "sso-dev"); err == nil {
		t.Error("signed out, and still served")
	}

	token := filepath.Join(dir, ".aws", "web-identity", "ci.jwt")
	if _, err := get("", "ci"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(token, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := get("", "ci"); err == nil {
		t.Error("another token, and still served")
	}
}
