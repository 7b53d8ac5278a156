package sandbox

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The paths of the pages. Their forms post below pagesPath.
const (
	pagesPath        = "/_pages/"
	flowPath         = pagesPath + "flow"
	confirmPath      = pagesPath + "confirm"
	signInPath       = pagesPath + "signin"
	consentPath      = pagesPath + "consent"
	approvedPath     = pagesPath + "approved"
	deniedPath       = pagesPath + "denied"
	devicePath       = "/device"
	confirmationPath = "/v1/sessions/confirmation"
)

// isPage reports whether a URL is for browsers. The federation endpoint has one
// path for both; it is the action that tells.
func isPage(u *url.URL) bool {
	switch u.Path {
	case "/authorize", "/v1/authorize", devicePath, confirmationPath, oauthPath, switchRolePath:
		return true
	case federationPath:
		return u.Query().Get("Action") == "login"
	}
	return strings.HasPrefix(u.Path, pagesPath)
}

// serveDevice is the verification URI of the device flow.
func (s *Server) serveDevice(x *exchange) {
	if !x.method(http.MethodGet) {
		return
	}
	typed := x.r.URL.Query().Get("user_code")
	if typed == "" {
		x.html(http.StatusOK, codePage(false), "")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	grant := s.device(x.now, typed)
	if grant == nil {
		x.rec.Code = "invalid_user_code"
		x.html(http.StatusBadRequest, codePage(true), "")
		return
	}
	client := s.sso.clients[grant.client]
	s.begin(x, &flow{device: grant, request: authRequest{client: grant.client, name: client.name, scopes: client.scopes}})
}

// serveConfirmation is where a sign-in without a loopback address ends: the
// person carries what is shown to the program that waits for it.
func (s *Server) serveConfirmation(x *exchange) {
	if !x.method(http.MethodGet) {
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	q, _ := single(x.r.URL.RawQuery) // what cannot be read names no code
	code, known := s.sso.codes[q["code"]]
	switch {
	case q["error"] != "":
		x.html(http.StatusOK, deniedPage(), "")
	case !known, !x.now.Before(code.expires), code.request.client != crossDevice, !sameText(code.request.state, q["state"]):
		x.problem("This sign-in is over", "The code was used, or it has expired. Start again where you came from.")
	default:
		text := "state=" + url.QueryEscape(q["state"]) + "&code=" + url.QueryEscape(q["code"])
		x.html(http.StatusOK, pastePage(base64.StdEncoding.EncodeToString([]byte(text))), "")
	}
}

// servePages is what the pages' own links and forms lead to.
func (s *Server) servePages(x *exchange) {
	steps := map[string]func(*exchange, *flow, map[string]string){
		confirmPath: s.stepConfirm, signInPath: s.stepSignIn, consentPath: s.stepConsent,
	}
	path := x.r.URL.Path
	step, known := steps[path]
	switch {
	case known:
		if x.method(http.MethodPost) {
			form, _ := single(string(x.body)) // what cannot be read names no flow
			s.step(x, form, step)
		}
	case path == flowPath:
		if x.method(http.MethodGet) {
			form, _ := single(x.r.URL.RawQuery)
			s.step(x, form, func(x *exchange, f *flow, _ map[string]string) { s.show(x, f) })
		}
	case path == approvedPath, path == deniedPath:
		if x.method(http.MethodGet) {
			page := approvedPage
			if path == deniedPath {
				page = deniedPage
			}
			x.html(http.StatusOK, page(), "")
		}
	case path == consolePath:
		if x.method(http.MethodGet) {
			s.serveConsole(x)
		}
	default:
		x.empty(http.StatusNotFound)
	}
}

// step finds the flow that a form or link belongs to. It must be of the browser
// that asks, and a form must bring the flow's own token: another site can make a
// browser post, but it can read neither.
func (s *Server) step(x *exchange, form map[string]string, next func(*exchange, *flow, map[string]string)) {
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	f := s.sso.flows[form["flow"]]
	b := s.browser(x)
	switch {
	case f == nil, f.browser != b, !x.now.Before(f.expires), f.device != nil && !f.device.waits(x.now):
		x.problem("This sign-in is over", "It was answered already, or it took too long. Start again where you came from.")
	case x.r.Method == http.MethodPost && !sameText(form["csrf"], f.csrf):
		x.rec.Code = "csrf"
		x.problem("This form is not right", "Start again where you came from.")
	default:
		next(x, f, form)
	}
}

// stepConfirm is the answer that the device's code is the person's own.
func (s *Server) stepConfirm(x *exchange, f *flow, _ map[string]string) {
	f.confirmed = true
	x.onward(f)
}

// stepSignIn signs the browser in, or out where no user is named.
func (s *Server) stepSignIn(x *exchange, f *flow, form map[string]string) {
	who, known := s.named(f.request.console, form["user"])
	if !known && form["user"] != "" {
		x.problem("Nobody has this name", "Start again where you came from.")
		return
	}
	switch {
	case !f.request.console:
		f.browser.who.sso = who.sso
	case who.user != nil && who.user.login != nil && !s.stepPassword(x, f, who.user, form):
		x.onward(f)
		return
	case who.user != nil && who.user.login != nil:
		f.browser.who.user, f.browser.who.mfaAt, f.asking = f.asking.user, f.asking.mfaAt, nil
	default:
		f.browser.who.user, f.browser.who.mfaAt, f.asking = who.user, time.Time{}, nil
	}
	s.remember(x, f.browser)
	x.onward(f)
}

// stepConsent is the person's yes or no.
func (s *Server) stepConsent(x *exchange, f *flow, form map[string]string) {
	if !f.signedIn() || f.device != nil && !f.confirmed {
		x.onward(f)
		return
	}
	switch form["answer"] {
	case "allow":
		delete(s.sso.flows, f.id)
		s.allow(x, http.StatusSeeOther, f, f.browser.who)
	case "deny":
		delete(s.sso.flows, f.id)
		s.deny(x, f)
	default:
		x.problem("This form is not right", "Start again where you came from.")
	}
}

// onward leads to the flow's next page, so that reloading that one posts nothing.
func (x *exchange) onward(f *flow) { x.moved(http.StatusSeeOther, flowPath+"?flow="+f.id) }

// choices are the buttons for the people who may sign in.
func (s *Server) choices(console bool) []choice {
	var out []choice
	for _, p := range s.people(console) {
		if !console {
			out = append(out, choice{id: p.sso.Name, value: p.sso.Name, name: p.sso.Name, detail: p.sso.Email})
			continue
		}
		c := choice{id: p.user.name, value: p.user.arn(), name: p.user.name, detail: p.user.account.Name + " · " + p.user.account.ID}
		if _, n := s.user(p.user.name); n > 1 {
			c.id = p.user.account.Name + "-" + p.user.name
		}
		out = append(out, c)
	}
	return out
}
