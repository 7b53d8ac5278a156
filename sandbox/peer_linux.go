package sandbox

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// ownPeer reports whether the connection comes from a process of our own user:
// every user of a machine can reach loopback. The kernel's table has the client's
// end of the connection with its uid. A connection that is not there or no
// longer established (its owner is gone) is let in: it proves nothing.
func ownPeer(conn net.Conn) bool {
	client, ok1 := conn.RemoteAddr().(*net.TCPAddr)
	server, ok2 := conn.LocalAddr().(*net.TCPAddr)
	if !ok1 || !ok2 {
		return true
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if uid, found := socketOwner(table, client.Port, server.Port); found {
			return uid == os.Getuid()
		}
	}
	return true
}

// socketOwner looks for an established loopback connection by its two ports.
func socketOwner(table string, from, to int) (uid int, found bool) {
	f, err := os.Open(table)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	fromHex, toHex := fmt.Sprintf(":%04X", from), fmt.Sprintf(":%04X", to)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), toHex) {
			continue
		}
		// sl local_address rem_address st tx:rx tr:when retrnsmt uid …
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && strings.HasSuffix(fields[1], fromHex) && strings.HasSuffix(fields[2], toHex) && fields[3] == "01" {
			uid, err := strconv.Atoi(fields[7])
			return uid, err == nil
		}
	}
	return 0, false
}
