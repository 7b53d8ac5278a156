package loopback

import (
	"fmt"
	"io"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Diagnose, Listed, InTable and Answer are what the kernel's answers are taken for.
func Diagnose(client, server netip.AddrPort) string { return words(diagnose(client, server)) }

// Listed reads the tables.
func Listed(client, server netip.AddrPort) string {
	uid, known := listed(client, server)
	return words(uid, known, nil)
}

// InTable reads one.
func InTable(table io.Reader, client, server netip.AddrPort) string {
	uid, known := inTable(table, client, server)
	return words(uid, known, nil)
}

// Answer reads one of sock_diag.
func Answer(b []byte) string {
	at := netip.MustParseAddrPort("127.0.0.1:1")
	return words(diagAnswer(b, at, at))
}

func words(uid int, known knowledge, err error) string {
	switch {
	case err != nil:
		return "error: " + err.Error()
	case known == found:
		return fmt.Sprint("found ", uid)
	case known == gone:
		return "gone"
	case known == untold:
		return "untold"
	}
	return "unknown"
}

// TTL is the time to live of what a connection sends.
func TTL(conn net.Conn) (ttl int) {
	raw, err := conn.(*slotted).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return -1
	}
	_ = raw.Control(func(fd uintptr) {
		ttl, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL)
	})
	if err != nil {
		return -1
	}
	return ttl
}
