package sandbox

import (
	"io"
	"log"
	"net"
	"sync"
)

// guarded is a listener with at most cap(slots) connections at a time, all of
// them of the user who runs the server.
type guarded struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

// Accept waits for a slot and then for a connection.
func (g *guarded) Accept() (net.Conn, error) {
	select {
	case g.slots <- struct{}{}:
	case <-g.closed:
		return nil, net.ErrClosed
	}
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			<-g.slots
			return nil, err
		}
		if ownPeer(conn) {
			return &slotted{Conn: conn, slots: g.slots}, nil
		}
		_ = conn.Close()
	}
}

// Close ends waiting Accepts too.
func (g *guarded) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}

type slotted struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

// Close gives the slot back.
func (c *slotted) Close() error {
	c.once.Do(func() { <-c.slots })
	return c.Conn.Close()
}

// silent is a logger that says nothing: http.Server would write to stderr.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
