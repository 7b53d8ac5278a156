package provider

import (
	"encoding/json"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/iso8601"
)

// parseProcess reads what a command printed, by the contract that all SDKs
// share. Whether the credentials are alive is not looked at.
func parseProcess(output []byte) (aws.Credentials, *ProcessError) {
	object, err := parseObject(output)
	if err != nil {
		return aws.Credentials{}, &ProcessError{Failure: ProcessNotJSON, Why: "did not print a JSON object: the output " + err.Error()}
	}
	if why := wrongVersion(object["Version"]); why != "" {
		return aws.Credentials{}, &ProcessError{Failure: ProcessWrongVersion, Why: why}
	}
	var creds aws.Credentials
	var expiration string
	for _, field := range [...]struct {
		name     string
		into     *string
		required bool
	}{
		{"AccessKeyId", &creds.AccessKeyID, true}, {"SecretAccessKey", &creds.SecretAccessKey, true},
		{"SessionToken", &creds.SessionToken, false}, {"AccountId", &creds.AccountID, false},
		{"Expiration", &expiration, false},
	} {
		text, ok := object.text(field.name)
		if !ok {
			return aws.Credentials{}, &ProcessError{Failure: ProcessWrongField, Why: "printed a " + field.name + " that is not a string"}
		}
		if text == "" && field.required {
			cause := &IncompleteError{SourceProcess, []string{field.name}}
			return aws.Credentials{}, &ProcessError{Failure: ProcessMissingField, Why: "printed no " + field.name, Err: cause}
		}
		*field.into = text
	}
	if raw, there := object["Expiration"]; there && string(raw) != "null" {
		at, err := iso8601.Parse(expiration)
		if err != nil {
			return aws.Credentials{}, &ProcessError{Failure: ProcessWrongField, Why: "printed an Expiration that is " + err.Error()}
		}
		creds.CanExpire, creds.Expires = true, at
	}
	return creds, nil
}

// wrongVersion says what is wrong with the member Version, which must be the
// number 1.
func wrongVersion(raw json.RawMessage) string {
	var value any
	if len(raw) == 0 {
		return "printed no Version, which must be the number 1"
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return "printed a Version that is not the number 1"
	}
	switch v := value.(type) {
	case float64:
		if v == 1 {
			return ""
		}
		return "printed Version " + strconv.FormatFloat(v, 'g', 6, 64) + ", and only 1 is known"
	case string:
		return "printed Version as a string; it must be the number 1, without quotes"
	}
	return "printed a Version that is not the number 1"
}
