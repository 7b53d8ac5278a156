package vaultcmd

import (
	"context"
	"errors"
	"fmt"
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
	names, err := d.awsVaultNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range o.names {
		if !slices.Contains(names, name) {
			return d.Failure(fmt.Errorf("aws-vault has no key of the name %s", display.Text(name, 100)), "aws-vault list --credentials shows what it has")
		}
	}
	if len(o.names) > 0 {
		names = o.names
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
	for _, name := range names {
		output, err := d.awsVault(ctx, "export", "--no-session", "--format=json", name)
		var failed *command.Error
		if errors.As(err, &failed) && failed.Failure == command.Exited {
			// Before version 7 there was no export, and exec printed the same.
			output, err = d.awsVault(ctx, "exec", "--no-session", "--json", name)
		}
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

func (d *Deps) awsVaultNames(ctx context.Context) ([]string, error) {
	output, err := d.awsVault(ctx, "list", "--credentials")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(output)) {
		name := strings.TrimSpace(line)
		if name != "" && vault.CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// awsVault runs it. It refuses to work inside a shell of its own.
func (d *Deps) awsVault(ctx context.Context, args ...string) ([]byte, error) {
	var environ []string
	for _, pair := range d.Environ {
		if !strings.HasPrefix(pair, "AWS_VAULT=") {
			environ = append(environ, pair)
		}
	}
	output, err := command.Run(ctx, command.Options{Args: append([]string{"aws-vault"}, args...), Environ: environ, Stderr: d.Stderr, Terminal: d.OpenTerminal()})
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
