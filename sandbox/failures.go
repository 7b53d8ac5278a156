package sandbox

import (
	"errors"
	"fmt"
	"sync"
)

// maxFailures bounds how many failures there are at a time, spent ones included.
const maxFailures = 1000

// FailureCount is a failure and what has come of it.
type FailureCount struct {
	Failure Failure `json:"failure"`
	Seen    int     `json:"seen"` // matching requests, those let through included
	Hits    int     `json:"hits"` // requests that it failed
}

// failureList are the failures on demand, in the order of their making.
type failureList struct {
	mu   sync.Mutex
	list []FailureCount

	closing chan struct{} // closed when the server closes: nobody waits any more
	once    sync.Once
}

// begin puts a world's failures in place.
func (l *failureList) begin(list []Failure) {
	l.closing = make(chan struct{})
	for _, f := range list {
		l.list = append(l.list, FailureCount{Failure: f})
	}
}

// release ends all waiting.
func (l *failureList) release() { l.once.Do(func() { close(l.closing) }) }

// take finds the failure that a request meets. The first that matches and is
// not spent has it; only one that is still skipping leaves it to the next.
func (l *failureList) take(service, operation string) (Failure, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.list {
		c := &l.list[i]
		f := &c.Failure
		if f.Service != "" && f.Service != service || f.Operation != "" && f.Operation != operation {
			continue
		}
		if f.changesCredentials() && !handsOut(operation) {
			continue
		}
		if f.Times > 0 && c.Hits >= f.Times {
			continue
		}
		c.Seen++
		if c.Seen <= f.Skip {
			continue
		}
		c.Hits++
		return *f, true
	}
	return Failure{}, false
}

// Fail makes requests fail on demand, after the failures that are there already:
// the first that matches and is not spent decides. The control API under
// /_sandbox/ never fails. The error says what is wrong with f.
func (s *Server) Fail(f Failure) error {
	if wrong := f.mistakes(); len(wrong) > 0 {
		return fmt.Errorf("failure: %s", wrong[0].text)
	}
	l := &s.failing
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) >= maxFailures {
		return errors.New("failure: there are too many; remove them first")
	}
	l.list = append(l.list, FailureCount{Failure: f})
	return nil
}

// Failures lists the failures with how often each was met, spent ones included.
func (s *Server) Failures() []FailureCount {
	s.failing.mu.Lock()
	defer s.failing.mu.Unlock()
	return append([]FailureCount{}, s.failing.list...)
}

// ClearFailures removes all failures, those of the world included. Requests that
// have met one already are not freed.
func (s *Server) ClearFailures() {
	s.failing.mu.Lock()
	defer s.failing.mu.Unlock()
	s.failing.list = nil
}
