package latchkey

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// vault looks at the vault's files without opening any.
func (d *doctor) vault(ctx context.Context) {
	r := d.r
	folder, err := r.VaultFolder()
	if err != nil || r.opts.Vault != nil {
		return // said with the settings; or not made of files of ours
	}
	d.folder(folder, "folder of the vault", explain.HoldsOwn)
	d.commands(ctx, folder)
	kind, err := r.Setting("vault", "backend")
	if err != nil || kind.Text != "" && kind.Text != "age" {
		return
	}
	in, err := vault.Open(r.VaultOptions(folder)).Inspect()
	var none *vault.NoVaultError
	if errors.As(err, &none) {
		return
	}
	if err != nil {
		d.failure("vault-unreadable", err)
	}
	for _, fault := range in.Faults {
		d.found.Add(explain.VaultFault(fault.Path, fault.Why))
	}
	for _, path := range in.Files {
		holds := explain.HoldsSecrets
		if path == folder || filepath.Dir(path) == folder && filepath.Ext(path) == "" {
			holds = explain.HoldsOwn
		}
		if filepath.Ext(path) == ".lock" {
			continue
		}
		d.file(path, "file of the vault", holds)
	}
	for _, path := range in.Temps {
		d.temp(path)
	}
	for _, name := range in.Stale {
		d.found.Add(explain.StaleEntry(name))
	}
	if in.Rekeying {
		d.found.Add(explain.Rekeying(folder))
	}
	for _, name := range slices.Sorted(maps.Keys(in.Entries)) {
		k := keyAt{profile: name, entry: name, where: origin.File(filepath.Join(folder, "entries", vault.Escape(name)+".age"), 0, "")}
		d.entries = append(d.entries, k)
		if !d.o.Online { // else AWS knows better
			d.found.Add(explain.KeyAge(name, k.where, d.now.Sub(in.Entries[name]), false, k.rotation())...)
		}
	}
}

// commands looks at the entries that are commands of password managers.
func (d *doctor) commands(ctx context.Context, folder string) {
	commands := filepath.Join(folder, "commands")
	d.folder(commands, "folder of the vault's commands", explain.HoldsOwn)
	d.temps(commands)
	store := d.r.commands(folder, nil)
	names, err := store.List(ctx)
	if err != nil {
		d.failure("vault-unreadable", err)
		return
	}
	for _, name := range names[:min(len(names), maxListed)] {
		_, err := store.Describe(name)
		var damaged *vault.DamagedError
		if errors.As(err, &damaged) {
			d.found.Add(explain.VaultFault(damaged.Path, damaged.Why))
			continue
		}
		d.file(filepath.Join(commands, vault.Escape(name)+".json"), "command of the vault", explain.HoldsOrders)
	}
}

// sessions looks at what latchkey keeps for itself: sessions, locks, codes used up.
func (d *doctor) sessions(ctx context.Context) {
	r := d.r
	if r.state().alone {
		return
	}
	d.folder(r.stateFolder(), "folder of latchkey's state", explain.HoldsOwn)
	for _, folder := range []string{r.SessionFolder(), r.lockFolder(), r.mfaFolder()} {
		d.folder(folder, "folder of latchkey's state", explain.HoldsOwn)
		d.temps(folder)
	}
	if names := list(r.SessionFolder()); len(names) == 0 {
		return
	}
	kept, err := r.Sessions().List(ctx)
	if err != nil {
		d.failure("sessions-unreadable", err)
	}
	for _, info := range kept[:min(len(kept), maxListed)] {
		path := filepath.Join(r.SessionFolder(), info.Key)
		var damaged *session.DamagedError
		if errors.As(info.Err, &damaged) {
			d.found.Add(explain.DamagedSession(path))
			d.removals = append(d.removals, path)
			continue
		}
		d.file(path, "kept session", explain.HoldsSecrets)
	}
}
