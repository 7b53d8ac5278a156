package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/latchkey-aws/latchkey/secret"
)

// The keychain's names; the account goes on with the key pair's id.
const (
	service = "latchkey"
	account = "vault-"
)

// identity is the secret half of a key pair, ready for use.
type identity struct {
	keys []age.Identity
	// recipient is the public half, "" where only a plugin knows it.
	recipient string
	// plain is the text that it can be made of again, empty where a plugin
	// holds the key: then there is nothing to keep unlocked.
	plain secret.Text
}

// parse reads an identity file's text or a PEM key without passphrase. Of
// several identities, the one of the recipient that is wanted counts, or else
// the first. Its errors hold nothing of the text.
func (a *Age) parse(ctx context.Context, text secret.Text, want string) (*identity, error) {
	if strings.HasPrefix(text.Reveal(), "-----BEGIN") {
		return a.sshKey([]byte(text.Reveal()), secret.Text{})
	}
	id := &identity{plain: text}
	number := 0
	for line := range strings.Lines(text.Reveal()) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, recipient, err := a.parseKey(ctx, line)
		if err != nil {
			// The cause may quote the line, which is a secret.
			return nil, fmt.Errorf("line %d is no age identity", number)
		}
		if recipient == "" {
			id.plain = secret.Text{}
		} else if id.recipient == "" || recipient == want {
			id.recipient = recipient
		}
		id.keys = append(id.keys, key)
	}
	if len(id.keys) == 0 {
		return nil, errors.New("holds no age identity")
	}
	return id, nil
}

func (a *Age) parseKey(ctx context.Context, line string) (key age.Identity, recipient string, err error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		key, err := age.ParseHybridIdentity(line)
		if err != nil {
			return nil, "", err
		}
		return key, key.Recipient().String(), nil
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		key, err := plugin.NewIdentity(line, a.plugin(ctx))
		return key, "", err
	}
	native, err := age.ParseX25519Identity(line)
	if err != nil {
		return nil, "", err
	}
	return native, native.Recipient().String(), nil
}

// plugin returns what plugins ask and show; age wants it to be there.
func (a *Age) plugin(ctx context.Context) *plugin.ClientUI {
	if a.o.Plugin == nil {
		return &plugin.ClientUI{}
	}
	return a.o.Plugin(ctx)
}

// sshKey opens an SSH private key.
func (a *Age) sshKey(pem []byte, passphrase secret.Text) (*identity, error) {
	if a.o.SSH == nil {
		return nil, errors.New("SSH keys cannot be used here")
	}
	key, err := a.o.SSH.Key(pem, passphrase)
	if err != nil {
		return nil, err
	}
	return &identity{[]age.Identity{key.Identity}, key.Recipient, key.Plain}, nil
}

// parseRecipients reads the lines of a recipients file. Its errors tell the
// number of the line among those that are neither empty nor a comment.
func (a *Age) parseRecipients(ctx context.Context, lines []string) ([]age.Recipient, error) {
	var to []age.Recipient
	for i, line := range lines {
		r, err := a.parseRecipient(ctx, line)
		if err != nil {
			return nil, fmt.Errorf("recipient %d is none that age knows", i+1)
		}
		to = append(to, r)
	}
	return to, nil
}

func (a *Age) parseRecipient(ctx context.Context, line string) (age.Recipient, error) {
	switch {
	case strings.HasPrefix(line, "ssh-"):
		if a.o.SSH == nil {
			return nil, errors.New("SSH keys cannot be used here")
		}
		return a.o.SSH.Recipient(line)
	case strings.HasPrefix(line, "age1pq1"):
		return age.ParseHybridRecipient(line)
	// A plugin's name stands between two 1s.
	case strings.HasPrefix(line, "age1") && strings.Count(line, "1") > 1:
		return plugin.NewRecipient(line, a.plugin(ctx))
	}
	return age.ParseX25519Recipient(line)
}

// sameRecipient compares recipients but for the comment of an SSH key.
func sameRecipient(line, recipient string) bool {
	if fields := strings.Fields(line); strings.HasPrefix(line, "ssh-") && len(fields) > 2 {
		line = fields[0] + " " + fields[1]
	}
	return line == recipient
}

// recipientIn returns the recipient that a plugin's identity file names in its
// comments, as plugins write them ("# Recipient: age1…"), "" if none.
func recipientIn(text string) string {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			if _, _, err := plugin.ParseRecipient(word); err == nil {
				return word
			}
		}
	}
	return ""
}

// wrapIdentity encrypts an identity with a passphrase, as age -p does.
func (a *Age) wrapIdentity(ctx context.Context, plain, passphrase secret.Text) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	if a.o.WorkFactor > 0 {
		to.SetWorkFactor(a.o.WorkFactor)
	}
	a.derived()
	return within(ctx, func() ([]byte, error) { return encrypt([]byte(plain.Reveal()+"\n"), []age.Recipient{to}) })
}

// unwrapIdentity is the reverse of wrapIdentity. A file that is not the one that
// was written is damaged, whatever the passphrase.
func (a *Age) unwrapIdentity(ctx context.Context, s settings, path string, data []byte, passphrase secret.Text) (*identity, error) {
	key, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, &PassphraseError{Path: path, Empty: true}
	}
	a.derived()
	plain, err := decrypt(ctx, data, []age.Identity{key})
	var mismatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &mismatch) && digest(data) == s.digest:
		return nil, &PassphraseError{Path: path}
	case err != nil:
		return nil, &DamagedError{path, "its content was changed or cut"}
	}
	id, err := a.parse(ctx, secret.New(string(bytes.TrimSpace(plain))), s.recipient)
	if err != nil {
		return nil, &DamagedError{path, err.Error()}
	}
	return id, nil
}

func (a *Age) derived() {
	if a.o.Derived != nil {
		a.o.Derived()
	}
}
