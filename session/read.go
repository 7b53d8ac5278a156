package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/diskfile"
)

// errAbsent says that there is no session, or none of this version and key.
var errAbsent = errors.New("no such session")

// look reads the session and judges it. A file that is of no use is a session
// that is not there; that it is damaged or cannot be read is told.
func (p *shared) look(ctx context.Context) (*entry, standing) {
	s := p.store
	e, err := s.read(ctx, p.about.Key)
	if err != nil {
		if !errors.Is(err, errAbsent) {
			s.warn(err)
		}
		return nil, spent
	}
	state := s.standing(&e.header)
	if e.deadline.Sub(s.opts.Now()) < p.about.Minimum {
		state = spent
	}
	if state == spent {
		return nil, spent
	}
	s.skew.Store(int64(e.expires.Sub(e.deadline)))
	return e, state
}

// Held returns the session of about if it is here and nothing is due: no renewal,
// so no lock and nobody to wait for. If it returns false, the provider of
// [Store.Wrap] finds out why.
func (s *Store) Held(ctx context.Context, about About) (aws.Credentials, bool) {
	e, state := (&shared{store: s, about: about}).look(ctx)
	if state != fresh {
		return aws.Credentials{}, false
	}
	return e.creds, true
}

// read opens the session file of a session key. Errors: errAbsent,
// *DamagedError, or the system's.
func (s *Store) read(ctx context.Context, session string) (*entry, error) {
	data, h, err := s.head(session)
	if err != nil {
		return nil, err
	}
	key, err := s.keyOf(ctx, h.keyID)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAbsent, err)
	}
	e, err := open(data, &h, &key, session)
	if err != nil {
		return nil, &DamagedError{Path: s.file(session), Why: err.Error()}
	}
	return e, nil
}

// head reads a session file and the part of it that needs no key.
func (s *Store) head(session string) ([]byte, header, error) {
	data, err := content(s.file(session), maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, header{}, errAbsent
	case err != nil:
		return nil, header{}, err
	case len(data) > maxFile:
		return nil, header{}, &DamagedError{Path: s.file(session), Why: "it is too long"}
	}
	h, err := parseHeader(data)
	switch {
	case errors.Is(err, errFormat):
		return nil, header{}, errAbsent
	case err != nil:
		return nil, header{}, &DamagedError{Path: s.file(session), Why: err.Error()}
	}
	return data, h, nil
}

// content reads a file, or a little more than limit of it. For nearly all
// sessions that is one read: what a disk's file gives short is all of it.
func content(path string, limit int) ([]byte, error) {
	file, err := diskfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, min(limit+1, 4096))
	n := 0
	for {
		more, err := file.Read(data[n:])
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n += more; n < len(data) || n > limit {
			return data[:n], nil
		}
		data = append(data, make([]byte, len(data))...)
	}
}
