package iamcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// markName is what an entry that was set up keeps its mark under.
const markName = "enroll"

// mark is what an entry keeps of its set-up, so that another run goes on with it.
type mark struct {
	// First is the id of the key that others may have seen: while the entry has it,
	// it is to be replaced.
	First string `json:"first,omitempty"`
	// Creating is when a key was about to be made that is not in the entry.
	Creating time.Time `json:"creating,omitzero"`
}

// lookUp reads an entry, and takes its key.
func (e *enroller) lookUp(ctx context.Context, name string) error {
	if vault.CheckName(name) != nil {
		return nil
	}
	if _, err := e.store.Stamp(name); err != nil {
		if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrNoVault) {
			return nil
		}
		return err
	}
	entry, err := e.store.Get(ctx, name)
	if err != nil {
		return err
	}
	if entry.Command != "" {
		return e.Failure(fmt.Errorf("%s is a command of a password manager, which keeps the key", cell(name)), "choose another name with --as")
	}
	return e.take(entry)
}

func (e *enroller) take(entry vault.Entry) error {
	e.entry, e.name = entry, entry.Name
	e.mark = markOf(entry)
	if entry.AccessKeyID == "" {
		return nil
	}
	return e.use(iam.Key{ID: entry.AccessKeyID, Secret: entry.Secret})
}

func markOf(entry vault.Entry) mark {
	var m mark
	_ = json.Unmarshal([]byte(entry.Extra[markName].Reveal()), &m) // of an entry that was not made here: none
	return m
}

// lookUpKey finds the entry that was made of the key in hand, under whichever name.
func (e *enroller) lookUpKey(ctx context.Context) error {
	if e.o.as != "" {
		return nil // that name has no entry
	}
	names, err := e.marked(ctx, func(m mark, entry vault.Entry) bool { return m.First == e.key.ID || entry.AccessKeyID == e.key.ID })
	if err != nil || len(names) == 0 {
		return err
	}
	return e.lookUp(ctx, names[0])
}

// marked lists the entries of set-ups that fit.
func (e *enroller) marked(ctx context.Context, fits func(mark, vault.Entry) bool) ([]string, error) {
	all, err := e.store.List(ctx)
	if errors.Is(err, vault.ErrNoVault) || errors.Is(err, latchkey.ErrNoHome) {
		return nil, nil
	}
	var names []string
	for _, name := range all {
		if strings.HasSuffix(name, latchkey.JournalOf("")) {
			continue
		}
		entry, err := e.store.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		if _, ok := entry.Extra[markName]; ok && fits(markOf(entry), entry) {
			names = append(names, name)
		}
	}
	return names, err
}

// put writes the entry with its mark.
func (e *enroller) put(ctx context.Context) error {
	text, err := json.Marshal(e.mark)
	if err != nil {
		return err
	}
	if e.entry.Extra == nil {
		e.entry.Extra = map[string]secret.Text{}
	}
	e.entry.Extra[markName] = secret.New(string(text))
	if e.entry.Name != "" {
		return e.store.Put(ctx, e.entry)
	}
	e.entry.Name, e.entry.Created = e.name, e.Now().UTC().Truncate(time.Second)
	err = e.store.Add(ctx, e.entry)
	var exists *vault.ExistsError
	if errors.As(err, &exists) {
		err = e.Failure(fmt.Errorf("the vault has an entry %s already, with another key", cell(e.name)),
			"choose another name with --as, or go on with that one: latchkey iam enroll "+explain.Word(e.name))
	}
	if err != nil {
		e.entry.Name = ""
	}
	return err
}

// keepFirst puts the first key into the vault, before anything else is done with it:
// from then on another run finds it there.
func (e *enroller) keepFirst(ctx context.Context) error {
	if err := e.ReadyVault(ctx, e.resolver, e.o.keepIn, e.ask); err != nil {
		return err
	}
	if e.key.ID == "" || e.entry.AccessKeyID != "" {
		return nil
	}
	e.entry.AccessKeyID, e.entry.Secret, e.mark.First = e.key.ID, e.key.Secret, e.key.ID
	if err := e.put(ctx); err != nil {
		return err
	}
	e.out.Changed = true
	e.Say("key %s is in the vault as %s", e.key.ID, cell(e.name))
	return nil
}

// Began implements iam.FirstKeys.
func (e *enroller) Began(context.Context) (time.Time, error) { return e.mark.Creating, nil }

// Begin implements iam.FirstKeys.
func (e *enroller) Begin(ctx context.Context, at time.Time) error {
	e.mark.Creating = at
	return e.put(ctx)
}

// Store implements iam.FirstKeys.
func (e *enroller) Store(ctx context.Context, k iam.Key) error {
	e.mark = mark{}
	e.entry.AccessKeyID, e.entry.Secret = k.ID, k.Secret
	return e.put(ctx)
}

// keepSeed puts the seed of the device into the entry.
func (e *enroller) keepSeed(ctx context.Context, s iam.Seed) error {
	e.entry.Seed, e.entry.MFASerial = s.Text, s.Serial
	return e.put(ctx)
}
