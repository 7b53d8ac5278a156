package sandbox

import (
	"net/http"
	"net/url"
	"slices"
)

const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// stsCall runs one operation. The name is recorded only once it is known to be
// one of ours.
func (s *Server) stsCall(x *exchange, action, version string, form url.Values) (markup, *stsError) {
	if version != stsVersion || !slices.Contains(operationsOf("sts"), action) {
		return "", &stsError{http.StatusBadRequest, "InvalidAction",
			"Could not find operation " + clip(action) + " for version " + clip(version)}
	}
	x.rec.Operation = action
	p := &params{form: form}
	if action == "AssumeRoleWithWebIdentity" { // the one unsigned operation
		return s.assumeRoleWithWebIdentity(x, p)
	}
	c, fail := s.authenticate(x)
	if fail != nil {
		return "", fail
	}
	switch action {
	case "GetCallerIdentity":
		return fields("Arn", c.arn, "UserId", c.userID, "Account", c.account.ID), nil
	case "AssumeRole":
		return s.assumeRole(x, c, p)
	case "GetSessionToken":
		return s.getSessionToken(x, c, p)
	case "GetFederationToken":
		return s.getFederationToken(x, c, p)
	}
	return s.getAccessKeyInfo(x, c, p)
}
