package loopback

import (
	"net"

	"golang.org/x/sys/windows"
)

// ipv6UnicastHops is IPV6_UNICAST_HOPS of ws2ipdef.h.
const ipv6UnicastHops = 4

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
			failure = windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IP, windows.IP_TTL, n)
			return
		}
		failure = windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IPV6, ipv6UnicastHops, n)
	})
	if err != nil {
		return err
	}
	return failure
}
