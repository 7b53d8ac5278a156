package iam

import "strings"

// DeviceCodesError says that AWS has taken none of several pairs of codes.
type DeviceCodesError struct {
	Serial string
	Err    error // AWS's last refusal
}

// Error names the device.
func (e *DeviceCodesError) Error() string {
	return "MFA device " + shown(e.Serial) + ": AWS takes none of its codes: " + e.Err.Error()
}

// Unwrap returns AWS's last refusal.
func (e *DeviceCodesError) Unwrap() error { return e.Err }

// DeviceNameError says that there is a device of the name which may not be deleted:
// it is another user's, or a policy forbids it.
type DeviceNameError struct{ Name string }

// Error names the device.
func (e *DeviceNameError) Error() string {
	return "there is a virtual MFA device " + shown(e.Name) + " already, which is not the user's and may not be deleted"
}

// DeviceLimitError says that the user or the account has as many devices as AWS
// allows.
type DeviceLimitError struct {
	User string
	Err  error
}

// Error names the user and AWS's limit.
func (e *DeviceLimitError) Error() string {
	return "user " + shown(e.User) + " can have no further MFA device: " + e.Err.Error()
}

// Unwrap returns AWS's refusal.
func (e *DeviceLimitError) Unwrap() error { return e.Err }

// PasswordError is a new password that the account's policy does not take.
type PasswordError struct {
	Lacks []string // in words; empty where AWS alone knows
	Err   error    // AWS's refusal, nil if it was not asked
}

// Error lists what is missing.
func (e *PasswordError) Error() string {
	if len(e.Lacks) == 0 {
		return "AWS does not take the new password: " + e.Err.Error()
	}
	return "the new password needs " + strings.Join(e.Lacks, ", ")
}

// Unwrap returns AWS's refusal.
func (e *PasswordError) Unwrap() error { return e.Err }
