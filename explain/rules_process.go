package explain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
)

const (
	processPage = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html"
	processForm = "a credential_process prints one JSON object and nothing else: Version (the number 1), AccessKeyId, SecretAccessKey, and SessionToken and Expiration of a session"
	byHand      = "run the command by hand; its messages are shown above this one"
	lookAtIt    = "run the command by hand and look at its output"
	ofProcess   = "Error when retrieving credentials from custom-process"
)

// processRules are about credential_process: the ways in which one fails.
func processRules() []Rule {
	var list []Rule
	for _, p := range [...]struct {
		failure               provider.ProcessFailure
		code, title, why, fix string
		over                  string // why it wins over the rule of all exit statuses, or ""
		texts                 []Text
	}{
		{provider.ProcessExited, "process-exit-status", "The credential_process failed", "the command ended with an error of its own", byHand, "", []Text{
			{Raw: ofProcess + ": *", By: "boto3, AWS CLI", Why: "the command ended with an error of its own, whose words follow; boto3 and the AWS CLI do not expand ~, $HOME and pipes, which other SDKs do", Fix: "run the command by hand; write absolute paths into credential_process"},
			{Raw: "process provider error: error in credential_process: exit status *", By: "Go, Terraform", Fix: "run the command by hand"},
		}},
		{provider.ProcessNotFound, "process-not-found missing-program", "The credential_process is not there", "there is no such program", "write the command's absolute path, or check PATH", "127 is the shell's word for a command that is not there", []Text{
			{Raw: "process provider error: error in credential_process: exit status 127", By: "Go, Terraform", Why: "the shell does not find the command (127)"},
			{Raw: "No such file or directory: *", By: "boto3, AWS CLI", Why: "a file does not exist: the command of credential_process, a token file, or the program itself; boto3 and the AWS CLI do not expand ~ and $HOME in credential_process", Fix: "write absolute paths, and check that the file is there"},
		}},
		{provider.ProcessNotJSON, "process-not-JSON", "The credential_process prints no JSON", processForm, lookAtIt, "", []Text{
			{Raw: "Expecting value: line 1 column 1 (char 0)", By: "boto3, AWS CLI"},
			{Raw: "JSONDecodeError: *", By: "boto3, AWS CLI"},
			{Raw: "parse failed of process output", By: "Go, Terraform"},
		}},
		{provider.ProcessWrongVersion, "process-wrong-version", "The credential_process prints no version 1", processForm, lookAtIt, "the command has ended well", []Text{
			{Raw: "for credential process provider, supported versions: 1", By: "boto3, AWS CLI"},
			{Raw: "wrong version in process output (not 1)", By: "Go, Terraform"},
		}},
		{provider.ProcessMissingField, "process-missing-field", "The credential_process prints half of it", processForm, lookAtIt, "the command has ended well", []Text{
			{Raw: ofProcess + ": Missing required key in response: *", By: "boto3, AWS CLI"},
			{Raw: "missing AccessKeyId in process output", By: "Go, Terraform"},
			{Raw: "missing SecretAccessKey in process output", By: "Go, Terraform"},
		}},
		{provider.ProcessTimedOut, "process-time-out", "The credential_process does not end", "the command has run for a minute", "run the command by hand and see what it waits for", "",
			[]Text{{Raw: "credential process timed out", By: "Go, Terraform"}}},
		{provider.ProcessWrongField, "process-wrong-field", "The credential_process prints what cannot be credentials", processForm, lookAtIt, "", nil},
		{provider.ProcessNotStarted, "process-not-started", "The credential_process cannot be started", "the system does not start the command", byHand, "", nil},
		{provider.ProcessNotExecutable, "process-not-executable", "The credential_process is no program", "the file may not be run", "make the file executable", "", nil},
		{provider.ProcessSignalled, "process-signal", "The credential_process was ended", "a signal ended the command", byHand, "", nil},
		{provider.ProcessTooMuchOutput, "process-too-much-output", "The credential_process prints too much", "no credentials are that long", byHand, "", nil},
	} {
		codes := strings.Fields(p.code)
		r := Rule{Code: codes[0], Title: p.title, Class: ClassFailed, Why: p.why, Fix: p.fix, See: seeExplain, Page: processPage, Texts: p.texts, Covers: codes[1:],
			inputs: []string{chain.InputCommand}, match: []matcher{on(func(e *provider.ProcessError, f *Finding) bool {
				f.What = e.Error()
				if p.why != processForm {
					f.Why = ""
				}
				return e.Failure == p.failure
			})}}
		if p.over != "" {
			r.Over = []Precedence{{"process-exit-status", p.over}}
		}
		list = append(list, r)
	}
	return list
}
