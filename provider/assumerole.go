package provider

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// MFACode gives the code of a device that its owner reads off it now.
type MFACode = func(ctx context.Context, serial string) (secret.Text, error)

// AssumeRoleOptions say which role is assumed, and by whom.
type AssumeRoleOptions struct {
	// Source yields the credentials that sign the call.
	Source   aws.CredentialsProvider
	API      STS
	Endpoint awsapi.Endpoint
	// Input is the call. SessionName "" becomes latchkey-<unix seconds>.
	// TokenCode is ignored: it is asked for when SerialNumber is set.
	Input awsapi.AssumeRoleInput
	// MFACode may be nil when nobody can be asked.
	MFACode MFACode
	Now     func() time.Time
}

// AssumeRole yields the credentials of a role.
type AssumeRole struct{ options AssumeRoleOptions }

// NewAssumeRole returns the provider of o.
func NewAssumeRole(o AssumeRoleOptions) *AssumeRole { return &AssumeRole{o} }

// Retrieve assumes the role. The source is asked before the MFA code, so that
// nobody is asked for a code that could not be used, and that the code is fresh.
// Errors: those of the source, *[MFARequiredError], *[awsapi.APIError] and the
// other errors of the call, *[IncompleteError], *[ExpiredError].
func (a *AssumeRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o, in := a.options, a.options.Input
	source, err := o.Source.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	if in.SessionName == "" {
		in.SessionName = sessionName(o.Now())
	}
	if in.TokenCode, err = mfaCode(ctx, o.MFACode, in.SerialNumber); err != nil {
		return aws.Credentials{}, err
	}
	out, err := o.API.AssumeRole(ctx, o.Endpoint, source, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	if arn, ok := awsapi.ParseARN(out.AssumedRoleARN); ok && arn.Account != "" {
		out.Credentials.AccountID = arn.Account
	}
	return session(out, SourceAssumeRole, o.API, o.Now)
}

// sessionName is what CloudTrail shows when nobody chose a name.
func sessionName(now time.Time) string { return "latchkey-" + strconv.FormatInt(now.Unix(), 10) }

// mfaCode asks for a code if there is a device to ask for.
func mfaCode(ctx context.Context, ask MFACode, serial string) (secret.Text, error) {
	if serial == "" {
		return secret.Text{}, nil
	}
	if ask == nil {
		return secret.Text{}, &MFARequiredError{serial}
	}
	code, err := ask(ctx, serial)
	if err != nil {
		return secret.Text{}, fmt.Errorf("MFA code of %s: %w", display.Text(serial, textLimit), err)
	}
	if strings.TrimSpace(code.Reveal()) == "" {
		return secret.Text{}, &MFARequiredError{serial}
	}
	return code, nil
}
