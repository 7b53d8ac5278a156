// Package sigv4 verifies AWS Signature Version 4 as STS does: in the
// Authorization header or, presigned, in the query. It must not know whose keys
// there are; the caller looks the key up between Parse and Verify.
//
// Texts and codes are those that AWS answers; see the IAM user guide,
// "Troubleshoot Signature Version 4 signing for AWS API requests".
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
)

// timeFormat is the ISO 8601 basic form of X-Amz-Date.
const timeFormat = "20060102T150405Z"

// skew is how far the clocks may be apart.
const skew = 15 * time.Minute

// Error is a refusal in AWS's words.
type Error struct {
	Status        int
	Code, Message string
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Signature is the parsed proof of one request.
type Signature struct {
	KeyID  string
	Region string
	Token  string // X-Amz-Security-Token, "" without one

	service, date, signature string
	time                     time.Time
	headers                  []string
	query                    url.Values // nil unless presigned
}

// Verify recomputes the signature with the secret.
func (s *Signature) Verify(r *http.Request, body []byte, secret string) *Error {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	canonical := sha256.Sum256([]byte(s.canonical(r, body)))
	scope := s.date + "/" + s.Region + "/" + s.service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + s.time.UTC().Format(timeFormat) + "\n" + scope + "\n" + hex.EncodeToString(canonical[:])
	key := mac([]byte("AWS4"+secret), s.date)
	for _, part := range []string{s.Region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	want := hex.EncodeToString(mac(key, text))
	if !hmac.Equal([]byte(want), []byte(s.signature)) {
		return mismatch("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func mismatch(message string) *Error {
	return &Error{http.StatusForbidden, "SignatureDoesNotMatch", message}
}

// canonical builds the canonical request.
func (s *Signature) canonical(r *http.Request, body []byte) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r) + "\n" + s.canonicalQuery(r) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	hash := sha256.Sum256(body)
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hex.EncodeToString(hash[:]))
	return b.String()
}

// canonicalPath encodes the path twice, as every service but S3 wants it.
func canonicalPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if path == "" {
		return "/"
	}
	return escape(path, true)
}

func (s *Signature) canonicalQuery(r *http.Request) string {
	query := s.query
	if query == nil {
		query = r.URL.Query()
	}
	var pairs []string
	for name, values := range query {
		if s.query != nil && name == "X-Amz-Signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, escape(name, false)+"="+escape(v, false))
		}
	}
	sort.Strings(pairs)
	return strings.Join(pairs, "&")
}

// headerValue joins the values of a header and folds its spaces. Go keeps Host
// and Content-Length of a request outside its header.
func headerValue(r *http.Request, name string) string {
	var values []string
	switch name {
	case "host":
		values = []string{r.Host}
	default:
		values = r.Header.Values(name)
	}
	folded := make([]string, len(values))
	for i, v := range values {
		folded[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(folded, ",")
}

func escape(s string, keepSlash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}
