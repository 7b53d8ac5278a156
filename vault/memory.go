package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"

	"github.com/latchkey-aws/latchkey/secret"
)

// Memory is a store that ends with the process. It is safe for use by several
// goroutines.
type Memory struct {
	mu      sync.Mutex
	entries map[string]secret.Text // encoded as a file would hold them
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{entries: map[string]secret.Text{}} }

// List returns the names of all entries, sorted.
func (m *Memory) List(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names(), nil
}

func (m *Memory) names() []string { return slices.Sorted(maps.Keys(m.entries)) }

// find returns the encoded entry; the caller holds the lock.
func (m *Memory) find(name string) (secret.Text, error) {
	if err := CheckName(name); err != nil {
		return secret.Text{}, err
	}
	data, ok := m.entries[name]
	if !ok {
		return data, &NotFoundError{Name: name, Near: near(name, m.names())}
	}
	return data, nil
}

// Get returns one entry.
func (m *Memory) Get(_ context.Context, name string) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := m.find(name)
	if err != nil {
		return Entry{}, err
	}
	return Decode(name, []byte(data.Reveal()))
}

// Put creates or replaces the entry.
func (m *Memory) Put(_ context.Context, e Entry) error { return m.put(e, false) }

// Add is Put for a name that is free.
func (m *Memory) Add(_ context.Context, e Entry) error { return m.put(e, true) }

func (m *Memory) put(e Entry, isNew bool) error {
	data, err := Encode(e)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.entries[e.Name]; taken && isNew {
		return &ExistsError{e.Name}
	}
	m.entries[e.Name] = secret.New(string(data))
	return nil
}

// Remove deletes the entry.
func (m *Memory) Remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.find(name); err != nil {
		return err
	}
	delete(m.entries, name)
	return nil
}

// Stamp returns a digest of the entry.
func (m *Memory) Stamp(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := m.find(name)
	if err != nil {
		return "", err
	}
	return stamp([]byte(data.Reveal())), nil
}

// stamp is what Stamp returns for the content of a file.
func stamp(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
