package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// canaries are secrets that must come out nowhere but in results asked for.
func canaries() map[string]string {
	secrets := map[string]string{}
	for i, name := range []string{"secret", "token", "env-secret", "env-token", "web", "process", "container", "sso", "code"} {
		secrets[name] = fmt.Sprintf("Canary%dwJalrXUtnFEMI+K7MDENG/bPxRfiCY%d", i, i)
	}
	return secrets
}

// hostile answers with what it was sent, in the shapes that errors are made of.
func hostile(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		echo := r.URL.RawQuery + string(body) + r.Header.Get("Authorization") + r.Header.Get("X-Amz-Security-Token") + r.Header.Get("X-Amz-Sso_bearer_token")
		plain, _ := url.QueryUnescape(echo)
		switch {
		case strings.HasPrefix(r.URL.Path, "/html"):
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<html><title>sign in</title>%s %s \x1b[31m</html>", echo, plain)
		case strings.HasPrefix(r.URL.Path, "/json"):
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"message":%q,"code":%q}`, echo, plain)
		default:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>%s %s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
				echo, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(plain), echo)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// TestCanary runs commands over every kind of source with secrets planted in
// all of them, against servers that send everything back, and looks for the
// secrets, raw and encoded, in all output and in every file left behind.
func TestCanary(t *testing.T) {
	t.Parallel()
	server, secrets := hostile(t), canaries()
	dir := t.TempDir()
	plant(t, dir, server.URL, secrets)
	env := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "TMPDIR=" + dir, "TOTP_CODE=" + secrets["code"], "GORACE=atexit_sleep_ms=0"}
	envKeys := []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=" + secrets["env-secret"], "AWS_SESSION_TOKEN=" + secrets["env-token"]}
	containerEnv := []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + server.URL + "/json", "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + secrets["container"]}
	profiles := []string{"keys", "half", "role", "mfa", "web", "html", "process", "loud", "sso", "badline", "nope"}
	run := func(more []string, args ...string) {
		cmd := exec.Command("latchkey", args...)
		cmd.Env = append(append([]string(nil), env...), more...)
		out, _ := cmd.CombinedOutput()
		for name, secret := range secrets {
			for _, form := range forms(secret) {
				if strings.Contains(string(out), form) {
					t.Errorf("latchkey %s prints the %s secret:\n%s", strings.Join(args, " "), name, out)
				}
			}
		}
		if strings.Contains(string(out), "\x1b") {
			t.Errorf("latchkey %s lets an escape sequence through", strings.Join(args, " "))
		}
	}
	for _, p := range profiles {
		for _, command := range [][]string{{"explain", p}, {"explain", p, "--json"}, {"explain", p, "--try"}, {"explain", p, "--try", "--json"}, {"whoami", p}, {"exec", p, "--", "true"}} {
			run(nil, command...)
		}
		if p != "keys" { // the one whose credentials can be had
			run(nil, "credentials", p)
			run(nil, "env", p)
		}
	}
	run(nil, "profiles")
	run(nil, "profiles", "--json")
	run(envKeys, "explain")
	run(envKeys, "whoami")
	run(containerEnv, "credentials")
	run(containerEnv, "explain", "--json")
	searchFiles(t, dir, secrets)
}

// forms are the ways in which a secret could stand in a text.
func forms(secret string) []string {
	return []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))}
}

func plant(t *testing.T, dir, server string, s map[string]string) {
	t.Helper()
	keys := "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + s["secret"] + "\naws_session_token = " + s["token"] + "\n"
	role := "role_arn = arn:aws:iam::111111111111:role/A\nsource_profile = keys\n"
	files := map[string]string{
		"credentials": "[keys]\n" + keys + "[half]\naws_secret_access_key = " + s["secret"] + "\n",
		"config": "[profile keys]\nendpoint_url = " + server + "/xml\n" +
			"[profile role]\nendpoint_url = " + server + "/xml\n" + role +
			"[profile mfa]\nendpoint_url = " + server + "/xml\nmfa_serial = arn:aws:iam::1:mfa/x\n" + role +
			"[profile html]\nendpoint_url = " + server + "/html\n" + role +
			"[profile web]\nendpoint_url = " + server + "/xml\nrole_arn = arn:aws:iam::111111111111:role/A\nweb_identity_token_file = " + dir + "/.aws/web\n" +
			"[profile process]\ncredential_process = cat " + dir + "/.aws/process\n" +
			"[profile loud]\ncredential_process = cat " + dir + "/.aws/process; exit 3\n" +
			"[profile badline]\naws_secret_access_key " + s["secret"] + "\n" +
			"[profile sso]\nendpoint_url = " + server + "/json\nsso_session = s\nsso_account_id = 1\nsso_role_name = R\n" +
			"[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n",
		"web":     s["web"],
		"process": `{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + s["process"] + `","Expiration":"2001-01-01T00:00:00Z"}`,
		"sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json": `{"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": "` + s["sso"] + `", "expiresAt": "2999-01-01T00:00:00Z"}`,
	}
	for name, text := range files {
		path := filepath.Join(dir, ".aws", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// searchFiles looks for secrets in files that the test did not write, and for
// files that others can read.
func searchFiles(t *testing.T, dir string, secrets map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, filepath.Join(dir, ".aws")) {
			return err
		}
		text, err := os.ReadFile(path)
		for name, secret := range secrets {
			for _, form := range forms(secret) {
				if strings.Contains(string(text), form) {
					t.Errorf("%s holds the %s secret", path, name)
				}
			}
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
