package loopback

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// listed looks the owner of the socket from client to server up in the tables
// of the proc file system.
func listed(client, server netip.AddrPort) (int, knowledge) {
	best := unknown
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(table)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil { // too many open files, say
			best = untold
			continue
		}
		uid, known := inTable(file, client, server)
		_ = file.Close()
		if known == found {
			return uid, found
		}
		best = gone
	}
	return 0, best
}

// inTable reads one table: a line for each socket, with its own address, the
// other end's, and further on the user and the inode.
func inTable(table io.Reader, client, server netip.AddrPort) (int, knowledge) {
	ends := make(map[string]bool)
	for _, of := range []func(netip.Addr) netip.Addr{netip.Addr.Unmap, mapped} {
		ends[inHex(of(client.Addr()), client.Port())+" "+inHex(of(server.Addr()), server.Port())] = true
	}
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || !ends[fields[1]+" "+fields[2]] {
			continue
		}
		uid, err := strconv.Atoi(fields[7])
		if err != nil || fields[9] == "0" { // no process has it any more
			return 0, gone
		}
		return uid, found
	}
	return 0, gone
}

func mapped(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

// inHex writes an address as the tables do: words of 32 bits in the machine's
// order.
func inHex(a netip.Addr, port uint16) string {
	b := a.AsSlice()
	for i := 0; i+4 <= len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.NativeEndian.Uint32(b[i:]))
	}
	return strings.ToUpper(hex.EncodeToString(b)) + fmt.Sprintf(":%04X", port)
}
