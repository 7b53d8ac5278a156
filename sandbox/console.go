package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	consolePath    = pagesPath + "console"
	oauthPath      = "/oauth"
	switchRolePath = "/switchrole"
	consoleHost    = "console.aws.amazon.com" // of the partition aws, the one that worlds are in
)

// consoleSession is one identity that a browser is signed in to the console with.
type consoleSession struct {
	who         *caller
	ends        time.Time
	region      string
	destination string // the console URL that this page stands in for
	issuer      string // where the sign-in came from, as it says itself
}

// live are the console sessions of a browser, the newest first: those that came
// with a sign-in token, and the user who signed in on our own pages.
func (b *browser) live(now time.Time, region string) []consoleSession {
	if b == nil {
		return nil
	}
	var out []consoleSession
	for _, c := range slices.Backward(b.consoles) {
		if now.Before(c.ends) {
			out = append(out, c)
		}
	}
	if b.who.user != nil {
		out = append(out, consoleSession{who: callerOf(b.who.user), ends: b.expires, region: region})
	}
	return out
}

// consoleLogin spends a sign-in token and begins a console session.
func (s *Server) consoleLogin(x *exchange, query map[string]string) {
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	token, known := s.sso.tokens[query["SigninToken"]]
	if !known || !x.now.Before(token.expires) {
		x.rec.Code = "InvalidSigninToken"
		x.problem("You cannot sign in with this link", "It was used already, or it is older than 15 minutes. Start again where you came from.")
		return
	}
	x.rec.AccessKeyID = token.who.keyID
	destination, region := consoleDestination(query["Destination"], s.world.Region)
	if destination == "" {
		x.rec.Code = "InvalidDestination"
		x.problem("This address is not right", "Its Destination is not an https address at "+consoleHost+".")
		return
	}
	b := s.browser(x)
	if b == nil {
		b = new(browser)
	}
	others := slices.ContainsFunc(b.live(x.now, region), func(c consoleSession) bool { return c.who.arn != token.who.arn })
	if others && !s.world.Settings.ConsoleMultiSession {
		x.rec.Code = "SignedIn"
		x.html(http.StatusBadRequest, logOutFirstPage("http://"+x.sent.Host+x.sent.URL.RequestURI()), "")
		return
	}
	delete(s.sso.tokens, query["SigninToken"])
	session := consoleSession{who: token.who, ends: token.who.expires, region: region, destination: destination, issuer: query["Issuer"]}
	if token.duration > 0 {
		session.ends = x.now.Add(token.duration)
	}
	if c := s.lookup(token.who.keyID, token.who.token); c == nil || c.ended(x.now) {
		x.rec.Code = "ExpiredToken"
		x.problem("You cannot sign in with this link", "The credentials that it was made with have ended.")
		return
	}
	b.consoles = slices.DeleteFunc(b.consoles, func(c consoleSession) bool {
		return c.who.arn == session.who.arn || !x.now.Before(c.ends)
	})
	b.consoles = append(b.consoles, session)
	s.remember(x, b)
	if s.auto { // whoever opens pages for nobody may keep no cookies
		x.html(http.StatusOK, consolePage(b.live(x.now, region)), "")
		return
	}
	x.moved(http.StatusFound, consolePath)
}

// consoleDestination checks where a sign-in is to lead, and finds the region in
// it. It returns "" for what is not the console's.
func consoleDestination(text, region string) (destination, in string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return "", ""
	}
	host := strings.ToLower(u.Host)
	first, below := strings.CutSuffix(host, "."+consoleHost)
	if host != consoleHost && (!below || first == "") {
		return "", ""
	}
	for _, candidate := range []string{u.Query().Get("region"), first} {
		if strings.Count(candidate, "-") > 1 && regionLike(candidate) {
			return u.String(), candidate
		}
	}
	return u.String(), region
}

// serveConsole is the page that stands in for the console.
func (s *Server) serveConsole(x *exchange) {
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	live := s.browser(x).live(x.now, s.world.Region)
	if len(live) == 0 {
		x.rec.Code = "SignedOut"
		x.problem("You are not signed in", "The console session has ended, or there was none.")
		return
	}
	x.html(http.StatusOK, consolePage(live), "")
}

// serveOAuth is the console's logout.
func (s *Server) serveOAuth(x *exchange) {
	if !x.method(http.MethodGet) {
		return
	}
	query, _ := single(x.r.URL.RawQuery) // what cannot be read names no action
	if query["Action"] != "logout" {
		x.problem("This address is not right", "There is nothing but Action=logout here.")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	if b := s.browser(x); b != nil {
		b.consoles, b.who.user = nil, nil
		s.remember(x, b)
	}
	to := query["redirect_uri"]
	u, err := url.Parse(to)
	switch {
	case to == "":
		x.html(http.StatusOK, signedOutPage(), "")
	case err != nil || u.Scheme != "http" || u.User != nil || !s.hosts[u.Host]:
		x.rec.Code = "InvalidRedirectUri"
		x.problem("You are signed out", "The address to go on to is not one of this server.")
	default:
		x.moved(http.StatusFound, u.String())
	}
}
