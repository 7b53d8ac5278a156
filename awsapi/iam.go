package awsapi

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// The states of an access key.
const (
	KeyActive   = "Active"
	KeyInactive = "Inactive"
)

// MFADevice is one MFA device of a user, of any kind.
type MFADevice struct {
	UserName string
	// SerialNumber is an ARN (arn:aws:iam::ACCOUNT:mfa/NAME, …:u2f/user/…), or
	// the number printed on a hardware token.
	SerialNumber string
	EnableDate   time.Time // zero if not told
}

// User is an IAM user, or with root's credentials the account itself.
type User struct {
	UserName, UserID, ARN, Path string
	CreateDate                  time.Time // zero if not told
}

// AccessKey is a long-term key without its secret.
type AccessKey struct {
	ID, UserName string
	Status       string    // [KeyActive], [KeyInactive]
	CreateDate   time.Time // zero if not told
}

// NewAccessKey is a key that was just made. Its secret is told only once.
type NewAccessKey struct {
	AccessKey
	Secret secret.Text
}

// KeyUse is the last use of an access key that AWS knows of. It lags behind by
// minutes to hours.
type KeyUse struct {
	UserName        string
	At              time.Time // zero: never, or not since AWS began to record it
	Service, Region string    // "" if never
}

// maxPages bounds a list: a server that always says there is more must not
// keep us asking. A user has at most 8 devices and 2 keys.
const maxPages = 10

// In all calls below an empty user is the one who signs; role sessions must
// name one.

func iamForm(operation, user string) *form {
	f := newForm(IAM, operation, "2010-05-08")
	f.add("UserName", user)
	return f
}

// ListMFADevices lists the user's MFA devices of all kinds.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html
func (c *Client) ListMFADevices(ctx context.Context, e Endpoint, from aws.Credentials, user string) ([]MFADevice, error) {
	var out []MFADevice
	err := c.pages(ctx, e, from, "ListMFADevices", user, "MFADevices", func(d document, at string) string {
		m := MFADevice{UserName: d.name(at + "UserName"), SerialNumber: d.name(at + "SerialNumber"), EnableDate: d.time(at + "EnableDate")}
		if m.SerialNumber == "" {
			return "SerialNumber"
		}
		out = append(out, m)
		return ""
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GetUser describes the user.
func (c *Client) GetUser(ctx context.Context, e Endpoint, from aws.Credentials, user string) (User, error) {
	k := iamForm("GetUser", user).call(e, &from)
	d, err := c.do(ctx, k)
	if err != nil {
		return User{}, err
	}
	const at = "GetUserResult/User/"
	u := User{
		UserName: d.name(at + "UserName"), UserID: d.name(at + "UserId"), ARN: d.name(at + "Arn"),
		Path: d.name(at + "Path"), CreateDate: d.time(at + "CreateDate"),
	}
	if u.ARN == "" { // root has no name and no path
		return User{}, k.lacks("Arn")
	}
	return u, nil
}

// ListAccessKeys lists the user's keys, in AWS's order.
func (c *Client) ListAccessKeys(ctx context.Context, e Endpoint, from aws.Credentials, user string) ([]AccessKey, error) {
	var out []AccessKey
	err := c.pages(ctx, e, from, "ListAccessKeys", user, "AccessKeyMetadata", func(d document, at string) string {
		key, missing := d.accessKey(at)
		out = append(out, key)
		return missing
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// CreateAccessKey makes a key. The request is not sent again once AWS may have
// done it: after an error for which [MayHaveRun] holds there may be a key whose
// secret nobody knows.
func (c *Client) CreateAccessKey(ctx context.Context, e Endpoint, from aws.Credentials, user string) (NewAccessKey, error) {
	f := iamForm("CreateAccessKey", user)
	f.creates = true
	k := f.call(e, &from)
	d, err := c.do(ctx, k)
	if err != nil {
		return NewAccessKey{}, err
	}
	const at = "CreateAccessKeyResult/AccessKey/"
	key, missing := d.accessKey(at)
	text := d.token(at + "SecretAccessKey")
	if missing == "" && text == "" {
		missing = "SecretAccessKey"
	}
	if missing != "" {
		return NewAccessKey{}, k.lacks(missing)
	}
	return NewAccessKey{key, secret.New(text)}, nil
}

// UpdateAccessKey sets the key's status, [KeyActive] or [KeyInactive].
func (c *Client) UpdateAccessKey(ctx context.Context, e Endpoint, from aws.Credentials, user, id, status string) error {
	f := iamForm("UpdateAccessKey", user)
	f.add("AccessKeyId", id)
	f.add("Status", status)
	_, err := c.do(ctx, f.call(e, &from))
	return err
}

// DeleteAccessKey deletes the key for ever. A key that is not there is the
// [*APIError] NoSuchEntity, also when a first try was lost on its way back.
func (c *Client) DeleteAccessKey(ctx context.Context, e Endpoint, from aws.Credentials, user, id string) error {
	f := iamForm("DeleteAccessKey", user)
	f.add("AccessKeyId", id)
	_, err := c.do(ctx, f.call(e, &from))
	return err
}

// GetAccessKeyLastUsed tells when a key of any user of the account was used.
func (c *Client) GetAccessKeyLastUsed(ctx context.Context, e Endpoint, from aws.Credentials, id string) (KeyUse, error) {
	f := iamForm("GetAccessKeyLastUsed", "")
	f.add("AccessKeyId", id)
	d, err := c.do(ctx, f.call(e, &from))
	if err != nil {
		return KeyUse{}, err
	}
	const at = "GetAccessKeyLastUsedResult/"
	use := KeyUse{UserName: d.name(at + "UserName"), At: d.time(at + "AccessKeyLastUsed/LastUsedDate")}
	if !use.At.IsZero() { // else AWS says N/A
		use.Service, use.Region = d.name(at+"AccessKeyLastUsed/ServiceName"), d.name(at+"AccessKeyLastUsed/Region")
	}
	return use, nil
}

// accessKey reads a key's description, and names the part that it lacks.
func (d document) accessKey(at string) (k AccessKey, missing string) {
	k = AccessKey{
		ID: d.token(at + "AccessKeyId"), UserName: d.name(at + "UserName"),
		Status: d.name(at + "Status"), CreateDate: d.time(at + "CreateDate"),
	}
	switch {
	case k.ID == "":
		return k, "AccessKeyId"
	case k.Status == "":
		return k, "Status"
	}
	return k, ""
}

// time returns the time at path, zero if there is none.
func (d document) time(path string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(d.text(path)))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// pages reads a list to its end. take gets each member's prefix and names what
// the member lacks.
func (c *Client) pages(ctx context.Context, e Endpoint, from aws.Credentials, operation, user, list string, take func(d document, at string) string) error {
	marker := ""
	for range maxPages {
		f := iamForm(operation, user)
		f.add("Marker", marker)
		k := f.call(e, &from)
		d, err := c.do(ctx, k)
		if err != nil {
			return err
		}
		at := operation + "Result/"
		for _, member := range d.members(at + list) {
			if missing := take(d, member); missing != "" {
				return k.lacks(missing)
			}
		}
		if d.text(at+"IsTruncated") != "true" {
			return nil
		}
		if marker = d.name(at + "Marker"); marker == "" {
			return k.lacks("Marker")
		}
	}
	return iamForm(operation, user).call(e, &from).lacks("end of the list")
}
