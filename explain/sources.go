package explain

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
)

// sources explains what a source of credentials did wrong.
func sources(err error, f *Finding) bool {
	var process *provider.ProcessError
	var expired *provider.ExpiredError
	var expiring *session.ExpiringError
	var incomplete *provider.IncompleteError
	var malformed *provider.MalformedError
	var file *provider.TokenFileError
	var host *provider.HostError
	var away *provider.NotAvailableError
	var permission *signin.PermissionError
	switch {
	case errors.As(err, &process):
		processFix(process, f)
		f.where(err, chain.InputCommand)
	case errors.As(err, &expired):
		f.Code, f.Why, f.Fix = "expired", "the source gave credentials that are over", "renew them at their source; variables that were exported earlier can be taken out with latchkey env --unset"
		f.where(err, chain.InputExpiration)
	case errors.As(err, &expiring):
		f.Code, f.Why, f.Fix = "expired", "credentials with less than a minute left are not handed out", "renew them at their source, and check this machine's clock"
	case errors.As(err, &incomplete):
		f.Code, f.Class, f.Fix = "incomplete", classOf(incomplete.Source), "have the source give "+strings.Join(incomplete.Missing, " and ")
	case errors.As(err, &malformed):
		f.Code, f.Class, f.Fix = "malformed", classOf(malformed.Source), "correct "+malformed.Field+" at its source"
	case errors.As(err, &file):
		f.Code, f.Class, f.Fix = "token-file", ClassConfig, "check the path; variables of a pod or a CI job mean nothing outside of it"
		f.where(err, chain.InputTokenFile)
	case errors.As(err, &host):
		f.Code, f.Class, f.Fix = "container-host", ClassConfig, "use https, or an address of this machine, 169.254.170.2, 169.254.170.23 or fd00:ec2::23"
		f.where(err, chain.InputEndpoint)
	case errors.As(err, &away):
		notAvailable(err, away, f)
	case errors.As(err, &permission):
		f.Code, f.Class, f.Fix = "console-permission", ClassRefused, "have "+permission.Action+" allowed to the identity"
	default:
		return false
	}
	return true
}

// notAvailable tells a service that is not there from one that has nothing.
func notAvailable(err error, e *provider.NotAvailableError, f *Finding) {
	f.Code, f.Class, f.Fix = "not-available", ClassUnreachable, "run this where the service is, or choose another credential_source"
	f.where(err, chain.InputEndpoint)
	var answered *awsapi.APIError
	if e.Err == nil || errors.As(e.Err, &answered) && answered.Status < 500 {
		f.Class = ClassNotFound
	}
	if e.Hint != "" {
		f.Fix = e.Hint
	}
}

// classOf is the class of credentials that are not whole: what a person wrote
// is configuration, what a service answered means that it does not work.
func classOf(source string) Class {
	switch source {
	case provider.SourceEnvironment, provider.SourceStatic, provider.SourceContainer:
		return ClassConfig
	case provider.SourceProcess:
		return ClassFailed
	}
	return ClassUnreachable
}

// label begins the text of an error with the profile that it is about.
func label(f *Finding) string {
	if f.Profile == "" {
		return ""
	}
	return "profile " + f.Profile + ": "
}

func processFix(e *provider.ProcessError, f *Finding) {
	f.What = e.Error()
	f.Code = "process-" + strings.ReplaceAll(string(e.Failure), " ", "-")
	switch e.Failure {
	case provider.ProcessNotFound:
		f.Fix = "write the command's absolute path, or check PATH"
	case provider.ProcessNotExecutable:
		f.Fix = "make the file executable"
	case provider.ProcessTimedOut:
		f.Fix = "run the command by hand and see what it waits for"
	case provider.ProcessNotJSON, provider.ProcessWrongVersion, provider.ProcessMissingField, provider.ProcessWrongField:
		f.Why = "a credential_process prints one JSON object and nothing else: Version (the number 1), AccessKeyId, SecretAccessKey, and SessionToken and Expiration of a session"
		f.Fix = "run the command by hand and look at its output"
	default:
		f.Fix = "run the command by hand; its messages are shown above this one"
	}
}
