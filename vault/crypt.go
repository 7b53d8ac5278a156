package vault

import (
	"bytes"
	"context"
	"io"
	"time"

	"filippo.io/age"
)

func encrypt(plain []byte, to []age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// settling is how long what ctx ends has to leave the terminal as it was.
const settling = 100 * time.Millisecond

func decrypt(ctx context.Context, data []byte, keys []age.Identity) ([]byte, error) {
	return within(ctx, func() ([]byte, error) { return decryptAll(data, keys) })
}

// within waits for do no longer than ctx. A derivation and a plugin that waits for its
// token cannot be ended: they then go on beside, and end with this process at the
// latest, because a plugin's pipe is closed.
func within(ctx context.Context, do func() ([]byte, error)) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := do()
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(settling):
	}
	return nil, ctx.Err()
}

func decryptAll(data []byte, keys []age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), keys...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r) // an age file is longer than its content
}
