package iamcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// begin finds the credentials to go on with, whose they are, and what an earlier run
// has left in the vault.
func (e *enroller) begin(ctx context.Context, args []string) error {
	var err error
	if e.resolver, e.ask, err = e.Load(""); err != nil {
		return err
	}
	if e.store, err = e.resolver.Vault(); err != nil {
		return err
	}
	if e.name = e.o.as; e.name == "" && len(args) > 0 {
		e.name = args[0]
	}
	if len(args) > 0 {
		e.given = args[0]
	}
	if err := e.find(ctx, args); err != nil {
		return err
	}
	if e.client == nil {
		if e.client, e.at, err = e.resolver.IAMOf(e.name, e.o.region); err != nil {
			return err
		}
	}
	if e.user, err = e.whoami(ctx); err != nil {
		return err
	}
	if e.user.Root() {
		return e.Root()
	}
	if e.name == "" {
		e.name = e.user.Name
	}
	if err := vault.CheckName(e.name); err != nil {
		return err
	}
	if !commandable(e.name) {
		return e.Usage("other tools could not be told the name "+cell(e.name)+" in a command line", "choose another with --as")
	}
	if e.entry.Name == "" { // the user's name may be that of an entry
		return e.lookUp(ctx, e.name)
	}
	return nil
}

// find finds the credentials: of the entry that an earlier run has made, of the CSV
// file, of the profile, or typed.
func (e *enroller) find(ctx context.Context, args []string) error {
	if e.name != "" {
		if err := e.lookUp(ctx, e.name); err != nil || e.key.ID != "" {
			return cmp.Or(err, e.sameKey())
		}
	}
	var err error
	switch {
	case e.o.csv != "":
		err = e.fromCSV()
	default:
		err = e.fromProfile(ctx, args)
	}
	var none *chain.NoCredentialsError
	var missing *profile.NotFoundError
	if errors.As(err, &none) || errors.As(err, &missing) {
		err = e.fromNothing(ctx)
	}
	if err != nil || e.key.ID == "" || e.entry.Name != "" {
		return err
	}
	return e.lookUpKey(ctx)
}

// sameKey makes sure that the file has the key that an earlier run has put into the
// vault. That it cannot be read any more is as it should be.
func (e *enroller) sameKey() error {
	kept := e.key
	if e.o.csv == "" || e.fromCSV() != nil {
		return nil
	}
	id := e.key.ID
	if err := e.use(kept); err != nil || id == kept.ID || id == e.mark.First {
		return err
	}
	return e.Failure(fmt.Errorf("vault entry %s has another key than %s", cell(e.name), cell(e.o.csv)), "choose another name with --as, or leave --csv out to go on with the key of the vault")
}

func (e *enroller) fromCSV() error {
	file, err := os.Open(e.o.csv)
	if err != nil {
		return e.Usage(err.Error(), "give the path of the CSV file that the console offers for a new key")
	}
	defer file.Close()
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return err
	}
	id, key, err := vault.ParseKey(text)
	if err != nil {
		return e.Usage(cell(e.o.csv)+": "+err.Error(), "give the CSV file that the console offers for a new access key")
	}
	return e.use(iam.Key{ID: id, Secret: key})
}

// use takes a long-term key.
func (e *enroller) use(k iam.Key) error {
	if !strings.HasPrefix(k.ID, "AKIA") {
		what := "this" // perhaps a secret
		if strings.Trim(k.ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
			what = "access key " + cell(k.ID)
		}
		return e.Usage(what+" is not the long-term key of an IAM user, whose ids begin with AKIA", "give the key that was made for you, its id first")
	}
	e.key, e.from = k, aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret.Reveal()}
	return nil
}

// fromProfile takes the credentials that a profile begins with.
func (e *enroller) fromProfile(ctx context.Context, args []string) error {
	c, err := e.Caller(ctx, args, CallerOptions{User: true, Sure: true})
	if err != nil {
		return err
	}
	e.client, e.at, e.from = c.Client, c.At, c.Credentials
	if r := c.Plan.Region; r.Origin.Kind == origin.KindFile {
		e.region = r.Text
	}
	first := c.Plan.Steps[0]
	if first.Profile != "" {
		e.given = first.Profile
	}
	if e.from.SessionToken == "" {
		e.key = iam.Key{ID: e.from.AccessKeyID, Secret: secret.New(e.from.SecretAccessKey)}
	}
	if entry := first.Get(chain.InputVaultEntry); entry != "" {
		if e.o.as == "" {
			e.name = entry
		}
		return e.lookUp(ctx, entry)
	}
	return nil
}

// fromNothing goes on with an entry that an earlier run has made, or asks for the
// first key.
func (e *enroller) fromNothing(ctx context.Context) error {
	marked, err := e.marked(ctx, func(m mark, _ vault.Entry) bool { return e.name == "" })
	if err != nil {
		return err
	}
	if len(marked) > 0 {
		n := 0
		if len(marked) > 1 {
			n, err = e.ask.Choose(ctx, "Which of these is to be gone on with?", marked)
			if errors.Is(err, latchkey.ErrNobody) {
				return e.nobody("several set-ups have been begun, and nobody is there to choose", "name one: latchkey iam enroll "+strings.Join(marked, " or "))
			}
			if err != nil {
				return err
			}
		}
		e.name = marked[n]
		if err := e.lookUp(ctx, e.name); err != nil || e.key.ID != "" {
			return err
		}
	}
	const reason = "The first key of an IAM user, to set up its access with."
	id, err := e.ask.Ask(ctx, latchkey.Question{Prompt: "access key id", Reason: reason})
	if err == nil {
		var key string
		if key, err = e.ask.Ask(ctx, latchkey.Question{Prompt: "secret access key", Reason: reason, Hidden: true}); err == nil {
			return e.use(iam.Key{ID: strings.TrimSpace(id), Secret: secret.New(strings.TrimSpace(key))})
		}
	}
	if errors.Is(err, latchkey.ErrNobody) {
		return e.nobody("there are no credentials to begin with, and nobody to ask for a key", "give the file of the console with --csv FILE, name a profile, or sign in: latchkey login PROFILE --console")
	}
	return err
}

// whoami asks AWS whose the credentials are. A key that was just made is not known
// everywhere.
func (e *enroller) whoami(ctx context.Context) (iam.User, error) {
	const limit, step = 15 * time.Second, 3 * time.Second
	for waited := time.Duration(0); ; waited += step {
		user, err := iam.Whoami(ctx, e.client, e.at, e.from)
		var refused *awsapi.APIError
		if !errors.As(err, &refused) || !refused.HasCode("InvalidClientTokenId") || waited >= limit {
			if err != nil && e.key.ID != "" {
				err = fmt.Errorf("key %s: %w", cell(e.key.ID), err)
			}
			return user, err
		}
		if waited == 0 {
			e.Say("AWS does not know key %s; one that was just made takes seconds, trying on", cell(e.from.AccessKeyID))
		}
		if err := pause.For(ctx, step); err != nil {
			return iam.User{}, err
		}
	}
}

// commandable reports whether a name can stand in a credential_process.
func commandable(name string) bool {
	return !strings.ContainsAny(name, "\"$`\\!'") && !strings.HasPrefix(name, "-")
}
