package explain

import (
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/vault"
)

// deviceInputs are the inputs to blame for a device and its codes.
func deviceInputs() []string {
	return append([]string{chain.InputMFASerial}, refusedInputs()...)
}

const handOut = "hand the program credentials that are finished: latchkey exec PROFILE -- COMMAND, or credential_process = latchkey credentials PROFILE in a profile for it"

// mfaRules are about MFA devices and their codes.
func mfaRules() []Rule {
	return []Rule{
		{
			Code: "mfa-required", Title: "An MFA code is needed, and there is nobody to ask", Class: ClassNeedsUser,
			Why: "the code of an MFA device is needed, and there is no terminal to ask on", Fix: "run latchkey whoami PROFILE in a terminal: it asks once, for all programs",
			See: "latchkey explain PROFILE", Page: rolePage,
			Texts: []Text{
				{Raw: "Cannot refresh credentials: MFA token required", By: "boto3", Why: "the program has run longer than its session, and boto3 cannot ask for another code in the background", Fix: handOut},
				{Raw: "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set", By: "Go, Terraform", Why: "the profile has mfa_serial, and Go programs, Terraform among them, do not ask for codes", Fix: handOut},
				{Raw: "Profile * requires multi-factor authentication, but no MFA code callback was provided", By: "JavaScript", Fix: handOut},
			},
			match:  []matcher{on(mfaRequired)},
			inputs: []string{chain.InputMFASerial},
		},
		{
			Code: "mfa-code-refused", Title: "AWS does not take the MFA code", Class: ClassRefused,
			Why: "the code was wrong, was used before, or the device's clock is off; each code works once", Fix: "wait for the next code and try again",
			Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html",
			Texts:   []Text{{Raw: "MultiFactorAuthentication failed with invalid MFA one time pass code", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "invalid MFA one time pass code"}},
			inputs:  deviceInputs(),
		},
		{
			Code: "mfa-serial-refused", Title: "The MFA device is not this user's", Class: ClassRefused,
			Why: "the mfa_serial is not a device of the user whose keys sign the call", Fix: "compare mfa_serial with what latchkey mfa devices lists for that user",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",
			Texts:   []Text{{Raw: "MultiFactorAuthentication failed, unable to validate MFA code", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "unable to validate MFA code"}},
			inputs:  deviceInputs(),
		},
		{
			Code: "mfa-incomplete", Title: "A device without a code, or a code without a device", Class: ClassRefused,
			Why: "a code without a device, or a device without a code", Fix: "set mfa_serial in the profile and give a code",
			Page:    "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
			Texts:   []Text{{Raw: "must provide both MFA serial number and one time pass code", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "must provide both MFA serial number and one time pass code"}},
			inputs:  deviceInputs(),
		},
	}
}

// deviceRules are about the devices that codes come from.
func deviceRules() []Rule {
	return []Rule{
		{
			Code: "mfa-half-enrolled", Title: "A device that was half enrolled is in the way", Class: ClassRefused,
			Why: "an enrolment was broken off and has left a device without codes; the policy that forces MFA lets nobody without MFA remove it", Fix: "enrol a device of another name, or have an administrator delete the one that is left",
			Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html",
			Texts:   []Text{{Raw: "not authorized to perform: iam:DeleteVirtualMFADevice on resource: * with an explicit deny", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "iam:DeleteVirtualMFADevice"}},
			inputs:  deviceInputs(),
			Over:    []Precedence{{explicitDeny, "the policy is right, and the device is in the way"}, {"permission-missing", "the device is in the way"}},
		},
		{
			Code: "mfa-no-device", Title: "The user has no device that gives codes", Class: ClassNotFound,
			Why: "STS takes six digits, and the user has nothing that shows any", Fix: "enrol a virtual MFA device for the user in the IAM console; passkeys and security keys give no codes for STS",
			Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",
			match: []matcher{on(func(e *provider.NoDeviceError, f *Finding) bool {
				f.What, f.Why = label(f)+e.Error(), ""
				return true
			})},
			inputs: []string{chain.InputMFASerial},
		},
		{
			Code: "mfa-which-device", Title: "The user has several devices", Class: ClassNeedsUser,
			Why: "AWS wants to be told which device a code is of", Fix: "add mfa_serial to the profile",
			match: []matcher{on(func(e *provider.DeviceChoiceError, f *Finding) bool {
				f.What, f.Why = label(f)+e.Error(), ""
				f.Fix = "add mfa_serial = " + e.Serials[0] + " (or another of them) to the profile, or run " + f.again() + " in a terminal and choose once"
				return true
			})},
			inputs: []string{chain.InputMFASerial},
		},
		{
			Code: "mfa-code-used", Title: "The code has been used", Class: ClassNeedsUser,
			Why: "AWS takes each code once", Fix: "give the next code of the device",
			match: []matcher{on(func(e *mfa.UsedError, f *Finding) bool {
				f.What, f.Fix = label(f)+e.Error(), "give the next code of the device, from "+e.Next.Local().Format(time.TimeOnly)+" on"
				return true
			})},
			inputs: []string{chain.InputMFASerial},
		},
		{
			Code: "mfa-source", Title: "What is to give the code gives none", Class: ClassFailed,
			Why: "mfa_process, the flag or the variable gives no six digits", Fix: "see what it gives, and correct it",
			match:  []matcher{on(codeSource)},
			inputs: []string{chain.InputMFASerial},
		},
	}
}

func mfaRequired(e *provider.MFARequiredError, f *Finding) bool {
	f.What = label(f) + e.Error()
	f.Fix = "run " + f.again() + " in a terminal: it asks once, for all programs; or give the six digits with --mfa-code 123456 or TOTP_CODE in the environment"
	return true
}

func codeSource(e *mfa.SourceError, f *Finding) bool {
	var used *mfa.UsedError
	var locked *vault.LockedError
	if errors.As(e, &used) || errors.As(e, &locked) {
		return false // that is what is wrong with it
	}
	f.What, f.Why, f.Fix = label(f)+e.Error(), "", "see what "+e.Source+" gives, and correct it"
	if errors.Is(e, mfa.ErrFormat) {
		f.Class, f.Why, f.Fix = ClassConfig, "an MFA code is the six digits that the device shows now", "give six digits"
	}
	return true
}

// again is the command that a person runs where there is somebody to ask.
func (f *Finding) again() string {
	if f.Profile == "" {
		return "latchkey whoami"
	}
	return "latchkey whoami " + Word(f.Profile)
}
