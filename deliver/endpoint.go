package deliver

import "github.com/latchkey-aws/latchkey/secret"

// Endpoint returns the variables that make every SDK fetch credentials from a
// container endpoint at url, with the token that it asks for, and fetch them again
// before they end: AWS_CONTAINER_CREDENTIALS_FULL_URI and
// AWS_CONTAINER_AUTHORIZATION_TOKEN, with the region and the profile's name as [Env]
// sets them. Keys, profile selection and all else that would win over it are unset.
//
// A default profile with credentials wins in every SDK's chain, and no variable
// changes that: the caller has to look.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html.
func Endpoint(url string, token secret.Text, regionName, profile string) Variables {
	return served([]assignment{{containerURI, secret.New(url)}, {containerToken, token}}, regionName, profile)
}

// Metadata returns the variables that make every SDK fetch credentials from an
// instance metadata service at url, with all else unset as by [Endpoint].
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html.
func Metadata(url string, regionName, profile string) Variables {
	return served([]assignment{{metadataURL, secret.New(url)}}, regionName, profile)
}

// served is what the endpoints' variables share.
func served(set []assignment, regionName, profile string) Variables {
	v := Variables{set: set}
	if regionName != "" {
		v.put(region, regionName)
		v.put(defaultRegion, regionName)
	}
	v.put(profileName, profile)
	names := append([]string{accessKeyID, secretAccessKey, sessionToken, expiration, accountID,
		metadataDisabled, metadataURL, metadataMode, metadataV1}, staleNames()...)
	for _, name := range names {
		if _, there := v.Lookup(name); !there {
			v.unset = append(v.unset, name)
		}
	}
	return v
}
