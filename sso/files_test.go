package sso_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sso"
)

// The files' names as the AWS CLI has them.
const (
	fileCorp     = "ee0bfd2552fbd840c02cc48b6e823320543c450f"
	fileBare     = "b9e2c5c9b81ab1605f269dab3ed81a8dd42016cb"
	fileLegacy   = "a51746d4aa793ae07b25e90c3a5db96fc7832bd7"
	clientCorp   = "1b56c55d6e723362537167a7f43960b8185b5a80"
	clientBare   = "3fbfdd50b30bc8ea21ec6efe3b1ac8c555127440"
	clientLegacy = "ffb6eff0a547e7a6123046d5853a4c054139b507"
)

const (
	tokenHead = `{"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": "canary-at", "expiresAt": "2026-01-02T20:00:00Z", ` +
		`"clientId": "cid", "clientSecret": "canary-cs", "registrationExpiresAt": "2026-04-02T12:00:00Z"`
	clientHead = `{"clientId": "cid", "clientSecret": "canary-cs", "expiresAt": "2026-04-02T12:00:00Z"`
)

// TestFilesAsTheCLI compares every file of every kind of sign-in byte for byte.
func TestFilesAsTheCLI(t *testing.T) {
	t.Parallel()
	scope := []string{"sso:account:access"}
	const withScope, grants, refresh = `, "scopes": ["sso:account:access"]`, `, "grantTypes": ["authorization_code", "refresh_token"]}`, `, "refreshToken": "canary-rt"}`
	for _, tt := range []struct {
		session       string
		flow          sso.Flow
		scopes        []string
		token, client string // files
		tail, content string // of the token file and of the registration
	}{
		{"corp", sso.FlowBrowser, scope, fileCorp, clientCorp, refresh, withScope + grants},
		{"corp", sso.FlowDevice, scope, fileCorp, clientCorp, refresh, withScope + "}"},
		{"bare", sso.FlowBrowser, nil, fileBare, clientBare, refresh, withScope + grants},
		{"bare", sso.FlowDevice, nil, fileBare, clientBare, refresh, withScope + "}"},
		{"", sso.FlowDevice, nil, fileLegacy, clientLegacy, "}", "}"},
		{"", sso.FlowBrowser, nil, fileLegacy, clientLegacy, "}", withScope + grants},
	} {
		c := newTrial(t, tt.session, tt.flow)
		c.o.Scopes = tt.scopes
		out, err := c.signIn(t)
		want := sso.SignedIn{
			Expires: noon.Add(8 * time.Hour), Region: "us-east-1", Renewable: tt.session != "", File: filepath.Join(c.config.CacheDir, tt.token+".json"),
		}
		want.Expires = want.Expires.Add(sum(c.waits))
		if err != nil || out != want {
			t.Errorf("%q by %s: got %+v, %v", tt.session, tt.flow, out, err)
			continue
		}
		head := strings.Replace(tokenHead, "20:00:00", "20:00:0"+string(rune('0'+int(sum(c.waits)/time.Second))), 1)
		if got := c.read(t, tt.token); got != head+tt.tail {
			t.Errorf("%q by %s: token\n got %s\nwant %s", tt.session, tt.flow, got, head+tt.tail)
		}
		if got := c.read(t, tt.client); got != clientHead+tt.content {
			t.Errorf("%q by %s: registration\n got %s\nwant %s", tt.session, tt.flow, got, clientHead+tt.content)
		}
		if names, _ := os.ReadDir(c.config.CacheDir); len(names) != 2 {
			t.Errorf("%q by %s: %d files", tt.session, tt.flow, len(names))
		}
		if token, _, err := sso.NewTokens(c.config, c.desk).AccessToken(t.Context()); err != nil || token.Reveal() != "canary-at" {
			t.Errorf("the token cannot be read: %v", err)
		}
	}
}

func sum(list []time.Duration) (d time.Duration) {
	for _, w := range list {
		d += w
	}
	return d
}

func TestUnknownMembersAreKept(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.o.Scopes = []string{"sso:account:access"}
	c.put(t, fileCorp, `{"startUrl": "https://old.awsapps.com/start", "x-tool": {"a": [1, null]}, "region": "eu-west-1", "accessToken": "old", "refreshToken": "old"}`)
	if _, err := c.signIn(t); err != nil {
		t.Fatal(err)
	}
	want := `{"startUrl": "https://corp.awsapps.com/start", "x-tool": {"a": [1, null]}, "region": "us-east-1", "accessToken": "canary-at", "refreshToken": "canary-rt", ` +
		`"expiresAt": "2026-01-02T20:00:00Z", "clientId": "cid", "clientSecret": "canary-cs", "registrationExpiresAt": "2026-04-02T12:00:00Z"}`
	if got := c.read(t, fileCorp); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLegacyFileLosesRefreshToken: one that no tool writes or reads there must
// not survive the sign-in that it was of.
func TestLegacyFileLosesRefreshToken(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "", sso.FlowDevice)
	c.put(t, fileLegacy, `{"refreshToken": "old"}`)
	if _, err := c.signIn(t); err != nil {
		t.Fatal(err)
	}
	if got := c.read(t, fileLegacy); strings.Contains(got, "refreshToken") {
		t.Errorf("got %s", got)
	}
}

// TestBadFilesAreReplaced: half written and foreign files break nothing.
func TestBadFilesAreReplaced(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		for _, content := range []string{"", `{"clientId": "cid", "clie`, "[]", "\xff\xfe", `{"expiresAt": 5, "grantTypes": "authorization_code", "scopes": {"a": 1}}`, strings.Repeat("x", 2<<20)} {
			t.Run(fmt.Sprintf("%s %.20q", flow, content), func(t *testing.T) {
				t.Parallel()
				c := newTrial(t, "corp", flow)
				c.o.Scopes = []string{"sso:account:access"}
				c.put(t, fileCorp, content)
				c.put(t, clientCorp, content)
				if _, err := c.signIn(t); err != nil {
					t.Fatal(err)
				}
				if got := c.read(t, clientCorp); !strings.HasPrefix(got, clientHead) {
					t.Errorf("registration %s", got)
				}
				if got := c.read(t, fileCorp); !strings.Contains(got, `"accessToken": "canary-at"`) {
					t.Errorf("token %s", got)
				}
			})
		}
	}
}

func TestFileInTheWay(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.o.Scopes = []string{"sso:account:access"}
	if err := os.MkdirAll(filepath.Join(c.config.CacheDir, clientCorp+".json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := c.signIn(t); err != nil {
		t.Errorf("a folder in place of the registration: %v", err)
	}
	c = newTrial(t, "corp", sso.FlowBrowser)
	if err := os.MkdirAll(filepath.Join(c.config.CacheDir, fileCorp+".json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	var keep *sso.KeepError
	if _, err := c.signIn(t); !errors.As(err, &keep) || !strings.Contains(err.Error(), "signed in, but") || !strings.HasSuffix(keep.File, fileCorp+".json") {
		t.Errorf("a folder in place of the token: %v", err)
	}
	c = newTrial(t, "corp", sso.FlowDevice)
	if err := os.WriteFile(c.config.CacheDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.signIn(t); err == nil || len(c.visits) != 0 {
		t.Errorf("a file in place of the cache: %v after %d visits", err, len(c.visits))
	}
}

func TestUnknownFlow(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", "pigeon\x1b")
	if _, err := c.signIn(t); err == nil || err.Error() != `sso sign-in: no flow "pigeon"` {
		t.Errorf("got %v", err)
	}
}
