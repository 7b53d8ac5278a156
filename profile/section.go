package profile

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	keyAccessKeyID   = "aws_access_key_id"
	keySecret        = "aws_secret_access_key"
	keyToken         = "aws_session_token"
	keySecurityToken = "aws_security_token"
	keyAccountID     = "aws_account_id"
	keyInclude       = "include_profile"
	keySource        = "source_profile"
	keyRole          = "role_arn"
	keySSOSession    = "sso_session"
	keyServices      = "services"
)

// secretKey reports whether the value of key never leaves as plain text.
func secretKey(key string) bool {
	return key == keySecret || key == keyToken || key == keySecurityToken
}

// staticKey reports whether key belongs to static keys, which stay within
// their section.
func staticKey(key string) bool { return key == keyAccessKeyID || secretKey(key) }

// entry is one property.
type entry struct {
	key, value string // the key in lower case
	line       int
	subs       []entry
}

func (e *entry) blank() bool { return strings.TrimSpace(e.value) == "" }

// layer is what one file says in all sections of one name.
type layer struct {
	file     *file
	line     int // of the first header
	entries  []entry
	included bool // comes from an included profile
}

// last returns the entry that decides key: the last one.
func (l *layer) last(key string) *entry {
	for i := len(l.entries) - 1; i >= 0; i-- {
		if l.entries[i].key == key {
			return &l.entries[i]
		}
	}
	return nil
}

// set returns the entry of key unless it is absent or blank.
func (l *layer) set(key string) *entry {
	if e := l.last(key); e != nil && !e.blank() {
		return e
	}
	return nil
}

func (l *layer) origin(e *entry) origin.Origin { return origin.File(l.file.path, e.line, e.key) }

func (l *layer) value(e *entry) origin.Value {
	return origin.Value{Text: e.value, Origin: l.origin(e)}
}

// Section is one section of the shared files, or a merge of several: in each
// file all sections of its name, the credentials file before the config file,
// then included profiles. It is immutable.
type Section struct {
	name   string
	origin origin.Origin
	layers []layer // the first that sets a key decides
}

// Name returns the name without kind and quotes.
func (s *Section) Name() string { return s.name }

// Origin returns the line of the header, in the config file if it is there.
func (s *Section) Origin() origin.Origin { return s.origin }

// Get returns the value of key, which is in lower case. ok is false where the
// key is absent or blank, and for keys whose value is secret.
func (s *Section) Get(key string) (v origin.Value, ok bool) {
	if secretKey(key) {
		return origin.Value{}, false
	}
	l, e := s.find(key)
	if e == nil {
		return origin.Value{}, false
	}
	return l.value(e), true
}

// Secret returns aws_secret_access_key, aws_session_token or
// aws_security_token. Where a complete key pair is configured only its own
// section is asked, so that parts of two identities never meet.
func (s *Section) Secret(key string) (t secret.Text, o origin.Origin, ok bool) {
	if !secretKey(key) {
		return secret.Text{}, origin.Origin{}, false
	}
	l, e := s.find(key)
	if e == nil {
		return secret.Text{}, origin.Origin{}, false
	}
	return secret.New(e.value), l.origin(e), true
}

// Nested returns a property one level below key, both in lower case: in
// [services x], Nested("sts", "endpoint_url").
func (s *Section) Nested(key, sub string) (v origin.Value, ok bool) {
	if secretKey(sub) {
		return origin.Value{}, false
	}
	for i := range s.layers {
		l := &s.layers[i]
		parent := l.last(key)
		if parent == nil {
			continue
		}
		for j := len(parent.subs) - 1; j >= 0; j-- {
			if e := &parent.subs[j]; e.key == sub {
				if e.blank() {
					break
				}
				return origin.Value{Text: e.value, Origin: origin.File(l.file.path, e.line, key+"."+sub)}, true
			}
		}
	}
	return origin.Value{}, false
}

// Keys returns the keys that are set, those with nested properties and secret
// ones included, sorted and each once. What stands in front of a delimiter may
// be anything, so a caller must not print keys that it does not know.
func (s *Section) Keys() []string {
	var keys []string
	for i := range s.layers {
		l := &s.layers[i]
		decided := make(map[string]bool, len(l.entries))
		for j := len(l.entries) - 1; j >= 0; j-- {
			e := &l.entries[j]
			if decided[e.key] || l.included && staticKey(e.key) {
				continue
			}
			decided[e.key] = true
			if !e.blank() || len(e.subs) > 0 {
				keys = append(keys, e.key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// find returns the entry that decides key and its layer.
func (s *Section) find(key string) (*layer, *entry) {
	static := staticKey(key)
	if static {
		if l := s.pair(); l != nil {
			return l, l.set(key)
		}
	}
	for i := range s.layers {
		l := &s.layers[i]
		if static && l.included {
			continue
		}
		if e := l.set(key); e != nil {
			return l, e
		}
	}
	return nil, nil
}

// pair returns the first layer with a complete key pair of the profile's own.
func (s *Section) pair() *layer {
	for i := range s.layers {
		l := &s.layers[i]
		if !l.included && l.set(keyAccessKeyID) != nil && l.set(keySecret) != nil {
			return l
		}
	}
	return nil
}
