package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveAuthorize is where a client sends a person's browser: GET /authorize of
// the Identity Center, GET /v1/authorize of the sign-in service. A request that
// may be another's is answered with a page; what else is wrong with it is told
// to the client by a redirect (RFC 6749 section 4.1.2.1).
func (s *Server) serveAuthorize(x *exchange) {
	console := x.r.URL.Path == "/v1/authorize"
	if !x.method(http.MethodGet) {
		return
	}
	q, ok := single(x.r.URL.RawQuery)
	if !ok {
		x.problem("This address is not right", "A parameter is there twice, or cannot be read.")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	request := authRequest{
		console: console, client: q["client_id"], redirect: q["redirect_uri"], state: q["state"], challenge: q["code_challenge"],
	}
	check := s.checkSSORequest
	if console {
		check = s.checkConsoleRequest
	}
	problem, refused := check(x, q, &request)
	switch {
	case problem != "":
		x.problem("This address is not right", problem)
	case refused != "":
		x.sendBack(http.StatusFound, request, url.Values{"error": {refused}})
	default:
		s.begin(x, &flow{request: request})
	}
}

// single reads a query in which every name is there once at most.
func single(query string) (map[string]string, bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, false
	}
	out := make(map[string]string, len(values))
	for name, v := range values {
		if len(v) != 1 {
			return nil, false
		}
		out[name] = v[0]
	}
	return out, true
}

// checkSSORequest returns what is wrong, for the person or for the client; the
// caller holds the lock.
func (s *Server) checkSSORequest(x *exchange, q map[string]string, request *authRequest) (problem, refused string) {
	client, known := s.sso.clients[request.client]
	switch {
	case !known || !x.now.Before(client.expires):
		return "The program that sent you here is not registered, or no longer.", ""
	case !client.accepts(request.redirect):
		return "The program that sent you here has not registered the address where it waits for the answer.", ""
	case q["response_type"] != "code":
		return "", "unsupported_response_type"
	case !client.may(grantCode):
		return "", "unauthorized_client"
	case q["code_challenge_method"] != "S256" || !challengeLike(request.challenge):
		return "", "invalid_request"
	}
	// The AWS CLI writes "scopes"; OAuth's name is "scope".
	request.scopes = strings.Fields(q["scopes"] + " " + q["scope"])
	if slices.ContainsFunc(request.scopes, func(scope string) bool { return !slices.Contains(client.scopes, scope) }) {
		return "", "invalid_scope"
	}
	if len(request.scopes) == 0 {
		request.scopes = client.scopes
	}
	request.name = client.name
	return "", ""
}

// checkConsoleRequest is the same for the sign-in service, whose two clients
// are not registered.
func (s *Server) checkConsoleRequest(x *exchange, q map[string]string, request *authRequest) (problem, refused string) {
	redirect, loopback := loopbackURI(request.redirect)
	switch request.client {
	case sameDevice:
		if !loopback || redirect.Hostname() != "127.0.0.1" || redirect.Path != "/oauth/callback" {
			return "The program that sent you here does not wait for the answer at a loopback address.", ""
		}
	case crossDevice:
		base := "http://" + x.sent.Host + strings.TrimSuffix(x.sent.URL.Path, "/v1/authorize")
		if request.redirect != base+confirmationPath {
			return "The address that is to show the code is not one of this service.", ""
		}
	default:
		return "The program that sent you here is not known.", ""
	}
	switch {
	case q["response_type"] != "code":
		return "", "unsupported_response_type"
	case q["code_challenge_method"] != "SHA-256" || !challengeLike(request.challenge):
		return "", "invalid_request"
	case q["scope"] != "openid":
		return "", "invalid_scope"
	}
	request.name, request.scopes = "AWS command line", []string{"openid"}
	return "", ""
}

// sendBack sends the browser to where the client waits.
func (x *exchange) sendBack(status int, request authRequest, answer url.Values) {
	if request.state != "" {
		answer.Set("state", request.state)
	}
	x.rec.Code = answer.Get("error")
	// The client learns nothing of these pages.
	x.w.Header().Set("Referrer-Policy", "no-referrer")
	x.moved(status, request.redirect+"?"+answer.Encode())
}

func (x *exchange) moved(status int, to string) {
	x.w.Header().Set("Location", to)
	x.empty(status)
}
