package provider

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/secret"
)

// answer is one answer of a metadata service: IMDS or a container's endpoint.
type answer struct {
	source    string // the provider's
	operation string
	endpoint  string // URL without query, for errors
	response  awsapi.Response
	// sent are the secrets of the request, which a server may repeat.
	sent []secret.Text
}

// credentials reads an answer of status 200. Names are compared exactly. The
// session token and the expiration may be missing.
func (a answer) credentials() (aws.Credentials, error) {
	object, err := parseObject(a.response.Body)
	if err != nil {
		return aws.Credentials{}, a.unusable("the body " + err.Error())
	}
	var creds aws.Credentials
	var code, message, expiration string
	for _, field := range [...]struct {
		name string
		into *string
	}{
		{"Code", &code}, {"Message", &message}, {"AccessKeyId", &creds.AccessKeyID}, {"SecretAccessKey", &creds.SecretAccessKey},
		{"Token", &creds.SessionToken}, {"Expiration", &expiration}, {"AccountId", &creds.AccountID},
	} {
		text, ok := object.text(field.name)
		if !ok {
			return aws.Credentials{}, a.unusable(field.name + " is not a string")
		}
		*field.into = text
	}
	if code != "" && code != "Success" {
		return aws.Credentials{}, a.refusal(code, message)
	}
	if raw, there := object["Expiration"]; there && string(raw) != "null" {
		at, err := iso8601.Parse(expiration)
		if err != nil {
			return aws.Credentials{}, a.unusable("Expiration is " + err.Error())
		}
		creds.CanExpire, creds.Expires = true, at
	}
	return creds, nil
}

// refused reads an answer of another status than 200: JSON with code and
// message, or whatever stands between us and the service has to say.
func (a answer) refused() error {
	code := strings.ReplaceAll(http.StatusText(a.response.Status), " ", "")
	message := ""
	if object, err := parseObject(a.response.Body); err == nil {
		for _, names := range [...][2]string{{"code", "message"}, {"Code", "Message"}} {
			if c, ok := object.text(names[0]); ok && c != "" && c != "Success" {
				code = c
				message, _ = object.text(names[1])
			}
		}
	}
	if status := a.response.Status; code == "" || status < 400 {
		return a.unusable(fmt.Sprintf("a redirect or unknown status %d", status))
	}
	return a.refusal(code, message)
}

func (a answer) refusal(code, message string) error {
	return &awsapi.APIError{
		Service: awsapi.Service(a.source), Operation: a.operation, Endpoint: a.endpoint, Status: a.response.Status,
		Code: a.clean(code, 64), Message: a.clean(message, textLimit), RetryAfter: a.response.RetryAfter, Attempts: 1,
	}
}

// clean makes foreign text fit to be shown.
func (a answer) clean(text string, limit int) string {
	for _, s := range a.sent {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), secret.Redacted)
		}
	}
	return display.Text(text, limit)
}

// unusable is an answer that is none. What it says is not shown: it may be
// credentials in a broken form.
func (a answer) unusable(why string) error {
	return &awsapi.ResponseError{
		Operation: a.source + " " + a.operation, Endpoint: a.endpoint, Status: a.response.Status,
		ContentType: display.Text(a.response.Header.Get("Content-Type"), 64), Why: why, Attempts: 1,
	}
}

// skew is the service's clock minus ours, 0 if it does not tell. The host that
// the service runs on has the time from AWS.
func (a answer) skew(now time.Time) time.Duration {
	date, err := http.ParseTime(a.response.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return date.Sub(now)
}

// busy are the statuses after which a metadata service is asked again.
func busy(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }
