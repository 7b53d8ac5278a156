package explain

import (
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// Surroundings are what a check-up knows of the environment.
type Surroundings struct {
	// Names are the variables that are set, and Get looks one up.
	Names []string
	Get   func(name string) (string, bool)
	// Exists reports whether there is a file.
	Exists func(path string) bool
	Now    time.Time
	// Metadata says that a profile gets credentials from the metadata service.
	Metadata bool
}

func (s Surroundings) text(name string) string {
	v, _ := s.Get(name)
	return strings.TrimSpace(v)
}

func (s Surroundings) value(name string) origin.Value {
	return origin.Value{Text: s.text(name), Origin: origin.Env(name)}
}

// Environment judges what the variables of the environment do to credentials,
// beyond what the plan of the default chain notes.
func Environment(s Surroundings) []Weighed {
	var found []Weighed
	for _, rule := range [...]func(Surroundings) []Weighed{keysInEnvironment, expiredEnvironment, containerVariables, missingFiles, proxies} {
		found = append(found, rule(s)...)
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		found = append(found, Region(s.value(name))...)
	}
	for _, name := range slices.Sorted(slices.Values(s.Names)) {
		if name == "AWS_ENDPOINT_URL" || strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			w := Endpoint(s.value(name))
			for i := range w {
				w[i].cause = "environment"
			}
			found = append(found, w...)
		}
	}
	return found
}

// warnOf is a warning about a variable.
func warnOf(code, name, what, why, fix string) []Weighed {
	return []Weighed{Weigh(WeightWarning, Finding{Code: code, Where: at(origin.Env(name)), What: what, Why: why, Fix: fix})}
}

func keysInEnvironment(s Surroundings) []Weighed {
	id, key := s.text("AWS_ACCESS_KEY_ID"), s.text("AWS_SECRET_ACCESS_KEY")
	if id == "" || key == "" {
		return nil // half a pair is an error of the plan
	}
	k := Key{ID: s.value("AWS_ACCESS_KEY_ID"), SecretAt: origin.Env("AWS_SECRET_ACCESS_KEY"), Secret: secret.New(key), Token: s.text("AWS_SESSION_TOKEN") != "",
		TokenAt: origin.Env("AWS_SESSION_TOKEN"), Elsewhere: s.text("AWS_ENDPOINT_URL") != ""}
	found := KeyForm(k)
	if len(found) > 0 && found[0].Code == "long-term-key-with-token" {
		found[0].Fix = "unset AWS_SESSION_TOKEN"
	}
	if strings.HasPrefix(id, "AKIA") {
		found = append(found, Weigh(WeightSecurity, Finding{Code: "key-in-environment", Where: at(origin.Env("AWS_ACCESS_KEY_ID")), What: "a long-term key is in the environment"}))
	}
	return found
}

// expiredEnvironment reports credentials of the shell that are over.
func expiredEnvironment(s Surroundings) []Weighed {
	text := s.text("AWS_CREDENTIAL_EXPIRATION")
	end, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "" || s.text("AWS_ACCESS_KEY_ID") == "":
		return nil
	case err != nil:
		return warnOf("environment-expiration", "AWS_CREDENTIAL_EXPIRATION", "AWS_CREDENTIAL_EXPIRATION is no time", "", "")
	case end.After(s.Now):
		return nil
	}
	return []Weighed{Weigh(WeightError, Finding{Code: "environment-expired", Where: at(origin.Env("AWS_CREDENTIAL_EXPIRATION")), What: "the credentials in this shell's environment are over",
		Why: "they ended at " + end.UTC().Format(time.RFC3339) + ", and they win over every profile that AWS_PROFILE names"})}
}

// containerVariables reports what a container's environment has left where there
// is none.
func containerVariables(s Surroundings) []Weighed {
	var found []Weighed
	relative := "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	if s.text(relative) != "" && s.text("ECS_CONTAINER_METADATA_URI_V4") == "" && s.text("ECS_CONTAINER_METADATA_URI") == "" {
		found = append(found, warnOf("container-variables", relative, relative+" is set, but this is no task of ECS", "where nothing else is configured every SDK asks 169.254.170.2, which does not answer", "unset "+relative)...)
	}
	for _, file := range []string{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		if path := s.text(file); path != "" && !s.Exists(path) {
			found = append(found, warnOf("container-variables", file, file+" names a file that is not there", "a pod's environment was copied out of it", "unset "+file)...)
		}
	}
	return found
}

// missingFiles reports certificates that are not there.
func missingFiles(s Surroundings) []Weighed {
	path := s.text("AWS_CA_BUNDLE")
	if path == "" || s.Exists(path) {
		return nil
	}
	return []Weighed{Weigh(WeightError, Finding{Code: "ca-bundle-missing", Where: at(origin.Env("AWS_CA_BUNDLE")), What: "AWS_CA_BUNDLE names a file that is not there",
		Why: "no call to AWS can be trusted without it, so all fail", Fix: "unset AWS_CA_BUNDLE, or name the file of your network's certificates"})}
}

// metadataAddress is the instance metadata service's.
const metadataAddress = "169.254.169.254"

// proxies reports that calls to the metadata service go to a proxy.
func proxies(s Surroundings) []Weighed {
	if !s.Metadata {
		return nil
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		if s.text(name) == "" {
			continue
		}
		for _, without := range strings.Split(s.text("NO_PROXY")+","+s.text("no_proxy"), ",") {
			switch strings.TrimSpace(without) {
			case "*", metadataAddress, "169.254.0.0/16", "169.254.169.0/24", "169.254.169.254/32":
				return nil
			}
		}
		w := warnOf("metadata-through-proxy", name, "a profile asks the metadata service, and "+name+" sends that to a proxy", "", "export NO_PROXY="+strings.TrimPrefix(s.text("NO_PROXY")+","+metadataAddress, ","))
		w[0].Breaks = "boto3, the AWS CLI and Go programs; latchkey never asks a proxy there"
		return w
	}
	return nil
}

// ShellInit judges the script of shell-init that a shell has loaded, by the mark
// that it leaves: another version's, or none although a start-up file has it.
func ShellInit(loaded, current string, startUp *origin.Origin) []Weighed {
	switch {
	case loaded != "" && current != "" && loaded != current:
		return warnOf("shell-init-old", "LATCHKEY_SHELL_INIT", "this shell has loaded the shell-init script of another version of latchkey", "the function may not fit what latchkey prints", "")
	case loaded == "" && startUp != nil:
		return []Weighed{Weigh(WeightNote, Finding{Code: "shell-init-not-loaded", Where: startUp, What: "latchkey shell-init is in a start-up file, but this shell has not loaded it", Why: "the shell was started before, or not as one that reads the file", Fix: "open a new shell"})}
	}
	return nil
}
