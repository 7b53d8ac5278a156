package console

import (
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxDestination is the length of the longest destination: it becomes a part of a
// link that browsers and servers take up to some thousand characters of.
const maxDestination = 2000

// Destination returns the URL of a page of the console. to is the name of a
// service such as s3, a path such as s3/buckets/x?tab=objects#top, or a whole https
// URL on one of the console's hosts, which is kept as it is; "" is the console's
// home. An unknown word is taken for a service whose home is below it. A path gets
// the site's region unless it names one, which then counts. It fails with a
// [*DestinationError].
func (s Site) Destination(to string) (string, error) {
	bad := func(why string) (string, error) { return "", &DestinationError{to, why} }
	text, why := escaped(to)
	switch {
	case why != "":
		return bad(why)
	case strings.HasPrefix(text, "//"):
		return bad("a path begins with one slash, or none")
	case absolute(text):
		u, err := url.Parse(text)
		if err != nil {
			return bad("not a URL")
		}
		if why := s.whole(u); why != "" {
			return bad(why)
		}
		return u.String(), nil
	}
	text = strings.TrimPrefix(text, "/")
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" {
		text = home(strings.ToLower(text))
	}
	u, err := url.Parse("/" + text)
	switch {
	case err != nil:
		return bad("a percent sign that begins no escape")
	case u.Host != "":
		return bad("a path begins with one slash, or none")
	}
	return s.below(u), nil
}

// absolute reports whether a text begins as a URL does, and not as a path.
func absolute(text string) bool {
	scheme, rest, _ := strings.Cut(text, ":")
	return !strings.ContainsAny(scheme, "/?#") && (strings.HasPrefix(rest, "//") || strings.EqualFold(scheme, "https") && rest != "")
}

// below puts a path on the host of its region.
func (s Site) below(u *url.URL) string {
	region := s.Region
	if named := u.Query().Get("region"); awsapi.IsRegion(named) && awsapi.PartitionOf(named) == s.Partition {
		region = named
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if global(first) {
		region = "" // AWS knows which of its hosts has the page
	}
	if region != "" && !u.Query().Has("region") {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&region="+region, "&")
	}
	return strings.TrimSuffix(s.page(region), "/") + u.String()
}

// whole says what is wrong with a whole URL, "" for one of the console's.
func (s Site) whole(u *url.URL) string {
	u.Host = strings.ToLower(u.Host)
	switch {
	case u.Scheme != "https":
		return "not https"
	case u.User != nil || u.Port() != "" || !s.owns(u.Host):
		return "not on " + s.Host + " or a host below it"
	}
	return ""
}

// escaped writes a text with the characters of URLs alone: people copy names with
// blanks and umlauts. What readers of URLs take for different things is refused.
func escaped(to string) (text, why string) {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(to) {
		switch c := to[i]; {
		case c < ' ' || c == 0x7f || c == '\\':
			return "", "a character that no URL has"
		case c == ' ' || c > '~' || strings.IndexByte("\"<>^`{|}", c) >= 0:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	if b.Len() > maxDestination {
		return "", "longer than 2,000 characters"
	}
	return b.String(), ""
}
