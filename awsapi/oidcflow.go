package awsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// The grants that [Client.CreateToken] is asked with.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628
	GrantRefreshToken      = "refresh_token"
)

// RegisterClientInput is what the OIDC service's RegisterClient takes. Empty
// fields are not sent.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html
type RegisterClientInput struct {
	ClientName                       string // people read it where they consent
	Scopes, RedirectURIs, GrantTypes []string
	// IssuerURL is the Identity Center instance: its start URL.
	IssuerURL string
}

// RegisterClientOutput is a client that may ask for tokens until Expires.
type RegisterClientOutput struct {
	ClientID     string
	ClientSecret secret.Text
	Expires      time.Time
}

// RegisterClient registers a public client. A registration more, which a lost
// answer leaves behind, is harmless: nobody knows its secret.
func (c *Client) RegisterClient(ctx context.Context, e Endpoint, in RegisterClientInput) (RegisterClientOutput, error) {
	k := oidcCall("RegisterClient", "/client/register", e)
	k.body, _ = json.Marshal(struct { // strings always encode
		ClientName   string   `json:"clientName"`
		ClientType   string   `json:"clientType"`
		Scopes       []string `json:"scopes,omitempty"`
		RedirectURIs []string `json:"redirectUris,omitempty"`
		GrantTypes   []string `json:"grantTypes,omitempty"`
		IssuerURL    string   `json:"issuerUrl,omitempty"`
	}{in.ClientName, "public", in.Scopes, in.RedirectURIs, in.GrantTypes, in.IssuerURL})
	d, err := c.do(ctx, k)
	if err != nil {
		return RegisterClientOutput{}, err
	}
	out := RegisterClientOutput{ClientID: d.token("clientId"), ClientSecret: secret.New(d.token("clientSecret"))}
	seconds, ok := d.integer("clientSecretExpiresAt")
	switch {
	case out.ClientID == "":
		return RegisterClientOutput{}, k.lacks("clientId")
	case out.ClientSecret.Empty():
		return RegisterClientOutput{}, k.lacks("clientSecret")
	case !ok || seconds <= 0 || seconds > maxSeconds:
		return RegisterClientOutput{}, k.lacks("clientSecretExpiresAt")
	}
	out.Expires = time.Unix(seconds, 0).UTC()
	return out, nil
}

// maxSeconds is the end of the year 9999, the last that the form of the cache
// files can tell.
const maxSeconds = 253402300799

// DeviceAuthorizationInput is what the OIDC service's StartDeviceAuthorization takes.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html
type DeviceAuthorizationInput struct {
	ClientID     string
	ClientSecret secret.Text
	StartURL     string
}

// DeviceAuthorizationOutput is a sign-in that waits for a person. The URLs and
// the code are as the server sent them, without control characters: whether
// the URLs may be opened is for the caller to judge.
type DeviceAuthorizationOutput struct {
	DeviceCode secret.Text
	UserCode   string // what the person compares or types
	// VerificationURI is the page that asks for UserCode; VerificationURIComplete
	// has it filled in, and may be missing.
	VerificationURI, VerificationURIComplete string
	ExpiresIn                                time.Duration // of both codes
	// Interval is the least time between two questions; 0 where the server
	// names none, which means 5 s (RFC 8628, section 3.2).
	Interval time.Duration
}

// StartDeviceAuthorization begins a sign-in on any device. A second one, which
// a lost answer leaves behind, ends by itself after some minutes.
func (c *Client) StartDeviceAuthorization(ctx context.Context, e Endpoint, in DeviceAuthorizationInput) (DeviceAuthorizationOutput, error) {
	k := oidcCall("StartDeviceAuthorization", "/device_authorization", e)
	k.body, k.secrets = encodeJSON([]pair{
		{"clientId", in.ClientID, secret.Text{}},
		{"clientSecret", "", in.ClientSecret},
		{"startUrl", in.StartURL, secret.Text{}},
	})
	d, err := c.do(ctx, k)
	if err != nil {
		return DeviceAuthorizationOutput{}, err
	}
	out := DeviceAuthorizationOutput{
		DeviceCode: secret.New(d.token("deviceCode")), UserCode: d.name("userCode"),
		VerificationURI: d.token("verificationUri"), VerificationURIComplete: d.token("verificationUriComplete"),
		ExpiresIn: d.lifetime("expiresIn"), Interval: d.lifetime("interval"),
	}
	switch {
	case out.DeviceCode.Empty():
		return DeviceAuthorizationOutput{}, k.lacks("deviceCode")
	case out.UserCode == "" || len(out.UserCode) > maxName:
		return DeviceAuthorizationOutput{}, k.lacks("userCode")
	case out.VerificationURI == "":
		return DeviceAuthorizationOutput{}, k.lacks("verificationUri")
	case out.ExpiresIn == 0:
		return DeviceAuthorizationOutput{}, k.lacks("expiresIn")
	}
	return out, nil
}

func oidcCall(operation, path string, e Endpoint) call {
	return call{
		service: SSOOIDC, operation: operation, endpoint: e, method: http.MethodPost, path: path,
		header: http.Header{"Content-Type": {"application/json"}}, format: formatJSON,
	}
}
