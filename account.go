package latchkey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// Account calls AWS in the name of an IAM user's key, with the region, endpoints
// and certificates of a profile.
type Account struct {
	resolver *Resolver
	name     string
	client   *awsapi.Client
	at       iam.Endpoints
	always   bool // sign with MFA in any case
}

// Account returns the calls for a profile, which need not exist yet.
func (r *Resolver) Account(name string) (*Account, error) { return r.account(r.config(), name) }

func (r *Resolver) account(c chain.Config, name string) (*Account, error) {
	sts, bundle, err := chain.Endpoint(c, name, awsapi.STS)
	if err != nil {
		return nil, err
	}
	at, _, err := chain.Endpoint(c, name, awsapi.IAM)
	return &Account{resolver: r, name: name, client: r.client(bundle), at: iam.Endpoints{STS: sts, IAM: at}}, err
}

// Identity asks AWS whose a key is (GetCallerIdentity).
func (a *Account) Identity(ctx context.Context, id string, key secret.Text) (awsapi.CallerIdentity, error) {
	return a.client.GetCallerIdentity(ctx, a.at.STS, credentials(id, key))
}

// Devices asks AWS which MFA devices the key's user has.
func (a *Account) Devices(ctx context.Context, id string, key secret.Text) (iam.Found, error) {
	return iam.Devices(ctx, a.client, a.at, credentials(id, key))
}

func credentials(id string, key secret.Text) aws.Credentials {
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: key.Reveal(), Source: provider.SourceVault}
}

// WithMFA returns the account for a user whose policies want MFA for what is done,
// although they do not for looking.
func (a *Account) WithMFA() *Account {
	with := *a
	with.always = true
	return &with
}

// Rotation prepares the rotation of the key of a vault entry. Calls are signed
// with the key itself, or where that may not even list the user's keys, with an MFA
// session of the device that the profile or the entry names. The old key is
// deleted at once unless the caller sets Grace.
func (a *Account) Rotation(store vault.Store) iam.Rotation {
	keys := &rotationKeys{store: store, name: a.name, waiting: a.resolver.opts.Waiting, lock: filepath.Join(a.resolver.lockFolder(), "rotate-"+vault.Escape(a.name)+".lock")}
	return iam.Rotation{API: a.client, Endpoints: a.at, Keys: keys, Now: a.resolver.opts.Now, Sleep: pause.For,
		Sign: func(ctx context.Context, k iam.Key) (aws.Credentials, error) { return a.sign(ctx, store, k) }}
}

// sign is what signs IAM calls in a key's name.
func (a *Account) sign(ctx context.Context, store vault.Store, k iam.Key) (aws.Credentials, error) {
	key := credentials(k.ID, k.Secret)
	serial := ""
	if p, err := a.resolver.graph.Profile(a.name); err == nil {
		v, _ := p.Get("mfa_serial")
		serial = v.Text
	}
	e, err := store.Get(ctx, a.name)
	if err != nil {
		return aws.Credentials{}, err
	}
	if serial == "" {
		serial = e.MFASerial
	}
	if serial == "" {
		return key, nil
	}
	var denied *awsapi.APIError
	if !a.always {
		if _, err := a.client.ListAccessKeys(ctx, a.at.IAM, key, ""); !errors.As(err, &denied) || !denied.HasCode("AccessDenied") {
			return key, nil
		}
	}
	seed := mfa.Seed("the vault", func(context.Context, string) (secret.Text, error) { return seedOf(e, serial), nil })
	// The rotation has called AWS before, so that its clock is known.
	now := func() time.Time { return a.resolver.opts.Now().Add(a.client.Skew()) }
	code, err := codes{a.resolver, now, a.name, nil, seed, nil}.code(ctx, serial)
	if err != nil {
		return aws.Credentials{}, err
	}
	out, err := a.client.GetSessionToken(ctx, a.at.STS, key, awsapi.SessionTokenInput{SerialNumber: serial, TokenCode: code})
	return out.Credentials, err
}

// journalSuffix makes the name of the entry that holds a rotation's journal.
const journalSuffix = "/rotation"

// JournalOf returns the name of the vault entry that an unfinished rotation of an
// entry is kept under.
func JournalOf(name string) string { return name + journalSuffix }

// rotationKeys keeps a key and its rotation's journal in a vault, as two entries:
// the key's changes once.
type rotationKeys struct {
	store      vault.Store
	name, lock string
	waiting    func(holder string)
	// there says that the journal's entry is one: any other is left alone.
	there bool
}

func (k *rotationKeys) Lock(ctx context.Context) (func(), error) {
	lock, err := lockfile.Wait(ctx, k.lock, k.waiting)
	if err != nil {
		return nil, fmt.Errorf("rotation of %s: %w", k.name, err)
	}
	return func() { _ = lock.Release() }, nil
}

func (k *rotationKeys) Current(ctx context.Context) (iam.Key, error) {
	e, err := k.store.Get(ctx, k.name)
	return iam.Key{ID: e.AccessKeyID, Secret: e.Secret}, err
}

func (k *rotationKeys) Switch(ctx context.Context, next iam.Key) error {
	e, err := k.store.Get(ctx, k.name)
	if err != nil {
		return err
	}
	e.AccessKeyID, e.Secret = next.ID, next.Secret
	return k.store.Put(ctx, e)
}

// journalText is the name of the journal's text in its entry.
const journalText = "journal"

func (k *rotationKeys) Journal(ctx context.Context) (iam.Record, error) {
	e, err := k.store.Get(ctx, JournalOf(k.name))
	if errors.Is(err, vault.ErrNotFound) {
		return iam.Record{}, nil
	}
	text, there := e.Extra[journalText]
	if err == nil && !there {
		err = &vault.EntryError{Name: e.Name, Field: "Extra", Why: "holds no journal of a rotation, whose name this is: it has to be moved away"}
	}
	k.there = err == nil
	return iam.Record{Key: iam.Key{ID: e.AccessKeyID, Secret: e.Secret}, Text: text.Reveal()}, err
}

func (k *rotationKeys) WriteJournal(ctx context.Context, r iam.Record) error {
	write := k.store.Add
	if k.there {
		write = k.store.Put
	}
	err := write(ctx, vault.Entry{Name: JournalOf(k.name), AccessKeyID: r.Key.ID, Secret: r.Key.Secret,
		Note: "a key rotation that is not finished", Extra: map[string]secret.Text{journalText: secret.New(r.Text)}})
	k.there = k.there || err == nil
	return err
}

func (k *rotationKeys) RemoveJournal(ctx context.Context) error {
	err := k.store.Remove(ctx, JournalOf(k.name))
	if errors.Is(err, vault.ErrNotFound) {
		err = nil
	}
	k.there = k.there && err != nil
	return err
}
