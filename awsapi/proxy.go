package awsapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

type variable struct{ name, value string }

// lookup returns the first variable of names that is not empty.
func (c *Client) lookup(names ...string) variable {
	if c.env == nil {
		return variable{}
	}
	for _, n := range names {
		if v, ok := c.env(n); ok && strings.TrimSpace(v) != "" {
			return variable{n, strings.TrimSpace(v)}
		}
	}
	return variable{}
}

// proxyVariable returns the variable that names the proxy for a scheme. Lower
// case wins, as in Go, curl and Python. Under CGI the upper-case HTTP_PROXY is
// a header of the client's choice (httpoxy) and does not count.
func (c *Client) proxyVariable(scheme string) variable {
	if scheme == "https" {
		return c.lookup("https_proxy", "HTTPS_PROXY")
	}
	v := c.lookup("http_proxy", "HTTP_PROXY")
	if v.name == "HTTP_PROXY" && c.lookup("REQUEST_METHOD").name != "" {
		return variable{}
	}
	return v
}

// proxyFor returns the proxy for a URL, nil for none.
func (c *Client) proxyFor(u *url.URL) (*url.URL, error) {
	v := c.proxyVariable(u.Scheme)
	if v.value == "" || isLocal(u.Hostname()) || bypasses(c.lookup("no_proxy", "NO_PROXY").value, u) {
		return nil, nil
	}
	return parseProxy(v)
}

func parseProxy(v variable) (*url.URL, error) {
	raw := v.value
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw // host:port alone, as curl takes it
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, &ProxyError{Variable: v.name, Why: "not a URL"}
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return nil, &ProxyError{Variable: v.name, Why: "not an http, https or socks5 URL"}
	}
	return u, nil
}

// IsLoopback reports whether a host, without its port, is this machine by its name
// or number. Nothing is looked up.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// isLocal knows the hosts that no proxy may see, whatever NO_PROXY says: this
// machine, its link (IMDS and ECS at 169.254/16) and EC2's fd00:ec2::/32. What
// they answer and are sent are credentials for this machine.
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() ||
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2}), 32).Contains(ip)
}

// refusal is the error for a proxy's own answer.
func refusal(variable string, status int, host string) *ProxyError {
	why := "refuses to connect to " + display.Text(host, maxName)
	if status == http.StatusProxyAuthRequired {
		why = "asks for a user name and password"
	}
	return &ProxyError{Variable: variable, Status: status, Why: why + " (HTTP " + strconv.Itoa(status) + ")"}
}
