package latchkey_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const frankSecret = "frank/Sandbox+Secret/0001/bPxREXAMPLEKEY"

// onlineBench has users with keys in plaintext: one with security keys only, one
// whose key is another's.
func onlineBench(t *testing.T) *bench {
	t.Helper()
	world := sandbox.Example()
	base := &world.Accounts[0]
	secret := frankSecret
	base.Users = append(base.Users, sandbox.User{Name: "frank", AccessKeys: []sandbox.AccessKey{{ID: "AKIAFRANK0001EXAMPLE", Secret: secret}}, FIDOKeys: []sandbox.FIDOKey{{Name: "passkey"}}})
	base.RootAccessKeys = append(base.RootAccessKeys, sandbox.AccessKey{ID: "AKIAROOT00001EXAMPLE", Secret: secret})
	b := newBench(t, sandbox.WithWorld(world))
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile frank]\nregion = eu-central-1\naws_access_key_id = AKIAFRANK0001EXAMPLE\naws_secret_access_key = " + secret +
		"\n[profile wrong]\nregion = eu-central-1\naws_access_key_id = AKIADAVE00001EXAMPLE\naws_secret_access_key = " + secret +
		"\n[profile root]\nregion = eu-central-1\naws_access_key_id = AKIAROOT00001EXAMPLE\naws_secret_access_key = " + secret + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.opts.ConfigFile, b.opts.CredentialsFile = config, os.DevNull
	return b
}

// online lists what only AWS can have told.
func (b *bench) online(change ...func(*latchkey.Options)) map[string]explain.Weighed {
	b.t.Helper()
	opts := b.opts
	for _, f := range change {
		f(&opts)
	}
	told := map[string]explain.Weighed{}
	before, err := latchkey.Doctor(b.t.Context(), opts, latchkey.DoctorOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := latchkey.Doctor(b.t.Context(), opts, latchkey.DoctorOptions{Online: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range c.Findings {
		if !slices.ContainsFunc(before.Findings, func(w explain.Weighed) bool { return w.Code == f.Code && w.What == f.What }) {
			if told[f.Code].Code != "" {
				f.Code += " too"
			}
			told[f.Code] = f
		}
	}
	return told
}

// TestDoctorOnline asks AWS whose keys stand in plaintext, how old they are, and
// what time it is; offline nothing is sent.
func TestDoctorOnline(t *testing.T) {
	t.Parallel()
	b := onlineBench(t)
	if _, err := latchkey.Doctor(t.Context(), b.opts, latchkey.DoctorOptions{}); err != nil {
		t.Fatal(err)
	}
	if sent := b.aws.Requests(); len(sent) > 0 {
		t.Fatalf("offline %d requests were sent", len(sent))
	}
	told := b.online()
	if f := told["only-security-keys"]; f.Profile != "frank" || !strings.Contains(f.What, "frank") {
		t.Errorf("%+v", told)
	}
	if f := told["dead-key"]; f.Profile != "wrong" || f.Weight != explain.WeightError {
		t.Errorf("%+v", told)
	}
	// The sandbox's keys were made 90 days before it began.
	if f := told["old-key"]; !slices.Contains(f.Profiles, "frank") || f.Weight != explain.WeightNote || !strings.Contains(f.Why, "AWS says that it was made 90 days ago") {
		t.Errorf("%+v", f)
	}
	if f := told["root-credentials"]; f.Profile != "root" || f.Weight != explain.WeightSecurity {
		t.Errorf("%+v", told)
	}
	if len(told) != 4 {
		t.Errorf("%+v", told)
	}
	late := func(o *latchkey.Options) { o.Now = func() time.Time { return b.clock.now().Add(-10 * time.Minute) } }
	if f := b.online(late)["clock"]; f.Weight != explain.WeightError || !strings.Contains(f.What, "behind") {
		t.Errorf("%+v", f)
	}
}

// TestDoctorOnlineAway says once that AWS does not answer.
func TestDoctorOnlineAway(t *testing.T) {
	t.Parallel()
	b := onlineBench(t)
	told := b.online(func(o *latchkey.Options) {
		o.Environ = append([]string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"}, o.Environ...)
	})
	if len(told) != 1 {
		t.Errorf("%+v", told)
	}
	for _, f := range told {
		if f.Weight != explain.WeightWarning || f.Why == "" {
			t.Errorf("%+v", f)
		}
	}
}

// TestDoctorOnlineVault asks AWS about the keys of a vault that is unlocked: whose they
// are, whether they still are good, and how old. A vault that is locked stays so.
func TestDoctorOnlineVault(t *testing.T) {
	t.Parallel()
	b := onlineBench(t)
	b.opts.ConfigFile, b.opts.WorkFactor = os.DevNull, 10
	b.opts.Environ = append(b.opts.Environ, "AWS_REGION=eu-central-1", "LATCHKEY_VAULT_NEW_PASSPHRASE_FILE="+b.write("new", "correct horse\n"))
	entry := func(name, id string) vault.Entry {
		return vault.Entry{Name: name, AccessKeyID: id, Secret: secret.New(frankSecret)}
	}
	b.create(vault.ByPassphrase, entry("frank", "AKIAFRANK0001EXAMPLE"), entry("gone", "AKIAGONE00001EXAMPLE"), entry("wrong", "AKIAALICE0001EXAMPLE"), entry("root", "AKIAROOT00001EXAMPLE"),
		vault.Entry{Name: "seed", Seed: secret.New("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")})
	open := vault.Open(b.load().VaultOptions(filepath.Join(b.home.Dir, ".local/share/latchkey/vault")))
	if err := open.Lock(); err != nil {
		t.Fatal(err)
	}
	ran := filepath.Join(b.home.Dir, "ran")
	command := func(o *latchkey.Options) {
		o.Environ = append([]string{"LATCHKEY_VAULT_PASSPHRASE_COMMAND=touch " + ran}, o.Environ...)
	}
	for name, change := range map[string]func(*latchkey.Options){"locked": func(*latchkey.Options) {}, "a command": command} {
		if told := b.online(change); len(told) != 0 {
			t.Errorf("%s: %+v", name, told)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command for the passphrase was run")
	}
	b.opts.Environ = append(b.opts.Environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+b.write("passphrase", "correct horse\n"))
	told := b.online()
	for code, want := range map[string]struct {
		weight explain.Weight
		names  string
		why    string
		fix    string
	}{
		"dead-key":           {explain.WeightError, "gone", "InvalidClientTokenId", "latchkey vault remove gone"},
		"dead-key too":       {explain.WeightError, "wrong", "SignatureDoesNotMatch", "latchkey vault add wrong --replace"},
		"root-credentials":   {explain.WeightSecurity, "root", "root can do everything", "delete its keys"},
		"old-key":            {explain.WeightNote, "frank", "AWS says that it was made 90 days ago", "latchkey vault rotate frank"},
		"only-security-keys": {explain.WeightWarning, "frank", "", "virtual MFA device"},
	} {
		f := told[code]
		if f.Weight != want.weight || !slices.Contains(f.Profiles, want.names) || !strings.Contains(f.Why, want.why) || !strings.Contains(f.Fix, want.fix) {
			t.Errorf("%s: %+v", code, f)
		}
	}
	if len(told) != 5 {
		t.Errorf("%+v", told)
	}
	b.clock.advance(300 * 24 * time.Hour)
	if f := b.online()["old-key"]; f.Weight != explain.WeightSecurity {
		t.Errorf("after a year: %+v", f)
	}
}
