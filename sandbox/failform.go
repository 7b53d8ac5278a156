package sandbox

import (
	"net/http"
	"strings"
)

// wireError is one error as a service sends it: the name of its shape, and what
// the body says where that is another word.
type wireError struct {
	status      int
	shape, code string
}

// fail answers with an error in the service's own form.
func (s *Server) fail(x *exchange, f Failure) {
	x.retryAfter(f)
	service := x.rec.Service
	if isPage(x.r.URL) {
		service = "pages" // people read them, whatever service they are of
	}
	e := findError(service, f.Status, f.Code)
	message := f.Message
	if message == "" {
		message = "the sandbox fails on demand"
	}
	switch service {
	case "sts", "iam":
		x.stsFail(&stsError{e.status, e.shape, message})
	case "sso":
		x.portalFail(e.status, e.shape, message)
	case "sso_oidc":
		if e.shape == regionException {
			s.regionFail(x, message)
			return
		}
		x.oidcFail(e.status, e.shape, e.code, message)
	case "signin":
		x.signInFail(e.status, e.shape, e.code, message)
	case "container":
		x.containerFail(e.status, e.shape, message)
	default:
		x.rec.Code = e.shape
		x.write(e.status, "text/plain; charset=utf-8", []byte(message+"\n"))
	}
}

// findError completes what a failure says: status and words by its code, or a
// code by its status. A code that is in no table is taken as it is.
func findError(service string, status int, code string) wireError {
	table := wireErrors(service)
	found := wireError{status: http.StatusBadRequest, shape: code, code: code}
	if code == "" {
		found = table[0] // of the class "the client's fault"
		if status >= 500 {
			found = table[1]
		}
	}
	for _, e := range table {
		if code != "" && (strings.EqualFold(e.shape, code) || e.code != "" && e.code == code) || code == "" && e.status == status {
			found = e
			break
		}
	}
	if status != 0 {
		found.status = status
	}
	if found.code == "" {
		found.code = found.shape
	}
	return found
}

// wireErrors lists a service's errors: what is the client's fault in general,
// what is the server's, and the others. Where several have one status or one
// shape, the first stands for it. Sources: the services' models in botocore.
func wireErrors(service string) []wireError {
	switch service {
	case "sts", "iam":
		return []wireError{
			{400, "ValidationError", ""}, {500, "InternalFailure", ""}, {503, "ServiceUnavailable", ""},
			{403, "AccessDenied", ""}, {403, "ExpiredToken", ""}, {403, "InvalidClientTokenId", ""}, {403, "SignatureDoesNotMatch", ""},
			{403, "RegionDisabledException", ""}, {404, "NoSuchEntity", ""}, {409, "LimitExceeded", ""},
			{400, "Throttling", ""}, {429, "Throttling", ""}, {400, "IDPCommunicationError", ""},
			{409, "EntityAlreadyExists", ""}, {409, "DeleteConflict", ""}, {409, "EntityTemporarilyUnmodifiable", ""}, {409, "ConcurrentModification", ""},
			{403, "InvalidAuthenticationCode", ""}, {500, "ServiceFailure", ""}, {404, "NotSupportedService", ""}, {410, "ReportNotPresent", ""}, {410, "ReportExpired", ""},
		}
	case "sso":
		return []wireError{
			{400, "InvalidRequestException", ""}, {500, "InternalServerException", ""}, {401, "UnauthorizedException", ""},
			{403, "ForbiddenException", ""}, {404, "ResourceNotFoundException", ""}, {429, "TooManyRequestsException", ""},
		}
	case "sso_oidc":
		return []wireError{
			{400, "InvalidRequestException", "invalid_request"}, {500, "InternalServerException", "server_error"},
			{401, "InvalidClientException", "invalid_client"}, {400, "AuthorizationPendingException", "authorization_pending"},
			{400, "SlowDownException", "slow_down"}, {400, "ExpiredTokenException", "expired_token"},
			{400, "InvalidGrantException", "invalid_grant"}, {400, "AccessDeniedException", "access_denied"},
			{400, regionException, ""}, {400, "InvalidScopeException", "invalid_scope"},
			{400, "InvalidClientMetadataException", "invalid_client_metadata"}, {400, "InvalidRedirectUriException", "invalid_redirect_uri"},
			{400, "UnauthorizedClientException", "unauthorized_client"}, {400, "UnsupportedGrantTypeException", "unsupported_grant_type"},
		}
	case "signin":
		return []wireError{
			{400, "ValidationException", "INVALID_REQUEST"}, {500, "InternalServerException", "server_error"},
			{401, "AccessDeniedException", "TOKEN_EXPIRED"}, {401, "AccessDeniedException", "USER_CREDENTIALS_CHANGED"},
			{401, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS"}, {401, "AccessDeniedException", "AUTHCODE_EXPIRED"},
			{429, "TooManyRequestsError", "INVALID_REQUEST"},
		}
	}
	return []wireError{{400, "BadRequest", ""}, {500, "InternalError", ""}, {401, "Unauthorized", ""}, {403, "AccessDenied", ""}, {404, "NotFound", ""}, {429, "Throttling", ""}}
}
