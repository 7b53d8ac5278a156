package sandbox

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Home is a folder that leads every AWS tool to a server.
type Home struct {
	Dir      string
	Env      []string // variables of a child, as K=V
	Unset    []string // variables that must not reach the child
	Profiles []string // in the order of the config file
}

// Setenv has a test itself live in the home: what it starts, and what it asks of an
// SDK, goes to the server. t is a *testing.T; like its own Setenv this is not for
// tests that run in parallel. A variable that is to be unset is empty, which all
// SDKs take for the same.
func (h Home) Setenv(t interface{ Setenv(name, value string) }) {
	for _, name := range h.Unset {
		t.Setenv(name, "")
	}
	for _, pair := range h.Env {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// WriteHome writes .aws/config and .aws/credentials, the caches of finished
// sign-ins and the token files of web identities below dir: files 0600, folders
// 0700. What is there already is overwritten. Every call signs everybody in anew.
func (s *Server) WriteHome(dir string) (Home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	if err := unused(filepath.Join(dir, ".aws")); err != nil {
		return Home{}, err
	}
	h := &homeWriter{server: s, dir: filepath.Join(dir, ".aws"), sso: make(map[string]bool)}
	for i := range s.world.Profiles {
		if err := h.profile(&s.world.Profiles[i]); err != nil {
			return Home{}, fmt.Errorf("home: profile %s: %w", s.world.Profiles[i].Name, err)
		}
	}
	if ic := s.world.IdentityCenter; ic != nil {
		h.config.WriteString(comment("One sign-in for all profiles that name it.") + "[sso-session " + ic.Session + "]\n" +
			"sso_start_url = " + ic.StartURL + "\nsso_region = " + ic.Region + "\nsso_registration_scopes = sso:account:access\n\n")
	}
	header := comment(homeMark) + "\n"
	if err := h.write("config", []byte(header+h.config.String())); err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	header = comment("Long-term keys, in clear text as AWS's own tools keep them.") + "\n"
	if err := h.write("credentials", []byte(header+h.credentials.String())); err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	return Home{Dir: dir, Env: s.homeEnv(dir), Unset: unsetNames(), Profiles: s.Ready().Profiles}, nil
}

// homeMark begins the config file of every home folder that a sandbox wrote.
const homeMark = "The config file of a sandbox: every account and key in it is made up."

// HomeInUseError is a folder in which somebody lives: a home folder of the
// sandbox there would replace their config or credentials.
type HomeInUseError struct{ File string }

func (e *HomeInUseError) Error() string { return e.File + " exists and is not a sandbox's" }

// unused refuses a folder with a config or credentials file that no sandbox
// wrote.
func unused(folder string) error {
	for _, name := range []string{"config", "credentials"} {
		file := filepath.Join(folder, name)
		text, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("home: %w", err)
		case name == "config" && strings.HasPrefix(string(text), comment(homeMark)):
			return nil
		}
		return &HomeInUseError{File: file}
	}
	return nil
}

// homeEnv is the environment that goes with a home.
func (s *Server) homeEnv(dir string) []string {
	aws := filepath.Join(dir, ".aws")
	return []string{
		"HOME=" + dir,
		"USERPROFILE=" + dir,
		"AWS_CONFIG_FILE=" + filepath.Join(aws, "config"),
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(aws, "credentials"),
		"AWS_LOGIN_CACHE_DIRECTORY=" + filepath.Join(aws, "login", "cache"),
		"AWS_REGION=" + s.world.Region,
		"AWS_DEFAULT_REGION=" + s.world.Region,
		"AWS_ENDPOINT_URL=" + s.url,
		"AWS_ENDPOINT_URL_STS=" + s.url,
		"AWS_ENDPOINT_URL_SSO=" + s.url,
		"AWS_ENDPOINT_URL_SSO_OIDC=" + s.url,
		"AWS_ENDPOINT_URL_SIGNIN=" + s.url,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + s.url,
		"LATCHKEY_SANDBOX_URL=" + s.url,
		// A proxy of the user's would not find the way back to loopback.
		"NO_PROXY=127.0.0.1,localhost,::1",
		"no_proxy=127.0.0.1,localhost,::1",
	}
}

// unsetNames are the variables that would lead past the home: credentials, the
// choice of a profile, other endpoints and switches.
func unsetNames() []string {
	return []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
		"AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_V1_DISABLED",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_S3",
		"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_CA_BUNDLE",
	}
}

// homeWriter gathers the two files of a home while it writes the others.
type homeWriter struct {
	server              *Server
	dir                 string // the .aws folder
	config, credentials strings.Builder
	sso                 map[string]bool // people who are signed in already
}

func (h *homeWriter) profile(p *Profile) error {
	w := h.server.world
	if p.Comment != "" {
		h.config.WriteString(comment(p.Comment))
	}
	h.config.WriteString("[" + section(p.Name) + "]\n")
	h.set("region", w.Region)
	if p.KeysOf != "" {
		_, u, _ := w.user(p.KeysOf)
		k := activeKey(u)
		h.credentials.WriteString("[" + p.Name + "]\naws_access_key_id = " + k.ID + "\naws_secret_access_key = " + k.Secret + "\n\n")
	}
	if p.LoginOf != "" {
		arn, err := h.login(p.LoginOf)
		if err != nil {
			return err
		}
		h.set("login_session", arn)
	}
	if p.WebIdentity != "" {
		file, err := h.webIdentity(p.WebIdentity)
		if err != nil {
			return err
		}
		h.set("web_identity_token_file", file)
	}
	if p.SSOUser != "" && !h.sso[p.SSOUser] {
		h.sso[p.SSOUser] = true
		if err := h.signIn(p.SSOUser); err != nil {
			return err
		}
	}
	for _, item := range p.Config {
		h.set(item.Key, item.Value)
	}
	h.config.WriteString("\n")
	return nil
}

// section is the name of a profile's section in the config file.
func section(profile string) string {
	if profile == "default" {
		return profile
	}
	return "profile " + profile
}

func (h *homeWriter) set(key, value string) { h.config.WriteString(key + " = " + value + "\n") }

func (h *homeWriter) webIdentity(name string) (string, error) {
	token, err := h.server.WebIdentityToken(name, 0)
	if err != nil {
		return "", err
	}
	file := filepath.Join("web-identity", name+".jwt")
	return filepath.Join(h.dir, file), h.write(file, []byte(token))
}

// write makes a file that nobody else may read.
func (h *homeWriter) write(name string, data []byte) error {
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600) // it may have been there
}

// comment makes INI comment lines.
func comment(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return "# " + strings.Join(lines, "\n# ") + "\n"
}

// sha1Name is how AWS tools name token cache files.
func sha1Name(of string) string {
	sum := sha1.Sum([]byte(of))
	return hex.EncodeToString(sum[:]) + ".json"
}
