// Package session owns what happens to credentials between two uses: when they
// are renewed, who renews them while others wait, and what is handed out when
// the renewal fails. A [Cache] does that in one process; a [Store] keeps sessions
// sealed on disk and does it for all processes of the user.
//
// The package wraps any provider under the key it is given, and must not know what
// a step does, nor that there are profiles: names are only kept for people.
package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Windows say how long before the expiry credentials are renewed.
type Windows struct {
	// Advisory: one caller renews, the others go on with what there is, and a
	// failure is no error. Default 15 min.
	Advisory time.Duration
	// Mandatory: everybody waits for the renewal. Default 5 min.
	Mandatory time.Duration
	// Minimum: with less left, credentials are not handed out at all, because
	// the request they are for could outlive them. Default 1 min.
	Minimum time.Duration
}

// The defaults. Credentials that live 30 min or less (Identity Center and
// console sign-ins give such) are renewed after two thirds of their life:
// with fixed windows they would be renewed at every call.
const (
	defaultAdvisory  = 15 * time.Minute
	defaultMandatory = 5 * time.Minute
	defaultMinimum   = time.Minute
	shortLife        = 30 * time.Minute
)

// Options are the settings of a Cache.
type Options struct {
	// Now is required.
	Now func() time.Time
	// Windows replaces the default windows where not zero.
	Windows Windows
	// Jitter returns a number from 0 to 1 by which the advisory window is
	// shortened by up to a tenth, so that many processes do not renew at the
	// same moment. Nil: no jitter.
	Jitter func() float64
	// Failed is told of renewals that failed while the old credentials were
	// still handed out. It must not block. Nil: nobody is told.
	Failed func(error)
}

// Cache keeps the credentials of a provider and renews them in time. At most
// one call of the provider is under way at any moment. An error is never kept:
// the next caller tries again. It is safe for concurrent use and starts no
// goroutine.
type Cache struct {
	provider aws.CredentialsProvider
	opts     Options

	mu      sync.Mutex
	current aws.Credentials
	valid   bool // current holds an answer of the provider
	// renewAt is when one caller renews, mandatoryAt when all wait for it.
	renewAt, mandatoryAt time.Time
	flight               *flight
}

// flight is one call of the provider that others wait for.
type flight struct {
	done  chan struct{}
	creds aws.Credentials
	err   error
	// abandoned: the caller that flew was cancelled, which is not the others'
	// failure.
	abandoned bool
}

// NewCache wraps p. It panics if opts.Now is nil.
func NewCache(p aws.CredentialsProvider, opts Options) *Cache {
	if opts.Now == nil {
		panic("session: Options.Now is required")
	}
	return &Cache{provider: p, opts: opts}
}

// ExpiringError means that a provider answered with credentials that are about
// to expire or have expired. They are not handed out, and asking again is left
// to the next caller.
type ExpiringError struct {
	Expires time.Time
	Left    time.Duration
}

func (e *ExpiringError) Error() string {
	if e.Left <= 0 {
		return fmt.Sprintf("the credentials arrived expired (at %s)", e.Expires.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("the credentials arrived with %s left", e.Left.Round(time.Second))
}

// Retrieve returns credentials that are good for at least the minimum, renewing
// them when it is time. While an advisory renewal is under way, other callers
// get what there is at once. A cancelled ctx ends only its own caller's wait.
func (c *Cache) Retrieve(ctx context.Context) (aws.Credentials, error) {
	for {
		creds, f, mine := c.next()
		if f == nil {
			return creds, nil
		}
		if mine {
			return c.fly(ctx, f)
		}
		select {
		case <-ctx.Done():
			return aws.Credentials{}, ctx.Err()
		case <-f.done:
		}
		if !f.abandoned {
			return f.creds, f.err
		}
	}
}

// Invalidate forgets the credentials: the next Retrieve asks the provider.
func (c *Cache) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.valid = aws.Credentials{}, false
}

// next decides what a caller does: use the credentials (no flight), wait for a
// flight, or fly itself.
func (c *Cache) next() (aws.Credentials, *flight, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.valid {
		now := c.opts.Now()
		fresh := !c.current.CanExpire || now.Before(c.renewAt)
		if fresh || c.flight != nil && now.Before(c.mandatoryAt) {
			return c.current, nil, false
		}
	}
	if c.flight != nil {
		return aws.Credentials{}, c.flight, false
	}
	c.flight = &flight{done: make(chan struct{})}
	return aws.Credentials{}, c.flight, true
}

// fly calls the provider and settles the flight.
func (c *Cache) fly(ctx context.Context, f *flight) (aws.Credentials, error) {
	settled := false
	defer func() {
		if !settled { // the provider panicked: let the others try
			c.settle(f, func() { f.abandoned = true })
		}
	}()
	creds, err := c.provider.Retrieve(ctx)
	settled = true
	now := c.opts.Now()
	if err == nil && creds.CanExpire && creds.Expires.Sub(now) < c.minimum() {
		err = &ExpiringError{Expires: creds.Expires, Left: creds.Expires.Sub(now)}
	}
	c.settle(f, func() {
		if err == nil {
			c.keep(creds, now)
			f.creds = creds
			return
		}
		f.abandoned = ctx.Err() != nil
		if c.valid && (!c.current.CanExpire || c.current.Expires.Sub(now) >= c.minimum()) {
			f.creds = c.current
			c.renewAt = now.Add(c.pause(now))
			if c.opts.Failed != nil {
				c.opts.Failed(err)
			}
			return
		}
		f.err = err
	})
	return f.creds, f.err
}

func (c *Cache) settle(f *flight, set func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set()
	c.flight = nil
	close(f.done)
}

// pause keeps a failing source from being asked at every call while the old
// credentials still serve.
func (c *Cache) pause(now time.Time) time.Duration {
	return min(30*time.Second, max(0, c.current.Expires.Sub(now)-c.minimum()))
}

func (c *Cache) keep(creds aws.Credentials, now time.Time) {
	c.current, c.valid = creds, true
	if !creds.CanExpire {
		return
	}
	advisory, mandatory := c.opts.Windows.bounds(creds.Expires.Sub(now), c.opts.Jitter)
	c.renewAt = creds.Expires.Add(-advisory)
	c.mandatoryAt = creds.Expires.Add(-mandatory)
}

func (c *Cache) minimum() time.Duration { return c.opts.Windows.minimum() }
