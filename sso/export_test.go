package sso

import "github.com/latchkey-aws/latchkey/awsapi"

// SafeURL is safeURL for the external tests.
func SafeURL(raw string, endpoint awsapi.Endpoint, startURL string) (string, error) {
	return safeURL(raw, endpoint, startURL)
}
