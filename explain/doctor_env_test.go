package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
)

// TestDoctorEnvironment holds what variables of the environment are told to do.
func TestDoctorEnvironment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	secret := "AWS_SECRET_ACCESS_KEY=" + strings.Repeat("x", 40)
	session := "AWS_ACCESS_KEY_ID=ASIAALICE0001EXAMPLE"
	for _, tt := range []struct {
		environ  string
		metadata bool
		want     string
	}{
		{"", true, ""},
		{session + " " + secret + " AWS_SESSION_TOKEN=t", false, ""},
		{session + " " + secret, false, "error session-key-without-token"},
		{"AWS_ACCESS_KEY_ID=AKIAALICE0001EXAMPLE " + secret, false, "security key-in-environment"},
		{"AWS_ACCESS_KEY_ID=AKIAALICE0001EXAMPLE AWS_SESSION_TOKEN=t " + secret, false, "error long-term-key-with-token, security key-in-environment"},
		{"AWS_ACCESS_KEY_ID=AKIAALICE0001EXAMPLE", false, ""}, // an error of the plan
		{session + " AWS_SESSION_TOKEN=t " + secret + " AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:04Z", false, "error environment-expired"},
		{session + " AWS_SESSION_TOKEN=t " + secret + " AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:06+00:00", false, ""},
		{session + " AWS_SESSION_TOKEN=t " + secret + " AWS_CREDENTIAL_EXPIRATION=soon", false, "warning environment-expiration"},
		{"AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:04Z", false, ""},
		{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2", false, "warning container-variables"},
		{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2 ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4", false, ""},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/gone", false, "warning container-variables"},
		{"AWS_WEB_IDENTITY_TOKEN_FILE=/gone", false, "warning container-variables"},
		{"AWS_WEB_IDENTITY_TOKEN_FILE=/there", false, ""},
		{"AWS_CA_BUNDLE=/gone", false, "error ca-bundle-missing"},
		{"AWS_CA_BUNDLE=/there", false, ""},
		{"AWS_REGION=eu-wset-1", false, "error unknown-region"},
		{"AWS_DEFAULT_REGION=eu-west-1", false, ""},
		{"AWS_ENDPOINT_URL=http://localhost:1", false, "warning local-endpoint"},
		{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1", false, "warning local-endpoint"},
		{"AWS_ENDPOINT_URL_STS=https://sts.example.com", false, ""},
		{"HTTP_PROXY=http://p:1", false, ""},
		{"HTTP_PROXY=http://p:1", true, "warning metadata-through-proxy"},
		{"http_proxy=http://p:1 no_proxy=a,169.254.169.254", true, ""},
		{"http_proxy=http://p:1 NO_PROXY=*", true, ""},
	} {
		vars := map[string]string{}
		var names []string
		for _, pair := range strings.Fields(tt.environ) {
			name, value, _ := strings.Cut(pair, "=")
			vars[name], names = value, append(names, name)
		}
		list := explain.Environment(explain.Surroundings{Names: names, Get: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
			Exists: func(path string) bool { return path == "/there" }, Now: now, Metadata: tt.metadata})
		sound(t, list)
		if got := codesOf(list); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.environ, got, tt.want)
		}
		for _, w := range list {
			if strings.Contains(w.What+w.Why+w.Fix, "xxxx") {
				t.Errorf("a secret: %+v", w)
			}
		}
	}
}

// TestDoctorShellInit holds when a shell has another script than this program's.
func TestDoctorShellInit(t *testing.T) {
	t.Parallel()
	line := origin.File("/h/.bashrc", 7, "")
	for _, tt := range []struct {
		loaded, current string
		startUp         *origin.Origin
		want            string
	}{
		{"", "", nil, ""}, {"bash-1", "bash-1", &line, ""}, {"bash-1", "bash-2", &line, "warning shell-init-old"},
		{"", "", &line, "note shell-init-not-loaded"}, {"odd-1", "", nil, ""},
	} {
		list := explain.ShellInit(tt.loaded, tt.current, tt.startUp)
		sound(t, list)
		if got := codesOf(list); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

// TestDoctorCaches holds which cache files are worth a word.
func TestDoctorCaches(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 20, 3, 4, 5, 0, time.UTC)
	day := 24 * time.Hour
	old, yesterday, later := now.Add(-8*day), now.Add(-day), now.Add(time.Hour)
	standing := explain.Cached{Path: "/c/t", Kind: explain.CachedToken, Expires: later}
	for _, tt := range []struct {
		name string
		list []explain.Cached
		want string
	}{
		{"standing", []explain.Cached{standing}, ""},
		{"of yesterday", []explain.Cached{{Kind: explain.CachedToken, Expires: yesterday}}, ""},
		{"old and renewable", []explain.Cached{{Kind: explain.CachedToken, Expires: old, Registered: later}}, ""},
		{"old", []explain.Cached{{Kind: explain.CachedToken, Expires: old, Registered: old}, {Kind: explain.CachedLogin, Expires: old}}, "note dead-sign-in, note dead-sign-in"},
		{"registration", []explain.Cached{{Kind: explain.CachedClient, Expires: old}}, "note dead-registration"},
		{"role", []explain.Cached{{Kind: explain.CachedRole, Expires: old}, {Kind: explain.CachedRole, Expires: later}}, "note dead-cli-cache"},
		{"after the sign-in", []explain.Cached{{Kind: explain.CachedSSORole, Expires: later}}, "security cached-after-sign-out"},
		{"with a sign-in", []explain.Cached{{Kind: explain.CachedSSORole, Expires: later}, standing}, ""},
		{"damaged", []explain.Cached{{Kind: explain.CachedDamaged}}, "warning damaged-cache"},
		{"other", []explain.Cached{{Kind: explain.CachedOther}}, ""},
	} {
		for i := range tt.list {
			tt.list[i].Path = "/c/file"
		}
		list := explain.Caches(tt.list, now)
		if got := codesOf(list); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		var c explain.Checkup
		c.Add(list...)
		for _, w := range c.Findings() {
			if !strings.HasPrefix(w.Fix, "rm /c/file") || w.Why == "" {
				t.Errorf("%s: %+v", tt.name, w)
			}
		}
	}
}
