package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

// fromAWSVault moves keys over from aws-vault, which knows its own backends: it is
// asked for the names, and then for each key without a session.
func (d *Deps) fromAWSVault(ctx context.Context, r *latchkey.Resolver, ask Asker, o *importOptions) error {
	names, err := d.awsVaultNames(ctx, o.names)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		d.say("aws-vault has no keys")
		return nil
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(d.Stdout, display.Text(name, 200)); err != nil {
			return err
		}
	}
	if o.dryRun {
		d.say("nothing was changed")
		return nil
	}
	if sure, err := d.sure(ctx, ask, o, fmt.Sprintf("Copy these %d keys of aws-vault into the vault?", len(names))); err != nil || !sure {
		return err
	}
	if err := d.ready(ctx, r, o.keep, ask); err != nil {
		return err
	}
	read := d.awsVaultReader(ctx)
	for _, name := range names {
		output, err := d.awsVault(ctx, d.Stderr, append(read, name)...)
		if err != nil {
			return err
		}
		id, key, err := vault.ParseKey(output)
		if err != nil {
			return fmt.Errorf("aws-vault's key %s: %w", display.Text(name, 100), err)
		}
		if err := d.put(ctx, r, o, vault.Entry{Name: name, AccessKeyID: id, Secret: key}, "imported from aws-vault"); err != nil {
			return err
		}
		d.say("%s is in the vault: key %s", display.Text(name, 100), id)
	}
	return nil
}

// awsVaultNames returns the names that are wanted, or all that can be had: those
// that no entry can have are told and left out.
func (d *Deps) awsVaultNames(ctx context.Context, wanted []string) ([]string, error) {
	output, err := d.awsVault(ctx, d.Stderr, "list", "--credentials")
	if err != nil {
		return nil, err
	}
	var all, usable []string
	for line := range strings.Lines(string(output)) {
		name := strings.TrimSpace(line)
		if name == "" {
			continue
		}
		all = append(all, name)
		if err := checkName(name); err == nil {
			usable = append(usable, name)
		} else if len(wanted) == 0 {
			d.say("%s is left out: %s", display.Text(name, 100), display.Text(err.Error(), 200))
		}
	}
	for _, name := range wanted {
		if !slices.Contains(all, name) {
			return nil, d.Failure(fmt.Errorf("aws-vault has no key of the name %s", display.Text(name, 100)), "aws-vault list --credentials shows what it has")
		}
	}
	if len(wanted) > 0 {
		return wanted, nil
	}
	return usable, nil
}

// awsVaultReader returns the arguments that have aws-vault print a key. Before
// version 7 there was no export, and exec printed the same.
func (d *Deps) awsVaultReader(ctx context.Context) []string {
	if _, err := d.awsVault(ctx, nil, "export", "--help"); err != nil {
		return []string{"exec", "--no-session", "--json"}
	}
	return []string{"export", "--no-session", "--format=json"}
}

// awsVault runs it. It refuses to work inside a shell of its own.
func (d *Deps) awsVault(ctx context.Context, stderr io.Writer, args ...string) ([]byte, error) {
	var environ []string
	for _, pair := range d.Environ {
		if !strings.HasPrefix(pair, "AWS_VAULT=") {
			environ = append(environ, pair)
		}
	}
	output, err := command.Run(ctx, command.Options{Args: append([]string{"aws-vault"}, args...), Environ: environ, Stderr: stderr, Terminal: d.OpenTerminal()})
	var failed *command.Error
	if errors.As(err, &failed) {
		fix := "run it by hand; its messages are shown above this one"
		if failed.Failure == command.NotFound {
			fix = "install aws-vault, or put it into PATH"
		}
		return nil, d.Failure(fmt.Errorf("aws-vault %s: %w", args[0], err), fix)
	}
	return output, err
}
