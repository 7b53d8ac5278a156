package loopback

import (
	"net"
	"net/http"
)

// MaxConnections and FreeTries are the limits, for the tests.
const (
	MaxConnections = maxConnections
	FreeTries      = freeTries
	TryDelay       = tryDelay
)

// HTTP shows the limits whose effect takes too long to be waited for.
func (s *Server) HTTP() *http.Server { return s.http }

// Welcome is what a listener decides of a connection.
func (p Peers) Welcome(conn net.Conn) bool { return p.welcome(conn) }
