package latchkey

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// maxAsked is of how many keys AWS is asked.
const maxAsked = 50

// online asks AWS for the time, and of the keys that can be had without asking
// anybody: those in plaintext, and those of a vault that is unlocked.
func (d *doctor) online(ctx context.Context) {
	if !d.o.Online {
		return
	}
	if err := d.clock(ctx); err != nil {
		f := explain.Error(err)
		f.Class = ""
		d.found.Add(explain.Weigh(explain.WeightWarning, f))
		return // nothing else would get an answer either
	}
	asked := map[string]bool{} // by id: many a key stands in several profiles
	ask := func(name string, where origin.Origin, id string, key secret.Text, fix string) bool {
		if asked[id] || len(asked) == maxAsked || ctx.Err() != nil {
			return true
		}
		asked[id] = true
		return d.ask(ctx, name, where, id, key, fix)
	}
	list, _ := profile.PlaintextKeys(d.r.graph) // of files that can be read
	for _, k := range list {
		if len(d.o.Profiles) > 0 && !slices.Contains(d.o.Profiles, k.Profile) {
			continue
		}
		if !ask(k.Profile, k.AccessKeyID.Origin, k.AccessKeyID.Text, k.Secret, "latchkey vault import, then latchkey vault rotate "+explain.Word(k.Profile)) {
			return
		}
	}
	store, err := d.r.quietVault()
	if err != nil || store == nil {
		return
	}
	for name := range d.entries {
		entry, err := store.Get(ctx, name)
		if err != nil || entry.AccessKeyID == "" {
			continue // locked, or a seed
		}
		if !ask(name, origin.Default("the vault"), entry.AccessKeyID, entry.Secret, "latchkey vault rotate "+explain.Word(name)) {
			return
		}
	}
}

// quietVault is the vault where opening it cannot make anybody be asked: its key is
// opened by a passphrase, which is asked for here and not by another program, and
// here there is nobody. nil: there is none such.
func (r *Resolver) quietVault() (vault.Store, error) {
	kind, err := r.Setting("vault", "backend")
	if err != nil || kind.Text != "" && kind.Text != "age" {
		return nil, err
	}
	folder, err := r.VaultFolder()
	if err != nil {
		return nil, err
	}
	age := vault.Open(r.VaultOptions(folder))
	info, err := age.Info()
	if err != nil || info.Keep != vault.ByPassphrase {
		return nil, err
	}
	return age, nil
}

// clock compares the clock with that of STS, by a call that needs no credentials:
// what it answers does not matter.
func (d *doctor) clock(ctx context.Context) error {
	endpoint, bundle, err := chain.Endpoint(d.r.config(), chain.ProfileFromEnv(d.r.Env).Text, awsapi.STS)
	if err != nil {
		return err
	}
	client := d.r.client(bundle)
	defer client.CloseIdle()
	sent := d.r.opts.Now()
	answer, err := client.Fetch(ctx, awsapi.Request{Method: http.MethodPost, URL: strings.TrimSuffix(endpoint.URL, "/") + "/", Operation: "the time of STS",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("Action=GetCallerIdentity&Version=2011-06-15")}, awsapi.Limits{})
	if err != nil {
		return err
	}
	now := d.r.opts.Now()
	server, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil || answer.Header.Get("Age") != "" {
		return nil
	}
	// A Date has whole seconds; half of the way there and back is the answer's.
	skew := server.Add(500 * time.Millisecond).Sub(sent.Add(now.Sub(sent) / 2))
	d.found.Add(explain.ServerClock(skew)...)
	return nil
}

// ask asks AWS about one key. It reports false when AWS cannot be reached.
func (d *doctor) ask(ctx context.Context, name string, where origin.Origin, id string, key secret.Text, fix string) bool {
	account, err := d.r.Account(name)
	if err != nil {
		return true // said by the plan
	}
	defer account.client.CloseIdle()
	found, err := account.Devices(ctx, id, key)
	var refused *awsapi.APIError
	switch {
	case errors.As(err, &refused) && refused.HasCode("InvalidClientTokenId", "SignatureDoesNotMatch"):
		d.found.Add(explain.DeadKey(name, where, id, refused.Code))
		return true
	case err != nil && !errors.As(err, &refused):
		return ctx.Err() == nil && !unreachable(err)
	case found.User.Root():
		d.found.Add(explain.RootKey(name, where, id))
		return true // it is to go, however old it is
	case err == nil && len(found.Usable) == 0 && len(found.Unusable) > 0:
		d.found.Add(explain.OnlySecurityKeys(name, where, found.User.Name))
	}
	keys, err := account.client.ListAccessKeys(ctx, account.at.IAM, credentials(id, key), found.User.Name)
	if err != nil {
		return !unreachable(err) // many may not list without MFA
	}
	for _, k := range keys {
		if k.ID == id && !k.CreateDate.IsZero() {
			d.found.Add(explain.KeyAge(name, where, d.now.Sub(k.CreateDate), true, fix)...)
		}
	}
	return true
}

func unreachable(err error) bool {
	var away *awsapi.UnreachableError
	return errors.As(err, &away)
}
