package loopback

import (
	"net"
	"sync"
)

// Peers says whose connections are let in.
type Peers int

const (
	// Own: those of the user who runs the server. On TCP only Linux tells; on a
	// socket of the file system all systems but Windows do.
	Own Peers = iota
	// OwnOrRoot: root's as well, whom no file mode keeps out, and as whom Windows
	// hands on what its browsers send to a Linux inside it.
	OwnOrRoot
	// Anybody: for what only a person in a browser can bring.
	Anybody
)

// maxConnections bounds how many connections there are at a time.
const maxConnections = 1024

// guarded is a listener with at most cap(slots) connections at a time, all of
// them of peers.
type guarded struct {
	net.Listener
	peers  Peers
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func guard(l net.Listener, peers Peers) *guarded {
	return &guarded{Listener: l, peers: peers, slots: make(chan struct{}, maxConnections), closed: make(chan struct{})}
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
		if g.peers.welcome(conn) {
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

// Reset has the end of a connection thrown away what was not sent, so that the
// other end meets a TCP reset. The connection is one of a [Server]'s; others
// are left as they are.
func Reset(conn net.Conn) {
	if s, ok := conn.(*slotted); ok {
		conn = s.Conn
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// welcome reports whether the other end of a connection may have it.
func (p Peers) welcome(conn net.Conn) bool {
	if p == Anybody {
		return true
	}
	uid, known := peer(conn)
	switch known {
	case gone, untold:
		return false
	case found:
		return uid == self() || p == OwnOrRoot && uid == 0
	}
	return true
}

// knowledge is what the kernel says of the other end of a connection.
type knowledge int

const (
	// unknown: this system does not say.
	unknown knowledge = iota
	// gone: there is no other end any more that could read an answer.
	gone
	// untold: it could be asked, and was without an answer this time.
	untold
	// found: the user is known.
	found
)
