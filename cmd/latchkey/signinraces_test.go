//go:build unix

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestAnotherRefreshesFirst: between our look at the file and our refresh another
// program uses up the refresh token. We are refused, and go on with what it wrote.
func TestAnotherRefreshesFirst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ profile, cache, renewal, service, whose string }{
		{"sso-dev", "sso", "CreateToken", "SSO_OIDC", ":assumed-role/AWSReservedSSO_Developer"},
		{"login", "login", "CreateOAuth2Token", "SIGNIN", ":user/alice"},
	} {
		for name, command := range peers(t) {
			t.Run(tt.profile+" "+name, func(t *testing.T) {
				t.Parallel()
				if tt.profile == "login" && name != "the Go SDK" && !newPython() {
					t.Skip("botocore reads sign-ins at the console with awscrt only, which is not installed")
				}
				g, way := aside(t)
				g.runs(0, "latchkey", "login", tt.profile)
				g.environ = append(g.environ, "AWS_PROFILE="+tt.profile)
				g.ages(tt.cache)
				open := way.shut("")
				defer open()
				s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
				p := s.start([]string{"AWS_ENDPOINT_URL_" + tt.service + "=" + way.url}, "", "latchkey", "whoami")
				soon(t, "our refresh", func() bool { return way.calls("") == 1 })
				if out := g.runs(0, command...); !strings.Contains(out, tt.whose) {
					t.Errorf("%s says:\n%s", name, out)
				}
				theirs := g.token(tt.cache)
				open()
				if end := finishOf(p); end.Code != 0 || !strings.Contains(end.Out, tt.whose) || end.Err != "" {
					t.Errorf("exit %d:\n%s%s", end.Code, end.Out, end.Err)
				}
				if g.token(tt.cache) != theirs {
					t.Error("the file is not as the other program wrote it")
				}
				refused := 0
				for _, r := range g.server.Requests() {
					if r.Operation == tt.renewal && r.Status >= 400 {
						refused++
					}
				}
				if refused != 1 {
					t.Errorf("%d refused refreshes, want ours", refused)
				}
				// What was refused once is not held against the sign-in.
				g.ages(tt.cache)
				g.runs(0, "latchkey", "whoami")
			})
		}
	}
}

// aside is a guest and a second way to the sandbox, which can be shut.
func aside(t *testing.T) (*guest, *slowWay) {
	t.Helper()
	for range 10 {
		g := asGuest(t, "[sessions]\nkeep = no\n")
		if way, err := newSlowWay(t, g.server.URL()); err == nil {
			return g, way
		}
	}
	t.Skip("no second loopback address")
	return nil, nil
}

// token is the text of the only token file of a cache.
func (g *guest) token(cache string) string {
	g.t.Helper()
	files := g.tokens(cache)
	if len(files) != 1 {
		g.t.Fatalf("token files: %q", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

// TestMixedCrowd lets all tools meet one expired token at once, whose refresh token
// is good once. Others lose that race among each other; we never do.
func TestMixedCrowd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ profile, cache string }{{"sso-dev", "sso"}, {"login", "login"}} {
		t.Run(tt.profile, func(t *testing.T) {
			t.Parallel()
			world := sandbox.Example()
			world.Settings.ReusableRefreshTokens = false
			g := asGuest(t, "[sessions]\nkeep = no\n", sandbox.WithWorld(world))
			g.runs(0, "latchkey", "login", tt.profile)
			var others [][]string
			for name, command := range peers(t) {
				if tt.profile == "sso-dev" || name == "the Go SDK" || newPython() {
					others = append(others, command)
				}
			}
			var tasks [][]string
			for i := range 20 {
				if i%2 == 0 {
					tasks = append(tasks, []string{"latchkey", "whoami"})
				} else {
					tasks = append(tasks, others[i/2%len(others)])
				}
			}
			s := &stage{t: t, server: g.server, home: g.dir, env: g.environ}
			g.ages(tt.cache)
			theirs := 0
			for i, end := range s.crowded([]string{"AWS_PROFILE=" + tt.profile}, tasks) {
				switch {
				case tasks[i][0] != "latchkey" && end.Code != 0:
					theirs++
				case end.Code != 0 || end.Err != "":
					t.Errorf("process %d: exit %d: %s", i, end.Code, end.Err)
				}
			}
			t.Logf("%d of %d other programs failed", theirs, len(tasks)/2)
			g.runs(0, "latchkey", "login", "--check", tt.profile)
		})
	}
}
