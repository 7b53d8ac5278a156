package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// Info is what can be told of a kept session.
type Info struct {
	// Key is the session key.
	Key string
	// Kind, Profile and Detail are those of [About]; AccessKeyID and AccountID the
	// credentials' own. All are empty where Err is not nil.
	Kind, Profile, Detail, AccessKeyID, AccountID string
	// Obtained is by this machine's clock, Expires by AWS's. Zero for a file of
	// which not even that can be read.
	Obtained, Expires time.Time
	// Left is how long the session can be used.
	Left time.Duration
	// Due: whoever wants the session next tries to renew it, without asking anybody,
	// and goes on with it if that fails. Must: it is renewed as if there were none,
	// with all that takes. Neither is said of one that ends in a minute.
	Due, Must bool
	// Err says why the session cannot be used: [ErrNoKey] for one sealed before
	// this login, *[DamagedError], or the system's.
	Err error
}

// List returns what is kept, the soonest to expire first, expired ones left
// out. A folder that is not there is an empty one.
func (s *Store) List(ctx context.Context) ([]Info, error) {
	all, err := s.all(ctx)
	return slices.DeleteFunc(all, func(i Info) bool { return i.Err == nil && i.Left <= 0 }), err
}

func (s *Store) all(ctx context.Context) ([]Info, error) {
	names, err := os.ReadDir(s.opts.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Info
	for _, name := range names {
		if !isKey(name.Name()) || !name.Type().IsRegular() {
			continue
		}
		if info, ok := s.info(ctx, name.Name()); ok {
			list = append(list, info)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Expires.Compare(list[j].Expires) < 0 })
	return list, err
}

// info reports false for a session that is not there any more or of another
// version.
func (s *Store) info(ctx context.Context, session string) (Info, bool) {
	info := Info{Key: session}
	_, h, err := s.head(session)
	if errors.Is(err, errAbsent) {
		return info, false
	}
	if info.Err = err; err != nil {
		return info, true
	}
	info.Obtained, info.Expires, info.Left = h.obtained, h.expires, h.deadline.Sub(s.opts.Now())
	state := s.standing(&h)
	info.Due, info.Must = state == advisory, state == mandatory
	e, err := s.read(ctx, session)
	if info.Err = err; err != nil {
		return info, true
	}
	info.Kind, info.Profile, info.Detail = e.kind, e.profile, e.detail
	info.AccessKeyID, info.AccountID = e.creds.AccessKeyID, e.creds.AccountID
	return info, true
}

// Forget removes the sessions for which match is true, damaged and expired ones
// among them, and returns how many those were. A nil match removes all.
func (s *Store) Forget(ctx context.Context, match func(Info) bool) (int, error) {
	all, err := s.all(ctx)
	count := 0
	for _, info := range all {
		if match != nil && !match(info) {
			continue
		}
		switch e := os.Remove(s.file(info.Key)); {
		case e == nil:
			count++
		case !errors.Is(e, fs.ErrNotExist):
			err = errors.Join(err, e)
		}
	}
	return count, err
}

const (
	// sweepMost is how many names one sweep looks at.
	sweepMost = 256
	// tempAge is how old a temporary file must be that nobody is writing any more.
	tempAge = time.Hour
	// failureAge is how old a record of a failure must be that nobody waits for
	// any more.
	failureAge = 24 * time.Hour
)

// sweep removes expired sessions, old records of failures, and what killed
// processes left behind. It looks at a limited number of files, for it runs each
// time a session is kept.
func (s *Store) sweep(except string, now time.Time) {
	s.sweepFolder(s.opts.Folder, except, now)
	if s.opts.Locks != s.opts.Folder {
		s.sweepFolder(s.opts.Locks, except, now)
	}
}

func (s *Store) sweepFolder(path, except string, now time.Time) {
	folder, err := os.Open(path)
	if err != nil {
		return
	}
	names, _ := folder.Readdirnames(sweepMost)
	_ = folder.Close()
	for _, name := range names {
		temp, _ := filepath.Match(atomicfile.TempPattern, name)
		failed, isFailure := strings.CutSuffix(name, failureSuffix)
		switch {
		case temp:
			sweepOld(filepath.Join(path, name), now, tempAge)
		case isFailure && isKey(failed):
			sweepOld(filepath.Join(path, name), now, failureAge)
		case name != except && isKey(name):
			s.sweepSession(name, now)
		}
	}
}

func sweepOld(path string, now time.Time, age time.Duration) {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > age {
		_ = os.Remove(path)
	}
}

// sweepSession removes an expired session, with its lock: the process that holds
// it may just be putting a new one there.
func (s *Store) sweepSession(session string, now time.Time) {
	expired := func() bool {
		_, h, err := s.head(session)
		return err == nil && h.deadline.Before(now)
	}
	if !expired() {
		return
	}
	lock, ok, err := lockfile.Try(s.lockFile(session))
	if !ok || err != nil {
		return
	}
	if expired() {
		_ = os.Remove(s.file(session))
	}
	_ = lock.Release()
}
