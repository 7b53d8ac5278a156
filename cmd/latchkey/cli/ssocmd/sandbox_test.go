package ssocmd_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/ssocmd"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sso"
)

// readByBotocore prints how many profiles Python's SDK reads with account, role and
// session, and who the last one named is.
const readByBotocore = `
import json, os, sys
import botocore.session
session = botocore.session.Session()
profiles = session.full_config["profiles"]
whole = [n for n, p in profiles.items() if p.get("sso_session") == "example-org" and len(p.get("sso_account_id", "")) == 12 and p.get("sso_role_name") and p.get("region")]
creds = botocore.session.Session(profile=sys.argv[1]).get_credentials().get_frozen_credentials()
print(json.dumps({"profiles": len(profiles), "whole": len(whole), "sessions": list(session.full_config["sso_sessions"]), "key": creds.access_key[:4]}))
`

// TestSandbox makes profiles for an organisation of 1,000 accounts with odd names
// and five roles in each, and lets Python's SDK use them.
func TestSandbox(t *testing.T) {
	t.Parallel()
	organisation := sandbox.Example()
	organisation.IdentityCenter.Generated = &sandbox.Generated{Accounts: 1000, PermissionSets: []string{"Admin", "Billing", "Dev", "Ops", "Reader"}, Users: []string{"alice"}}
	server := sandbox.Start(t, sandbox.WithWorld(organisation))
	w := newWorld(t, "")
	home, err := server.WriteHome(w.home)
	if err != nil {
		t.Fatal(err)
	}
	w.env = home.Env
	before := w.read("config")
	began := time.Now()
	discovery := func(ctx context.Context, _ *latchkey.Resolver, _ ssocmd.Asker, in chain.SignIn, o ssocmd.Discovery) (ssocmd.Found, error) {
		client := awsapi.New(awsapi.Options{Now: time.Now})
		defer client.CloseIdle()
		tokens := sso.NewTokens(sso.Config{StartURL: in.StartURL.Text, Region: in.Region.Text, SessionName: in.Session.Text, CacheDir: in.CacheFolder, Endpoint: in.Endpoint, Now: time.Now}, client)
		list, err := tokens.Discover(ctx, sso.DiscoverOptions{API: client, Endpoint: in.Portal, Roles: o.Roles, Account: o.Account, Progress: o.Progress})
		return ssocmd.Found{Accounts: list}, err
	}
	w.aws = discovery
	out, _ := w.sync()
	t.Logf("%d profiles in %v", len(out.Profiles), time.Since(began).Round(time.Millisecond))
	config := w.read("config")
	if !strings.HasPrefix(config, before) || !out.Written || strings.Count(config, "\n[profile ")-strings.Count(before, "\n[profile ") < 5000 {
		t.Fatalf("%d profiles, written %v", len(out.Profiles), out.Written)
	}
	began = time.Now()
	if out, _ := w.sync(); out.Changed {
		t.Error("a second time it changes something")
	}
	t.Logf("again in %v", time.Since(began).Round(time.Millisecond))

	python := installed.Need(t, "python3", "-c", "import botocore")
	at := slices.IndexFunc(out.Profiles, func(p profileRow) bool { return p.State == "added" && p.Wanted != "" })
	if at < 0 {
		t.Fatal("no two accounts have one name, so this proves little")
	}
	cmd := exec.Command(python, "-c", readByBotocore, out.Profiles[at].Profile)
	cmd.Env, cmd.Stderr = append(home.Env, "PATH="+os.Getenv("PATH")), os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Profiles, Whole int
		Sessions        []string
		Key             string
	}
	if err := json.Unmarshal(answer, &got); err != nil || got.Profiles < 5000 || got.Whole < 5000 || !slices.Equal(got.Sessions, []string{"example-org"}) || got.Key != "ASIA" {
		t.Errorf("botocore reads %+v, %v", got, err)
	}
}
