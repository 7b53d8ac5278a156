package sso

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// throttledPatience is how long one call of a discovery waits in all between
	// tries that AWS throttles; troublePatience, between those that it answers
	// with trouble of its own. Each try is already three requests of awsapi.
	throttledPatience = 2 * time.Minute
	troublePatience   = 5 * time.Second
	firstWait         = 500 * time.Millisecond
	longestWait       = 10 * time.Second
	// growAfter is how many calls have to go well, for each that may run at once,
	// before one more may.
	growAfter = 10
)

// turns says how many calls may run at once: one less after each that AWS
// throttles, one more again after many that went well.
type turns struct {
	free  chan struct{}
	mu    sync.Mutex
	limit int
	most  int
	good  int // calls that went well since the limit changed
}

func newTurns(most int) *turns {
	t := &turns{free: make(chan struct{}, most), limit: most, most: most}
	for range most {
		t.free <- struct{}{}
	}
	return t
}

func (t *turns) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.free:
		return nil
	}
}

// give returns a turn, and judges by how the call went how many there are.
func (t *turns) give(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.good++
	case patience(err) == throttledPatience:
		t.good = 0
		if t.limit > 1 {
			t.limit--
			return // this turn is gone
		}
	}
	if t.good >= growAfter*t.limit && t.limit < t.most {
		t.good, t.limit = 0, t.limit+1
		t.free <- struct{}{}
	}
	t.free <- struct{}{}
}

// liveToken is the access token that all calls share, renewed when it is about to
// end: the discovery of a large organisation takes minutes.
type liveToken struct {
	mu      sync.Mutex
	text    secret.Text
	expires time.Time
}

func (d *discovery) accessToken(ctx context.Context) (secret.Text, error) {
	l := &d.token
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Empty() || l.expires.Sub(d.tokens.config.Now()) <= tokenfile.Window {
		text, expires, err := d.tokens.AccessToken(ctx)
		if err != nil {
			return secret.Text{}, err
		}
		l.text, l.expires = text, expires
	}
	return l.text, nil
}

// renew reports whether there is another token in place of one that AWS has ended.
func (d *discovery) renew(ctx context.Context, ended secret.Text) bool {
	d.token.mu.Lock()
	if d.token.text.Equal(ended) {
		d.token.text = secret.Text{}
	}
	d.token.mu.Unlock()
	token, err := d.accessToken(ctx)
	return err == nil && !token.Equal(ended)
}

// call makes one call when it is its turn, and again while AWS throttles it or is
// in trouble, and patience lasts.
func (d *discovery) call(ctx context.Context, do func(token secret.Text) error) error {
	waited, renewed := time.Duration(0), false
	for try := 0; ; try++ {
		token, err := d.accessToken(ctx)
		if err != nil {
			return err
		}
		if err := d.turns.take(ctx); err != nil {
			return fmt.Errorf("sso discovery: %w", err)
		}
		err = do(token)
		d.turns.give(err)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case statusOf(err) == http.StatusUnauthorized:
			err = d.tokens.Ended(token, err)
			if renewed || !d.renew(ctx, token) {
				return err
			}
			renewed = true
			continue
		}
		_, retryAfter := answerOf(err)
		wait := max(backoff(try), retryAfter)
		if waited += wait; waited > patience(err) {
			return err
		}
		if d.Waits != nil && waited >= noticeable {
			d.told.Do(func() { d.Waits(d.tokens.config.Now().Add(patience(err) - waited + wait)) })
		}
		if err := d.Sleep(ctx, wait); err != nil {
			return fmt.Errorf("sso discovery: %w", err)
		}
	}
}

// noticeable is how long one call is waited for in silence.
const noticeable = 2 * time.Second

// patience is how long it is worth waiting for another answer than this one.
func patience(err error) time.Duration {
	var api *awsapi.APIError
	switch status := statusOf(err); {
	case status == http.StatusTooManyRequests,
		errors.As(err, &api) && api.HasCode("TooManyRequestsException", "ThrottlingException", "SlowDown"):
		return throttledPatience
	case status >= 500:
		return troublePatience
	}
	return 0
}

// backoff is the wait after a try: twice that after the one before, half of it
// random.
func backoff(try int) time.Duration {
	d := min(firstWait<<min(try, 10), longestWait)
	return d/2 + rand.N(d/2+1)
}

// statusOf is the HTTP status of a portal's answer, 0 where err is none.
func statusOf(err error) int {
	status, _ := answerOf(err)
	return status
}

// answerOf is what a portal's answer says in its head; zero where err is none.
func answerOf(err error) (status int, retryAfter time.Duration) {
	var api *awsapi.APIError
	var other *awsapi.ResponseError
	switch {
	case errors.As(err, &api):
		return api.Status, api.RetryAfter
	case errors.As(err, &other):
		return other.Status, other.RetryAfter
	}
	return 0, 0
}
