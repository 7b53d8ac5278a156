package explain_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
	"github.com/latchkey-aws/latchkey/vault"
)

// TestKinds holds each sort of error against its rule, and the input of the step that
// the rule blames.
func TestKinds(t *testing.T) {
	t.Parallel()
	process := func(failure provider.ProcessFailure) error { return &provider.ProcessError{Failure: failure, Why: "x"} }
	x := errors.New("x")
	for _, tt := range []struct {
		err         error
		want, input string // input: "" for none
	}{
		{&provider.NoDeviceError{User: "u"}, "mfa-no-device", chain.InputMFASerial},
		{&provider.DeviceChoiceError{User: "u", Serials: []string{"a", "b"}}, "mfa-which-device", chain.InputMFASerial},
		{&mfa.UsedError{Serial: "s"}, "mfa-code-used", chain.InputMFASerial},
		{&mfa.SourceError{Source: "mfa_process", Err: x}, "mfa-source", chain.InputMFASerial},
		{&sso.DeniedError{Err: x}, "sign-in-denied", ""},
		{&signin.DeniedError{}, "sign-in-denied", ""},
		{&sso.CodeExpiredError{}, "sign-in-late", ""},
		{&signin.CodeExpiredError{}, "sign-in-late", ""},
		{&signin.PasteError{Why: "x"}, "sign-in-paste", ""},
		{&signin.OtherIdentityError{}, "sign-in-identity", ""},
		{&sso.UnsafeURLError{}, "sign-in-address", ""},
		{&signin.UnsafeURLError{}, "sign-in-address", ""},
		{&sso.RegionError{Actual: "eu-west-1", Err: x}, "sso-region", ""},
		{&sso.KeepError{Err: x}, "sign-in-not-kept", ""},
		{&authcode.PortError{Err: x}, "sign-in-port", ""},
		{&iam.LimitError{}, "key-limit", ""},
		{&iam.NotUserError{}, "not-a-user", ""},
		{&iam.UnsuitableError{}, "key-unsuitable", ""},
		{&iam.ConflictError{}, "rotation-conflict", ""},
		{&iam.JournalError{}, "rotation-journal", ""},
		{&vault.NotFoundError{}, "vault-no-entry", ""},
		{&vault.NoVaultError{}, "vault-none", ""},
		{&vault.PassphraseError{}, "vault-passphrase", ""},
		{&vault.DamagedError{}, "vault-damaged", ""},
		{&vault.FileError{Err: x}, "vault-file", ""},
		{&vault.FormatError{}, "vault-format", ""},
		{&vault.ExistsError{}, "vault-exists", ""},
		{&vault.NameError{}, "vault-name", ""},
		{&vault.EntryError{}, "vault-entry", ""},
		{&vault.KeyError{}, "vault-key", ""},
		{&vault.CommandError{Err: x}, "vault-command", ""},
		{&session.BusyError{}, "session-busy", ""},
		{&fs.PathError{Err: x}, "file", ""},
		{&os.LinkError{Err: x}, "file", ""},
		{&os.SyscallError{Err: x}, "file", ""},
		{context.DeadlineExceeded, "timed-out", ""},
		{&sso.SignInRequiredError{}, "sso-sign-in", chain.InputStartURL},
		{&signin.SignInRequiredError{}, "console-sign-in", chain.InputLoginSession},
		{process(provider.ProcessExited), "process-exit-status", chain.InputCommand},
		{process(provider.ProcessNotFound), "process-not-found", chain.InputCommand},
		{process(provider.ProcessNotJSON), "process-not-JSON", chain.InputCommand},
		{process(provider.ProcessWrongVersion), "process-wrong-version", chain.InputCommand},
		{process(provider.ProcessMissingField), "process-missing-field", chain.InputCommand},
		{process(provider.ProcessWrongField), "process-wrong-field", chain.InputCommand},
		{process(provider.ProcessTimedOut), "process-time-out", chain.InputCommand},
		{process(provider.ProcessNotStarted), "process-not-started", chain.InputCommand},
		{process(provider.ProcessNotExecutable), "process-not-executable", chain.InputCommand},
		{process(provider.ProcessSignalled), "process-signal", chain.InputCommand},
		{process(provider.ProcessTooMuchOutput), "process-too-much-output", chain.InputCommand},
		{&provider.HostError{Host: "h"}, "container-host", chain.InputEndpoint},
		{&provider.NotAvailableError{Source: "imds", Configured: true}, "not-available", chain.InputEndpoint},
		{&provider.TokenFileError{}, "token-file", chain.InputTokenFile},
		{&awsapi.APIError{Service: "container", Status: 403, Code: "x"}, "container-refused", chain.InputEndpoint},
		{&awsapi.APIError{Status: 404, Code: "AssumeRoleUnauthorizedAccess"}, "imds-role", chain.InputEndpoint},
		{&awsapi.APIError{Status: 403, Code: "SignatureDoesNotMatch"}, "secret-wrong", chain.InputSecretKey},
		{&awsapi.APIError{Status: 403, Code: "InvalidClientTokenId"}, "key-unknown", chain.InputAccessKeyID},
		{&awsapi.APIError{Status: 400, Code: "ValidationError", Message: "MaxSessionDuration"}, "role-duration", chain.InputDuration},
		{&awsapi.APIError{Status: 400, Code: "ValidationError", Message: "role chaining"}, "chained-duration", chain.InputDuration},
		{&awsapi.UnreachableError{Reason: awsapi.ReasonDNS, Err: x}, "unreachable-dns", chain.InputRegion},
	} {
		step := chain.Step{}
		for i, name := range []string{
			"any", chain.InputRoleARN, chain.InputMFASerial, chain.InputStartURL, chain.InputLoginSession, chain.InputCommand, chain.InputEndpoint,
			chain.InputTokenFile, chain.InputAccessKeyID, chain.InputSecretKey, chain.InputDuration, chain.InputRegion,
		} {
			step.Inputs = append(step.Inputs, chain.Input{Name: name, Value: "v", Origin: origin.File("/c", i+1, name)})
		}
		f := explain.Error(&chain.StepError{Step: step, Err: tt.err})
		input := ""
		if f.Where != nil {
			input = f.Where.Key
		}
		if f.Code != tt.want || input != tt.input {
			t.Errorf("%T: %s at %q, want %s at %q", tt.err, f.Code, input, tt.want, tt.input)
		}
	}
}

// TestWeak: texts that are said of many things do not count beside another.
func TestWeak(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{
		"context deadline exceeded", "no such host", "connect: connection refused", "i/o timeout", "net/http: TLS handshake timeout", "connection reset by peer",
		"deserialization failed, any", "ServiceUnavailable",
	} {
		for _, text := range []string{weak + "\nInvalidClientTokenId", "InvalidClientTokenId\n" + weak} {
			if read := explain.FromText(text, nil); len(read.Findings) != 1 || read.Findings[0].Code != "key-unknown" {
				t.Errorf("%q: %+v", text, read.Findings)
			}
		}
		if read := explain.FromText(weak, nil); len(read.Findings) != 1 || strings.HasPrefix(read.Findings[0].Code, "key") {
			t.Errorf("%q alone: %+v", weak, read.Findings)
		}
	}
}
