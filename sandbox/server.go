package sandbox

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
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
}

// Server is a running sandbox. Its methods may be called at the same time.
type Server struct {
	world *World
	now   func() time.Time
	began time.Time // when the world was made
	url   string
	hosts map[string]bool // Host headers that are answered

	http   *http.Server
	served chan error

	auto     bool   // answer the pages at once
	autoUser string // as whom

	issuers map[string]crypto.Signer // by issuer URL; never written after New

	keys      accessKeys
	sessions  sessions
	devices   devices
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
	s := &Server{world: w, now: o.Now, served: make(chan error, 1), auto: o.AutoApprove, autoUser: o.AutoApproveUser}
	s.container.token = randomText(32)
	s.directory = newDirectory(w)
	s.failing.begin(w.Failures)
	if err := s.populate(); err != nil {
		return nil, err
	}
	listener, err := listen(o.Addr)
	if err != nil {
		return nil, err
	}
	s.address(listener.Addr())
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          silent(),
	}
	go func() { s.served <- s.http.Serve(guard(listener)) }()
	return s, nil
}

// listen binds an explicit loopback address; names are not looked up.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: address %q is not IP:PORT", addr)
	}
	if !ap.Addr().IsLoopback() {
		return nil, fmt.Errorf("sandbox: address %q is not loopback", addr)
	}
	l, err := net.Listen("tcp", ap.String())
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return l, nil
}

func (s *Server) address(addr net.Addr) {
	s.url = "http://" + addr.String()
	port := ":" + strconv.Itoa(addr.(*net.TCPAddr).Port)
	s.hosts = map[string]bool{addr.String(): true, "127.0.0.1" + port: true, "[::1]" + port: true, "localhost" + port: true}
	if port == ":80" {
		for _, h := range []string{"127.0.0.1", "[::1]", "localhost"} {
			s.hosts[h] = true // clients leave the default port out
		}
	}
}

// URL is the base of all endpoints, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close stops listening, gives open requests two seconds, and returns when
// nothing of the server runs any more.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.failing.release()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) && err == nil {
		err = served
	}
	s.served <- http.ErrServerClosed // so that a second Close finds an answer
	return err
}
