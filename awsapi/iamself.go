package awsapi

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// LoginProfile is a user's password for the console, without the password.
type LoginProfile struct {
	UserName   string
	CreateDate time.Time // zero if not told
	// ResetRequired: the console asks for a new password at the next sign-in.
	ResetRequired bool
}

// PasswordPolicy is what an account asks of its users' passwords.
type PasswordPolicy struct {
	MinimumLength                          int
	Symbols, Numbers, Uppercase, Lowercase bool // at least one of each is required
	Reuse                                  int  // how many earlier ones are refused
}

// VirtualDevice is a virtual MFA device that was just made. Its seed is told only
// once.
type VirtualDevice struct {
	SerialNumber string
	Seed         secret.Text // base32
}

// ask sends one operation with its parameters, name and value in turn; empty values
// are left out.
//
//go:noinline
func (c *Client) ask(ctx context.Context, e Endpoint, from *aws.Credentials, operation, user string, parameters ...string) (document, error) {
	f := iamForm(operation, user)
	for i := 0; i+1 < len(parameters); i += 2 {
		f.add(parameters[i], parameters[i+1])
	}
	return c.do(ctx, f.call(e, from))
}

// GetLoginProfile tells whether the user has a password; who has none is the
// [*APIError] NoSuchEntity.
func (c *Client) GetLoginProfile(ctx context.Context, e Endpoint, from aws.Credentials, user string) (LoginProfile, error) {
	d, err := c.ask(ctx, e, &from, "GetLoginProfile", user)
	const at = "GetLoginProfileResult/LoginProfile/"
	return LoginProfile{UserName: d.name(at + "UserName"), CreateDate: d.time(at + "CreateDate"), ResetRequired: d.text(at+"PasswordResetRequired") == "true"}, err
}

// GetAccountPasswordPolicy tells the account's policy for passwords; an account
// that has set none is the [*APIError] NoSuchEntity.
func (c *Client) GetAccountPasswordPolicy(ctx context.Context, e Endpoint, from aws.Credentials) (PasswordPolicy, error) {
	d, err := c.ask(ctx, e, &from, "GetAccountPasswordPolicy", "")
	at := func(name string) string { return d.text("GetAccountPasswordPolicyResult/PasswordPolicy/" + name) }
	number := func(name string) int {
		n, _ := strconv.Atoi(strings.TrimSpace(at(name))) // what is no number asks for nothing
		return max(n, 0)
	}
	return PasswordPolicy{
		MinimumLength: number("MinimumPasswordLength"), Reuse: number("PasswordReusePrevention"),
		Symbols: at("RequireSymbols") == "true", Numbers: at("RequireNumbers") == "true",
		Uppercase: at("RequireUppercaseCharacters") == "true", Lowercase: at("RequireLowercaseCharacters") == "true",
	}, err
}

// ChangePassword changes the console password of the user who signs. It is not
// sent again once AWS may have done it: the old password would be wrong then.
func (c *Client) ChangePassword(ctx context.Context, e Endpoint, from aws.Credentials, old, next secret.Text) error {
	f := iamForm("ChangePassword", "")
	f.secret("OldPassword", old)
	f.secret("NewPassword", next)
	f.once = true
	_, err := c.do(ctx, f.call(e, &from))
	return err
}

// CreateVirtualMFADevice makes a device that belongs to nobody yet. As with
// [Client.CreateAccessKey], after an error for which [MayHaveRun] holds there may
// be a device whose seed nobody knows.
func (c *Client) CreateVirtualMFADevice(ctx context.Context, e Endpoint, from aws.Credentials, name string) (VirtualDevice, error) {
	f := iamForm("CreateVirtualMFADevice", "")
	f.add("VirtualMFADeviceName", name)
	f.creates = true
	k := f.call(e, &from)
	d, err := c.do(ctx, k)
	if err != nil {
		return VirtualDevice{}, err
	}
	const at = "CreateVirtualMFADeviceResult/VirtualMFADevice/"
	out := VirtualDevice{SerialNumber: d.name(at + "SerialNumber"), Seed: seedOf(d.token(at + "Base32StringSeed"))}
	switch {
	case out.SerialNumber == "":
		return VirtualDevice{}, k.lacks("SerialNumber")
	case out.Seed.Empty():
		return VirtualDevice{}, k.lacks("Base32StringSeed")
	}
	return out, nil
}

// seedOf reads the seed, which is a blob: base64 around the base32 text that an
// authenticator takes. Stand-ins leave the base64 out.
func seedOf(text string) secret.Text {
	if plain, err := base64.StdEncoding.DecodeString(text); err == nil && base32Text(string(plain)) {
		return secret.New(string(plain))
	}
	if base32Text(text) {
		return secret.New(text)
	}
	return secret.Text{}
}

// base32Text reports whether s is base32 without blanks.
func base32Text(s string) bool {
	return len(s) >= 16 && strings.Trim(strings.TrimRight(s, "="), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// EnableMFADevice gives the device to the user, who proves with two consecutive
// codes, the older one first, to have it.
func (c *Client) EnableMFADevice(ctx context.Context, e Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error {
	return c.twoCodes(ctx, "EnableMFADevice", e, from, user, serial, first, second)
}

// ResyncMFADevice tells AWS by two consecutive codes how far the clock of the
// user's device is off.
func (c *Client) ResyncMFADevice(ctx context.Context, e Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error {
	return c.twoCodes(ctx, "ResyncMFADevice", e, from, user, serial, first, second)
}

// twoCodes is not sent again once AWS may have done it: codes work once.
func (c *Client) twoCodes(ctx context.Context, operation string, e Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error {
	f := iamForm(operation, user)
	f.add("SerialNumber", serial)
	f.secret("AuthenticationCode1", first)
	f.secret("AuthenticationCode2", second)
	f.once = true
	_, err := c.do(ctx, f.call(e, &from))
	return err
}

// DeleteVirtualMFADevice deletes a device that belongs to nobody; one that does is
// the [*APIError] DeleteConflict.
func (c *Client) DeleteVirtualMFADevice(ctx context.Context, e Endpoint, from aws.Credentials, serial string) error {
	_, err := c.ask(ctx, e, &from, "DeleteVirtualMFADevice", "", "SerialNumber", serial)
	return err
}
