package awsapi

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Role is an IAM role as its own account sees it.
type Role struct {
	Name, ARN, Path string
	// MaxSession is the longest session that it gives, 0 if not told.
	MaxSession time.Duration
	// Trust is the trust policy in JSON, as somebody wrote it: not sanitised, nor
	// known to be a policy at all. "" if it cannot be read.
	Trust string
}

// maxTrust bounds a trust policy in bytes; AWS allows 4,096 characters.
const maxTrust = 64 << 10

// GetRole describes a role of the account whose credentials sign.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func (c *Client) GetRole(ctx context.Context, e Endpoint, from aws.Credentials, name string) (Role, error) {
	f := newForm(IAM, "GetRole", "2010-05-08")
	f.add("RoleName", name)
	k := f.call(e, &from)
	d, err := c.do(ctx, k)
	if err != nil {
		return Role{}, err
	}
	const at = "GetRoleResult/Role/"
	r := Role{Name: d.name(at + "RoleName"), ARN: d.name(at + "Arn"), Path: d.name(at + "Path")}
	if r.ARN == "" {
		return Role{}, k.lacks("Arn")
	}
	if n, ok := d.integer(at + "MaxSessionDuration"); ok && n > 0 && n <= 43200 {
		r.MaxSession = time.Duration(n) * time.Second
	}
	// IAM sends policies percent-encoded (RFC 3986).
	if text, err := url.PathUnescape(d.text(at + "AssumeRolePolicyDocument")); err == nil && len(text) <= maxTrust {
		r.Trust = text
	}
	return r, nil
}
