package loopback

import (
	"strconv"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// The headers of the instance metadata service: EC2 user guide, "Use the
// Instance Metadata Service to access instance metadata".
const (
	TokenHeader = "X-Aws-Ec2-Metadata-Token"
	TTLHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
)

// The limits of the service: how long a token may live, in seconds, and how many
// there are at a time.
const (
	maxTokenSeconds = 21600
	maxTokens       = 256
)

// SessionTokens are those that a metadata service has given out, as digests. The
// oldest goes when there are 256.
type SessionTokens struct {
	mu    sync.Mutex
	ends  map[Token]time.Time
	order []Token // oldest first
}

// Begin makes a token for as many seconds as the request's [TTLHeader] says; not
// ok where that is no number from 1 to 21,600.
func (t *SessionTokens) Begin(ttl string, now time.Time) (token secret.Text, ok bool) {
	seconds, err := strconv.Atoi(ttl)
	if err != nil || seconds < 1 || seconds > maxTokenSeconds {
		return secret.Text{}, false
	}
	text, digest := NewToken()
	t.add(digest, now.Add(time.Duration(seconds)*time.Second))
	return text, true
}

func (t *SessionTokens) add(token Token, end time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ends == nil {
		t.ends = make(map[Token]time.Time)
	}
	if len(t.order) == maxTokens {
		delete(t.ends, t.order[0])
		t.order = append(t.order[:0], t.order[1:]...)
	}
	t.ends[token] = end
	t.order = append(t.order, token)
}

// Good reports whether a token is one of them and has not ended. What is looked up
// is a digest, whose prefix nobody can choose.
func (t *SessionTokens) Good(text string, now time.Time) bool {
	token := TokenOf(text)
	t.mu.Lock()
	defer t.mu.Unlock()
	end, known := t.ends[token]
	return known && now.Before(end)
}
