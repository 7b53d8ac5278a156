// Package loopback owns what every server of this program keeps to: it listens
// on an explicit address of this machine alone, lets in whom the kernel says it
// may, knows the names that it is called by, and ends whole.
//
// It must not know what is served. Its limits are for programs of the user's own;
// a web page, another user and a program gone wild are who they are against.
package loopback

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// AddressError is an address that nothing here listens on.
type AddressError struct{ Address, Why string }

func (e *AddressError) Error() string { return fmt.Sprintf("address %q is not %s", e.Address, e.Why) }

// Listen binds a loopback address, written IP:PORT; "" is a free port of
// 127.0.0.1. Names are not looked up: localhost could resolve to anything. Where a
// port is asked for and taken, there is no other. Errors: *[AddressError], or that
// of net.Listen.
func Listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	ap, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return nil, &AddressError{address, "IP:PORT"}
	case !ap.Addr().IsLoopback() || ap.Addr().Zone() != "":
		return nil, &AddressError{address, "loopback"}
	}
	network := "tcp6"
	if ap.Addr().Unmap().Is4() {
		network, ap = "tcp4", netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return net.Listen(network, ap.String())
}

// Hosts are the Host headers by which a server is called: IP:PORT and
// localhost:PORT. A page whose name was made to resolve to 127.0.0.1 (DNS
// rebinding) sends another one.
type Hosts map[string]bool

// HostsOf are those of a server that listens on addr, and more.
func HostsOf(addr net.Addr, more ...string) Hosts {
	hosts := make(Hosts)
	for _, name := range more {
		hosts[name] = true
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return hosts
	}
	for _, name := range []string{tcp.IP.String(), "127.0.0.1", "::1", "localhost"} {
		hosts[net.JoinHostPort(name, strconv.Itoa(tcp.Port))] = true
		if tcp.Port == 80 { // clients leave the default port out
			hosts[bracketed(name)] = true
		}
	}
	return hosts
}

func bracketed(name string) string {
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}

// Proxied reports whether a proxy had its hands on a request.
func Proxied(h http.Header) bool {
	for name := range h {
		if name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}

// Browsed reports whether a browser sent a request. No SDK sends such headers.
func Browsed(h http.Header) bool {
	for name := range h {
		if name == "Origin" || name == "Referer" || strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

// Prefetched reports whether a browser sent a request on a guess: nobody sees the
// answer, and it is sent again when somebody would.
func Prefetched(h http.Header) bool {
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(h.Get(name)), "prefetch") {
			return true
		}
	}
	return false
}

// ErrClosed is the end of a server that was closed.
var ErrClosed = errors.New("the server is closed")
