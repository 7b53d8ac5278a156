package awsapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// Tag is a session tag.
type Tag struct{ Key, Value string }

// AssumeRoleInput is what AssumeRole takes. Empty fields are not sent.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
type AssumeRoleInput struct {
	RoleARN, SessionName, ExternalID string
	Duration                         time.Duration // whole seconds; 0 leaves it to AWS
	SerialNumber                     string
	TokenCode                        secret.Text
	Policy                           string // JSON
	PolicyARNs                       []string
	Tags                             []Tag
	TransitiveTagKeys                []string
	SourceIdentity                   string
}

// WebIdentityInput is what AssumeRoleWithWebIdentity takes.
type WebIdentityInput struct {
	RoleARN, SessionName string
	Token                secret.Text   // JWT
	Duration             time.Duration // whole seconds; 0 leaves it to AWS
	Policy               string        // JSON
	PolicyARNs           []string
}

// SessionTokenInput is what GetSessionToken takes.
type SessionTokenInput struct {
	Duration     time.Duration // whole seconds; 0 leaves it to AWS
	SerialNumber string
	TokenCode    secret.Text
}

// FederationTokenInput is what GetFederationToken takes.
type FederationTokenInput struct {
	Name       string
	Duration   time.Duration // whole seconds; 0 leaves it to AWS
	Policy     string        // JSON
	PolicyARNs []string
	Tags       []Tag
}

// SessionOutput is a session. Credentials.Source is left empty; Expires is in
// AWS's time, see [Client.Skew]; AccountID is set where the answer tells it.
type SessionOutput struct {
	Credentials aws.Credentials
	// AssumedRoleARN is the session's own ARN, a federated user's likewise.
	AssumedRoleARN   string
	PackedPolicySize int // percent
	SourceIdentity   string
}

// CallerIdentity is whom AWS takes the caller for.
type CallerIdentity struct{ Account, ARN, UserID string }

// AssumeRole exchanges credentials for a role's session.
func (c *Client) AssumeRole(ctx context.Context, e Endpoint, from aws.Credentials, in AssumeRoleInput) (SessionOutput, error) {
	f := stsForm("AssumeRole")
	f.add("RoleArn", in.RoleARN)
	f.add("RoleSessionName", in.SessionName)
	f.add("ExternalId", in.ExternalID)
	f.seconds("DurationSeconds", in.Duration)
	f.policies(in.Policy, in.PolicyARNs)
	f.tags(in.Tags)
	for i, key := range in.TransitiveTagKeys {
		f.add("TransitiveTagKeys.member."+strconv.Itoa(i+1), key)
	}
	f.add("SourceIdentity", in.SourceIdentity)
	f.mfa(in.SerialNumber, in.TokenCode)
	return c.session(ctx, f.call(e, &from), "AssumedRoleUser/Arn")
}

// AssumeRoleWithWebIdentity exchanges an OIDC token for a role's session. The
// request is not signed: the token is the proof.
func (c *Client) AssumeRoleWithWebIdentity(ctx context.Context, e Endpoint, in WebIdentityInput) (SessionOutput, error) {
	f := stsForm("AssumeRoleWithWebIdentity")
	f.add("RoleArn", in.RoleARN)
	f.add("RoleSessionName", in.SessionName)
	f.secret("WebIdentityToken", in.Token)
	f.seconds("DurationSeconds", in.Duration)
	f.policies(in.Policy, in.PolicyARNs)
	return c.session(ctx, f.call(e, nil), "AssumedRoleUser/Arn")
}

// GetSessionToken exchanges long-term keys for a session, with MFA if given.
func (c *Client) GetSessionToken(ctx context.Context, e Endpoint, from aws.Credentials, in SessionTokenInput) (SessionOutput, error) {
	f := stsForm("GetSessionToken")
	f.seconds("DurationSeconds", in.Duration)
	f.mfa(in.SerialNumber, in.TokenCode)
	return c.session(ctx, f.call(e, &from), "")
}

// GetFederationToken exchanges long-term keys for a federated user's session.
func (c *Client) GetFederationToken(ctx context.Context, e Endpoint, from aws.Credentials, in FederationTokenInput) (SessionOutput, error) {
	f := stsForm("GetFederationToken")
	f.add("Name", in.Name)
	f.seconds("DurationSeconds", in.Duration)
	f.policies(in.Policy, in.PolicyARNs)
	f.tags(in.Tags)
	return c.session(ctx, f.call(e, &from), "FederatedUser/Arn")
}

// GetCallerIdentity asks whose the credentials are. No permission is needed.
func (c *Client) GetCallerIdentity(ctx context.Context, e Endpoint, from aws.Credentials) (CallerIdentity, error) {
	k := stsForm("GetCallerIdentity").call(e, &from)
	d, err := c.do(ctx, k)
	if err != nil {
		return CallerIdentity{}, err
	}
	at := k.operation + "Result/"
	id := CallerIdentity{Account: d.name(at + "Account"), ARN: d.name(at + "Arn"), UserID: d.name(at + "UserId")}
	for _, f := range [...]struct{ name, value string }{{"Account", id.Account}, {"Arn", id.ARN}, {"UserId", id.UserID}} {
		if f.value == "" {
			return CallerIdentity{}, k.lacks(f.name)
		}
	}
	return id, nil
}

func stsForm(operation string) *form { return newForm(STS, operation, "2011-06-15") }

// session makes a call that answers with credentials.
func (c *Client) session(ctx context.Context, k call, arn string) (SessionOutput, error) {
	d, err := c.do(ctx, k)
	if err != nil {
		return SessionOutput{}, err
	}
	at := k.operation + "Result/"
	creds, missing := d.credentials(at+"Credentials/", "AccessKeyId", "SecretAccessKey", "SessionToken")
	if missing == "" {
		creds.Expires, err = time.Parse(time.RFC3339, strings.TrimSpace(d.text(at+"Credentials/Expiration")))
		if err != nil {
			missing = "Expiration"
		}
	}
	if missing != "" {
		return SessionOutput{}, k.lacks(missing)
	}
	out := SessionOutput{Credentials: creds, SourceIdentity: d.name(at + "SourceIdentity")}
	if arn != "" {
		out.AssumedRoleARN = d.name(at + arn)
		out.Credentials.AccountID = accountOfARN(out.AssumedRoleARN)
	}
	size, _ := d.integer(at + "PackedPolicySize")
	out.PackedPolicySize = int(size)
	return out, nil
}
