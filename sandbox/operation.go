package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// name says which operation a request asks for, before anything is done about
// it: the names of the request log, by which failures find their requests.
func (x *exchange) name() {
	path := x.r.URL.Path
	switch {
	case path == "/" || path == "":
		x.nameQuery()
	case strings.HasPrefix(path, "/_sandbox/"):
		x.rec.Service = "control"
	case strings.HasPrefix(path, "/latest/"):
		x.rec.Service, x.rec.Operation = "imds", metadataOperation(path)
	case path == federationPath:
		x.nameFederation()
	case strings.HasPrefix(path, pagesPath):
		x.rec.Service = "pages"
		if step := strings.TrimPrefix(path, pagesPath); slices.Contains(operationsOf("pages"), step) {
			x.rec.Operation = step
		}
	default:
		if service, operation := operationAt(path); service != "" {
			x.rec.Service, x.rec.Operation = service, operation
		}
	}
}

// nameQuery reads the action of the query protocol. A name that is not one of
// ours is left out, as in the log.
func (x *exchange) nameQuery() {
	form := x.r.URL.Query()
	if x.r.Method == http.MethodPost {
		form, _ = url.ParseQuery(string(x.body)) // what is wrong with it is answered later
	}
	x.rec.Service = "sts"
	if form.Get("Version") == iamVersion {
		x.rec.Service = "iam"
	}
	if action := form.Get("Action"); slices.Contains(operationsOf(x.rec.Service), action) {
		x.rec.Operation = action
	}
}

// nameFederation tells the program's request from the browser's.
func (x *exchange) nameFederation() {
	x.rec.Service = "console"
	form := x.r.URL.Query()
	if form.Get("Action") != "login" && x.r.Method == http.MethodPost {
		form, _ = url.ParseQuery(string(x.body)) // what is wrong with it is answered later
	}
	switch form.Get("Action") {
	case "getSigninToken":
		x.rec.Operation = "GetSigninToken"
	case "login":
		x.rec.Operation = "Login"
	}
}

func metadataOperation(path string) string {
	rest, credentials := strings.CutPrefix(path, "/latest/meta-data/iam/security-credentials")
	rest = strings.TrimPrefix(rest, "-extended")
	switch {
	case path == "/latest/api/token":
		return "GetToken"
	case credentials && strings.Trim(rest, "/") != "":
		return "GetCredentials"
	}
	return "GetMetadata"
}

// operationAt names the operations that have a path of their own.
func operationAt(path string) (service, operation string) {
	switch path {
	case "/federation/credentials":
		return "sso", "GetRoleCredentials"
	case "/assignment/accounts":
		return "sso", "ListAccounts"
	case "/assignment/roles":
		return "sso", "ListAccountRoles"
	case "/logout":
		return "sso", "Logout"
	case "/client/register":
		return "sso_oidc", "RegisterClient"
	case "/device_authorization":
		return "sso_oidc", "StartDeviceAuthorization"
	case "/token":
		return "sso_oidc", "CreateToken"
	case "/authorize":
		return "sso_oidc", "Authorize"
	case devicePath:
		return "sso_oidc", "Device"
	case confirmationPath:
		return "signin", "Confirmation"
	case "/v1/token":
		return "signin", "CreateOAuth2Token"
	case "/v1/authorize":
		return "signin", "Authorize"
	case oauthPath:
		return "console", "Logout"
	case switchRolePath:
		return "console", "SwitchRole"
	case containerPath:
		return "container", "GetCredentials"
	}
	return "", ""
}

// failingServices are the services whose operations can fail on demand.
func failingServices() []string {
	return []string{"sts", "iam", "sso", "sso_oidc", "signin", "imds", "container", "console", "pages"}
}

// operationsOf lists the operations of a service, or of all for "".
func operationsOf(service string) []string {
	switch service {
	case "sts":
		return []string{"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken", "GetAccessKeyInfo"}
	case "iam":
		return iamNames()
	case "sso":
		return []string{"GetRoleCredentials", "ListAccounts", "ListAccountRoles", "Logout"}
	case "sso_oidc":
		return []string{"RegisterClient", "StartDeviceAuthorization", "CreateToken", "Authorize", "Device"}
	case "signin":
		return []string{"CreateOAuth2Token", "Authorize", "Confirmation"}
	case "imds":
		return []string{"GetToken", "GetMetadata", "GetCredentials"}
	case "container":
		return []string{"GetCredentials"}
	case "console":
		return []string{"GetSigninToken", "Login", "Logout", "SwitchRole"}
	case "pages": // what the pages of a browser lead to
		return []string{"flow", "confirm", "signin", "consent", "approved", "denied", "console"}
	}
	var all []string
	for _, name := range failingServices() {
		all = append(all, operationsOf(name)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
