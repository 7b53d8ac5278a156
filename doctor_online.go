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
	ask := func(k keyAt) bool {
		if asked[k.id] || len(asked) == maxAsked || ctx.Err() != nil {
			return true
		}
		asked[k.id] = true
		return d.ask(ctx, k)
	}
	list, _ := profile.PlaintextKeys(d.r.graph) // of files that can be read
	for _, k := range list {
		if len(d.o.Profiles) > 0 && !slices.Contains(d.o.Profiles, k.Profile) {
			continue
		}
		if !ask(keyAt{profile: k.Profile, where: k.AccessKeyID.Origin, id: k.AccessKeyID.Text, secret: k.Secret}) {
			return
		}
	}
	store, err := d.r.quietVault()
	if err != nil || store == nil {
		return
	}
	for _, k := range d.entries {
		entry, err := store.Get(ctx, k.entry)
		if err != nil || entry.AccessKeyID == "" {
			continue // locked, or a seed
		}
		k.id, k.secret = entry.AccessKeyID, entry.Secret
		if !ask(k) {
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
	o := r.VaultOptions(folder)
	if line, _ := r.Env(passphraseCommand); line != "" {
		o.Given = nil // it may ask somebody
	}
	age := vault.Open(o)
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

// keyAt is a key, and where it is kept.
type keyAt struct {
	profile string // or the entry's name
	where   origin.Origin
	id      string
	secret  secret.Text
	entry   string // of the vault, "" for one of a file
}

// rotation is what makes a new key of an old one.
func (k keyAt) rotation() string {
	rotate := "latchkey vault rotate " + explain.Word(k.profile)
	if k.entry == "" {
		return "latchkey vault import, then " + rotate
	}
	return rotate
}

// ask asks AWS about one key. It reports false when AWS cannot be reached.
func (d *doctor) ask(ctx context.Context, k keyAt) bool {
	account, err := d.r.Account(k.profile)
	if err != nil {
		return true // said by the plan
	}
	defer account.client.CloseIdle()
	found, err := account.Devices(ctx, k.id, k.secret)
	var refused *awsapi.APIError
	switch {
	case errors.As(err, &refused) && refused.HasCode("InvalidClientTokenId", "SignatureDoesNotMatch"):
		d.found.Add(explain.DeadKey(k.profile, k.where, k.id, refused.Code, k.entry))
		return true
	case err != nil && !errors.As(err, &refused):
		return ctx.Err() == nil && !unreachable(err)
	case found.User.Root():
		d.found.Add(explain.RootKey(k.profile, k.where, k.id))
		return true // it is to go, however old it is
	case err == nil && len(found.Usable) == 0 && len(found.Unusable) > 0:
		d.found.Add(explain.OnlySecurityKeys(k.profile, k.where, found.User.Name))
	}
	keys, err := account.client.ListAccessKeys(ctx, account.at.IAM, credentials(k.id, k.secret), found.User.Name)
	if err != nil {
		return !unreachable(err) // many may not list without MFA
	}
	for _, known := range keys {
		if known.ID == k.id && !known.CreateDate.IsZero() {
			d.found.Add(explain.KeyAge(k.profile, k.where, d.now.Sub(known.CreateDate), true, k.rotation())...)
		}
	}
	return true
}

func unreachable(err error) bool {
	var away *awsapi.UnreachableError
	return errors.As(err, &away)
}
