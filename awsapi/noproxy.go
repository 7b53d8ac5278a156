package awsapi

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// bypasses reports whether NO_PROXY keeps a URL from the proxy. The list is read as
// Go's programs do (golang.org/x/net/http/httpproxy, which the tests compare with;
// it would bring all tables of Unicode for the names): hosts that are separated by
// commas, each an address, a network as 10.0.0.0/8, a name, which stands for the
// names below it too, or with a dot or *. before it for those alone. An address or a
// name may have a port. A * alone is every host.
func bypasses(list string, u *url.URL) bool {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	address, _ := netip.ParseAddr(host)
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "*" {
			return true
		}
		if network, err := netip.ParsePrefix(entry); err == nil {
			if address.IsValid() && network.Contains(address.Unmap().WithZone("")) {
				return true
			}
			continue
		}
		name, only := entry, ""
		if h, p, err := net.SplitHostPort(entry); err == nil {
			name, only = h, p
		}
		if (only == "" || only == port) && names(strings.Trim(name, "[]"), host, address) {
			return true
		}
	}
	return false
}

// names reports whether an entry without its port is that of the host.
func names(entry, host string, address netip.Addr) bool {
	if entry == "" {
		return false
	}
	if of, err := netip.ParseAddr(entry); err == nil {
		return address.IsValid() && of.Unmap() == address.Unmap()
	}
	if below := strings.TrimPrefix(entry, "*"); strings.HasPrefix(below, ".") {
		return strings.HasSuffix(host, below)
	}
	return host == entry || strings.HasSuffix(host, "."+entry)
}
