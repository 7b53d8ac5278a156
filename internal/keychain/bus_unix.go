//go:build !darwin && !windows

package keychain

import "strings"

// reachable refuses before the library is called where it would start a bus of
// its own, with a keychain that nobody else ever sees.
func reachable(busAddress string) error {
	if busAddress == "" || strings.HasPrefix(busAddress, "autolaunch:") {
		return &UnavailableError{Why: "there is no session bus (DBUS_SESSION_BUS_ADDRESS names none)"}
	}
	return nil
}
