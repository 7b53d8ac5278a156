package signin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// maxIDToken is far above a real identity token (1 KiB).
	maxIDToken = 64 << 10
	// maxARN is above the longest ARN of a user: a path of 512 characters, a
	// name of 64 (IAM quotas).
	maxARN = 1024
)

// subject returns the identity that signed in, from the identity token's sub. The
// token comes from the service itself over TLS, so its signature says nothing
// more (OpenID Connect Core, section 3.1.3.7, number 6). What it names ends up
// in a file's name and in the user's config, so it is looked at closely. Errors
// repeat nothing of it.
func subject(token secret.Text) (awsapi.ARN, error) {
	text := token.Reveal()
	parts := strings.Split(text, ".")
	if len(text) > maxIDToken || len(parts) != 3 {
		return awsapi.ARN{}, errors.New("the answer has no identity token that can be read")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return awsapi.ARN{}, errors.New("the answer has no identity token that can be read")
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return awsapi.ARN{}, errors.New("the answer has no identity token that can be read")
	}
	arn, ok := awsapi.ParseARN(claims.Subject)
	if !ok || !isIdentity(arn) || len(claims.Subject) > maxARN {
		return awsapi.ARN{}, errors.New("the identity token names no identity of AWS")
	}
	return arn, nil
}

// isIdentity reports whether arn can be that of a user, a root user or a role's
// session. IAM's paths have any visible ASCII (API reference, CreateUser).
func isIdentity(arn awsapi.ARN) bool {
	for i := range len(arn.Resource) {
		if arn.Resource[i] <= ' ' || arn.Resource[i] > '~' {
			return false
		}
	}
	return (arn.Partition == "aws" || strings.HasPrefix(arn.Partition, "aws-")) && strings.Trim(arn.Partition, "abcdefghijklmnopqrstuvwxyz-") == "" &&
		(arn.Service == "iam" || arn.Service == "sts") && arn.Region == "" && awsapi.IsAccountID(arn.Account)
}
