//go:build !linux

package sandbox

import "net"

// ownPeer reports whether the connection comes from a process of our own user.
// Only Linux tells.
func ownPeer(net.Conn) bool { return true }
