package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

// place is where it is served: a port, or a socket with the files beside it.
type place struct {
	listener net.Listener // of a socket: from bind on
	socket   string       // its path; "": it is a port
	lock     *lockfile.Lock
	token    secret.Text // that was written beside it
	left     sync.Once
}

// place takes the port, or sees to it that the socket will be ours.
func (o *serveOptions) place() (*place, error) {
	if o.socket == "" {
		l, err := server.Listen(o.listen)
		var wrong *loopback.AddressError
		switch {
		case errors.As(err, &wrong):
			return nil, &usageError{what: "--listen: " + err.Error(), fix: "write for example --listen 127.0.0.1:9911"}
		case err != nil:
			return nil, &exitError{code: exitFailed, err: err, fix: "choose another port, or leave --listen out for a free one"}
		}
		return &place{listener: l}, nil
	}
	path, err := loopback.CheckSocket(o.socket)
	if err != nil {
		return nil, noSocket(err)
	}
	// It is held from before the first question to the end. Of two that begin at
	// once, each could write its token beside the socket of the other.
	lock, ok, err := lockfile.Try(path + ".lock")
	switch {
	case err != nil:
		return nil, noSocket(err)
	case !ok:
		return nil, noSocket(&loopback.BusyError{Path: path, Why: "is served by " + lockfile.Holder(path+".lock")})
	}
	return &place{socket: path, lock: lock}, nil
}

func noSocket(err error) error {
	fix := "name another path, in a folder of your own"
	var busy *loopback.BusyError
	if errors.As(err, &busy) {
		fix = "end the other one, or name another path"
	}
	return &exitError{code: exitFailed, err: fmt.Errorf("--socket: %w", err), fix: fix}
}

// bind makes the socket, which nobody finds yet.
func (p *place) bind() (*loopback.Socket, error) {
	s, err := loopback.BindSocket(p.socket)
	if err != nil {
		return nil, noSocket(err)
	}
	p.listener = s
	return s, nil
}

// tokenFile is that of a socket.
func (p *place) tokenFile() string { return p.socket + tokenSuffix }

// show writes the token and then has the socket found.
func (p *place) show(s *loopback.Socket, token secret.Text) error {
	err := atomicfile.Write(p.tokenFile(), []byte(token.Reveal()), 0o600)
	if err == nil {
		p.token = token
		err = s.Show()
	}
	if err != nil {
		return noSocket(err)
	}
	return nil
}

// leave takes away what was made there.
func (p *place) leave() {
	p.left.Do(func() {
		if !p.token.Empty() {
			// Unless somebody has made room for another one by force.
			if text, err := os.ReadFile(p.tokenFile()); err == nil && string(text) == p.token.Reveal() {
				_ = os.Remove(p.tokenFile())
			}
		}
		if p.listener != nil {
			_ = p.listener.Close() // the server has closed it, if there was one
		}
		if p.lock != nil {
			_ = os.Remove(p.socket + ".lock") // while it is held: nobody else can have it
			_ = p.lock.Release()
		}
	})
}
