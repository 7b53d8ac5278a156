package sandbox

import (
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// Options say what [New] starts.
type Options struct {
	World *World           // nil: Example()
	Addr  string           // IP:PORT of a loopback address; "" is 127.0.0.1:0, a free port
	Now   func() time.Time // required
	// AutoApprove answers the browser's pages at once, as if the person had signed
	// in and allowed what was asked.
	AutoApprove bool
	// AutoApproveUser is who signs in then: a person of the Identity Center, and a
	// user of an account by NAME, ACCOUNT/NAME or ARN. "": the first of each.
	AutoApproveUser string
	// Compat has the server be another stand-in and nothing else; "" for none.
	Compat Compat
}

// Server is a running sandbox. Its methods may be called at the same time.
type Server struct {
	world *World
	now   func() time.Time // the clock that the server goes by: Options.Now and the skew
	skew  atomic.Int64     // nanoseconds
	began time.Time        // when the world was made
	url   string
	hosts loopback.Hosts

	http *loopback.Server

	auto     bool   // answer the pages at once
	autoUser string // as whom

	issuers map[string]crypto.Signer // by issuer URL; never written after New

	iam       identities
	sessions  sessions
	metadata  metadata
	container container
	sso       signIns
	log       requestLog
	failing   failureList
	portal    pace
	directory directory // never written after New
}

// New checks the world, listens on loopback at once and serves until
// [Server.Close]. A port that is taken is an error.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("sandbox: Options.Now is required")
	}
	if err := o.Compat.check(); err != nil {
		return nil, err
	}
	w := o.World
	if w == nil {
		w = Example()
	}
	own := *w // what is generated goes into the copy
	w = &own
	c := &checker{file: "world"}
	if c.world(w); len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	if name := o.AutoApproveUser; name != "" && w.ssoUser(name) == nil {
		if _, _, n := w.user(name); n != 1 {
			return nil, fmt.Errorf("sandbox: the user for the pages: %w", notOne(n, name))
		}
	}
	s := &Server{world: w, auto: o.AutoApprove, autoUser: o.AutoApproveUser}
	s.now = func() time.Time { return o.Now().Add(s.ClockSkew()) }
	s.skew.Store(int64(w.Settings.ClockSkew))
	s.container.token = randomText(32)
	s.directory = newDirectory(w)
	s.failing.begin(w.Failures)
	if err := s.populate(); err != nil {
		return nil, err
	}
	listener, err := loopback.Listen(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.url, s.hosts = "http://"+listener.Addr().String(), loopback.HostsOf(listener.Addr())
	handler := s.serve
	if o.Compat == CompatRusoto {
		handler = s.serveRusoto
	}
	s.http = loopback.Serve(listener, loopback.Options{Handler: http.HandlerFunc(handler), Drain: 2 * time.Second})
	return s, nil
}

// URL is the base of all endpoints, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close stops listening, gives open requests two seconds, and returns when
// nothing of the server runs any more.
func (s *Server) Close() error {
	s.failing.release()
	err := s.http.Close()
	if why := s.http.Err(); err == nil && !errors.Is(why, loopback.ErrClosed) {
		err = why
	}
	return err
}
