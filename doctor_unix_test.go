//go:build unix

package latchkey_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// patient is a home for a check-up.
type patient struct {
	t       *testing.T
	home    string
	environ []string
	opts    latchkey.DoctorOptions
	now     time.Time
}

// soundConfig is a config in which nothing is wrong.
const soundConfig = "[default]\nregion = eu-central-1\n[profile tool]\nregion = eu-central-1\ncredential_process = /bin/sh any\n" +
	"[profile prod]\nregion = eu-central-1\nrole_arn = arn:aws:iam::111111111111:role/A\nsource_profile = tool\n"

func newPatient(t *testing.T) *patient {
	home := t.TempDir()
	p := &patient{t: t, home: home, environ: []string{"HOME=" + home}, now: time.Now()}
	p.put(".aws/config", soundConfig)
	return p
}

// put writes a file below the home folder, for its user alone.
func (p *patient) put(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// older makes a file look as if it had not been changed for a time.
func (p *patient) older(path string, age time.Duration) {
	p.t.Helper()
	if err := os.Chtimes(path, p.now.Add(-age), p.now.Add(-age)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *patient) doctor() *latchkey.Checkup {
	p.t.Helper()
	c, err := latchkey.Doctor(p.t.Context(), latchkey.Options{Environ: p.environ, Now: func() time.Time { return p.now }}, p.opts)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range c.Findings {
		if f.What == "" || f.Fix == "" && f.Code != "more-findings" || f.Count < 1 {
			p.t.Errorf("%+v", f)
		}
	}
	return c
}

// codes are the weights and codes of what was found.
func (p *patient) codes() string {
	p.t.Helper()
	var codes []string
	for _, f := range p.doctor().Findings {
		codes = append(codes, string(f.Weight)+" "+f.Code)
	}
	return strings.Join(codes, ", ")
}

// ailments provoke one finding each, and say which.
func ailments() map[string]func(p *patient) {
	key := "aws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n"
	config := func(more string) func(*patient) { return func(p *patient) { p.put(".aws/config", soundConfig+more) } }
	env := func(pairs ...string) func(*patient) {
		return func(p *patient) { p.environ = append(p.environ, pairs...) }
	}
	const role = "region = eu-central-1\nrole_arn = arn:aws:iam::111111111111:role/A\n"
	return map[string]func(p *patient){
		"":                             func(*patient) {},
		"error unknown-region":         config("[profile x]\nregion = eu-wset-1\ncredential_process = /bin/sh y\n"),
		"error source-profile-missing": config("[profile x]\n" + role + "source_profile = gone\n"),
		"error source-without-role":    config("[profile x]\nregion = eu-central-1\nsource_profile = tool\n"),
		"error credential-source":      config("[profile x]\n" + role + "credential_source = Ec2\n"),
		"error duration-seconds":       config("[profile x]\n" + role + "source_profile = tool\nduration_seconds = 1h\n"),
		"error config":                 config("[profile x]\n" + role + "source_profile = tool\nsession_tags = a\n"),
		"error source-profile-loop":    config("[profile x]\n" + role + "source_profile = y\n[profile y]\n" + role + "source_profile = x\n"),
		"error line-without-delimiter": config("[profile x]\nregion = eu-central-1\nrubbish\n"),
		"error missing-file":           config("[profile x]\n" + role + "source_profile = tool\nca_bundle = /gone/roots.pem\n"),
		"error token-file":             config("[profile x]\n" + role + "web_identity_token_file = /gone/token\n"),
		"error missing-program":        config("[profile x]\nregion = eu-central-1\ncredential_process = /gone/program x\n"),
		"error mfa-security-key":       config("[profile x]\n" + role + "source_profile = tool\nmfa_serial = arn:aws:iam::111111111111:u2f/user/a/b\n"),
		"error half-pair":              config("[profile x]\nregion = eu-central-1\naws_access_key_id = AKIAALICE0001EXAMPLE\n"),
		"error start-url":              config("[sso-session s]\nsso_start_url = http://x.awsapps.com/start\nsso_region = eu-central-1\n[profile x]\nregion = eu-central-1\nsso_session = s\nsso_account_id = 111111111111\nsso_role_name = A\n"),
		"note token-only":              config("[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n[profile x]\nsso_session = s\n"),
		"note no-source":               config("[profile x]\nregion = eu-central-1\n"),
		"warning inline-comment":       config("[profile x]\nregion = eu-central-1 # here\ncredential_process = /bin/sh y\n"),
		"warning local-endpoint":       config("[services s]\nsts =\n  endpoint_url = http://localhost:4566\n[profile x]\n" + role + "source_profile = tool\nservices = s\n"),
		"warning duplicate-section":    config("[profile tool]\noutput = json\n"),
		"warning metadata-through-proxy": func(p *patient) {
			config("[profile x]\n" + role + "credential_source = Ec2InstanceMetadata\n")(p)
			env("HTTP_PROXY=http://p:1")(p)
		},
		"security plaintext-key":    func(p *patient) { p.put(".aws/credentials", "[k]\n"+key) },
		"security plaintext-backup": func(p *patient) { p.put(".aws/credentials.latchkey-20260101T000000Z.bak", "[k]\n"+key) },
		"security wide-permissions": func(p *patient) {
			_ = os.Chmod(p.put(".aws/credentials", "[k]\nregion = eu-central-1\ncredential_process = /bin/sh k\n"), 0o640)
		},
		"error symlink-nowhere": func(p *patient) { _ = os.Symlink("credentials", filepath.Join(p.home, ".aws/credentials")) },
		"error unknown-setting": func(p *patient) { p.put(".config/latchkey/config", "[vualt]\nbackend = age\n") },
		"error settings":        func(p *patient) { p.put(".config/latchkey/config", "[prompt]\nmethod = telepathy\n") },
		"note dead-sign-in": func(p *patient) {
			p.put(".aws/sso/cache/a.json", `{"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z"}`)
		},
		"warning damaged-cache":            func(p *patient) { p.put(".aws/login/cache/a.json", `{"access`) },
		"note left-over-file":              func(p *patient) { p.older(p.put(".aws/.latchkey-1.tmp", "x"), 2*time.Hour) },
		"warning clock":                    func(p *patient) { p.older(p.put(".aws/config", soundConfig), -time.Hour) },
		"error not-found":                  env("AWS_PROFILE=gone"),
		"warning empty-aws-profile":        env("AWS_PROFILE="),
		"warning two-profile-variables":    env("AWS_PROFILE=tool", "AWS_DEFAULT_PROFILE=prod"),
		"warning environment-over-profile": env("AWS_PROFILE=tool", "AWS_ACCESS_KEY_ID=ASIAALICE0001EXAMPLE", "AWS_SECRET_ACCESS_KEY="+strings.Repeat("x", 40), "AWS_SESSION_TOKEN=t"),
		"note shell-init-not-loaded": func(p *patient) {
			p.put(".bashrc", "eval \"$(latchkey shell-init bash)\"\n")
			p.opts.ShellInit = func(string) string { return "" }
			env("SHELL=/bin/bash")(p)
		},
		"error vault-damaged":      func(p *patient) { p.put(".local/share/latchkey/vault/vault.json", "rubbish") },
		"note damaged-session":     func(p *patient) { p.put(".cache/latchkey/sessions/"+strings.Repeat("ab", 32), "rubbish") },
		"warning location-missing": env("AWS_SHARED_CREDENTIALS_FILE=/gone/credentials"),
	}
}

// TestDoctorAilments provokes each finding in a home that has no other.
func TestDoctorAilments(t *testing.T) {
	t.Parallel()
	for want, provoke := range ailments() {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			provoke(p)
			if got := p.codes(); got != want {
				t.Errorf("found %s", got)
				for _, f := range p.doctor().Findings {
					t.Logf("%+v", f)
				}
			}
		})
	}
}

// TestDoctorElsewhere holds that a profile which is for another machine is sound, and
// that keys of the vault are sources.
func TestDoctorElsewhere(t *testing.T) {
	t.Parallel()
	const role = "region = eu-central-1\nrole_arn = arn:aws:iam::111111111111:role/A\n"
	p := newPatient(t)
	p.environ = append(p.environ, "AWS_EC2_METADATA_DISABLED=true")
	p.put(".aws/config", soundConfig+"[profile e]\n"+role+"credential_source = Environment\n[profile i]\n"+role+"credential_source = Ec2InstanceMetadata\n[profile c]\n"+role+
		"credential_source = EcsContainer\n[profile v]\n"+role+"source_profile = kept\n")
	p.put(".local/share/latchkey/vault/commands/kept.json", `{"format": 1, "name": "kept", "command": "op read x"}`)
	if got := p.codes(); got != "" {
		t.Errorf("%s: %+v", got, p.doctor().Findings)
	}
}

// TestDoctorNames checks only those that are named, and refuses what does not exist.
func TestDoctorNames(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.put(".aws/config", soundConfig+"[profile x]\nregion = eu-wset-1\ncredential_process = /bin/sh y\n[profile y]\nregion = us-wset-1\ncredential_process = /bin/sh y\n")
	p.opts.Profiles = []string{"x"}
	c := p.doctor()
	if c.Profiles != 1 || len(c.Findings) != 1 || c.Findings[0].Profile != "x" {
		t.Errorf("%+v", c)
	}
	_, err := latchkey.Doctor(t.Context(), latchkey.Options{Environ: p.environ}, latchkey.DoctorOptions{Profiles: []string{"nobody"}})
	var none *profile.NotFoundError
	if !errors.As(err, &none) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := latchkey.Doctor(ctx, latchkey.Options{Environ: p.environ}, latchkey.DoctorOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDoctorVault looks at a vault that is locked: nobody is asked.
func TestDoctorVault(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	folder := filepath.Join(p.home, ".local/share/latchkey/vault")
	identity := p.put("identity.txt", "")
	recipient := makeIdentity(t, identity)
	store, err := vault.Create(t.Context(), vault.Options{Folder: folder}, vault.InFile(identity))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), vault.Entry{Name: "work", AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: secret.New("alice/Sandbox+Secret/0001/bPxREXAMPLEKEY")}); err != nil {
		t.Fatal(err)
	}
	if got := p.codes(); got != "" {
		t.Fatal(got)
	}
	entry := filepath.Join(folder, "entries", "work.age")
	p.older(entry, 100*24*time.Hour)
	if got := p.codes(); got != "note old-key" {
		t.Error(got)
	}
	p.older(entry, 0)
	// Somebody else is let in; the entry is not encrypted to them.
	lines, err := os.ReadFile(filepath.Join(folder, "recipients.txt"))
	if err != nil {
		t.Fatal(err)
	}
	other := makeIdentity(t, p.put("other.txt", ""))
	p.put(".local/share/latchkey/vault/recipients.txt", other+"\n"+string(lines))
	if got := p.codes(); got != "warning vault-recipients" {
		t.Error(got)
	}
	p.put(".local/share/latchkey/vault/recipients.txt", string(lines))
	data, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	p.put(".local/share/latchkey/vault/entries/work.age", string(data[:len(data)/2]))
	if got := p.codes(); got != "error vault-damaged" {
		t.Error(got)
	}
	p.put(".local/share/latchkey/vault/entries/work.age", string(data))
	if err := os.Remove(identity); err != nil {
		t.Fatal(err)
	}
	if got := p.codes(); got != "error vault-damaged" {
		t.Error(got, recipient)
	}
}

// TestDoctorFix repairs what is certain, and finds nothing to do the second time.
func TestDoctorFix(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	config := p.put(".aws/config", "\ufeff"+soundConfig+"[profile x]\nregion: eu-central-1 # here\ncredential_process = /bin/sh y\n")
	credentials := p.put(".aws/credentials", "[k]\nregion = 'eu-central-1'\ncredential_process = /bin/sh k\n")
	temp := p.put(".aws/.latchkey-1.tmp", "x")
	p.older(temp, 2*time.Hour)
	fresh := p.put(".aws/.latchkey-2.tmp", "x")
	sessions := p.put(".cache/latchkey/sessions/"+strings.Repeat("ab", 32), "rubbish")
	if err := errors.Join(os.Chmod(credentials, 0o644), os.Chmod(filepath.Join(p.home, ".aws"), 0o777)); err != nil {
		t.Fatal(err)
	}
	c := p.doctor()
	for _, f := range c.Findings {
		if !f.Fixable {
			t.Errorf("not fixable: %+v", f)
		}
	}
	backups := 0
	for range 2 { // the second time it is done already
		for _, r := range c.Repairs {
			backup, err := r.Do(t.Context())
			if err != nil {
				t.Errorf("%s: %v", r.Text, err)
			}
			if backup != "" {
				backups++
			}
		}
	}
	if backups != 2 {
		t.Errorf("%d backups", backups)
	}
	text, _ := os.ReadFile(config)
	if want := soundConfig + "[profile x]\n# here\nregion = eu-central-1\ncredential_process = /bin/sh y\n"; string(text) != want {
		t.Errorf("%s", text)
	}
	for path, there := range map[string]bool{temp: false, fresh: true, sessions: false} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
	if c := p.doctor(); len(c.Repairs) != 0 || len(c.Findings) != 0 {
		t.Errorf("%+v", c)
	}
}

// TestDoctorFixChanged does nothing to files that are not any more what they were.
func TestDoctorFixChanged(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	credentials := p.put(".aws/credentials", "[k]\nregion: eu-central-1\ncredential_process = /bin/sh k\n")
	if err := os.Chmod(credentials, 0o644); err != nil {
		t.Fatal(err)
	}
	c := p.doctor()
	victim := p.put("victim", "x")
	if err := errors.Join(os.Chmod(victim, 0o644), os.Remove(credentials), os.Symlink(victim, credentials)); err != nil {
		t.Fatal(err)
	}
	if len(c.Repairs) != 2 {
		t.Fatalf("%+v", c.Repairs)
	}
	for _, r := range c.Repairs {
		if _, err := r.Do(t.Context()); err == nil {
			t.Errorf("%s was done", r.Text)
		}
	}
	info, err := os.Stat(victim)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Error(info, err)
	}
	// A folder whose mode is that of symlinks, and a file that has got another mode.
	cache := filepath.Dir(p.put(".aws/sso/cache/a.json", `{"accessToken": "t"}`))
	if err := errors.Join(os.Chmod(cache, 0o777), os.Remove(credentials), os.Chmod(p.put(".aws/credentials", "[k]\ncredential_process = /bin/sh k\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	c = p.doctor()
	other := filepath.Dir(p.put("other/x", ""))
	if err := errors.Join(os.Chmod(other, 0o777), os.RemoveAll(cache), os.Symlink(other, cache), os.Chmod(credentials, 0o640)); err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Repairs {
		if _, err := r.Do(t.Context()); err == nil {
			t.Errorf("%s was done", r.Text)
		}
	}
	if info, err := os.Stat(other); err != nil || info.Mode().Perm() != 0o777 || len(c.Repairs) != 2 {
		t.Error(info, err, c.Repairs)
	}
}

// weightOf finds a finding by its code.
func weightOf(c *latchkey.Checkup, code string) explain.Weight {
	for _, f := range c.Findings {
		if f.Code == code {
			return f.Weight
		}
	}
	return ""
}
