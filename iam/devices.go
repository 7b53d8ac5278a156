package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// DeviceAPI is what finding devices needs of AWS; *awsapi.Client has it.
type DeviceAPI interface {
	Identity
	ListMFADevices(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.MFADevice, error)
}

// Device is one MFA device.
type Device struct {
	Serial  string    // what mfa_serial takes
	Name    string    // the last part of the serial, for a person
	Enabled time.Time // zero if AWS does not say
	// Why says, of a device that cannot be used here, why it cannot; "" if it can.
	Why string
}

// Found is what is known of a user's devices, in AWS's order.
type Found struct {
	User User
	// Usable devices give codes; Unusable ones do not.
	Usable, Unusable []Device
	// Guess is the serial that the user's virtual device has by AWS's
	// convention, for when the list is denied. "" for root.
	Guess string
}

// Devices asks AWS whose the credentials are and which MFA devices that user
// has. Errors are those of awsapi, and [*NotUserError]. When only the list
// fails, as it does under many policies (AccessDenied), Found holds User and
// Guess nevertheless.
func Devices(ctx context.Context, api DeviceAPI, at Endpoints, from aws.Credentials) (Found, error) {
	user, err := whoami(ctx, api, at.STS, from)
	if err != nil {
		return Found{}, err
	}
	out := Found{User: user}
	if arn, ok := awsapi.ParseARN(user.ARN); ok && !user.Root() {
		arn.Resource = "mfa/" + user.Name
		out.Guess = arn.String()
	}
	// AWS would find the name by the credentials; stand-ins for it do not.
	list, err := api.ListMFADevices(ctx, at.IAM, from, user.Name)
	if err != nil {
		return out, err
	}
	for _, d := range list {
		dev := Device{Serial: d.SerialNumber, Enabled: d.EnableDate}
		dev.Name, dev.Why = describe(d.SerialNumber)
		if dev.Why == "" {
			out.Usable = append(out.Usable, dev)
		} else {
			out.Unusable = append(out.Unusable, dev)
		}
	}
	return out, nil
}

// describe names a device and says why it gives no codes, "" if it does. A
// serial that is no ARN is the number on a hardware token.
func describe(serial string) (name, why string) {
	arn, ok := awsapi.ParseARN(serial)
	if !ok {
		return serial, ""
	}
	kind, rest, _ := strings.Cut(arn.Resource, "/")
	name = rest[strings.LastIndexByte(rest, '/')+1:]
	switch kind {
	case "mfa":
		return name, ""
	case "u2f":
		return name, "a security key or passkey signs in browsers only: it has no codes, and AWS takes nothing else from a command line"
	case "sms-mfa":
		return name, "AWS no longer takes codes sent by SMS"
	}
	return name, "not a kind of device that is known to give codes"
}
