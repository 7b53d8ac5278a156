package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	tokenPath = "/latest/api/token"
	rolePath  = "/latest/meta-data/iam/security-credentials/"
	// extendedPath has the same and the account id. It is asked where the older
	// one, which every stand-in knows, is not there.
	extendedPath = "/latest/meta-data/iam/security-credentials-extended/"
	// tokenTTL is the longest that the service grants, in seconds.
	tokenTTL = "21600"
	// lastResort is what a computer without the service pays for the search.
	lastResort = 1200 * time.Millisecond

	hintHopLimit = "in a container the answer is lost when the instance's HttpPutResponseHopLimit is 1"
	hintV1       = "only IMDSv2 is used; the instance may have it switched off"
)

// IMDSOptions say which metadata service of EC2 is asked.
type IMDSOptions struct {
	API Fetcher
	// Endpoint is the base URL: http://169.254.169.254, http://[fd00:ec2::254].
	Endpoint string
	// InstanceProfile is the role to ask for; "" asks the service which.
	InstanceProfile string
	// AllowV1 goes on without a token where the service gives none.
	AllowV1 bool
	// Configured tells that the service was asked for by name: then it gets
	// three tries of 2 s. Otherwise the whole search ends within 1.5 s.
	Configured bool
	Now        func() time.Time
}

// IMDS yields the credentials of an EC2 instance's role.
type IMDS struct{ options IMDSOptions }

// NewIMDS returns the provider of o.
func NewIMDS(o IMDSOptions) *IMDS {
	o.Endpoint = strings.TrimRight(o.Endpoint, "/")
	return &IMDS{o}
}

// Retrieve fetches token, role and credentials, by IMDSv2 (EC2 user guide,
// instancedata-data-retrieval). Errors: *[NotAvailableError] where there is no
// service or no role; *[awsapi.APIError] with the service's own code, such as
// AssumeRoleUnauthorizedAccess; *[awsapi.UnreachableError]; *[awsapi.ResponseError];
// *[IncompleteError]; *[ExpiredError].
func (i *IMDS) Retrieve(ctx context.Context) (aws.Credentials, error) {
	v := visit{options: i.options, caller: ctx}
	v.limits = awsapi.Limits{Attempts: 3, Connect: time.Second, Attempt: 2 * time.Second, Direct: true, Retry: busy}
	if !i.options.Configured {
		bounded, cancel := context.WithTimeout(ctx, lastResort)
		defer cancel()
		ctx = bounded
		v.limits = awsapi.Limits{Connect: 700 * time.Millisecond, Attempt: 800 * time.Millisecond, Direct: true, Retry: busy, Answered: true}
		v.limits.Attempts = 3
	}
	if base, err := url.Parse(i.options.Endpoint); err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return aws.Credentials{}, &MalformedError{SourceIMDS, "the endpoint", "is not an http or https URL"}
	}
	if err := v.getToken(ctx); err != nil {
		return aws.Credentials{}, err
	}
	role, err := v.role(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	a, err := v.either(ctx, "GetRoleCredentials", url.PathEscape(role))
	if err != nil {
		return aws.Credentials{}, err
	}
	if a.response.Status != http.StatusOK {
		return aws.Credentials{}, a.refused()
	}
	creds, err := a.credentials()
	if err != nil {
		return aws.Credentials{}, err
	}
	creds.CanExpire = true // a role's credentials always end
	now := i.options.Now()
	return accept(creds, SourceIMDS, now, a.skew(now))
}

// visit is one conversation with the service.
type visit struct {
	options IMDSOptions
	caller  context.Context // without our own limit
	limits  awsapi.Limits
	token   secret.Text
	renewed bool
	// extended tells that the service has the extended path alone.
	extended bool
}

func (v *visit) absent(why, hint string, cause error) error {
	return &NotAvailableError{SourceIMDS, v.options.Endpoint, why, hint, v.options.Configured, cause}
}

func (v *visit) fetch(ctx context.Context, method, operation, path string, header http.Header) (answer, error) {
	target := v.options.Endpoint + path
	request := awsapi.Request{Method: method, URL: target, Header: header, Operation: "imds " + operation}
	response, err := v.options.API.Fetch(ctx, request, v.limits)
	return answer{SourceIMDS, operation, target, response, []secret.Text{v.token}}, err
}

// getToken begins the conversation. It tells a computer without the service.
func (v *visit) getToken(ctx context.Context) error {
	header := http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {tokenTTL}}
	a, err := v.fetch(ctx, http.MethodPut, "GetToken", tokenPath, header)
	if v.caller.Err() != nil {
		return err
	}
	var unreachable *awsapi.UnreachableError
	timedOut := ctx.Err() != nil || errors.As(err, &unreachable) && unreachable.Reason == awsapi.ReasonTimeout
	switch {
	case timedOut && v.options.AllowV1 && ctx.Err() == nil:
		return nil
	case timedOut:
		return v.absent("no metadata service answers in time", hintHopLimit, err)
	case errors.As(err, &unreachable):
		return v.absent("no metadata service answers", "", err)
	case err != nil:
		return v.absent("what answers is no metadata service", "", err)
	}
	switch a.response.Status {
	case http.StatusOK:
		return v.keepToken(a)
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		if v.options.AllowV1 {
			return nil
		}
		return v.absent("the service gives no token", hintV1, a.refused())
	case http.StatusBadRequest:
		return a.refused()
	}
	return v.absent("the service gives no token", "", a.refused())
}

// keepToken refuses what a captive portal may have answered instead.
func (v *visit) keepToken(a answer) error {
	token := trimASCII(string(a.response.Body))
	if token == "" || len(token) > 4096 || strings.ContainsAny(token, " \t<>\"") || malformed(token) != "" {
		return v.absent("what answers is no metadata service", "", a.unusable("the token is none"))
	}
	v.token = secret.New(token)
	return nil
}

// get asks with the token, and once more with a new one if it is not accepted
// any more.
func (v *visit) get(ctx context.Context, operation, path string) (answer, error) {
	for {
		header := http.Header{"Accept": {"*/*"}}
		if !v.token.Empty() {
			header.Set("X-Aws-Ec2-Metadata-Token", v.token.Reveal())
		}
		a, err := v.fetch(ctx, http.MethodGet, operation, path, header)
		if err != nil && ctx.Err() != nil && v.caller.Err() == nil {
			err = v.absent("the metadata service does not answer in time", "", err)
		}
		if err != nil || a.response.Status != http.StatusUnauthorized || v.renewed || v.token.Empty() {
			return a, err
		}
		v.renewed = true
		if err := v.getToken(ctx); err != nil {
			return answer{}, err
		}
	}
}

// either asks the path that roles are below for name, and where that is not
// found the extended one. Nothing found on both is the older path's answer.
func (v *visit) either(ctx context.Context, operation, name string) (answer, error) {
	if v.extended {
		return v.get(ctx, operation, extendedPath+name)
	}
	a, err := v.get(ctx, operation, rolePath+name)
	if err != nil || a.response.Status != http.StatusNotFound {
		return a, err
	}
	if b, err := v.get(ctx, operation, extendedPath+name); err != nil || b.response.Status == http.StatusOK {
		v.extended = err == nil
		return b, err
	}
	return a, nil
}

// role returns the name of the instance's role.
func (v *visit) role(ctx context.Context) (string, error) {
	role := v.options.InstanceProfile
	if role == "" {
		a, err := v.either(ctx, "ListRoles", "")
		if err != nil {
			return "", err
		}
		switch a.response.Status {
		case http.StatusOK:
		case http.StatusNotFound:
			return "", v.absent("the instance has no instance profile", "attach a role to the instance", a.refused())
		default:
			return "", a.refused()
		}
		line, _, _ := strings.Cut(string(a.response.Body), "\n")
		role = trimASCII(line)
	}
	if role == "" {
		return "", v.absent("the service names no role", "", nil)
	}
	// Anything else could turn the path into another one.
	if strings.Trim(role, ".") == "" || len(role) > 512 || malformed(role) != "" {
		return "", &MalformedError{SourceIMDS, "the role's name", "is not one"}
	}
	return role, nil
}
