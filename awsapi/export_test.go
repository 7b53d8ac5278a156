package awsapi

import "net/url"

// TestOnlyProxyFor returns the proxy that a URL would be fetched through, "" for none.
func (c *Client) TestOnlyProxyFor(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	proxy, err := c.proxyFor(u)
	if err != nil || proxy == nil {
		return "", err
	}
	return proxy.String(), nil
}
