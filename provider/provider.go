// Package provider owns the sources of credentials, one file each: how one is
// asked, what its answer must hold, and what is wrong when it does not.
//
// Every constructor returns a type that is immutable and asks its source anew
// each time. What comes out is whole and alive: incomplete, malformed and expired
// credentials are errors, never results. The package must not know profiles, and a
// provider must not know other providers beyond the SDK's one-method interface.
package provider

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// The values of aws.Credentials.Source, one for each provider.
const (
	SourceEnvironment  = "environment"
	SourceStatic       = "static"
	SourceProcess      = "process"
	SourceAssumeRole   = "assume-role"
	SourceSessionToken = "session-token"
	SourceWebIdentity  = "web-identity"
	SourceContainer    = "container"
	SourceIMDS         = "imds"
	SourceSSO          = "sso"
	SourceLogin        = "login"
	SourceVault        = "vault"
)

// STS is what the providers need of STS; *awsapi.Client has it. If it also has
// Skew() time.Duration, AWS's clock minus ours, expirations are judged by AWS's clock too.
type STS interface {
	AssumeRole(context.Context, awsapi.Endpoint, aws.Credentials, awsapi.AssumeRoleInput) (awsapi.SessionOutput, error)
	AssumeRoleWithWebIdentity(context.Context, awsapi.Endpoint, awsapi.WebIdentityInput) (awsapi.SessionOutput, error)
	GetSessionToken(context.Context, awsapi.Endpoint, aws.Credentials, awsapi.SessionTokenInput) (awsapi.SessionOutput, error)
}

// Fetcher sends plain HTTP requests; *awsapi.Client has it.
type Fetcher interface {
	Fetch(context.Context, awsapi.Request, awsapi.Limits) (awsapi.Response, error)
}

// accept completes and checks what a source yielded. Now is by this computer's
// clock; skew is AWS's clock minus that, 0 if unknown.
func accept(creds aws.Credentials, source string, now time.Time, skew time.Duration) (aws.Credentials, error) {
	creds.Source = source
	var missing []string
	for _, field := range fields(creds) {
		if strings.TrimSpace(field.value) == "" && field.required {
			missing = append(missing, field.name)
		}
	}
	if creds.CanExpire && creds.Expires.IsZero() {
		missing = append(missing, "Expiration")
	}
	if missing != nil {
		return aws.Credentials{}, &IncompleteError{source, missing}
	}
	for _, field := range fields(creds) {
		if why := malformed(field.value); why != "" {
			return aws.Credentials{}, &MalformedError{source, field.name, why}
		}
	}
	if !creds.CanExpire {
		return creds, nil
	}
	creds.Expires = creds.Expires.UTC()
	// Both clocks count: AWS refuses what is over by its own, and whoever gets
	// the credentials what is over by this computer's.
	if !creds.Expires.After(now.Add(max(skew, 0))) {
		return aws.Credentials{}, &ExpiredError{source, creds.Expires, now, skew}
	}
	return creds, nil
}

type field struct {
	name, value string
	required    bool
}

func fields(c aws.Credentials) [4]field {
	return [4]field{
		{"AccessKeyId", c.AccessKeyID, true}, {"SecretAccessKey", c.SecretAccessKey, true},
		{"SessionToken", c.SessionToken, false}, {"AccountId", c.AccountID, false},
	}
}

// malformed says what keeps a value from being a header's, without repeating it.
func malformed(value string) string {
	if strings.ContainsAny(value, "\r\n") {
		return "contains a line break"
	}
	for _, r := range value {
		if r < ' ' || r == 0x7f {
			return "contains a control character"
		}
	}
	return ""
}

// session checks what STS or the portal answered, which always has an end.
func session(out awsapi.SessionOutput, source string, api any, now func() time.Time) (aws.Credentials, error) {
	creds := out.Credentials
	creds.CanExpire = true
	var skew time.Duration
	if clock, ok := api.(interface{ Skew() time.Duration }); ok {
		skew = clock.Skew()
	}
	return accept(creds, source, now(), skew)
}
