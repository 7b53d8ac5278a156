package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// call is one operation of one service, ready to be sent up to three times.
type call struct {
	service   Service
	operation string
	endpoint  Endpoint
	method    string
	path      string // below the endpoint's URL, with query
	header    http.Header
	body      []byte
	// credentials sign the request; nil leaves it unsigned.
	credentials *aws.Credentials
	// proof makes the DPoP header of one attempt (RFC 9449); nil for none.
	proof func(url string) (string, error)
	// once marks a request with a part that AWS accepts only once.
	once bool
	// creates marks a request that makes a new thing each time it is evaluated:
	// a copy of it leaves a second one behind. It is once as well.
	creates bool
	// paced marks a request that the caller repeats, at the pace that it was given.
	paced bool
	// secrets are what the request carries and no error may repeat.
	secrets []string
	format  format
	maxBody int // bytes of the answer; 0: as of any
}

func (k call) label() string { return label(k.service, k.operation) }

func (k call) url() string { return strings.TrimRight(k.endpoint.URL, "/") + k.path }

// do makes the call and returns the decoded answer of its success.
func (c *Client) do(ctx context.Context, k call) (document, error) {
	if why := k.check(); why != "" {
		return document{}, &InputError{k.label(), why}
	}
	if k.once {
		// A kept connection that the server has closed meanwhile would turn into
		// a failure after which the request must not be resent.
		c.CloseIdle()
	}
	var answer document
	lim := c.limits
	lim.body = k.maxBody
	err := c.retry(ctx, k.label(), lim, func(ctx context.Context) outcome {
		req, err := c.request(ctx, k)
		if err != nil {
			return outcome{err: err}
		}
		skew := c.signingSkew()
		rep, trouble := c.exchange(ctx, req, k.label(), lim, k.secrets)
		if trouble != nil {
			return outcome{err: trouble.err, again: trouble.again && !k.paced && (!k.once || trouble.unsent), sent: trouble.sent}
		}
		doc, o := c.judge(k, rep, skew)
		answer = doc
		return o
	})
	return answer, err
}

// check finds what could not be sent: a line break in a header's value, say of
// an access key id that was copied with one.
func (k call) check() string {
	if c := k.credentials; c != nil {
		switch {
		case c.AccessKeyID == "":
			return "credentials without access key id"
		case c.SecretAccessKey == "":
			return "credentials without secret access key"
		case !headerValue(c.AccessKeyID):
			return "access key id holds a control character"
		case !headerValue(c.SessionToken):
			return "session token holds a control character"
		}
	}
	for name, values := range k.header {
		if !headerValue(strings.Join(values, "")) {
			return "value of header " + name + " holds a control character"
		}
	}
	return ""
}

func headerValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// request builds one attempt. The body is set after signing, so that its length
// is not a signed header and intermediaries may re-frame it, as botocore does.
func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, k.method, k.url(), nil)
	if err != nil {
		return nil, &InputError{k.label(), "endpoint is not a URL"}
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	if k.credentials != nil {
		// A new signer each time: a shared one keeps derived keys by access key
		// id, and would go on using a secret that has been corrected since.
		sum := sha256.Sum256(k.body)
		err := v4.NewSigner().SignHTTP(ctx, *k.credentials, req, hex.EncodeToString(sum[:]),
			string(k.service), k.endpoint.SigningRegion, c.now().Add(c.signingSkew()))
		if err != nil {
			return nil, &InputError{k.label(), "request could not be signed"}
		}
	}
	if k.proof != nil {
		proof, err := k.proof(k.url())
		if err != nil {
			return nil, err
		}
		req.Header.Set("DPoP", proof)
	}
	c.finish(req, k.body)
	return req, nil
}

// finish adds what is never signed.
func (c *Client) finish(req *http.Request, body []byte) {
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	req.Header.Set("Accept-Encoding", "identity") // no compressed bodies, no bombs
	if len(body) == 0 {
		return
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, _ = req.GetBody()
}
