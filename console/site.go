// Package console owns the links into the AWS web console: those that sign a
// session in (federation) and those that switch to a role, per partition.
//
// A link that signs in is as good as the session that it was made of, for a
// quarter of an hour and once. It travels as a [secret.Text]. The package must not
// know browsers, nor where credentials come from.
package console

import (
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Site is where the console of a partition is.
type Site struct {
	// Partition is an id such as aws-cn. Region is the one that pages open in, ""
	// for whichever the person has used last.
	Partition, Region string
	// Base is the sign-in service, without a slash at the end: federation, logout
	// and switching roles are below it.
	Base string
	// Host is the console's own host; pages of a region are on a host below it.
	Host string
	// logout is Base, but where AWS has another host for it.
	logout string
}

// NewSite returns the console of a partition. region may be "" or a pseudo region,
// which names no pages. custom is a sign-in service that stands in for AWS's, ""
// for none. It fails with a [*PartitionError].
//
// Hosts: IAM user guide, id_roles_providers_enable-console-custom-url; the
// endpoints of GovCloud, of the China regions and of the European Sovereign Cloud.
func NewSite(partition, region, custom string) (Site, error) {
	s := Site{Partition: partition}
	signIn := ""
	switch partition {
	case "aws":
		signIn, s.Host = "signin.aws.amazon.com", "console.aws.amazon.com"
	case "aws-cn":
		signIn, s.Host = "signin.amazonaws.cn", "console.amazonaws.cn"
	case "aws-us-gov":
		signIn, s.Host = "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"
	case "aws-eusc":
		signIn, s.Host = "signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"
	default:
		return Site{}, &PartitionError{partition}
	}
	if awsapi.IsRegion(region) {
		s.Region = region
	}
	s.Base, s.logout = "https://"+signIn, "https://"+signIn
	switch {
	case custom != "":
		s.Base = strings.TrimRight(custom, "/")
		s.logout = s.Base
	case partition == "aws": // the plain host has none
		s.logout = "https://" + awsapi.DefaultRegion(partition) + "." + signIn
	}
	return s, nil
}

// endpoint is where the federation's own call goes. It is not signed.
func (s Site) endpoint() awsapi.Endpoint {
	return awsapi.Endpoint{URL: s.Base, SigningRegion: awsapi.DefaultRegion(s.Partition)}
}

// page returns the beginning of a page's URL in a region, "" for none.
func (s Site) page(region string) string {
	if region != "" {
		region += "."
	}
	return "https://" + region + s.Host + "/"
}

// owns reports whether a host is one of the console's.
func (s Site) owns(host string) bool {
	below, ok := strings.CutSuffix(host, "."+s.Host)
	return host == s.Host || ok && below != "" && strings.Trim(below, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" &&
		below[0] != '.' && !strings.Contains(below, "..") && below[len(below)-1] != '.'
}
