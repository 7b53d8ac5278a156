package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// KeySize is the length of a sealing key in bytes.
const KeySize = 32

// KeySource keeps the random key that seals sessions.
type KeySource interface {
	// Key returns the key and says in words where it is kept. With create, a
	// missing one is made, and all processes that do so at once end with the same
	// one. Errors: [ErrNoKey] without create; any other says that the place
	// cannot be used.
	Key(ctx context.Context, create bool) (key [KeySize]byte, where string, err error)
}

// createLimit is how long another process's making of the key is waited for.
const createLimit = 2 * time.Second

// place is where a key is kept. load's errors: ErrNoKey, or that the place
// cannot be used.
type place struct {
	where string
	lock  string // path of the lock under which a key is made
	load  func() ([]byte, error)
	save  func([]byte) error
}

// key reads the key of the place or makes one. What another process made
// meanwhile wins: sessions sealed with it are there already.
func (p place) key(ctx context.Context, create bool) ([KeySize]byte, string, error) {
	data, err := p.load()
	if !errors.Is(err, ErrNoKey) || !create {
		return exact(data, p.where, err)
	}
	waiting, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	lock, err := lockfile.Acquire(waiting, p.lock)
	if err != nil {
		return [KeySize]byte{}, p.where, err
	}
	defer func() { _ = lock.Release() }()
	if data, err = p.load(); !errors.Is(err, ErrNoKey) {
		return exact(data, p.where, err)
	}
	fresh := make([]byte, KeySize)
	rand.Read(fresh) // never fails: the program would end
	if err := p.save(fresh); err != nil {
		return [KeySize]byte{}, p.where, err
	}
	data, err = p.load()
	return exact(data, p.where, err)
}

func exact(data []byte, where string, err error) ([KeySize]byte, string, error) {
	var key [KeySize]byte
	if err == nil && copy(key[:], data) != KeySize {
		err = ErrNoKey
	}
	return key, where, err
}

// FirstOf asks one source after another and goes on where one cannot be used.
// Without create it also goes on where one has no key yet.
func FirstOf(sources ...KeySource) KeySource { return firstOf(sources) }

type firstOf []KeySource

func (f firstOf) Key(ctx context.Context, create bool) (key [KeySize]byte, where string, err error) {
	err = errors.New("no place to keep a session key")
	var none error
	for _, source := range f {
		key, where, err = source.Key(ctx, create)
		if err == nil {
			return key, where, nil
		}
		if errors.Is(err, ErrNoKey) {
			none = err
		}
	}
	if none != nil {
		err = none
	}
	return [KeySize]byte{}, where, err
}

// Ring is what KernelKey needs of the kernel's keyring; package
// internal/kernelring has it.
type Ring interface {
	Read(name string) ([]byte, error)
	Write(name string, data []byte, life time.Duration) error
}

// KernelKey keeps the key in the kernel's keyring under name, for as long as
// that lives. missing is the ring's error for a key that is not there; lock is
// the path of the lock under which the key is made.
func KernelKey(ring Ring, name string, missing error, lock string) KeySource {
	return kernelKey{ring, name, missing, lock}
}

type kernelKey struct {
	ring    Ring
	name    string
	missing error
	lock    string
}

func (k kernelKey) Key(ctx context.Context, create bool) ([KeySize]byte, string, error) {
	return place{"the kernel keyring", k.lock, k.load, k.save}.key(ctx, create)
}

func (k kernelKey) load() ([]byte, error) {
	data, err := k.ring.Read(k.name)
	if err != nil && errors.Is(err, k.missing) || err == nil && len(data) != KeySize {
		return nil, ErrNoKey
	}
	return data, err
}

func (k kernelKey) save(data []byte) error { return k.ring.Write(k.name, data, 0) }

// sealingKey is a key with the name under which files mention it.
type sealingKey struct {
	id    [8]byte
	bytes [KeySize]byte
}

func named(key [KeySize]byte) sealingKey {
	var text [21 + KeySize]byte
	copy(text[:], "latchkey session key ")
	copy(text[21:], key[:])
	sum := sha256.Sum256(text[:])
	return sealingKey{[8]byte(sum[:8]), key}
}

// keyOf returns the key that files call id, or ErrNoKey when sessions of that
// key can be read no more.
func (s *Store) keyOf(ctx context.Context, id [8]byte) (sealingKey, error) {
	s.mu.Lock()
	key, ok := s.key, s.keyed
	s.mu.Unlock()
	if ok && key.id == id {
		return key, nil
	}
	key, err := s.currentKey(ctx, false)
	if err == nil && key.id != id {
		err = ErrNoKey
	}
	return key, err
}

// currentKey asks the source, because a key may be gone any time.
func (s *Store) currentKey(ctx context.Context, create bool) (sealingKey, error) {
	if s.opts.Key == nil {
		return sealingKey{}, errors.New("no place to keep a session key")
	}
	bytes, _, err := s.opts.Key.Key(ctx, create)
	if err != nil {
		return sealingKey{}, err
	}
	key := named(bytes)
	s.mu.Lock()
	s.key, s.keyed = key, true
	s.mu.Unlock()
	return key, nil
}

// Where says where the sealing key is kept. Errors: as of [KeySource].
func (s *Store) Where(ctx context.Context) (string, error) {
	if s.opts.Key == nil {
		return "", errors.New("no place to keep a session key")
	}
	_, where, err := s.opts.Key.Key(ctx, false)
	return where, err
}
