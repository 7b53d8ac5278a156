package latchkey_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// mfaRole is a profile whose role wants a code, with or without a command that
// prints one.
func mfaRole(process string) string {
	text := "[profile role]\nrole_arn = " + developer + "\nsource_profile = alice\nmfa_serial = " + aliceDevice + "\n"
	if process != "" {
		text += "mfa_process = " + process + "\n"
	}
	return text
}

// withSeed is alice's entry with the seed of her device.
func withSeed() vault.Entry {
	e := aliceKey()
	e.Seed, e.MFASerial = secret.New(aliceSeed), aliceDevice
	return e
}

// TestCodeOrder: the first source that there is gives the code, and no later one is
// troubled.
func TestCodeOrder(t *testing.T) {
	t.Parallel()
	all := []string{"MFACode", "MFA", "process", "seed", "Asker"}
	for i, first := range all {
		b := newBench(t)
		b.withoutKeys()
		right := func() string {
			code, err := b.aws.MFACode("alice")
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		// The first source has the right code; those after it would be refused.
		code := func(source string) string {
			if source == first {
				return right()
			}
			return "000000"
		}
		there := map[string]bool{}
		for _, source := range all[i:] {
			there[source] = true
		}
		process, entry := "", aliceKey()
		if there["process"] {
			process = "echo " + code("process")
		}
		if there["seed"] {
			entry.Seed = secret.New("AAAAAAAAAAAAAAAA")
			if first == "seed" {
				entry.Seed = secret.New(aliceSeed)
			}
		}
		b.memory(entry)
		b.write(".aws/config", mfaRole(process))
		who := &person{answer: func(int, latchkey.Question) (string, error) { return code("Asker"), nil }}
		b.opts.Asker = who
		if there["MFACode"] {
			b.opts.MFACode = func(context.Context, string) (secret.Text, error) { return secret.New(code("MFACode")), nil }
		}
		if there["MFA"] {
			b.opts.MFA = latchkey.Code{Name: "TOTP_CODE", Code: secret.New(code("MFA"))}
		}
		asked := 0
		if first == "Asker" {
			asked = 1
		}
		if _, err := b.provider("role", chain.Policy{}).Retrieve(t.Context()); err != nil || who.times() != asked {
			t.Errorf("%s: %v, asked %d times", first, err, who.times())
		}
		for _, q := range who.asked {
			if !strings.Contains(q.Prompt+q.Reason, aliceDevice) || !strings.Contains(q.Prompt, "role") {
				t.Errorf("question %+v", q)
			}
		}
	}
}

// TestFixedCode: a code that came with the call is not sent twice, and is refused
// with the time of the next one.
func TestFixedCode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code, err := b.aws.MFACode("alice")
	if err != nil {
		t.Fatal(err)
	}
	b.opts.MFA = latchkey.Code{Name: "TOTP_CODE", Code: secret.New(code[:3] + " " + code[3:])}
	if _, err := b.provider("dev", chain.Policy{}).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.provider("stage", chain.Policy{}).Retrieve(t.Context()); err != nil {
		t.Errorf("another role of the user wants a code of its own: %v", err)
	}
	_, err = b.provider("dev", chain.Policy{}, func(o *latchkey.Options) { o.PrivateSessions = true }).Retrieve(t.Context())
	var used *mfa.UsedError
	if !errors.As(err, &used) || used.Source != "TOTP_CODE" || explain.Error(err).Class != explain.ClassNeedsUser || strings.Contains(err.Error(), code) {
		t.Errorf("the code again: %v", err)
	}
	b.count("one code", "GetSessionToken", 1)
}

// TestDeviceInUse has another process stopped at its question for the device: who
// has nobody to ask, or a code, does not wait for it.
func TestDeviceInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	give := func() secret.Text {
		code, err := b.aws.MFACode("alice")
		if err != nil {
			t.Fatal(err)
		}
		return secret.New(code)
	}
	b.opts.MFA = latchkey.Code{Name: "TOTP_CODE", Code: give()}
	if _, err := b.provider("dev", chain.Policy{}).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	devices, err := filepath.Glob(filepath.Join(b.opts.StateFolder, "mfa", "*.json"))
	if err != nil || len(devices) != 1 {
		t.Fatal(devices, err)
	}
	held, ok, err := lockfile.Try(strings.TrimSuffix(devices[0], ".json") + ".lock")
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer held.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, asker := range map[string]latchkey.Asker{"no asker": nil, "none there": gone{}} {
		_, err := b.provider("dev", chain.Policy{}, func(o *latchkey.Options) { o.PrivateSessions, o.MFA, o.Asker = true, latchkey.Code{}, asker }).Retrieve(ctx)
		var required *provider.MFARequiredError
		if !errors.As(err, &required) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.opts.MFA.Code = give()
	if _, err := b.provider("dev", chain.Policy{}, func(o *latchkey.Options) { o.PrivateSessions = true }).Retrieve(ctx); err != nil {
		t.Errorf("with a code: %v", err)
	}
}

// TestRotationWithCode: a code that came with the call signs for the old key, and the
// person is asked for that of the new one.
func TestRotationWithCode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(".aws/config", "[profile carol]\nmfa_serial = "+carolDevice+"\n")
	entry := carolKey()
	entry.Seed = secret.Text{}
	code, err := b.aws.MFACode("carol")
	if err != nil {
		t.Fatal(err)
	}
	who := &person{answer: func(int, latchkey.Question) (string, error) { return b.aws.MFACode("carol") }}
	given := func(o *latchkey.Options) { o.MFA = latchkey.Code{Name: "--mfa-code", Code: secret.New(code)} }
	res, err := b.rotate("carol", b.memory(entry), func(iam.Step) {}, with(who), given)
	if err != nil || !res.Done || who.times() != 1 || !strings.HasPrefix(who.asked[0].Prompt, "that code has been used, the next one comes in ") {
		t.Errorf("%+v, %v, asked %+v", res, err, who.asked)
	}
}

// gone is an Asker that knows that nobody is there.
type gone struct{ latchkey.Asker }

func (gone) Ready() error { return latchkey.ErrNobody }

// TestAskedAgain: what is no code is asked for again.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := &person{}
	who.answer = func(n int, _ latchkey.Question) (string, error) {
		if n == 0 {
			return "12 34", nil
		}
		return b.aws.MFACode("alice")
	}
	if _, err := b.provider("dev", chain.Policy{}, with(who)).Retrieve(t.Context()); err != nil || who.times() != 2 || !strings.Contains(who.asked[1].Prompt, "six digits") {
		t.Errorf("%v, asked %+v", err, who.asked)
	}
	cancel := &person{answer: func(int, latchkey.Question) (string, error) { return "", context.Canceled }}
	_, err := b.provider("prod", chain.Policy{}, with(cancel), func(o *latchkey.Options) { o.PrivateSessions = true }).Retrieve(t.Context())
	if explain.Error(err).Class != explain.ClassCancelled || cancel.times() != 1 {
		t.Errorf("cancelled: %v, asked %d times", err, cancel.times())
	}
}

// TestSeedOfAnotherDevice: a seed is not used for a device that is not its own.
func TestSeedOfAnotherDevice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.write(".aws/config", mfaRole(""))
	entry := withSeed()
	entry.MFASerial = "arn:aws:iam::111122223333:mfa/other"
	b.memory(entry)
	_, err := b.provider("role", chain.Policy{}).Retrieve(t.Context())
	var needed *provider.MFARequiredError
	if !errors.As(err, &needed) || needed.Serial != aliceDevice {
		t.Errorf("got %v", err)
	}
	entry.MFASerial = strings.ToUpper(aliceDevice)
	b.memory(entry)
	if _, err := b.provider("role", chain.Policy{}).Retrieve(t.Context()); err != nil {
		t.Errorf("written in capitals: %v", err)
	}
}

// TestSeedBesideKeys: an entry of the profile's name may hold the seed alone, while
// the keys are elsewhere. It must name the device.
func TestSeedBesideKeys(t *testing.T) {
	t.Parallel()
	for serial, serves := range map[string]bool{aliceDevice: true, "": false, "arn:aws:iam::111122223333:mfa/other": false} {
		b := newBench(t)
		b.ageVault(vault.Entry{Name: "alice", Seed: secret.New(aliceSeed), MFASerial: serial})
		_, err := b.provider("dev", chain.Policy{}).Retrieve(t.Context())
		var needed *provider.MFARequiredError
		if serves && err != nil || !serves && !errors.As(err, &needed) {
			t.Errorf("seed of %q: %v", serial, err)
		}
	}
}

// TestSeedSkew: a wrong clock here does not keep the codes of a seed from being
// AWS's, although the first call is what tells of it.
func TestSeedSkew(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-time.Hour, -10 * time.Minute, -2 * time.Minute, 3 * time.Minute, 10 * time.Minute, time.Hour} {
		b := newBench(t)
		b.withoutKeys()
		b.write(".aws/config", "[profile alice]\nmfa_serial = "+aliceDevice+"\n")
		b.memory(withSeed())
		creds, err := b.provider("alice", chain.Policy{MFA: true}, off(wrong)).Retrieve(t.Context())
		if err != nil || creds.Source != provider.SourceSessionToken {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestNextCode: a seed's code that is used up is not sent again: the next one is
// waited for, which is told.
func TestNextCode(t *testing.T) {
	t.Parallel()
	// By this clock the first code comes less than a second before the next.
	shift := 29*time.Second + 200*time.Millisecond - time.Duration(time.Now().UnixNano()%int64(30*time.Second))
	now := func() time.Time { return time.Now().Add(shift) }
	b := newBench(t, sandbox.WithClock(now))
	b.write(".aws/config", "[profile alice]\nmfa_serial = "+aliceDevice+"\n")
	b.withoutKeys()
	b.memory(withSeed())
	var waits []time.Duration
	b.opts.Now, b.opts.PrivateSessions = now, true
	b.opts.CodeWait = func(d time.Duration) { waits = append(waits, d) }
	for range 2 {
		if _, err := b.provider("alice", chain.Policy{MFA: true}).Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for _, d := range waits {
		if d <= 0 || d > time.Second {
			t.Errorf("waited %s", d)
		}
	}
	b.count("two codes", "GetSessionToken", 2)
}

// deviceWorld has one user with the devices given.
func deviceWorld(t *testing.T, text string) *sandbox.World {
	t.Helper()
	w, err := sandbox.ParseWorld([]byte(`
region: eu-central-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: dora
        access_keys:
          - id: AKIADORA00001EXAMPLE
            secret: dora/Sandbox+Secret/00001/bPxREXAMPLEKEY
` + text + `
profiles:
  - name: dora
    keys_of: base/dora
`))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	twoDevices = `
        mfa_devices:
          - {name: phone, seed: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}
          - {name: tablet, seed: KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU}
`
	fidoOnly = `
        fido_keys:
          - name: yubikey
`
	listDenied = `
        mfa_devices:
          - {name: dora, seed: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}
        policies:
          - Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "sts:*", Resource: "*"}
`
)

func device(name string) string { return "arn:aws:iam::111122223333:mfa/" + name }

// serials notes the devices that codes are asked of, and gives those of a seed.
func serials(b *bench, asked *[]string, seed string) func(*latchkey.Options) {
	return func(o *latchkey.Options) {
		o.MFACode = func(_ context.Context, serial string) (secret.Text, error) {
			*asked = append(*asked, serial)
			return mfa.TOTP(secret.New(seed), b.clock.now())
		}
	}
}

// TestOneDevice: the only device that gives codes is taken without a question; the
// world's alice has a security key beside it. So is the one that AWS's convention
// names where the list is denied.
func TestOneDevice(t *testing.T) {
	t.Parallel()
	var asked []string
	b := newBench(t)
	b.write(".aws/config", "")
	if _, err := b.provider("alice", chain.Policy{MFA: true}, serials(b, &asked, aliceSeed)).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	denied := newBench(t, sandbox.WithWorld(deviceWorld(t, listDenied)))
	if _, err := denied.provider("dora", chain.Policy{MFA: true}, serials(denied, &asked, aliceSeed)).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	if want := []string{aliceDevice, device("dora")}; !reflect.DeepEqual(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// TestChooseDevice: of several devices the person chooses one, which is remembered
// for all profiles of the user.
func TestChooseDevice(t *testing.T) {
	t.Parallel()
	var asked []string
	b := newBench(t, sandbox.WithWorld(deviceWorld(t, twoDevices)))
	b.opts.PrivateSessions = true
	policy := chain.Policy{MFA: true}
	_, err := b.provider("dora", policy, serials(b, &asked, carolSeed)).Retrieve(t.Context())
	var which *provider.DeviceChoiceError
	if !errors.As(err, &which) || len(which.Serials) != 2 || explain.Error(err).Class != explain.ClassNeedsUser {
		t.Errorf("nobody to choose: %v", err)
	}
	who := &person{}
	if _, err := b.provider("dora", policy, serials(b, &asked, carolSeed), with(who)).Retrieve(t.Context()); !errors.As(err, &which) || len(who.chooses) != 1 {
		t.Errorf("an Asker without a person: %v, %q", err, who.chooses)
	}
	for _, wrong := range []int{-1, 2} {
		who := &person{choice: func([]string) (int, error) { return wrong, nil }}
		if _, err := b.provider("dora", policy, serials(b, &asked, carolSeed), with(who)).Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "Asker") {
			t.Errorf("choice %d: %v", wrong, err)
		}
	}
	if len(asked) > 0 {
		t.Errorf("asked %q before a device was chosen", asked)
	}
	who = &person{choice: func(items []string) (int, error) {
		if len(items) != 2 || !strings.Contains(items[1], "tablet") {
			t.Errorf("items %q", items)
		}
		return 1, nil
	}}
	for i := range 3 {
		b.clock.advance(time.Minute)
		if i == 2 {
			b.config("[profile other]\naws_access_key_id = AKIADORA00001EXAMPLE\naws_secret_access_key = dora/Sandbox+Secret/00001/bPxREXAMPLEKEY\n")
		}
		name := []string{"dora", "dora", "other"}[i]
		if _, err := b.provider(name, policy, serials(b, &asked, carolSeed), with(who)).Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(who.chooses) != 1 || !reflect.DeepEqual(asked, []string{device("tablet"), device("tablet"), device("tablet")}) {
		t.Errorf("chosen %q, asked %q", who.chooses, asked)
	}
	cancel := &person{choice: func([]string) (int, error) { return 0, context.Canceled }}
	_, err = b.provider("dora", policy, serials(b, &asked, carolSeed), with(cancel), func(o *latchkey.Options) { o.StateFolder = t.TempDir() }).Retrieve(t.Context())
	if explain.Error(err).Class != explain.ClassCancelled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestChosenDeviceGone: a choice that the user does not have any more is made anew.
func TestChosenDeviceGone(t *testing.T) {
	t.Parallel()
	var asked []string
	b := newBench(t, sandbox.WithWorld(deviceWorld(t, twoDevices)))
	if err := mfa.NewChoices(b.opts.StateFolder+"/mfa").Set("111122223333", "dora", device("lost")); err != nil {
		t.Fatal(err)
	}
	who := &person{choice: func([]string) (int, error) { return 0, nil }}
	if _, err := b.provider("dora", chain.Policy{MFA: true}, serials(b, &asked, aliceSeed), with(who)).Retrieve(t.Context()); err != nil || len(who.chooses) != 1 {
		t.Errorf("%v, chosen %q", err, who.chooses)
	}
}

// TestNoDevice: who has no device that gives codes is told so, and why not.
func TestNoDevice(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{"": "", fidoOnly: "yubikey"} {
		b := newBench(t, sandbox.WithWorld(deviceWorld(t, text)))
		who := &person{answer: says("000000")}
		_, err := b.provider("dora", chain.Policy{MFA: true}, with(who)).Retrieve(t.Context())
		var none *provider.NoDeviceError
		if !errors.As(err, &none) || !strings.Contains(none.Why, why) || explain.Error(err).Class != explain.ClassNotFound || who.times() != 0 {
			t.Errorf("%q: %v, asked %d times", text, err, who.times())
		}
	}
}

// TestQuietlyNobody: in an optional renewal no device is chosen and no code asked.
func TestQuietlyNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.WithWorld(deviceWorld(t, twoDevices)))
	who := &person{answer: says("000000"), choice: func([]string) (int, error) { return 0, nil }}
	codes := 0
	code := func(o *latchkey.Options) {
		o.MFACode = func(context.Context, string) (secret.Text, error) { codes++; return secret.New("000000"), nil }
	}
	ctx := session.Quietly(t.Context())
	for _, private := range []bool{false, true} {
		keep := func(o *latchkey.Options) { o.PrivateSessions = private }
		if _, err := b.provider("dora", chain.Policy{MFA: true}, with(who), keep).Retrieve(ctx); err == nil {
			t.Error("a session without a code")
		}
		b.config("[profile plain]\naws_access_key_id = AKIADORA00001EXAMPLE\naws_secret_access_key = dora/Sandbox+Secret/00001/bPxREXAMPLEKEY\n" +
			"[profile serial]\nrole_arn = " + developer + "\nsource_profile = plain\nmfa_serial = " + device("phone") + "\nmfa_process = touch " + b.home.Dir + "/ran; echo 000000\n")
		for _, ask := range []func(*latchkey.Options){with(who), code} {
			var needed *provider.MFARequiredError
			if _, err := b.provider("serial", chain.Policy{}, ask, keep).Retrieve(ctx); !errors.As(err, &needed) {
				t.Errorf("got %v", err)
			}
		}
	}
	if who.times() > 0 || len(who.chooses) > 0 || codes > 0 {
		t.Errorf("asked %+v, chosen %q, %d codes", who.asked, who.chooses, codes)
	}
	b.count("quietly", "GetSessionToken", 0)
}
