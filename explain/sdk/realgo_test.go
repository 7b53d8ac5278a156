package sdk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/smithy-go/logging"
)

// observeArgument makes the test binary say what the SDK does in the worlds of its
// standard input: the environment belongs to a process.
const observeArgument = "observe-go"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == observeArgument {
		observeAll(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

func observeAll(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w struct {
			Name    string            `json:"name"`
			Env     map[string]string `json:"env"`
			Profile string            `json:"profile"`
		}
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			panic(err)
		}
		os.Clearenv()
		for name, value := range w.Env {
			os.Setenv(name, value)
		}
		if err := json.NewEncoder(out).Encode(observe(w.Name, w.Profile)); err != nil {
			panic(err)
		}
	}
}

func observe(name, profile string) (o observed) {
	o.Name = name
	stub := &stubAWS{}
	defer func() {
		if r := recover(); r != nil {
			o.Class, o.Error = "panic", fmt.Sprint(r)
		}
		o.Calls = stub.calls
	}()
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithSharedConfigProfile(profile), config.WithHTTPClient(stub), config.WithLogger(logging.Nop{}),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = stub }))
	var creds aws.Credentials
	if err == nil {
		o.Region = cfg.Region
		creds, err = cfg.Credentials.Retrieve(context.Background())
	}
	if err != nil {
		o.Error = err.Error()
		var classes []string
		for e := err; e != nil; e = errors.Unwrap(e) {
			t := fmt.Sprintf("%T", e)
			classes = append(classes, t[strings.LastIndexByte(t, '.')+1:])
		}
		o.Class = strings.Join(classes, ",")
		return o
	}
	o.Key = creds.AccessKeyID
	return o
}

// stubAWS answers every request, with credentials that name it.
type stubAWS struct{ calls []string }

func (s *stubAWS) Do(r *http.Request) (*http.Response, error) {
	const expires = "2099-01-01T00:00:00Z"
	credentials := func(call string) string {
		s.calls = append(s.calls, call)
		return fmt.Sprintf(`{"Code":"Success","AccessKeyId":"K%d","SecretAccessKey":"s","Token":"t","Expiration":%q,"LastUpdated":%[2]q,"Type":"AWS-HMAC"}`, len(s.calls), expires)
	}
	header, body := http.Header{"Content-Type": {"application/json"}}, ""
	switch path := r.URL.Path; {
	case path == "/federation/credentials":
		q := r.URL.Query()
		s.calls = append(s.calls, fmt.Sprintf("GetRoleCredentials account=%s role=%s token=%s at=%s", q.Get("account_id"), q.Get("role_name"), r.Header.Get("x-amz-sso_bearer_token"), r.URL.Hostname()))
		body = fmt.Sprintf(`{"roleCredentials":{"accessKeyId":"K%d","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}`, len(s.calls))
	case path == "/latest/api/token":
		header.Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
		body = "token"
	case strings.HasSuffix(path, "/instance-identity/document"):
		body = `{"region":"eu-west-1"}`
	case strings.HasSuffix(path, "/security-credentials/"):
		body = "role"
	case strings.HasSuffix(path, "/security-credentials/role"):
		body = credentials("imds")
	case strings.HasPrefix(r.URL.Hostname(), "sts"):
		header.Set("Content-Type", "text/xml")
		body = s.sts(r, expires)
	default:
		body = credentials("container " + r.URL.String())
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *stubAWS) sts(r *http.Request, expires string) string {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return ""
	}
	op := form.Get("Action")
	call := op
	if m := regexp.MustCompile(`(?s)Credential=(.*?)/\d{8}/`).FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		call += " by=" + m[1]
	}
	generated := regexp.MustCompile(`^(aws-go-sdk-)?\d{15,}$`)
	for _, name := range []string{"RoleArn", "RoleSessionName", "ExternalId", "SerialNumber", "DurationSeconds"} {
		if form.Has(name) && !generated.MatchString(form.Get(name)) {
			call += " " + name + "=" + form.Get(name)
		}
	}
	s.calls = append(s.calls, call)
	return fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>K%[2]d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[3]s</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/a/b</Arn></AssumedRoleUser></%[1]sResult></%[1]sResponse>`, op, len(s.calls), expires)
}
