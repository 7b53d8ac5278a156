package sigv4

import (
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Parse reads the signature of a request to the service and checks all of it
// that needs no key: form, scope, signed headers and age.
func Parse(r *http.Request, service string, now time.Time) (*Signature, *Error) {
	var s *Signature
	var err *Error
	header := r.Header.Get("Authorization")
	query := r.URL.Query()
	switch {
	case header != "":
		s, err = fromHeader(r, header)
	case query.Get("X-Amz-Signature") != "" || query.Get("X-Amz-Algorithm") != "":
		s, err = fromQuery(query)
	default:
		return nil, &Error{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkScope(service); err != nil {
		return nil, err
	}
	if err := s.checkHeaders(r); err != nil {
		return nil, err
	}
	return s, s.checkTime(now)
}

func incomplete(message string) *Error {
	return &Error{http.StatusBadRequest, "IncompleteSignature", message}
}

func fromHeader(r *http.Request, header string) (*Signature, *Error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if scheme != "AWS4-HMAC-SHA256" {
		return nil, incomplete("Unsupported AWS 'algorithm': '" + scheme + "'.")
	}
	fields := make(map[string]string)
	for _, part := range strings.Split(rest, ",") {
		part = strings.TrimSpace(part)
		name, value, ok := strings.Cut(part, "=")
		// A blank inside a value splits it, as in AWS: this is how a key id
		// with a line feed or blank at its end shows.
		if !ok || strings.ContainsAny(value, " \t") {
			if ok {
				_, part, _ = strings.Cut(value, " ")
			}
			return nil, incomplete(fmt.Sprintf("'%s' not a valid key=value pair (missing equal-sign) in Authorization header: '%s'.", part, header))
		}
		fields[name] = value
	}
	date := r.Header.Get("X-Amz-Date")
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if fields[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	if date == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if len(missing) > 0 {
		return nil, incomplete(strings.Join(missing, " ") + " Authorization=" + header)
	}
	s := &Signature{signature: fields["Signature"], Token: r.Header.Get("X-Amz-Security-Token")}
	return s, s.fill(fields["Credential"], fields["SignedHeaders"], date)
}

func fromQuery(query url.Values) (*Signature, *Error) {
	if a := query.Get("X-Amz-Algorithm"); a != "AWS4-HMAC-SHA256" {
		return nil, incomplete("Unsupported AWS 'algorithm': '" + a + "'.")
	}
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if query.Get(name) == "" {
			return nil, incomplete("AWS query-string parameters must include '" + name + "'. Re-examine the query-string parameters.")
		}
	}
	s := &Signature{query: query, signature: query.Get("X-Amz-Signature"), Token: query.Get("X-Amz-Security-Token")}
	return s, s.fill(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Date"))
}

func (s *Signature) fill(credential, headers, date string) *Error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + credential + "'")
	}
	t, err := time.Parse(timeFormat, date)
	if err != nil {
		return incomplete("Date must be in ISO-8601 'basic format'. Got '" + date + "'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	if parts[4] != "aws4_request" {
		return mismatch("Credential should be scoped with a valid terminator: 'aws4_request', not '" + parts[4] + "'.")
	}
	s.KeyID, s.date, s.Region, s.service, s.time = parts[0], parts[1], parts[2], parts[3], t
	s.headers = strings.Split(strings.ToLower(headers), ";")
	return nil
}

func (s *Signature) checkScope(service string) *Error {
	switch {
	case s.service != service:
		return mismatch("Credential should be scoped to correct service: '" + service + "'. ")
	case !validRegion(s.Region):
		return mismatch("Credential should be scoped to a valid region. ")
	case s.date != s.time.Format("20060102"):
		return mismatch(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.date, s.time.Format("20060102"), s.time.Format(timeFormat)))
	}
	return nil
}

// validRegion accepts what has the form of a region, such as us-gov-west-1.
func validRegion(region string) bool {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return false
	}
	for _, p := range parts[:len(parts)-1] {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	n, err := strconv.Atoi(parts[len(parts)-1])
	return err == nil && n > 0
}

// checkHeaders demands that everything which gives the request its meaning is signed.
func (s *Signature) checkHeaders(r *http.Request) *Error {
	if !sort.StringsAreSorted(s.headers) {
		return mismatch("'SignedHeaders' must be in sorted order.")
	}
	if !s.signs("host") {
		return mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	if s.query != nil {
		return nil
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && name != "x-amz-content-sha256" && !s.signs(name) {
			return mismatch("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return nil
}

func (s *Signature) signs(name string) bool {
	for _, h := range s.headers {
		if h == name {
			return true
		}
	}
	return false
}

func (s *Signature) checkTime(now time.Time) *Error {
	now = now.UTC()
	window := skew
	if s.query != nil {
		seconds, err := strconv.Atoi(s.query.Get("X-Amz-Expires"))
		if err == nil && seconds > 0 && seconds <= 604800 {
			window = time.Duration(seconds) * time.Second
		}
	}
	if earliest := now.Add(-window); s.time.Before(earliest.Truncate(time.Second)) {
		return mismatch(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.time.Format(timeFormat), earliest.Format(timeFormat), now.Format(timeFormat), int(window.Minutes())))
	}
	if latest := now.Add(skew); s.time.After(latest) {
		return mismatch(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.time.Format(timeFormat), latest.Format(timeFormat), now.Format(timeFormat), int(skew.Minutes())))
	}
	return nil
}
