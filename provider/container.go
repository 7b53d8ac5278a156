package provider

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// ContainerOptions say where a container's credentials are: in ECS, EKS Pod
// Identity, or a local credential server.
type ContainerOptions struct {
	API Fetcher
	// URL is complete. https may have any host; http only loopback and the
	// addresses of ECS and EKS.
	URL string
	// Relative tells that URL was made of AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
	// whose host is that of ECS and cannot be chosen.
	Relative bool
	// Token is sent as it is in the Authorization header; TokenFile, if set,
	// holds it instead and is read anew each time.
	Token     secret.Text
	TokenFile string
	// LookupIP resolves names; nil is the system's resolver.
	LookupIP func(ctx context.Context, host string) ([]netip.Addr, error)
	Now      func() time.Time
}

// Container yields the credentials of a container's endpoint.
type Container struct{ options ContainerOptions }

// NewContainer returns the provider of o.
func NewContainer(o ContainerOptions) *Container {
	if o.LookupIP == nil {
		o.LookupIP = lookupIP
	}
	return &Container{o}
}

// Retrieve fetches the credentials. Without an expiration they count as ones
// that do not expire. Errors: *[HostError]; *[TokenFileError]; *[MalformedError];
// *[awsapi.UnreachableError]; *[awsapi.APIError] with the endpoint's own code;
// *[awsapi.ResponseError]; *[IncompleteError]; *[ExpiredError].
func (c *Container) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o := c.options
	target, err := parseContainerURL(o.URL, o.Relative)
	if err != nil {
		return aws.Credentials{}, err
	}
	token, err := c.token()
	if err != nil {
		return aws.Credentials{}, err
	}
	urls, err := c.pin(ctx, target)
	if err != nil {
		return aws.Credentials{}, err
	}
	response, err := c.fetch(ctx, target, urls, token)
	if err != nil {
		return aws.Credentials{}, err // names operation and endpoint
	}
	shown := url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path}
	a := answer{SourceContainer, "GetCredentials", display.Text(shown.String(), textLimit), response, []secret.Text{token}}
	if response.Status != http.StatusOK {
		return aws.Credentials{}, a.refused()
	}
	creds, err := a.credentials()
	if err != nil {
		return aws.Credentials{}, err
	}
	now := o.Now()
	return accept(creds, SourceContainer, now, a.skew(now))
}

// fetch asks the first of urls that can be connected to. A name like localhost
// may have an address on which nobody listens.
func (c *Container) fetch(ctx context.Context, target *url.URL, urls []string, token secret.Text) (response awsapi.Response, err error) {
	header := http.Header{"Accept": {"application/json"}, "Host": {target.Host}}
	if !token.Empty() {
		header.Set("Authorization", token.Reveal())
	}
	// What http may be used for is on this machine; https may lead anywhere.
	direct := target.Scheme == "http"
	limits := awsapi.Limits{Attempts: 3, Connect: 2 * time.Second, Attempt: 5 * time.Second, Direct: direct, Retry: busy}
	for _, u := range urls {
		request := awsapi.Request{Method: http.MethodGet, URL: u, Header: header, Operation: "container GetCredentials"}
		response, err = c.options.API.Fetch(ctx, request, limits)
		if err == nil || !unconnected(err) {
			break
		}
	}
	return response, err
}

// token returns the value of the Authorization header. It is sent as it is, so
// a line break in it, which no header can carry, is explained and not removed:
// every SDK fails on it.
func (c *Container) token() (secret.Text, error) {
	o := c.options
	if o.TokenFile == "" {
		if why := malformed(o.Token.Reveal()); why != "" {
			return secret.Text{}, &MalformedError{SourceContainer, "AWS_CONTAINER_AUTHORIZATION_TOKEN", ending(o.Token.Reveal(), why)}
		}
		return o.Token, nil
	}
	text, err := readToken(SourceContainer, o.TokenFile)
	if err != nil {
		return secret.Text{}, err
	}
	why := malformed(text)
	switch {
	case text == "":
		why = "it is empty"
	case why != "":
		why = "it " + ending(text, why)
	default:
		return secret.New(text), nil
	}
	return secret.Text{}, &TokenFileError{Source: SourceContainer, Path: o.TokenFile, Why: why}
}

// ending names the commonest reason of all: a file written with echo.
func ending(text, why string) string {
	if malformed(strings.TrimRight(text, "\r\n")) == "" {
		return "ends with a newline, which the Authorization header cannot carry"
	}
	return why
}
