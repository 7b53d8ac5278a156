package loopback

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

func self() int { return os.Getuid() }

// peer returns the user at the other end. Every user of a machine can reach
// loopback; the kernel's table of sockets has the client's with its owner.
func peer(conn net.Conn) (int, knowledge) {
	switch c := conn.(type) {
	case *net.UnixConn:
		return unixPeer(c)
	case *net.TCPConn:
		client, server := c.RemoteAddr().(*net.TCPAddr).AddrPort(), c.LocalAddr().(*net.TCPAddr).AddrPort()
		uid, known, err := diagnose(client, server)
		if err != nil { // not in every container
			uid, known = listed(client, server)
		}
		return uid, known
	}
	return 0, unknown
}

func unixPeer(conn *net.UnixConn) (uid int, known knowledge) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, gone
	}
	known = gone
	_ = raw.Control(func(fd uintptr) { // gone, if it fails
		if c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid, known = int(c.Uid), found
		}
	})
	return uid, known
}

// The netlink protocol sock_diag(7), for one TCP socket by its two addresses.
const (
	sockDiagByFamily = 20
	requestSize      = unix.NLMSG_HDRLEN + 56 // struct inet_diag_req_v2
	answerSize       = unix.NLMSG_HDRLEN + 72 // struct inet_diag_msg
	// places in the answer
	answerPorts = unix.NLMSG_HDRLEN + 4
	answerUID   = unix.NLMSG_HDRLEN + 64
	answerInode = answerUID + 4
)

// diagnose asks the kernel for the owner of the socket from client to server.
func diagnose(client, server netip.AddrPort) (uid int, known knowledge, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return 0, unknown, err
	}
	defer func() { _ = unix.Close(fd) }()
	// The kernel answers before Sendto returns; nothing is ever waited for long.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return 0, unknown, err
	}
	if err := unix.Sendto(fd, diagRequest(client, server), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, unknown, err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return 0, unknown, err
	}
	return diagAnswer(answer[:n], client, server)
}

func diagRequest(client, server netip.AddrPort) []byte {
	family, from, to := byte(unix.AF_INET6), client.Addr().AsSlice(), server.Addr().AsSlice()
	if client.Addr().Unmap().Is4() {
		family, from, to = unix.AF_INET, client.Addr().Unmap().AsSlice(), server.Addr().Unmap().AsSlice()
	}
	b := make([]byte, requestSize)
	binary.NativeEndian.PutUint32(b[0:], requestSize)
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	req := b[unix.NLMSG_HDRLEN:]
	req[0], req[1] = family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(req[4:], ^uint32(0)) // in any state
	binary.BigEndian.PutUint16(req[8:], client.Port())
	binary.BigEndian.PutUint16(req[10:], server.Port())
	copy(req[12:28], from)
	copy(req[28:44], to)
	for i := 48; i < 56; i++ { // INET_DIAG_NOCOOKIE
		req[i] = 0xff
	}
	return b
}

var errDiagnosis = errors.New("no answer of sock_diag")

func diagAnswer(b []byte, client, server netip.AddrPort) (int, knowledge, error) {
	if len(b) < unix.NLMSG_HDRLEN+4 {
		return 0, unknown, errDiagnosis
	}
	switch binary.NativeEndian.Uint16(b[4:]) {
	case unix.NLMSG_ERROR:
		code := unix.Errno(-int32(binary.NativeEndian.Uint32(b[unix.NLMSG_HDRLEN:])))
		if code == unix.ENOENT {
			return 0, gone, nil
		}
		return 0, unknown, code
	case sockDiagByFamily:
	default:
		return 0, unknown, errDiagnosis
	}
	if len(b) < answerSize {
		return 0, unknown, errDiagnosis
	}
	// Where there is no such socket any more, a listening one may be found.
	if binary.BigEndian.Uint16(b[answerPorts:]) != client.Port() || binary.BigEndian.Uint16(b[answerPorts+2:]) != server.Port() {
		return 0, gone, nil
	}
	// A socket that no process has any more has no inode, and says root.
	if binary.NativeEndian.Uint32(b[answerInode:]) == 0 {
		return 0, gone, nil
	}
	return int(binary.NativeEndian.Uint32(b[answerUID:])), found, nil
}
