package explain

import (
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// leftOver tells of variables of a container or a pod that the plan does not use:
// they have leaked into this shell, and lead other programs elsewhere.
func (s Scene) leftOver() []Finding {
	used := func(kind chain.Kind) bool {
		for at := s.Plan; at != nil; at = at.Next {
			for _, step := range at.Steps {
				if step.Kind == kind {
					return true
				}
			}
		}
		return false
	}
	var found []Finding
	for _, v := range []struct {
		kind            chain.Kind
		code, name, why string
	}{
		{chain.KindContainer, "container-variables-unused", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "variables of a container"},
		{chain.KindContainer, "container-variables-unused", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "variables of a container, or of latchkey exec --serve"},
		{chain.KindWebIdentity, "web-identity-variables-unused", "AWS_WEB_IDENTITY_TOKEN_FILE", "variables of a pod or a CI job"},
	} {
		if text, _ := s.Env(v.name); strings.TrimSpace(text) != "" && !used(v.kind) {
			found = append(found, Finding{Code: v.code, Where: at(origin.Env(v.name)), What: v.name + " is set, and this plan does not use it",
				Why: v.why + " mean something only there; elsewhere they lead programs that find nothing better to an address or a file that is not theirs", Fix: "unset " + v.name})
		}
	}
	return found
}

// tokenFiles looks whether the files are there that the plan reads tokens from.
func (s Scene) tokenFiles() []Finding {
	var found []Finding
	for _, step := range s.Plan.Steps {
		in, ok := step.Input(chain.InputTokenFile)
		if !ok {
			in, ok = step.Input(chain.InputAuthTokenFile)
		}
		if ok && s.There != nil && !s.There(in.Value) {
			found = append(found, Finding{Code: "token-file", Class: ClassConfig, Profile: step.Profile, Where: at(in.Origin), What: "there is no token file " + in.Value,
				Why: "variables of a pod or a CI job mean nothing outside of it, and paths of a profile only where they were written", Fix: "correct the path at " + in.Origin.Position() + ", or unset the variable"})
		}
	}
	return found
}

// custom is the endpoint that takes the place of AWS's, unset where that is AWS's.
func (s Scene) custom() origin.Value {
	at, err := chain.CustomEndpoint(chain.Config{Graph: s.Graph, Env: s.Env}, s.Plan, awsapi.STS)
	if err != nil {
		return origin.Value{} // which a profile of the vault alone gives, and what is wrong the plan has told
	}
	return at
}

// elsewhere tells of calls that do not go to AWS: an endpoint that was set for a test
// and left there is the first thing that nobody thinks of.
func (s Scene) elsewhere() []Finding {
	var found []Finding
	seen := map[string]bool{}
	for _, step := range s.Plan.Steps {
		in, ok := step.Input(chain.InputEndpoint)
		service := step.Kind != chain.KindContainer && step.Kind != chain.KindIMDS
		if !ok || !service || in.Origin.Kind == origin.KindDefault || seen[in.Value] || ofAWS(in.Value) {
			continue
		}
		seen[in.Value] = true
		found = append(found, Finding{Code: "custom-endpoint", Profile: step.Profile, Where: at(in.Origin), What: "calls go to " + in.Value + ", which is not AWS's",
			Fix: without(in.Origin)})
	}
	if custom := s.custom(); custom.Set() && len(found) == 0 && !ofAWS(custom.Text) {
		found = append(found, Finding{Code: "custom-endpoint", Where: at(custom.Origin), What: "calls with these credentials go to " + custom.Text + ", which is not AWS's", Fix: without(custom.Origin)})
	}
	return found
}

// without takes an endpoint out of where it was set.
func without(o origin.Origin) string {
	if o.Kind == origin.KindEnv {
		return "unset " + o.Key + ", if AWS is meant"
	}
	return "remove " + o.Key + " at " + o.Position() + ", if AWS is meant"
}

// ofAWS reports whether a URL is below one of AWS's domains.
func ofAWS(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu", ".amazonwebservices.com.cn", ".amazonwebservices.eu"} {
		if strings.HasSuffix(strings.ToLower(u.Hostname()), suffix) {
			return true
		}
	}
	return false
}

// FileUse says of one of the shared files whether it was read, and who says that it
// is this one.
type FileUse struct {
	What string        `json:"what"` // config, credentials
	Path string        `json:"path"`
	From origin.Origin `json:"origin"`
	// Read is false for a file that is not there.
	Read bool `json:"read"`
	// Instead is the file of the home folder that is there and not read, because
	// a variable names another.
	Instead string `json:"instead_of,omitempty"`
}

// Files tells which of the shared files were read.
func (s Scene) Files() []FileUse {
	if s.There == nil {
		return nil
	}
	l := s.Graph.Locations()
	home := profile.Locate(profile.Options{Env: s.homeOnly, Home: l.Home})
	list := []FileUse{
		{What: "config", Path: l.Config, From: l.Origins.Config, Instead: home.Config},
		{What: "credentials", Path: l.Credentials, From: l.Origins.Credentials, Instead: home.Credentials},
	}
	for i := range list {
		f := &list[i]
		f.Read = f.Path != "" && s.There(f.Path)
		if f.Instead == f.Path || f.Instead == "" || !s.There(f.Instead) {
			f.Instead = ""
		}
		f.Path, f.Instead = clean(f.Path), clean(f.Instead)
		f.From.File, f.From.Key = clean(f.From.File), clean(f.From.Key)
	}
	return list
}

// homeOnly is an environment that names no files.
func (s Scene) homeOnly(string) (string, bool) { return "", false }

// otherFiles tells of the home folder's files where others are read: the profile
// that somebody looks for may stand there.
func (s Scene) otherFiles() []Finding {
	var found []Finding
	for _, f := range s.Files() {
		if f.Instead != "" {
			found = append(found, Finding{Code: "file-not-read", Where: at(f.From), What: f.Instead + " is not read: " + f.From.Position() + " names " + f.Path,
				Fix: "unset " + f.From.Key + ", if the one of the home folder is meant"})
		}
	}
	return found
}

// otherUser tells that another user's home folder is looked at, as under sudo.
func (s Scene) otherUser() []Finding {
	user, _ := s.Env("SUDO_USER")
	l := s.Graph.Locations()
	if user == "" || s.There == nil || l.Origins.Home != origin.Env("HOME") || strings.HasSuffix(strings.TrimRight(l.Home, "/"), "/"+user) {
		return nil
	}
	f := Finding{Code: "sudo-home", Where: at(l.Origins.Home), What: "under sudo the home folder is " + l.Home + ", not that of " + user}
	return []Finding{f}
}
