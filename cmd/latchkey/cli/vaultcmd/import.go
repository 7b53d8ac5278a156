package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/vault"
)

type importOptions struct {
	names       []string
	from        string
	dryRun, yes bool
	noVerify    bool
	keep        keepFlag
}

func newImport(d *Deps) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import [PROFILE...]",
		Short: "Move plaintext keys of ~/.aws into the vault",
		Long: `Find the long-term keys that stand in plaintext in the config and credentials
files, and move them into the vault: those of the profiles named, or all. In their
place the section gets

  credential_process = latchkey credentials PROFILE

so that the AWS CLI and SDKs work as before. Comments and everything else keep
their bytes. The change is shown first; the old file stays beside the new one as a
backup, with the keys in it: delete that when all works, and rotate the keys.
Where a profile would get its credentials otherwise than before, nothing is done.

With --from aws-vault the keys come from an installed aws-vault, whichever backend
it uses, by running it; it keeps its own until you remove them there.`,
		Example: `  latchkey vault import --dry-run
  latchkey vault import work
  latchkey vault import --from aws-vault`,
		Args: func(_ *cobra.Command, args []string) error {
			if o.from != "" && o.from != "aws-vault" {
				return d.Usage("--from does not name a program that keys can come from", "write --from aws-vault")
			}
			for _, name := range args {
				if err := checkName(name); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			o.names = args
			return d.importKeys(ctx, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "program to take the keys from: aws-vault")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would change, and change nothing")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.BoolVar(&o.noVerify, "no-verify", false, "do not ask AWS whether the keys work")
	o.keep.add(cmd)
	return cmd
}

func (d *Deps) importKeys(ctx context.Context, o *importOptions) error {
	resolver, ask, err := d.Load("")
	if err != nil {
		return err
	}
	if err := d.check(resolver, o.keep); err != nil {
		return err
	}
	if o.from != "" {
		return d.fromAWSVault(ctx, resolver, ask, o)
	}
	keys, err := d.plaintext(resolver, o.names)
	if err != nil || len(keys) == 0 {
		return err
	}
	edits, err := importEdits(resolver, keys)
	if err != nil {
		return err
	}
	if err := d.sameAfter(resolver, keys, edits); err != nil {
		return err
	}
	for _, edit := range edits {
		if _, err := fmt.Fprint(d.Stdout, edit.Diff()); err != nil {
			return err
		}
	}
	if o.dryRun {
		d.say("nothing was changed")
		return nil
	}
	if sure, err := d.sure(ctx, ask, o, fmt.Sprintf("Move %d keys into the vault and make these changes?", len(keys))); err != nil || !sure {
		return err
	}
	if err := d.ready(ctx, resolver, o.keep, ask); err != nil {
		return err
	}
	// Keys first, then files: at every moment each key is in one place or both.
	for _, key := range keys {
		e := vault.Entry{Name: key.Profile, AccessKeyID: key.AccessKeyID.Text, Secret: key.Secret}
		if err := d.put(ctx, resolver, o, e, "imported from "+key.AccessKeyID.Origin.Position()); err != nil {
			return err
		}
	}
	for _, edit := range edits {
		if err := d.save(ctx, resolver, edit); err != nil {
			return err
		}
	}
	d.say("the backups still hold the keys in plaintext: delete them when all works, and replace the keys with latchkey vault rotate")
	return nil
}

// sure asks unless that was answered with the command.
func (d *Deps) sure(ctx context.Context, ask Asker, o *importOptions, question string) (bool, error) {
	if o.yes {
		return true, nil
	}
	yes, err := ask.Confirm(ctx, question)
	if errors.Is(err, latchkey.ErrNobody) {
		return false, d.Failure(&nobodyError{"there is nobody to ask whether this is to be done"}, "say --yes")
	}
	return yes, err
}

// plaintext finds the keys to import.
func (d *Deps) plaintext(r *latchkey.Resolver, names []string) ([]profile.PlaintextKey, error) {
	all, err := profile.PlaintextKeys(r.Graph())
	if err != nil {
		return nil, err
	}
	var keys []profile.PlaintextKey
	for _, key := range all {
		switch {
		case len(names) > 0 && !slices.Contains(names, key.Profile):
		case checkName(key.Profile) != nil:
			return nil, d.Failure(fmt.Errorf("profile %s cannot be imported: %w", display.Text(key.Profile, 100), checkName(key.Profile)),
				"rename it at "+key.AccessKeyID.Origin.Position()+", or name the profiles to import")
		case !commandable(key.Profile):
			return nil, d.Failure(fmt.Errorf("profile %s: such a name cannot stand in a credential_process", display.Text(key.Profile, 100)),
				"rename it at "+key.AccessKeyID.Origin.Position()+", or name the profiles to import")
		case key.Shadowed:
			return nil, d.Failure(fmt.Errorf("profile %s has two keys; the one at %s is not used", display.Text(key.Profile, 100), key.AccessKeyID.Origin.Position()),
				"remove the one that is not wanted, and import again")
		default:
			keys = append(keys, key)
		}
	}
	for _, name := range names {
		if _, err := r.Graph().Profile(name); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(keys, func(k profile.PlaintextKey) bool { return k.Profile == name }) {
			return nil, d.Failure(fmt.Errorf("profile %s has no long-term key in plaintext", display.Text(name, 100)), "latchkey vault import --dry-run shows those that have")
		}
	}
	if len(keys) == 0 {
		d.say("there are no long-term keys in plaintext")
	}
	return keys, nil
}

// importEdits are the changes of both files that take the keys out.
func importEdits(r *latchkey.Resolver, keys []profile.PlaintextKey) ([]*profile.Edit, error) {
	at := r.Graph().Locations()
	paths := map[profile.FileKind]string{profile.ConfigFile: at.Config, profile.CredentialsFile: at.Credentials}
	var edits []*profile.Edit
	for _, kind := range []profile.FileKind{profile.CredentialsFile, profile.ConfigFile} {
		edit, err := profile.OpenEdit(paths[kind], kind)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if key.File != kind {
				continue
			}
			section := "profile " + key.Profile
			if err := edit.Set(section, "credential_process", processLine(key.Profile)); err != nil {
				return nil, err
			}
			if err := edit.Remove(section, "aws_access_key_id", "aws_secret_access_key"); err != nil {
				return nil, err
			}
		}
		if edit.Changed() {
			edits = append(edits, edit)
		}
	}
	return edits, nil
}

// put verifies a key and stores it. An entry that has it already is fine, so that
// an import that was interrupted can be run again.
func (d *Deps) put(ctx context.Context, r *latchkey.Resolver, o *importOptions, e vault.Entry, note string) error {
	store, err := r.Vault()
	if err != nil {
		return err
	}
	if !o.noVerify {
		account, err := r.Account(e.Name)
		if err != nil {
			return err
		}
		who, err := account.Identity(ctx, e.AccessKeyID, e.Secret)
		if err != nil {
			return d.Failure(fmt.Errorf("key %s of %s was not moved: %w", e.AccessKeyID, display.Text(e.Name, 100), err), "remove the key from the file if it is dead, or say --no-verify")
		}
		d.say("%s is a key of %s", e.AccessKeyID, display.Text(who.ARN, 200))
	}
	e.Created, e.Note = d.Now().UTC().Truncate(time.Second), note
	err = store.Add(ctx, e)
	var exists *vault.ExistsError
	if !errors.As(err, &exists) {
		return err
	}
	old, err := store.Get(ctx, e.Name)
	if err != nil {
		return err
	}
	if old.AccessKeyID != e.AccessKeyID || !old.Secret.Equal(e.Secret) {
		return d.Failure(fmt.Errorf("the vault has another key under %s: %s", display.Text(e.Name, 100), old.AccessKeyID), "remove one of the two: the vault's with latchkey vault remove "+explain.Word(e.Name))
	}
	return nil
}
