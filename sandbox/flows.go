package sandbox

import (
	"net/http"
	"net/url"
	"time"
)

// flow is one request that a person is being asked about.
type flow struct {
	id, csrf  string
	browser   *browser
	request   authRequest
	device    *deviceGrant // of the device flow, else nil
	confirmed bool         // the person has compared the device's code
	asking    *asking      // for a password; nil if nobody has to give one
	expires   time.Time
}

// browser is a person's browser, known by a cookie. It remembers who signed in,
// so that a second request only asks for consent.
type browser struct {
	cookie  string // its value
	who     person
	expires time.Time

	consoles []consoleSession // that sign-in tokens have begun, the oldest first
}

// browserLifetime is how long a browser stays signed in.
const browserLifetime = 8 * time.Hour

// signedIn reports whether the browser has somebody for the flow's service.
func (f *flow) signedIn() bool {
	if f.request.console {
		return f.browser.who.user != nil
	}
	return f.browser.who.sso != nil
}

// begin asks a person, or answers for one at once; the caller holds the lock.
func (s *Server) begin(x *exchange, f *flow) {
	if s.auto {
		who, known := s.autoPerson(f.request.console)
		if known && f.request.console && who.user.login != nil && len(s.virtualDevices(who.user)) > 0 {
			who.mfaAt = x.now
		}
		if !known {
			x.problem("Nobody can sign in", "The user who is to answer the pages does not exist here.")
			return
		}
		s.allow(x, http.StatusFound, f, who)
		return
	}
	f.id, f.csrf, f.expires = randomText(24), randomText(24), x.now.Add(10*time.Minute)
	if f.browser = s.browser(x); f.browser == nil {
		f.browser = new(browser)
		s.remember(x, f.browser)
	}
	if s.sso.flows == nil {
		s.sso.flows = make(map[string]*flow)
	}
	forget(s.sso.flows, func(f *flow) bool { return !x.now.Before(f.expires) })
	s.sso.flows[f.id] = f
	s.show(x, f)
}

// show answers with the page of a flow's next question.
func (s *Server) show(x *exchange, f *flow) {
	switch {
	case f.device != nil && !f.confirmed:
		x.html(http.StatusOK, confirmPage(f), "")
	case !f.signedIn() && f.asking != nil:
		x.html(http.StatusOK, passwordPage(f, len(s.virtualDevices(f.asking.user)) > 0), "")
	case !f.signedIn():
		x.html(http.StatusOK, signInPage(f, s.choices(f.request.console)), "")
	default:
		x.html(http.StatusOK, consentPage(f), origin(f.request.redirect))
	}
}

// allow is the end of a flow whose person said yes.
func (s *Server) allow(x *exchange, status int, f *flow, who person) {
	if f.device != nil {
		f.device.user = who.sso
		x.moved(status, approvedPath)
		return
	}
	if f.request.console && !s.maySignIn(x, who, "AuthorizeOAuth2Access", f.request.client) {
		x.rec.Code = "INSUFFICIENT_PERMISSIONS"
		x.problem("You may not sign in to programs", who.user.arn()+" has no permission for signin:AuthorizeOAuth2Access.")
		return
	}
	x.sendBack(status, f.request, url.Values{"code": {s.issueCode(x.now, f.request, who)}})
}

// deny is the end of a flow whose person said no.
func (s *Server) deny(x *exchange, f *flow) {
	if f.device != nil {
		f.device.denied = true
		x.moved(http.StatusSeeOther, deniedPath)
		return
	}
	x.sendBack(http.StatusSeeOther, f.request, url.Values{
		"error": {"access_denied"}, "error_description": {"The request was denied"},
	})
}

// autoPerson is who signs in where no person does.
func (s *Server) autoPerson(console bool) (who person, known bool) {
	people := s.people(console)
	if s.autoUser == "" && len(people) > 0 {
		return people[0], true
	}
	return s.named(console, s.autoUser)
}

// people are those who may sign in at the console or at the Identity Center.
func (s *Server) people(console bool) []person {
	var out []person
	if ic := s.world.IdentityCenter; !console && ic != nil {
		for i := range ic.Users {
			out = append(out, person{sso: &ic.Users[i]})
		}
	}
	if !console {
		return out
	}
	// Who was made since has a password, or may not sign in.
	for _, u := range s.iam.present().list(aUser, func(u *entity) bool { return u.indulged || u.login != nil }) {
		out = append(out, person{user: u})
	}
	return out
}

// named is the one who has that name at the service.
func (s *Server) named(console bool, name string) (who person, known bool) {
	if !console {
		u := s.world.ssoUser(name)
		return person{sso: u}, u != nil
	}
	u, n := s.user(name)
	return person{user: u}, n == 1 && (u.indulged || u.login != nil)
}

// cookieName has the port, since a browser sends the cookies of all ports of a
// host to each of them.
func (s *Server) cookieName() string {
	u, err := url.Parse(s.url)
	if err != nil {
		return "latchkey-sandbox" // the URL is our own
	}
	return "latchkey-sandbox-" + u.Port()
}

// browser finds who asks by their cookie; the caller holds the lock.
func (s *Server) browser(x *exchange) *browser {
	cookie, err := x.r.Cookie(s.cookieName())
	if err != nil {
		return nil
	}
	b := s.sso.browsers[cookie.Value]
	if b == nil || !x.now.Before(b.expires) {
		return nil
	}
	return b
}

// remember gives a browser a new cookie, and ends the one it had: nobody who
// knew it before the sign-in knows it after.
func (s *Server) remember(x *exchange, b *browser) {
	if s.sso.browsers == nil {
		s.sso.browsers = make(map[string]*browser)
	}
	delete(s.sso.browsers, b.cookie)
	forget(s.sso.browsers, func(b *browser) bool { return !x.now.Before(b.expires) })
	b.cookie, b.expires = randomText(32), x.now.Add(browserLifetime)
	for _, c := range b.consoles { // these may last longer
		if c.ends.After(b.expires) {
			b.expires = c.ends
		}
	}
	s.sso.browsers[b.cookie] = b
	http.SetCookie(x.w, &http.Cookie{Name: s.cookieName(), Value: b.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
