//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// goPeer is a program of the Go SDK's: it finds credentials as that does and prints
// whose they are.
func goPeer() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		var id *sts.GetCallerIdentityOutput
		if id, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil); err == nil {
			fmt.Println(*id.Arn)
			os.Exit(0)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// peers are the commands of other tools that print whose credentials they have.
func peers(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{"the Go SDK": {"gopeer"}}
	for program, command := range map[string][]string{
		"aws":          {"aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"},
		"python-boto3": {"python3", "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"},
	} {
		if ok, err := have(program); err != nil {
			t.Fatal(err)
		} else if ok {
			all[program] = command
		}
	}
	return all
}

// tokens are the token files of a folder.
func (g *guest) tokens(cache string) []string {
	g.t.Helper()
	var files []string
	all, _ := filepath.Glob(filepath.Join(g.dir, ".aws", cache, "cache", "*.json"))
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			g.t.Fatal(err)
		}
		if strings.Contains(string(text), `"accessToken"`) {
			files = append(files, path)
		}
	}
	return files
}

// ages makes what is cached old, so that whoever looks next renews it.
func (g *guest) ages(cache string) {
	g.t.Helper()
	files := g.tokens(cache)
	if len(files) != 1 {
		g.t.Fatalf("%d token files", len(files))
	}
	var doc map[string]any
	text, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		g.t.Fatal(err)
	}
	inner, ok := doc["accessToken"].(map[string]any)
	if !ok {
		inner = doc
	}
	was := fmt.Sprintf("%q", inner["expiresAt"])
	old := fmt.Sprintf("%q", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))
	put(g.t, files[0], strings.Replace(string(text), was, old, 1))
}

// TestSignInServesPeers signs in once, for all tools; what they renew serves us, and
// what we renew serves them.
func TestSignInServesPeers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ profile, cache, renewal, whose string }{
		{"sso-dev", "sso", "CreateToken", ":assumed-role/AWSReservedSSO_Developer"},
		{"login", "login", "CreateOAuth2Token", ":user/alice"},
	} {
		for name, command := range peers(t) {
			t.Run(tt.profile+" "+name, func(t *testing.T) {
				t.Parallel()
				if tt.profile == "login" && name != "the Go SDK" && !newPython() {
					t.Skip("botocore reads sign-ins at the console with awscrt only, which is not installed")
				}
				g := asGuest(t, "[sessions]\nkeep = no\n")
				g.runs(0, "latchkey", "login", tt.profile)
				g.environ = append(g.environ, "AWS_PROFILE="+tt.profile)
				who := func(command ...string) {
					t.Helper()
					if out := g.runs(0, command...); !strings.Contains(out, tt.whose) {
						t.Errorf("%s says:\n%s", command[0], out)
					}
				}
				who(command...)
				calls := g.calls(tt.renewal)
				for _, order := range [][][]string{{command, {"latchkey", "whoami"}}, {{"latchkey", "whoami"}, command}} {
					g.ages(tt.cache)
					for _, c := range order {
						who(c...)
					}
					if calls++; g.calls(tt.renewal) != calls {
						t.Errorf("%d renewals, want %d: the second did not take what the first had written", g.calls(tt.renewal), calls)
						calls = g.calls(tt.renewal)
					}
				}
				if g.opened() != 1 {
					t.Errorf("%d tabs, want 1", g.opened())
				}
			})
		}
	}
}

// newPython reports whether Python has what botocore needs for login_session.
func newPython() bool {
	ok, err := have("python-awscrt.crypto.EC")
	return err == nil && ok
}

// TestSignOut leaves nothing that signs anybody in, here and at AWS.
func TestSignOut(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	g.runs(0, "latchkey", "login", "sso-dev", "login")
	g.runs(0, "latchkey", "whoami", "sso-dev")
	text, err := os.ReadFile(g.tokens("sso")[0])
	if err != nil {
		t.Fatal(err)
	}
	g.runs(0, "latchkey", "logout", "sso-dev")
	if g.calls("Logout") != 1 || len(g.tokens("sso")) != 0 || len(g.tokens("login")) != 1 {
		t.Errorf("%d times told, files %q and %q", g.calls("Logout"), g.tokens("sso"), g.tokens("login"))
	}
	g.runs(4, "latchkey", "credentials", "sso-dev")
	// A copy of the token is of no use: it was ended where it counts.
	put(t, filepath.Join(g.dir, ".aws", "sso", "cache", filepath.Base(centerToken())), string(text))
	g.runs(4, "latchkey", "credentials", "sso-dev")
	g.runs(4, "latchkey", "login", "--check", "sso-dev")
	g.runs(0, "latchkey", "login", "sso-dev")
	g.runs(0, "latchkey", "credentials", "sso-dev")
	g.runs(0, "latchkey", "logout", "--all")
	if len(g.tokens("sso")) != 0 || len(g.tokens("login")) != 0 {
		t.Errorf("files %q and %q", g.tokens("sso"), g.tokens("login"))
	}
	if out := g.runs(0, "latchkey", "sessions"); !strings.Contains(out, "no sessions") {
		t.Errorf("it says:\n%s", out)
	}
}

// centerToken is the name of the sandbox's token file.
func centerToken() string { return "dd27875a69a34b1c6e6e4fce4b605ea3a8ed6913.json" }

// TestSignInEnded: an administrator ends a session whose token looks alive. One
// command meets that, and all know.
func TestSignInEnded(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "")
	g.runs(0, "latchkey", "login", "sso-dev")
	g.server.EndSSO("alice")
	out := g.runs(4, "latchkey", "whoami", "sso-dev")
	if !strings.Contains(out, "fix: sign in: latchkey login sso-dev") {
		t.Errorf("it says:\n%s", out)
	}
	g.runs(4, "latchkey", "login", "--check", "sso-dev")
	g.runs(0, "latchkey", "login", "sso-dev")
	g.runs(0, "latchkey", "whoami", "sso-dev")
	if g.opened() != 2 || !slices.ContainsFunc(g.server.Requests(), func(r sandbox.Recorded) bool { return r.Status == 401 }) {
		t.Errorf("%d tabs, want 2", g.opened())
	}
}

// TestWrongRegion: Identity Center says where it is, and the config file then does.
func TestWrongRegion(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"--browser", "--device-code"} {
		g := asGuest(t, "", sandbox.WithWorld(quickCodes()))
		path := filepath.Join(g.dir, ".aws", "config")
		text := read(t, path)
		wrong := strings.Replace(text, "sso_region = eu-central-1", "sso_region = us-west-2 # said a colleague", 1)
		put(t, path, wrong)
		there := []string{"AWS_ENDPOINT_URL_SSO_OIDC=" + g.server.RegionURL("us-west-2"), "AWS_ENDPOINT_URL_SSO=" + g.server.RegionURL("us-west-2")}
		s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
		end := s.run(there, "login", way, "sso-dev")
		if end.Code != 0 || !strings.Contains(end.Err, "corrected to eu-central-1") {
			t.Fatalf("%s: exit %d: %s", way, end.Code, end.Err)
		}
		if now := read(t, path); now != strings.Replace(text, "sso_region = eu-central-1", "# said a colleague\nsso_region = eu-central-1", 1) {
			t.Errorf("%s: the config file is\n%s", way, now)
		}
		if tokens := g.tokens("sso"); len(tokens) != 1 || !strings.Contains(read(t, tokens[0]), `"region": "eu-central-1"`) {
			t.Errorf("%s: %q", way, tokens)
		}
		g.runs(0, "latchkey", "whoami", "sso-dev")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
