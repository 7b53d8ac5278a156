package sso

import (
	"errors"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// namedRegion returns the region that an answer names, if it can be a true one:
// another one of the same partition.
func namedRegion(err error, asked string) string {
	var api *awsapi.APIError
	if !errors.As(err, &api) || !awsapi.IsRegion(api.Region) || api.Region == asked ||
		awsapi.PartitionOf(api.Region) != awsapi.PartitionOf(asked) {
		return ""
	}
	return api.Region
}

// regionEndpoint returns where a region is that AWS's answer names. The endpoint in
// the answer is not believed, since a region can be checked, and says where it is;
// but for one of the very origin that was asked, where that is a stand-in which has
// one address for all regions.
func regionEndpoint(err error, region string, asked awsapi.Endpoint, of func(string) (awsapi.Endpoint, error)) (awsapi.Endpoint, bool) {
	if of == nil {
		return awsapi.Endpoint{}, false
	}
	there, failed := of(region)
	var api *awsapi.APIError
	if failed == nil && there.URL == asked.URL && errors.As(err, &api) && sameOrigin(api.RegionEndpoint, asked.URL) {
		there.URL = strings.TrimSuffix(api.RegionEndpoint, "/")
	}
	return there, failed == nil
}

func sameOrigin(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host && x.Host != "" && x.User == nil && x.RawQuery == "" && x.Fragment == ""
}
