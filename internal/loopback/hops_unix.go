//go:build unix

package loopback

import (
	"net"

	"golang.org/x/sys/unix"
)

// hopLimit sets the IP time to live (the hop limit of IPv6) of what is sent.
func hopLimit(conn net.Conn, n int) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		if tcp.LocalAddr().(*net.TCPAddr).IP.To4() != nil {
			failure = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL, n)
			return
		}
		failure = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, n)
	})
	if err != nil {
		return err
	}
	return failure
}
