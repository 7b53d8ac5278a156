package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/internal/qr"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
)

// DeviceFlags are the flags of setting up a device.
type DeviceFlags struct {
	name, png         string
	keep, phone, text bool
}

// Add adds the flags to a command.
func (f *DeviceFlags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "device", "", "name of the MFA device (else the user's name)")
	flags.BoolVar(&f.keep, "keep-seed", false, "keep the device's seed in the vault and compute codes; the second factor lies beside the first then")
	flags.BoolVar(&f.phone, "no-keep-seed", false, "leave the seed to your phone alone")
	flags.StringVar(&f.png, "png", "", "new file to write the QR code to as a picture, which only you can read")
	flags.BoolVar(&f.text, "text", false, "print the device's secret on standard output as text too, for apps without a camera")
}

// Validate holds the flags against each other and against what is there.
func (f *DeviceFlags) Validate(d *Deps, asJSON bool) error {
	switch {
	case f.keep && f.phone:
		return d.Usage("--keep-seed and --no-keep-seed are both given", "choose one")
	case f.text && asJSON:
		return d.Usage("--text and --json would both write to standard output", "leave one out; --png FILE keeps the secret out of it")
	case f.png == "":
		return nil
	}
	if _, err := os.Lstat(f.png); err == nil {
		return d.Usage(cell(f.png)+" is there already, perhaps with the secret of an earlier device", "remove it, or name another file")
	}
	return nil
}

// Keeps reports whether the seed is to go into the vault without asking.
func (f *DeviceFlags) Keeps() bool { return f.keep }

// DeviceJob says whose device is set up.
type DeviceJob struct {
	Resolver *latchkey.Resolver
	Ask      Asker
	Client   *awsapi.Client
	At       iam.Endpoints
	From     aws.Credentials
	User     iam.User
	Flags    *DeviceFlags
	// Kept is the seed of an earlier run; Keep puts one into the vault, nil where
	// there is no place for it.
	Kept iam.Seed
	Keep func(ctx context.Context, s iam.Seed) error
}

// device is a [DeviceJob] being done.
type device struct {
	*Deps
	DeviceJob
	keeps bool // the seed is in the vault
	drawn bool // the picture is this run's
}

// EnrollDevice has the user get a virtual MFA device, unless there is one. kept says
// whether its seed was put into the vault now.
func (d *Deps) EnrollDevice(ctx context.Context, j DeviceJob) (out iam.Enrolled, kept bool, err error) {
	run := &device{Deps: d, DeviceJob: j}
	if j.User.Root() {
		return iam.Enrolled{}, false, d.Root()
	}
	found, err := iam.Devices(ctx, j.Client, j.At, j.From)
	if iam.Denied(err) {
		err = d.Failure(fmt.Errorf("AWS does not let these credentials list the user's MFA devices: %w", err),
			"if you have a device, sign in with its code, and go on from there: latchkey login PROFILE; else have iam:ListMFADevices allowed without MFA, as latchkey iam policy self-service does")
	}
	if err != nil {
		return iam.Enrolled{}, false, err
	}
	for _, other := range found.Unusable {
		d.Say("MFA device %s does not count: %s", cell(other.Name), other.Why)
	}
	if len(found.Usable) > 0 {
		return iam.Enrolled{Serial: found.Usable[0].Serial}, false, nil
	}
	if err := run.choose(ctx); err != nil {
		return iam.Enrolled{}, false, err
	}
	o := iam.Enrolment{API: j.Client, Endpoints: j.At, From: j.From, User: j.User, Device: j.Flags.name,
		Show: run.show, Codes: run.codes, Sleep: pause.For, Progress: run.progress}
	o.Kept, o.Keep = j.Kept, j.Keep
	forget := func(ctx context.Context, s iam.Seed) error { return j.Keep(ctx, iam.Seed{Serial: s.Serial}) }
	if !run.keeps {
		if o.Keep = nil; !j.Kept.Text.Empty() {
			o.Keep = forget // the one of a device that is made anew
		}
	}
	if out, err = iam.Enrol(ctx, o); err == nil && out.New && !run.keeps && o.Keep != nil {
		err = forget(ctx, iam.Seed{Serial: out.Serial})
	}
	return out, run.keeps && err == nil && out.New, run.failure(err)
}

// choose finds out whether the seed is to be kept, and that somebody is there who
// can give codes if it is not: before anything is made at AWS.
func (r *device) choose(ctx context.Context) error {
	r.keeps = r.Keep != nil && (r.Flags.keep || !r.Flags.phone && !r.Kept.Text.Empty())
	if r.keeps {
		return nil
	}
	if asker, ok := r.Ask.(interface{ Ready() error }); ok && errors.Is(asker.Ready(), latchkey.ErrNobody) {
		return r.nobody("codes of a new MFA device have to be typed, and there is nobody to type them", "run it in a terminal, or have the seed kept in the vault, which computes codes: --keep-seed")
	}
	if r.Keep == nil || r.Flags.phone {
		return nil
	}
	r.Say("latchkey can keep the device's seed in the vault too and compute its codes. That is convenient, but the second factor lies beside the first then:")
	r.Say("who can open your vault has both. On your phone alone it is safer, and each session asks you for a code.")
	yes, err := r.Ask.Confirm(ctx, "Keep the seed in the vault as well?")
	r.keeps = yes
	return err
}

// show draws the QR code, and writes what the flags want.
func (r *device) show(ctx context.Context, s iam.Seed, again bool) error {
	if again {
		r.Say("an earlier run may have shown another code: remove its entry from your app")
	}
	link := otpauth(r.User, s)
	code, err := qr.Encode(link.Reveal())
	if err != nil {
		return err
	}
	if r.Flags.png != "" {
		if r.drawn { // of a device that was made anew since
			_ = os.Remove(r.Flags.png)
		}
		if err := writeNew(r.Flags.png, code.PNG()); err != nil {
			return err
		}
		r.drawn = true
		r.Say("the QR code is in %s; delete that file when your app has it", cell(r.Flags.png))
	}
	if r.Flags.text {
		if _, err := fmt.Fprintf(r.Stdout, "%s\n%s\n", s.Text.Reveal(), link.Reveal()); err != nil {
			return err
		}
	}
	screen, err := r.Screen(r.Ask)
	if errors.Is(err, latchkey.ErrNobody) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Say("scan this with an authenticator app on your phone; whoever sees it can compute your codes, so clear the screen afterwards")
	columns, lines := screen.Size()
	if columns < code.Columns() || lines < code.Lines() || r.dumb() {
		return screen.Draw(ctx, "\n  (this terminal cannot draw the QR code, or is too small: type the secret into the app, or use --png FILE)\n  account  "+cell(r.User.Name)+" of AWS\n  secret   "+grouped(s.Text)+"\n\n")
	}
	return screen.Draw(ctx, "\n"+code.Terminal()+"\n")
}

// dumb terminals do not know the escape sequences that colours are set with.
func (d *Deps) dumb() bool { return d.Env("TERM") == "dumb" }

// otpauth is the text that the QR code holds.
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func otpauth(u iam.User, s iam.Seed) secret.Text {
	label := url.PathEscape(u.Name + "@" + u.Account)
	return secret.New("otpauth://totp/AWS:" + label + "?secret=" + s.Text.Reveal() + "&issuer=AWS")
}

// grouped is the seed in groups of four, to be typed.
func grouped(seed secret.Text) string {
	text, out := seed.Reveal(), ""
	for ; len(text) > 4; text = text[4:] {
		out += text[:4] + " "
	}
	return out + text
}

// writeNew writes a file that only its owner can read, and never over another.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// codes gets two codes that follow each other: computed, or typed by the person.
func (r *device) codes(ctx context.Context, s iam.Seed, why error) (first, second secret.Text, err error) {
	r.Refused(why)
	if r.keeps {
		return r.Resolver.Codes(r.now).Pair(ctx, s.Serial, s.Text)
	}
	check := func(one, two secret.Text) error { return mfa.CheckPair(s.Text, one, two, r.now()) }
	return r.Pair(ctx, r.Resolver.Codes(r.now, Typed(r.Ask)), s.Serial, check)
}

// now is AWS's clock as far as its answers have told it.
func (r *device) now() time.Time { return r.Now().Add(r.Client.Skew()) }

// pairs is how often a person is asked for two codes before it is given up.
const pairs = 4

// Pair gets two codes of a device. check, if not nil, finds what is wrong with them
// before they are sent.
func (d *Deps) Pair(ctx context.Context, from *mfa.Codes, serial string, check func(one, two secret.Text) error) (first, second secret.Text, err error) {
	for n := 1; ; n++ {
		if first, err = from.Code(ctx, mfa.Request{Serial: serial, Reason: "the one that the app shows now"}); err != nil {
			return first, second, err
		}
		if second, err = from.Code(ctx, mfa.Request{Serial: serial, Reason: "the next one, when the app shows it"}); err != nil {
			return first, second, err
		}
		if check == nil {
			return first, second, nil
		}
		err := check(first, second)
		if err == nil || n == pairs {
			return first, second, err
		}
		d.Say("%s", err)
	}
}

// Typed asks the person for codes.
func Typed(ask Asker) mfa.Source {
	return mfa.Asked("the terminal", func(ctx context.Context, prompt string) (string, error) {
		answer, err := ask.Ask(ctx, latchkey.Question{Prompt: prompt, Reason: "AWS wants two codes of the device, one after the other.", Hidden: true})
		if errors.Is(err, latchkey.ErrNobody) {
			err = mfa.ErrNobody
		}
		return answer, err
	})
}

// Refused explains why AWS has not taken codes.
func (d *Deps) Refused(why error) {
	var refused *awsapi.APIError
	if !errors.As(why, &refused) {
		return
	}
	d.Say("AWS did not take the two codes: one was mistyped, of another entry of the app, or too old, or the phone's clock is off; set its date and time to automatic")
	if off := refused.Skew.Abs().Round(time.Second); off > 30*time.Second {
		d.Say("the clock of this computer differs from AWS's by %s", off)
	}
}

// progress says what a step does.
func (r *device) progress(step iam.Step, serial string) {
	words := map[iam.Step]string{
		iam.StepCreateDevice: "making MFA device %s, which is nobody's yet",
		iam.StepDeleteDevice: "there is one that is nobody's, of a run that did not finish: deleting %s, since its secret may be lost",
		iam.StepOtherName:    "that one may not be deleted; taking the name %s instead",
		iam.StepResumeDevice: "going on with %s, whose seed is in the vault",
		iam.StepKeepSeed:     "putting the seed of %s into the vault, before AWS takes the device",
		iam.StepEnable:       "having AWS take %s as yours, with the two codes",
		iam.StepSettle:       "AWS does not know everywhere yet what was done to %s; trying on",
	}[step]
	if words != "" {
		r.Say(words, cell(serial))
	}
}

// failure adds what to do about a device that could not be set up.
func (r *device) failure(err error) error {
	var name *iam.DeviceNameError
	var limit *iam.DeviceLimitError
	var codes *iam.DeviceCodesError
	switch {
	case errors.As(err, &name):
		return r.Failure(err, "choose another name with --device, or have an administrator delete the device")
	case errors.As(err, &limit):
		return r.Failure(err, "latchkey mfa devices lists yours, of which AWS allows 8; one that is not used any more has to go first, or an administrator has to remove devices that are nobody's")
	case errors.As(err, &codes):
		return r.Failure(err, "see that date and time of the phone are right, and run the same command again")
	}
	return err
}
