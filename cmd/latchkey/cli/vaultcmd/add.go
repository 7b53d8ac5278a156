package vaultcmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

type addOptions struct {
	name                                    string
	stdin, fromEnv, noVerify, replace, totp bool
	writeProfile, mfa                       bool
	command, serial, note                   string
	keep                                    keepFlag
}

func newAdd(d *Deps) *cobra.Command {
	var o addOptions
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Put a key into the vault",
		Long: `Put an access key into the vault. It is asked for on the terminal, or read from
standard input where that is a pipe or a file: two lines, the CSV of the console,
JSON of aws iam create-access-key, or lines of a credentials file. It is never an
argument, which other processes can read.

AWS is asked whose the key is, and which MFA device the user has; --write-profile
writes the device and the line for other tools into the profile of the same name.
With --mfa that line gives them an MFA session instead of the key itself, which is
for users whose policy allows nothing without MFA.

With --command nothing is stored but the command of a password manager, which
prints the key whenever it is needed. With --totp the seed of the MFA device is
kept too (from standard input it is the last line), and codes are computed: then
who opens the vault has both factors.

The first key makes the vault: --keep-in says what keeps the vault's own key.`,
		Example: `  latchkey vault add work
  latchkey vault add work --from-env
  latchkey vault add work --write-profile < accessKeys.csv
  latchkey vault add ops --command 'op item get aws --format json --fields credential_process'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return d.Usage("vault add takes the name of an entry and nothing else", "let the key be asked for, or pipe it in; if it stood there now, others may have seen it: replace it")
			}
			return d.oneName(cmd, args)
		},
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			if o.name = args[0]; !commandable(o.name) {
				return d.Usage("other tools could not be told the name "+display.Text(o.name, 100)+" in a command line", "choose one without quotes, $, !, ` and \\ that does not begin with -")
			}
			return d.add(ctx, &o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.stdin, "stdin", false, "read the key from standard input")
	flags.BoolVar(&o.fromEnv, "from-env", false, "take the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	flags.StringVar(&o.command, "command", "", "shell command of a password manager that prints the key; nothing else is stored")
	flags.BoolVar(&o.noVerify, "no-verify", false, "do not ask AWS whether the key works")
	flags.BoolVar(&o.replace, "replace", false, "replace the entry that has the name")
	flags.BoolVar(&o.totp, "totp", false, "keep the TOTP seed of the MFA device too")
	flags.StringVar(&o.serial, "mfa-serial", "", "ARN or serial number of the MFA device, instead of asking AWS")
	flags.StringVar(&o.note, "note", "", "a line to keep with the entry")
	flags.BoolVar(&o.writeProfile, "write-profile", false, "write credential_process and mfa_serial into the profile of the same name, without asking")
	flags.BoolVar(&o.mfa, "mfa", false, "have the profile's line give other tools an MFA session of the key")
	o.keep.add(cmd)
	return cmd
}

// line is what the profile of the entry's name runs.
func (o *addOptions) line() string {
	if o.mfa {
		return processLine(o.name) + " --mfa"
	}
	return processLine(o.name)
}

// validate holds the flags against each other before anything is read.
func (d *Deps) validate(o *addOptions) error {
	sources := 0
	for _, given := range []bool{o.stdin, o.fromEnv, o.command != ""} {
		if given {
			sources++
		}
	}
	switch {
	case sources > 1:
		return d.Usage("--stdin, --from-env and --command say three places to take the key from", "choose one")
	case o.serial != "" && !serialLike(o.serial):
		return d.Usage("--mfa-serial is neither the ARN of a virtual device nor the number of a hardware device", "write for example --mfa-serial arn:aws:iam::123456789012:mfa/me")
	case o.command != "" && o.totp:
		return d.Usage("a command's entry cannot hold a TOTP seed", "set mfa_process in the profile to a command that prints the code")
	case o.totp && o.fromEnv:
		return d.Usage("the TOTP seed cannot be taken from the environment", "leave --from-env out")
	}
	return nil
}

func (d *Deps) add(ctx context.Context, o *addOptions) error {
	if err := d.validate(o); err != nil {
		return err
	}
	resolver, ask, err := d.Load("")
	if err != nil {
		return err
	}
	if err := d.check(resolver, o.keep); err != nil {
		return err
	}
	store, err := resolver.Vault()
	if err != nil {
		return err
	}
	if _, err := store.Stamp(o.name); err == nil && !o.replace {
		return &vault.ExistsError{Name: o.name}
	}
	if o.writeProfile { // what cannot be written is told before anything is stored
		if _, err := d.profileEdit(resolver, o, o.serial); err != nil {
			return err
		}
	}
	entry := vault.Entry{Name: o.name, Created: d.Now().UTC().Truncate(time.Second), Note: o.note, Command: o.command}
	if o.command == "" { // else the device is the profile's alone
		entry.MFASerial = o.serial
		if err := d.read(ctx, o, ask, &entry); err != nil {
			return err
		}
	}
	found, err := d.verify(ctx, resolver, o, &entry)
	if err != nil {
		return err
	}
	if o.command == "" {
		if err := d.ready(ctx, resolver, o.keep, ask); err != nil {
			return err
		}
	}
	put := store.Add
	if o.replace {
		put = store.Put
	}
	if err := put(ctx, entry); err != nil {
		return err
	}
	switch {
	case entry.Command != "":
		d.say("%s is in the vault: its key is what the command prints", o.name)
	default:
		d.say("%s is in the vault: key %s", o.name, entry.AccessKeyID)
	}
	return d.offerProfile(ctx, resolver, ask, o, found)
}

// serialLike reports whether a text has the form of a device's serial number.
func serialLike(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=/:,.@_-"
	return len(s) >= 9 && len(s) <= 256 && strings.Trim(s, letters) == ""
}
