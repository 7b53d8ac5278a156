package provider

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// ExportParseProcess lets tests and fuzzing reach the parser alone.
func ExportParseProcess(output []byte) (aws.Credentials, *ProcessError) {
	return parseProcess(output)
}

// ExportParseMetadata does so for the answers of IMDS and containers.
func ExportParseMetadata(source string, status int, body []byte) (aws.Credentials, error) {
	a := answer{source: source, operation: "Test", endpoint: "http://test", response: awsapi.Response{Status: status, Body: body}}
	if status != 200 {
		return aws.Credentials{}, a.refused()
	}
	return a.credentials()
}
