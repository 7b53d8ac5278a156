package loopback

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// The limits on what others on this machine can make a server do.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeader     = 8 << 10
)

// Options say how a server treats those who connect.
type Options struct {
	// Handler answers. Nothing is looked at before it: see [Hosts], [Proxied] and
	// [Browsed].
	Handler http.Handler
	// Peers may connect.
	Peers Peers
	// MaxHeader bounds the headers of a request, in bytes; 0: 8 KiB.
	MaxHeader int
	// Single ends each connection after one request.
	Single bool
	// Near keeps answers from leaving the machine: their IP packets' time to live
	// is 1, as that of the instance metadata service's.
	Near bool
	// Drain is how long Close waits for the requests under way.
	Drain time.Duration
}

// Server answers on one listener until it is closed.
type Server struct {
	http  *http.Server
	drain time.Duration
	stop  context.CancelFunc // ends the requests' context
	conns sync.WaitGroup
	ended chan struct{}
	err   error // why; set before ended is closed
	once  sync.Once
}

// Serve answers on l, which it closes in the end.
func Serve(l net.Listener, o Options) *Server {
	requests, stop := context.WithCancel(context.Background())
	s := &Server{drain: o.Drain, stop: stop, ended: make(chan struct{})}
	if o.MaxHeader == 0 {
		o.MaxHeader = maxHeader
	}
	s.http = &http.Server{
		Handler:                      o.Handler,
		BaseContext:                  func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout:            headerTimeout,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               o.MaxHeader,
		DisableGeneralOptionsHandler: true,
		ConnState:                    s.count,
		ErrorLog:                     log.New(io.Discard, "", 0), // it would hold addresses and bytes of strangers
	}
	s.http.SetKeepAlivesEnabled(!o.Single)
	if o.Near {
		l = near{l}
	}
	go func() {
		s.err = s.http.Serve(guard(l, o.Peers))
		if errors.Is(s.err, http.ErrServerClosed) {
			s.err = ErrClosed
		}
		close(s.ended)
	}()
	return s
}

// count keeps the connections that Close waits for.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// Ended is closed when the server does not accept any more, be it by Close or
// because it cannot.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Err is why the server has ended: [ErrClosed], or what stopped it. It waits for
// the end.
func (s *Server) Err() error {
	<-s.ended
	return s.err
}

// Close stops accepting, gives the requests under way their time, ends their
// context, and returns when nothing of the server runs any more. Closing twice is
// harmless.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.drain)
		defer cancel()
		err = s.http.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.http.Close() // first: what is not done is not answered
		}
		s.stop()
		<-s.ended
		s.conns.Wait()
	})
	return err
}

// near is a listener whose answers do not leave the machine.
type near struct{ net.Listener }

// Accept waits for a connection and limits it.
func (n near) Accept() (net.Conn, error) {
	for {
		conn, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if hopLimit(conn, 1) == nil {
			return conn, nil
		}
		_ = conn.Close() // it has gone already, or could be answered from afar
	}
}
