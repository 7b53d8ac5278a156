package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
)

// TestWay tells how people sign in where, by flags and by settings.
func TestWay(t *testing.T) {
	t.Parallel()
	const away = "this is an SSH session"
	here, ssh, tunnelled := []string{"BROWSER=true"}, []string{"SSH_TTY=/dev/pts/1"}, []string{"SSH_TTY=/dev/pts/1", "BROWSER=true"}
	for name, tt := range map[string]struct {
		environ  []string
		settings string
		flow     string
		port     int
		kind     chain.Kind
		want     way
	}{
		"here":                      {here, "", "", 0, chain.KindSSO, way{latchkey.FlowBrowser, 0, true, ""}},
		"here, a port":              {here, "", "", 8400, chain.KindSSO, way{latchkey.FlowBrowser, 8400, true, ""}},
		"here, a code":              {here, "", latchkey.FlowDeviceCode, 0, chain.KindSSO, way{latchkey.FlowDeviceCode, 0, true, ""}},
		"here, a code by setting":   {here, "method = device-code", "", 0, chain.KindSSO, way{latchkey.FlowDeviceCode, 0, true, ""}},
		"away":                      {ssh, "", "", 0, chain.KindSSO, way{latchkey.FlowDeviceCode, 0, false, away}},
		"away, console":             {ssh, "", "", 0, chain.KindLogin, way{latchkey.FlowRemote, 0, false, away}},
		"away, a code":              {ssh, "", latchkey.FlowDeviceCode, 0, chain.KindLogin, way{latchkey.FlowRemote, 0, false, ""}},
		"away, a code by setting":   {ssh, "method = device-code", "", 0, chain.KindSSO, way{latchkey.FlowDeviceCode, 0, false, ""}},
		"away, a port":              {ssh, "", "", 8400, chain.KindSSO, way{latchkey.FlowBrowser, 8400, false, ""}},
		"away, a port by setting":   {ssh, "port = 8400", "", 0, chain.KindLogin, way{latchkey.FlowBrowser, 8400, false, ""}},
		"away, the browser":         {ssh, "", latchkey.FlowBrowser, 0, chain.KindSSO, way{latchkey.FlowBrowser, 0, true, ""}},
		"away, both by setting":     {ssh, "method = browser\nport = 8400", "", 0, chain.KindSSO, way{latchkey.FlowBrowser, 8400, false, ""}},
		"away, a flag wins":         {ssh, "method = browser\nport = 8400", latchkey.FlowDeviceCode, 1, chain.KindSSO, way{latchkey.FlowDeviceCode, 1, false, ""}},
		"away, a browser of theirs": {tunnelled, "", "", 0, chain.KindSSO, way{latchkey.FlowDeviceCode, 0, true, ""}},
	} {
		environ := pickHome(t, "")
		folder := filepath.Join(t.TempDir(), "latchkey")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "config"), []byte("[login]\n"+tt.settings+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		environ = append(append(environ, "XDG_CONFIG_HOME="+filepath.Dir(folder)), tt.environ...)
		sys, resolver, ask := pickSys(t, environ)
		s := sys.signingIn(resolver, ask)
		s.flow, s.port = tt.flow, tt.port
		if got, err := s.way(chain.SignIn{Kind: tt.kind}); err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, tt.want)
		}
	}
}

// TestVisitThroughAPort: a port of the settings is told as one of the flag is.
func TestVisitThroughAPort(t *testing.T) {
	t.Parallel()
	var said []string
	sys, resolver, ask := pickSys(t, pickHome(t, ""))
	s := sys.signingIn(resolver, ask)
	s.say = func(_ context.Context, line string) { said = append(said, line) }
	err := s.visit(t.Context(), way{flow: latchkey.FlowBrowser, port: 8400}, latchkey.Visit{Flow: latchkey.FlowBrowser, URL: "https://aws.example/x"})
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "ssh -L 8400:127.0.0.1:8400 …") {
		t.Errorf("%q, %v", said, err)
	}
}
