package provider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// VaultOptions say which entry of the vault is used.
type VaultOptions struct {
	// Entry is its name; Open gets its key, asking for what opens the vault if
	// it must.
	Entry string
	Open  func(ctx context.Context, entry string) (accessKeyID string, key secret.Text, err error)
	// AccountID is the key's account, "" if it is not known.
	AccountID string
}

// Vault yields a long-term key that is kept encrypted.
type Vault struct{ options VaultOptions }

// NewVault returns the provider of o.
func NewVault(o VaultOptions) *Vault { return &Vault{o} }

// Retrieve opens the entry. Errors: those of Open, *[IncompleteError], *[MalformedError].
func (v *Vault) Retrieve(ctx context.Context) (aws.Credentials, error) {
	id, key, err := v.options.Open(ctx, v.options.Entry)
	if err != nil {
		return aws.Credentials{}, err
	}
	creds := aws.Credentials{AccessKeyID: id, SecretAccessKey: key.Reveal(), AccountID: v.options.AccountID}
	return accept(creds, SourceVault, time.Time{}, 0)
}
