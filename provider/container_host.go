package provider

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
)

const ecsHost = "169.254.170.2"

// parseContainerURL refuses what no container endpoint is. It does not look at
// the addresses.
func parseContainerURL(raw string, relative bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, &MalformedError{SourceContainer, "the endpoint", "is not a complete URL"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &MalformedError{SourceContainer, "the endpoint", "has neither the scheme http nor https"}
	case u.User != nil:
		return nil, &MalformedError{SourceContainer, "the endpoint", "contains a user name"}
	case relative && u.Host != ecsHost:
		return nil, &HostError{u.Host, "is not " + ecsHost + ", which a relative URI is of"}
	}
	return u, nil
}

// pin returns the URLs to ask. Over http that are URLs of addresses which have
// been checked: a name that is looked up again when connecting could give
// another one by then (DNS rebinding) and get the token.
func (c *Container) pin(ctx context.Context, u *url.URL) ([]string, error) {
	if u.Scheme == "https" {
		return []string{u.String()}, nil
	}
	host := u.Hostname()
	addresses := []netip.Addr{}
	if literal, err := netip.ParseAddr(host); err == nil {
		addresses = append(addresses, literal)
	} else if addresses, err = c.lookup(ctx, host); err != nil {
		return nil, err
	}
	var urls []string
	for _, address := range addresses {
		if !allowed(address) {
			return nil, &HostError{host, "has the address " + address.String() +
				"; over http only loopback, 169.254.170.2, 169.254.170.23 and fd00:ec2::23 may be asked"}
		}
		pinned := *u
		pinned.Host = hostPort(address, u.Port())
		urls = append(urls, pinned.String())
	}
	return urls, nil
}

func (c *Container) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	addresses, err := c.options.LookupIP(ctx, host)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("container: %w", ctx.Err())
	}
	if err == nil && len(addresses) == 0 {
		err = errors.New("no address")
	}
	if err != nil {
		return nil, &awsapi.UnreachableError{
			Operation: "container GetCredentials", Endpoint: display.Text(host, textLimit),
			Reason: awsapi.ReasonDNS, Attempts: 1, Err: err,
		}
	}
	return addresses, nil
}

func lookupIP(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// allowed reports whether an address may get the token in clear: loopback, the
// task role endpoint of ECS, the Pod Identity agent of EKS.
func allowed(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" {
		return false
	}
	return a.IsLoopback() || a == netip.AddrFrom4([4]byte{169, 254, 170, 2}) || a == netip.AddrFrom4([4]byte{169, 254, 170, 23}) ||
		a == netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x0e, 3: 0xc2, 15: 0x23})
}

func hostPort(a netip.Addr, port string) string {
	if port != "" {
		return net.JoinHostPort(a.String(), port)
	}
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// unconnected reports whether a request never got to a server.
func unconnected(err error) bool {
	var unreachable *awsapi.UnreachableError
	return errors.As(err, &unreachable) && unreachable.Reason == awsapi.ReasonConnect
}
