package awsapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// form is the body of a query request.
type form struct {
	service   Service
	operation string
	body      strings.Builder
	once      bool
	creates   bool
	secrets   []string
}

//go:noinline
func newForm(s Service, operation, version string) *form {
	f := &form{service: s, operation: operation}
	f.body.WriteString("Action=" + operation + "&Version=" + version)
	return f
}

func (f *form) add(name, value string) {
	if value != "" {
		f.put(name, value)
	}
}

func (f *form) put(name, value string) {
	f.body.WriteString("&" + name + "=" + url.QueryEscape(value))
}

func (f *form) secret(name string, t secret.Text) {
	if t.Empty() {
		return
	}
	f.put(name, t.Reveal())
	f.secrets = append(f.secrets, t.Reveal())
}

func (f *form) seconds(name string, d time.Duration) {
	if d > 0 {
		f.put(name, strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
}

func (f *form) policies(policy string, arns []string) {
	f.add("Policy", policy)
	for i, arn := range arns {
		f.put("PolicyArns.member."+strconv.Itoa(i+1)+".arn", arn)
	}
}

func (f *form) tags(tags []Tag) {
	for i, t := range tags {
		at := "Tags.member." + strconv.Itoa(i+1)
		f.put(at+".Key", t.Key)
		f.put(at+".Value", t.Value) // may be empty
	}
}

func (f *form) mfa(serial string, code secret.Text) {
	f.add("SerialNumber", serial)
	f.secret("TokenCode", code)
	f.once = !code.Empty()
}

//go:noinline
func (f *form) call(e Endpoint, from *aws.Credentials) call {
	k := call{
		service: f.service, operation: f.operation, endpoint: e, method: http.MethodPost, path: "/",
		header:      http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		body:        []byte(f.body.String()),
		credentials: from, once: f.once || f.creates, creates: f.creates, secrets: f.secrets, format: formatXML,
	}
	if from != nil {
		k.secrets = append(k.secrets, from.SecretAccessKey, from.SessionToken)
	}
	return k
}
