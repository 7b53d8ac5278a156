package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// MFA says whose code goes with a call. The zero MFA sends none.
type MFA struct {
	// Serial is the device: an ARN, or a hardware device's number.
	Serial string
	// Discover finds the device of the credentials' user where Serial is "".
	Discover func(ctx context.Context, creds aws.Credentials) (serial string, err error)
	// Code gives the code that the device shows now; nil when nobody can be
	// asked.
	Code func(ctx context.Context, serial string) (secret.Text, error)
}

// ask returns the device and its code, nothing if none is wanted. It is called
// when the rest of the call is known, so that no code is asked for in vain.
func (m MFA) ask(ctx context.Context, source aws.Credentials) (serial string, code secret.Text, err error) {
	serial = m.Serial
	if serial == "" {
		if m.Discover == nil {
			return "", secret.Text{}, nil
		}
		if serial, err = m.Discover(ctx, source); err != nil {
			return "", secret.Text{}, err
		}
	}
	if m.Code == nil {
		return "", secret.Text{}, &MFARequiredError{serial}
	}
	if code, err = m.Code(ctx, serial); err != nil {
		return "", secret.Text{}, fmt.Errorf("MFA code of %s: %w", display.Text(serial, textLimit), err)
	}
	if strings.TrimSpace(code.Reveal()) == "" {
		return "", secret.Text{}, &MFARequiredError{serial}
	}
	return serial, code, nil
}

// NoDeviceError says that a user has no MFA device that gives codes.
type NoDeviceError struct {
	// User is its ARN; Why says what is wrong with the devices it has, "" if it
	// has none.
	User, Why string
}

func (e *NoDeviceError) Error() string {
	text := display.Text(e.User, textLimit) + " has no MFA device that gives codes"
	if e.Why != "" {
		text += ": " + display.Text(e.Why, textLimit)
	}
	return text
}

// DeviceChoiceError says that a user has several MFA devices, and that nobody is
// there to choose one.
type DeviceChoiceError struct {
	User    string // ARN
	Serials []string
}

func (e *DeviceChoiceError) Error() string {
	return display.Text(e.User, textLimit) + " has several MFA devices: " + display.Text(strings.Join(e.Serials, ", "), textLimit)
}
