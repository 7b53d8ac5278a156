package sandbox_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestWriteHome looks at every file of a home.
func TestWriteHome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	// What a sandbox left there with other modes is closed.
	if _, err := b.WriteHome(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, ".aws", "credentials"), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := b.WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"config", "credentials",
		"login/cache/" + sha256Name("arn:aws:iam::111122223333:user/alice"),
		"sso/cache/" + sha1Name("example-org"),
		"web-identity/ci.jwt",
	}
	var got []string
	err = filepath.WalkDir(filepath.Join(dir, ".aws"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		if !d.IsDir() {
			rel, _ := filepath.Rel(filepath.Join(dir, ".aws"), path)
			got = append(got, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: files %q\nwant %q", err, got, want)
	}
	if !slices.Contains(h.Env, "AWS_ENDPOINT_URL="+b.URL()) || !slices.Contains(h.Env, "HOME="+dir) || !slices.Contains(h.Unset, "AWS_SESSION_TOKEN") {
		t.Errorf("environment %q", h.Env)
	}
	if len(h.Profiles) != 10 || h.Profiles[9] != "broken" || h.Dir != dir {
		t.Errorf("profiles %q in %s", h.Profiles, h.Dir)
	}
}

// TestHomeConfig compares the sections that matter.
func TestHomeConfig(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	if _, err := b.WriteHome(dir); err != nil {
		t.Fatal(err)
	}
	config, credentials := read(t, dir, "config"), read(t, dir, "credentials")
	for _, want := range []string{
		"# The same sign-in serves every account.\n[profile sso-prod]\nregion = eu-central-1\nsso_session = example-org\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n\n",
		"[profile dev]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/Developer\nsource_profile = alice\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\n",
		"[profile login]\nregion = eu-central-1\nlogin_session = arn:aws:iam::111122223333:user/alice\n\n",
		"source_profile = alcie\n",
		"duration_seconds = 3600\n",
		"web_identity_token_file = " + filepath.Join(dir, ".aws", "web-identity", "ci.jwt") + "\n",
		"[sso-session example-org]\nsso_start_url = https://example-org.awsapps.com/start\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n",
	} {
		if !strings.Contains(config, want) {
			t.Errorf("config lacks %q:\n%s", want, config)
		}
	}
	if !strings.Contains(credentials, "[alice]\naws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n") {
		t.Errorf("credentials:\n%s", credentials)
	}
	if strings.Contains(config, alice().SecretAccessKey) {
		t.Error("the config file holds a secret")
	}
}

// TestHomeCaches has the form of AWS's own cache files, and uses what is in them.
func TestHomeCaches(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	if _, err := b.WriteHome(dir); err != nil {
		t.Fatal(err)
	}
	text := read(t, dir, filepath.Join("sso", "cache", sha1Name("example-org")))
	order := []string{`{"startUrl": "https://example-org.awsapps.com/start", "region": "eu-central-1", "accessToken": "`, `", "expiresAt": "2026-03-04T06:06:07Z", "clientId": "`,
		`", "clientSecret": "`, `", "registrationExpiresAt": "2026-06-02T05:06:07Z", "refreshToken": "`, `"}`}
	inOrder(t, text, order)
	var token struct{ AccessToken string }
	if err := json.Unmarshal([]byte(text), &token); err != nil {
		t.Fatal(err)
	}
	if status, body, _ := b.send("GET", "/assignment/accounts", "", bearer, token.AccessToken); status != 200 {
		t.Errorf("the token in the file: %d %s", status, body)
	}
	text = read(t, dir, filepath.Join("login", "cache", sha256Name("arn:aws:iam::111122223333:user/alice")))
	inOrder(t, text, []string{`{"accessToken": {"accessKeyId": "ASIA`, `", "secretAccessKey": "`, `", "sessionToken": "`, `", "accountId": "111122223333", "expiresAt": "2026-03-04T05:21:07Z"}, ` +
		`"tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "`, `", "idToken": "`, `", "dpopKey": "-----BEGIN EC PRIVATE KEY-----\n`, `-----END EC PRIVATE KEY-----\n"}`})
}

func inOrder(t *testing.T, text string, parts []string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is not there in its place:\n%s", part, text)
		}
		rest = after
	}
	if rest != "" {
		t.Errorf("%q at the end", rest)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, ".aws", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func sha1Name(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:]) + ".json"
}

func sha256Name(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:]) + ".json"
}

// TestWriteHomeInUse: nobody's own files are replaced.
func TestWriteHomeInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"config", "credentials"} {
		dir := t.TempDir()
		own := filepath.Join(dir, ".aws", name)
		if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(own, []byte("[mine]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := b.WriteHome(dir)
		var inUse *sandbox.HomeInUseError
		if text, _ := os.ReadFile(own); !errors.As(err, &inUse) || inUse.File != own || string(text) != "[mine]\n" {
			t.Errorf("%s: %v, and the file holds %q", name, err, text)
		}
	}
}
