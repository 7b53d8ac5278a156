package awsapi

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// name returns the text at path if it is fit to be shown and stored, trimmed.
func (d document) name(path string) string {
	s := strings.TrimSpace(d.text(path))
	if display.Text(s, len(s)) != s {
		return ""
	}
	return s
}

// token returns the text at path if it is visible ASCII, as keys and tokens
// are: anything else could break the header or the variable it goes into.
func (d document) token(path string) string {
	s := strings.TrimSpace(d.text(path))
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return ""
		}
	}
	return s
}

// credentials reads the three parts below prefix by their names, and names the
// first that is missing or not usable.
func (d document) credentials(prefix, id, key, session string) (c aws.Credentials, missing string) {
	c = aws.Credentials{CanExpire: true}
	for _, f := range [...]struct {
		name string
		to   *string
	}{{id, &c.AccessKeyID}, {key, &c.SecretAccessKey}, {session, &c.SessionToken}} {
		if *f.to = d.token(prefix + f.name); *f.to == "" {
			return aws.Credentials{}, f.name
		}
	}
	return c, ""
}

// lacks is the error for a well-formed success without a part that it must have.
func (k call) lacks(name string) *ResponseError {
	return &ResponseError{
		Operation: k.label(), Endpoint: bareURL(k.url()), Status: 200,
		Why: "no usable " + name + " in the answer",
	}
}
