package latchkey

import (
	"context"
	"strings"

	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// KeysHere finds those of the keys with the given ids that this machine has: in
// plaintext in the shared files, or in a vault that can be opened without asking
// anybody. names are the profile or the entry of each.
func (r *Resolver) KeysHere(ctx context.Context, ids []string) (keys []iam.Key, names []string) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	found := func(name string, k iam.Key) {
		if wanted[k.ID] {
			wanted[k.ID] = false
			keys, names = append(keys, k), append(names, name)
		}
	}
	list, _ := profile.PlaintextKeys(r.graph) // of files that can be read
	for _, k := range list {
		found("profile "+k.Profile, iam.Key{ID: k.AccessKeyID.Text, Secret: k.Secret})
	}
	ctx = session.Quietly(ctx)
	folder, err := r.VaultFolder()
	if err != nil {
		return keys, names
	}
	store := vault.Open(r.VaultOptions(folder))
	info, err := store.Info()
	if err != nil || info.Keep != vault.ByPassphrase && !strings.HasPrefix(string(info.Keep), string(vault.InFile(""))) {
		return keys, names // another program would ask, or the system
	}
	entries, err := store.List(ctx)
	if err != nil {
		return keys, names
	}
	for _, name := range entries {
		if e, err := store.Get(ctx, name); err == nil {
			found("vault entry "+name, iam.Key{ID: e.AccessKeyID, Secret: e.Secret})
		}
	}
	return keys, names
}
