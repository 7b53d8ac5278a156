package sandbox

import (
	"encoding/base32"
	"encoding/base64"
	"sort"
	"sync"
	"time"
)

const (
	statusActive   = "Active"
	statusInactive = "Inactive"

	// worldAge is how old everything in a world is when a server starts.
	worldAge = 90 * 24 * time.Hour
	// maxKeys is AWS's limit for one user, inactive keys included.
	maxKeys = 2
)

// accessKeys are all long-term keys: those of the world and those that IAM has
// made since.
type accessKeys struct {
	mu   sync.Mutex
	byID map[string]*accessKey
	made int
}

// accessKey is one long-term key. It changes under the lock of accessKeys;
// copies are handed out.
type accessKey struct {
	caller   *caller // never changes
	order    int     // in which keys were made
	inactive bool
	created  time.Time
	works    time.Time // from when on it is known everywhere
	used     keyUse
}

type keyUse struct {
	at              time.Time // zero: never
	service, region string
}

func (k accessKey) status() string {
	if k.inactive {
		return statusInactive
	}
	return statusActive
}

func (l *accessKeys) add(k *accessKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(k)
}

// put adds a key; the caller holds the lock.
func (l *accessKeys) put(k *accessKey) {
	if l.byID == nil {
		l.byID = make(map[string]*accessKey)
	}
	l.made++
	k.order = l.made
	l.byID[k.caller.keyID] = k
}

// caller finds who has the key. An inactive key, and one that is so new that it
// is not known yet, is nobody's.
func (l *accessKeys) caller(id string, now time.Time) *caller {
	k, ok := l.get(id)
	if !ok || k.inactive || now.Before(k.works) {
		return nil
	}
	return k.caller
}

func (l *accessKeys) get(id string) (accessKey, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.byID[id]; k != nil {
		return *k, true
	}
	return accessKey{}, false
}

// use records that a request was signed with the key; other ids are passed over.
func (l *accessKeys) use(id, service, region string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.byID[id]; k != nil {
		k.used = keyUse{now, service, region}
	}
}

// of lists a subject's keys, oldest first.
func (l *accessKeys) of(who subject) []accessKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list(who)
}

// list is of; the caller holds the lock.
func (l *accessKeys) list(who subject) []accessKey {
	var out []accessKey
	for _, k := range l.byID {
		if who.has(k) {
			out = append(out, *k)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].order < out[j].order })
	return out
}

// create makes a key for the subject; false if it has as many as it may.
func (l *accessKeys) create(who subject, now time.Time, delay time.Duration) (accessKey, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list(who)) >= maxKeys {
		return accessKey{}, false
	}
	c := who.caller()
	// Key id and secret say EXAMPLE, like every key of the sandbox.
	c.keyID = "AKIA" + base32.StdEncoding.EncodeToString(random(10))[:9] + "EXAMPLE"
	c.secret = base64.StdEncoding.EncodeToString(random(24))[:30] + "EXAMPLEKEY"
	k := &accessKey{caller: c, created: now.Truncate(time.Second), works: now.Add(delay)}
	l.put(k)
	return *k, true
}

// set changes the subject's key's status; false if it has no such key.
func (l *accessKeys) set(who subject, id, status string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.byID[id]
	if k == nil || !who.has(k) {
		return false
	}
	k.inactive = status == statusInactive
	return true
}

// remove deletes the subject's key; false if it has no such key.
func (l *accessKeys) remove(who subject, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.byID[id]
	if k == nil || !who.has(k) {
		return false
	}
	delete(l.byID, id)
	return true
}

// subject is whose keys and devices a call of IAM is about: a user, or the
// account's root where user is nil.
type subject struct {
	account *Account
	user    *User
}

func (w subject) has(k *accessKey) bool {
	return k.caller.account == w.account && k.caller.user == w.user
}

// caller is the subject without a key.
func (w subject) caller() *caller {
	arn := w.arn()
	if w.user == nil {
		return &caller{kind: kindRoot, account: w.account, arn: arn, userID: w.account.ID}
	}
	return &caller{kind: kindUser, account: w.account, user: w.user, arn: arn, userID: uniqueID("AIDA", arn)}
}

func (w subject) arn() string {
	if w.user == nil {
		return w.account.arn("iam", "root")
	}
	return w.account.userARN(w.user)
}

func (w subject) name() string {
	if w.user == nil {
		return ""
	}
	return w.user.Name
}
