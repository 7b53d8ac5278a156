package sandbox

import (
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// identities is the state of IAM: what a world brings, and what calls have made
// of it since. What is read may be of a while ago (iam_delay), so that every
// entity keeps what it was.
type identities struct {
	calls sync.Mutex // held by each call of IAM: what it has checked stays true

	mu      sync.RWMutex
	records map[string]*record // by id
	made    int
	delay   time.Duration
	uses    map[string]keyUse // of access keys, by id
	spent   map[string]*codes // of devices, by id
}

// record is one entity through time, the oldest first.
type record struct{ versions []version }

type version struct {
	from time.Time
	is   *entity // nil: it is gone
}

// keyUse is the last request that was signed with a key.
type keyUse struct {
	at              time.Time
	service, region string
}

// view is the state of IAM as of a time.
type view struct {
	of *identities
	at time.Time
}

// present is the state as it is.
//
//go:noinline
func (l *identities) present() view { return view{of: l} }

// seen is what is known everywhere.
//
//go:noinline
func (l *identities) seen(now time.Time) view {
	if l.delay == 0 {
		return l.present()
	}
	return view{l, now.Add(-l.delay)}
}

// put stores an entity, new or changed.
func (l *identities) put(e *entity, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.store(e.id, version{now, e})
}

// add stores a new entity, to which it gives an order and, without one, an id.
func (l *identities) add(e *entity, now time.Time) *entity {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	e.order = l.made
	if e.id == "" {
		e.id = uniqueID(e.kind.prefix(), e.arn()+"#"+strconv.Itoa(l.made))
	}
	l.store(e.id, version{now, e})
	return e
}

// edit stores a changed copy.
//
//go:noinline
func (l *identities) edit(e *entity, now time.Time, change func(*entity)) *entity {
	next := e.clone()
	change(next)
	l.put(next, now)
	return next
}

func (l *identities) remove(e *entity, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.store(e.id, version{now, nil})
}

// store adds a version, and forgets those that no view shows any more. The
// caller holds the lock.
func (l *identities) store(id string, v version) {
	if l.records == nil {
		l.records = make(map[string]*record)
	}
	r := l.records[id]
	switch {
	case l.delay == 0 && v.is == nil:
		delete(l.records, id)
		return
	case r == nil:
		r = new(record)
		l.records[id] = r
	}
	past := r.versions
	for len(past) > 1 && !v.from.Add(-l.delay).Before(past[1].from) {
		past = past[1:]
	}
	if l.delay == 0 {
		past = nil
	}
	r.versions = append(append([]version(nil), past...), v)
}

// is returns what a record holds in the view; nil for nothing.
func (w view) is(r *record) *entity {
	if r == nil {
		return nil
	}
	for i := len(r.versions) - 1; i >= 0; i-- {
		if v := r.versions[i]; w.at.IsZero() || !v.from.After(w.at) {
			return v.is
		}
	}
	return nil
}

// byID finds an entity by its unique id.
func (w view) byID(id string) *entity {
	w.of.mu.RLock()
	defer w.of.mu.RUnlock()
	return w.is(w.of.records[id])
}

// list returns the entities that are meant, in the order they were made.
func (w view) list(kind entityKind, meant func(*entity) bool) []*entity {
	w.of.mu.RLock()
	defer w.of.mu.RUnlock()
	var out []*entity
	for _, r := range w.of.records {
		if e := w.is(r); e != nil && e.kind == kind && meant(e) {
			out = append(out, e)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].order < out[j].order })
	return out
}

func (w view) first(kind entityKind, meant func(*entity) bool) *entity {
	if all := w.list(kind, meant); len(all) > 0 {
		return all[0]
	}
	return nil
}

// in lists what an account has of a kind, by name as IAM does.
//
//go:noinline
func (w view) in(a *Account, kind entityKind) []*entity {
	all := w.list(kind, func(e *entity) bool { return e.account == a })
	sort.SliceStable(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

// named finds by name, whose case does not matter.
//
//go:noinline
func (w view) named(a *Account, kind entityKind, name string) *entity {
	return w.first(kind, func(e *entity) bool { return e.account == a && strings.EqualFold(e.name, name) })
}

// byARN finds by ARN, which is also a device's serial number.
func (w view) byARN(kind entityKind, arn string) *entity {
	if kind == aPolicy && strings.HasPrefix(arn, managedPrefix) {
		return managedPolicy(arn)
	}
	return w.first(kind, func(e *entity) bool { return strings.HasSuffix(arn, e.name) && e.arn() == arn })
}

// belongings are what an owner has of a kind.
//
//go:noinline
func (w view) belongings(owner *entity, kind entityKind) []*entity {
	return w.list(kind, func(e *entity) bool { return e.owner == owner.id })
}

// members are the users of a group.
func (w view) members(group *entity) []*entity {
	return w.list(aUser, func(e *entity) bool { return has(e.groups, group.id) })
}

// use records that a request was signed with a key; other ids are passed over.
func (l *identities) use(id, service, region string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.records[id] != nil {
		l.uses[id] = keyUse{now, service, region}
	}
}

func (l *identities) lastUse(id string) keyUse {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.uses[id]
}

//go:noinline
func has(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
