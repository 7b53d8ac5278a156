package vaultcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// read gets the key, and the seed if that is wanted.
func (d *Deps) read(ctx context.Context, o *addOptions, ask Asker, e *vault.Entry) error {
	switch {
	case o.fromEnv:
		return d.fromEnv(e)
	case o.stdin || !d.Terminal(d.Stdin):
		text, seed, err := d.readStdin(o.totp)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) > 0 || o.stdin {
			if err := d.parseKey(e, text); err != nil || !o.totp {
				return err
			}
			return d.parseSeed(e, seed)
		}
	}
	id, err := ask.Ask(ctx, latchkey.Question{Prompt: "access key id", Reason: "The key of " + o.name + " for the vault."})
	if err != nil {
		return d.nobody(err)
	}
	key, err := ask.Ask(ctx, latchkey.Question{Prompt: "secret access key", Reason: "The key of " + o.name + " for the vault.", Hidden: true})
	if err != nil {
		return d.nobody(err)
	}
	if err := d.parseKey(e, []byte(strings.TrimSpace(id)+"\n"+strings.TrimSpace(key))); err != nil || !o.totp {
		return err
	}
	seed, err := ask.Ask(ctx, latchkey.Question{Prompt: "TOTP seed of the MFA device", Reason: "What the QR code holds, in base32.", Hidden: true})
	if err != nil {
		return d.nobody(err)
	}
	return d.parseSeed(e, secret.New(seed))
}

// parseSeed reads the seed of a device as people have it: in groups with blanks
// between them, or as the text of a QR code.
func (d *Deps) parseSeed(e *vault.Entry, given secret.Text) error {
	text := strings.TrimSpace(given.Reveal())
	if at, err := url.Parse(text); err == nil && at.Scheme == "otpauth" {
		text = at.Query().Get("secret")
	}
	e.Seed = secret.New(strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "=", "").Replace(text)))
	if _, err := mfa.TOTP(e.Seed, d.Now()); err != nil {
		return d.Usage("what was given for the TOTP seed is none", "give the base32 text of the device, or the otpauth: text of its QR code; from standard input it is the last line, after the key")
	}
	return nil
}

func (d *Deps) nobody(err error) error {
	if errors.Is(err, latchkey.ErrNobody) {
		return d.Failure(&nobodyError{"the key is asked for, and there is nobody to ask"}, "run it in a terminal, pipe the key into it, or use --from-env")
	}
	return err
}

func (d *Deps) fromEnv(e *vault.Entry) error {
	id, key := d.Env("AWS_ACCESS_KEY_ID"), d.Env("AWS_SECRET_ACCESS_KEY")
	if id == "" || key == "" {
		return d.Usage("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set", "set them, or leave --from-env out")
	}
	if d.Env("AWS_SESSION_TOKEN") != "" {
		return d.Failure(errors.New("the environment has a session (AWS_SESSION_TOKEN); a vault holds long-term keys"), "unset it, or give the long-term key")
	}
	return d.parseKey(e, []byte(id+"\n"+key))
}

// parseKey reads an access key out of what was given.
func (d *Deps) parseKey(e *vault.Entry, text []byte) error {
	var err error
	if e.AccessKeyID, e.Secret, err = vault.ParseKey(text); err != nil {
		return d.Usage(err.Error(), "give the key's id and its secret: on two lines, as the CSV of the console, as JSON, or as lines of a credentials file")
	}
	return nil
}

// maxStdin is how much standard input is read, in bytes.
const maxStdin = 64 << 10

// readStdin reads the key and, as the last line, the seed.
func (d *Deps) readStdin(withSeed bool) (text []byte, seed secret.Text, err error) {
	text, err = io.ReadAll(io.LimitReader(d.Stdin, maxStdin+1))
	if err != nil {
		return nil, seed, fmt.Errorf("standard input: %w", err)
	}
	if len(text) > maxStdin {
		return nil, seed, d.Failure(errors.New("standard input: longer than 64 KiB"), "pipe in the key alone, as AWS shows it")
	}
	if withSeed {
		text = bytes.TrimRight(text, "\r\n")
		i := bytes.LastIndexByte(text, '\n')
		seed = secret.New(strings.TrimSpace(string(text[i+1:])))
		text = text[:max(i, 0)]
	}
	return text, seed, nil
}
