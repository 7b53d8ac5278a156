package authcode

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"github.com/latchkey-aws/latchkey/secret"
)

// Patience is how long a person may take in the browser.
const Patience = 10 * time.Minute

// path is where the services send the browser back to.
const path = "/oauth/callback"

// Limits on what others on this machine can make the listener do. The headers
// have room for the cookies of everything else that was ever served from
// 127.0.0.1: browsers do not keep those apart by port.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second
	maxHeader      = 32 << 10
	maxConnections = 1024
	maxMisses      = 100
	missDelay      = time.Second
)

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
	state    [sha256.Size]byte
	patience time.Duration
	server   *http.Server
	served   chan error // Serve's end
	conns    sync.WaitGroup
	closing  sync.Once
	stop     context.CancelFunc // ends the requests' context

	taken  atomic.Bool  // the one answer is in
	misses atomic.Int32 // wrong states so far
	answer chan answer  // has room for the one
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
	// The address is explicit: nobody outside this machine may connect, and
	// localhost could resolve to anything.
	inner, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil && o.Port != 0 {
		return nil, &PortError{o.Port, err}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	_, port, err := net.SplitHostPort(inner.Addr().String())
	if err != nil {
		_ = inner.Close()
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	l := &Listener{
		port: port, state: sha256.Sum256([]byte(o.State)), patience: Patience,
		served: make(chan error, 1), answer: make(chan answer, 1),
	}
	requests, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.server = &http.Server{
		Handler:                      http.HandlerFunc(l.handle),
		BaseContext:                  func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout:            headerTimeout,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ConnState:                    l.count,
		ErrorLog:                     slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	// A browser that keeps connections open would keep their places.
	l.server.SetKeepAlivesEnabled(false)
	go func() { l.served <- l.server.Serve(netutil.LimitListener(inner, maxConnections)) }()
	return l, nil
}

// count keeps the connections that Close waits for.
func (l *Listener) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.conns.Add(1)
	case http.StateClosed:
		l.conns.Done()
	}
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
	case err := <-l.served:
		l.served <- err // Close waits for it as well
		if errors.Is(err, http.ErrServerClosed) {
			return secret.Text{}, ErrClosed
		}
		return secret.Text{}, fmt.Errorf("wait for the browser: %w", err)
	}
}

// Close ends the listener and its connections; nothing of it runs when Close
// returns. Closing twice is harmless.
func (l *Listener) Close() error {
	var err error
	l.closing.Do(func() {
		l.stop()
		err = l.server.Close()
		served := <-l.served
		l.served <- served
		l.conns.Wait()
	})
	return err
}
