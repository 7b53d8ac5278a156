package sso

import (
	"context"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// SafeURL is safeURL for the external tests.
func SafeURL(raw string, endpoint awsapi.Endpoint, startURL string) (string, error) {
	return safeURL(raw, endpoint, startURL)
}

// RegistrationFile is registrationFile for the external tests.
func RegistrationFile(cacheDir, region, sessionName, startURL string, scopes []string) string {
	return registrationFile(cacheDir, region, sessionName, startURL, scopes)
}

// ResolveStartURL is resolveStartURL for the external tests.
func ResolveStartURL(ctx context.Context, api Fetcher, startURL string) (string, error) {
	return resolveStartURL(ctx, api, startURL)
}
