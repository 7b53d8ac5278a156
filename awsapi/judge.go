package awsapi

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// judge reads a complete answer: the document of a success, or the error and
// whether to try again.
func (c *Client) judge(k call, r reply, used time.Duration) (document, outcome) {
	f := failure{label: k.label(), endpoint: bareURL(k.url()), secrets: k.secrets}
	clk := readClock(r.header, r.sent, r.received)
	if r.status >= 200 && r.status < 300 {
		d, why := k.decode(r)
		if why != "" {
			return d, outcome{err: f.response(r, why)}
		}
		c.remember(clk)
		return d, outcome{}
	}
	e := k.apiError(r)
	wait := time.Duration(0)
	if transient(r.status, e) {
		wait = retryAfter(r.header, r.received)
	}
	if e == nil {
		why := "no error that AWS would send"
		if r.status >= 300 && r.status < 400 {
			why = redirect(r)
		}
		re := f.response(r, why)
		re.RetryAfter = wait
		return document{}, outcome{err: re, again: k.again(r.status, nil, wait), wait: wait}
	}
	c.remember(clk)
	e.Endpoint, e.ServerTime, e.Skew, e.RetryAfter = f.endpoint, clk.server, clk.skew, wait
	return document{}, outcome{err: e, again: k.again(r.status, e, wait) || c.skewed(e, clk, used), wait: wait}
}

// again decides whether an error answer is worth another request.
func (k call) again(status int, e *APIError, wait time.Duration) bool {
	if k.paced || wait > maxRetryAfter || !transient(status, e) {
		return false
	}
	if k.creates { // a 5xx may come from a gateway, after the work was done
		return status == http.StatusTooManyRequests || e != nil && throttled(e)
	}
	return !k.once || refused(status) || e != nil && throttled(e)
}

// decode parses the body of a success.
func (k call) decode(r reply) (document, string) {
	// As in the SDKs the body counts and not what it is called: stand-ins and
	// gateways get the type wrong, and of the federation endpoint none is documented.
	// Only HTML is never an answer of AWS.
	object := k.format == formatJSON && bytes.HasPrefix(bytes.TrimSpace(r.body), []byte("{"))
	if strings.Contains(strings.ToLower(r.header.Get("Content-Type")), "html") && !object {
		return document{}, "content is not " + k.format.String()
	}
	d, err := parse(k.format, r.body)
	if err != nil {
		return d, "no whole " + k.format.String() + " document" // its error could quote a secret
	}
	if k.format == formatXML && d.root != k.operation+"Response" {
		return d, "not an answer to " + k.operation
	}
	return d, ""
}

// apiError decodes an error answer, whatever its content type: the XML of the
// query services, of S3 and of EC2, and the JSON of the others. It returns nil
// for anything else.
func (k call) apiError(r reply) *APIError {
	e := &APIError{Service: k.service, Operation: k.operation, Status: r.status}
	clean := func(s string, max int) string { return strings.TrimSpace(display.Text(redact(s, k.secrets), max)) }
	body := bytes.TrimSpace(bytes.TrimPrefix(r.body, []byte("\xef\xbb\xbf")))
	var message, id string
	switch {
	case bytes.HasPrefix(body, []byte("<")):
		d, err := parse(formatXML, body)
		if err != nil {
			return nil
		}
		e.Code, message, id = xmlError(d)
	case bytes.HasPrefix(body, []byte("{")):
		d, err := parse(formatJSON, body)
		if err != nil {
			return nil
		}
		message = k.jsonError(e, d, r.header)
	case len(body) == 0:
		e.Type = exceptionName(r.header.Get("X-Amzn-Errortype"))
		e.Code = e.Type
	}
	if e.Code == "" {
		return nil
	}
	for _, name := range [...]string{"X-Amzn-Requestid", "X-Amz-Request-Id"} {
		if id == "" {
			id = r.header.Get(name)
		}
	}
	e.Code, e.Type, e.OAuth = clean(e.Code, maxName), clean(e.Type, maxName), clean(e.OAuth, maxName)
	e.Message, e.RequestID = clean(message, maxMessage), clean(id, maxName)
	e.Region, e.RegionEndpoint = clean(e.Region, maxName), clean(bareURL(e.RegionEndpoint), maxName)
	return e
}

func xmlError(d document) (code, message, id string) {
	for _, at := range [...]struct{ root, error string }{
		{"ErrorResponse", "Error/"}, {"Response", "Errors/Error/"}, {"Error", ""},
	} {
		if d.root != at.root {
			continue
		}
		id = d.text("RequestId")
		if id == "" {
			id = d.text("RequestID")
		}
		return d.text(at.error + "Code"), d.text(at.error + "Message"), id
	}
	return "", "", ""
}

// jsonError fills code, type and region of e and returns the message.
func (k call) jsonError(e *APIError, d document, h http.Header) string {
	e.Type = h.Get("X-Amzn-Errortype")
	for _, key := range [...]string{"__type", "code", "Code"} {
		if e.Type == "" {
			e.Type = d.text(key)
		}
	}
	e.Type = exceptionName(e.Type)
	e.Code = e.Type
	switch k.service {
	case SSOOIDC:
		e.OAuth = d.text("error")
		e.Region, e.RegionEndpoint = d.text("region"), d.text("endpoint")
		if e.Code == "" {
			e.Code = oidcException(e.OAuth)
		}
	case SignIn:
		if e.OAuth = d.text("error"); e.OAuth != "" {
			e.Code = e.OAuth
		}
	}
	for _, key := range [...]string{"error_description", "message", "Message", "errorMessage"} {
		if m := d.text(key); m != "" {
			if e.Code == "" && k.service == SSO && e.Status == http.StatusUnauthorized {
				e.Code = "UnauthorizedException" // the portal may leave it to the status
			}
			return m
		}
	}
	return ""
}

// exceptionName strips what services put around it: a namespace before '#' and
// a documentation URL after ':'.
func exceptionName(s string) string {
	s, _, _ = strings.Cut(s, ":")
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}
