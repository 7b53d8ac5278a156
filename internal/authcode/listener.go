package authcode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
)

// Patience is how long a person may take in the browser.
const Patience = 10 * time.Minute

// path is where the services send the browser back to.
const path = "/oauth/callback"

// maxHeader has room for the cookies of everything else that was ever served
// from 127.0.0.1: browsers do not keep those apart by port.
const maxHeader = 32 << 10

// Options say what to listen for.
type Options struct {
	// Port to listen on; 0 is a free one.
	Port int
	// State is what the authorization was asked for with, from [NewState].
	State string
}

// Listener waits on 127.0.0.1 for the browser to bring the code. It answers from
// [Listen] until [Listener.Wait] or [Listener.Close] returns.
type Listener struct {
	port     string
	hosts    loopback.Hosts
	state    loopback.Token
	patience time.Duration
	server   *loopback.Server

	taken  atomic.Bool // the one answer is in
	misses loopback.Tries
	answer chan answer // has room for the one
}

type answer struct {
	code   secret.Text
	denied *DeniedError
}

// Listen starts to listen and to answer. Open the browser only after it.
//
// Errors: *[PortError] for a port that was asked for.
func Listen(o Options) (*Listener, error) {
	if o.State == "" {
		return nil, errors.New("listen for the browser: no state to recognize it by")
	}
	// Nobody outside this machine may connect.
	inner, err := loopback.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil && o.Port != 0 {
		return nil, &PortError{o.Port, err}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	address := inner.Addr().(*net.TCPAddr)
	l := &Listener{
		port: strconv.Itoa(address.Port), hosts: loopback.HostsOf(address), state: loopback.TokenOf(o.State), patience: Patience,
		answer: make(chan answer, 1),
	}
	l.server = loopback.Serve(inner, loopback.Options{
		Handler:   http.HandlerFunc(l.handle),
		MaxHeader: maxHeader,
		// The browser may be on another system, from where the port is forwarded by
		// whoever is at hand.
		Peers: loopback.Anybody,
		// A browser that keeps connections open would keep their places.
		Single: true,
	})
	return l, nil
}

// RedirectURI is what the authorization has to be asked for with:
// http://127.0.0.1:PORT/oauth/callback.
func (l *Listener) RedirectURI() string { return "http://127.0.0.1:" + l.port + path }

// Wait returns the code that the browser brings together with the right state;
// one that was brought before Wait counts too. Whatever it returns, the listener
// is closed then.
//
// Errors: *[DeniedError]; [ErrPatience]; [ErrClosed]; the wrapped error of a ctx
// that ended; what stopped the listener.
func (l *Listener) Wait(ctx context.Context) (secret.Text, error) {
	defer func() { _ = l.Close() }()
	timer := time.NewTimer(l.patience)
	defer timer.Stop()
	select {
	case a := <-l.answer:
		if a.denied != nil {
			return secret.Text{}, a.denied
		}
		return a.code, nil
	case <-ctx.Done():
		return secret.Text{}, fmt.Errorf("wait for the browser: %w", ctx.Err())
	case <-timer.C:
		return secret.Text{}, ErrPatience
	case <-l.server.Ended():
		if err := l.server.Err(); !errors.Is(err, loopback.ErrClosed) {
			return secret.Text{}, fmt.Errorf("wait for the browser: %w", err)
		}
		return secret.Text{}, ErrClosed
	}
}

// Close ends the listener and its connections; nothing of it runs when Close
// returns. Closing twice is harmless.
func (l *Listener) Close() error { return l.server.Close() }
