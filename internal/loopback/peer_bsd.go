//go:build darwin || freebsd

package loopback

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

func self() int { return os.Getuid() }

// peer returns the user at the other end of a socket of the file system. Of TCP
// the system does not say.
func peer(conn net.Conn) (uid int, known knowledge) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, unknown
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, gone
	}
	known = gone
	_ = raw.Control(func(fd uintptr) { // gone, if it fails
		if cred, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); err == nil {
			uid, known = int(cred.Uid), found
		}
	})
	return uid, known
}
