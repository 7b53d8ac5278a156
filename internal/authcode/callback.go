package authcode

import (
	"net/http"
	"net/url"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
)

// handle answers one request. Only the right state ends the wait: everything
// else may be a stray, a port scan or an attack, and must not end the sign-in.
//
// What a browser sends with a navigation that comes from another site
// (Sec-Fetch-*, Origin: null, Referer) is normal here and not looked at.
func (l *Listener) handle(w http.ResponseWriter, r *http.Request) {
	// The host is checked before all: a page whose name was made to resolve to
	// 127.0.0.1 may read every answer.
	if !l.hosts[r.Host] {
		send(w, http.StatusMisdirectedRequest, pageOther)
		return
	}
	if r.URL.EscapedPath() != path {
		send(w, http.StatusNotFound, pageOther)
		return
	}
	switch r.Method {
	case http.MethodGet:
	case http.MethodOptions: // a preflight: no other origin is welcome
		send(w, http.StatusForbidden, pageOther)
		return
	default: // HEAD too, which looks and must not use up the code
		w.Header().Set("Allow", http.MethodGet)
		send(w, http.StatusMethodNotAllowed, pageOther)
		return
	}
	if loopback.Prefetched(r.Header) {
		// Nobody sees this answer. The browser asks again when somebody would.
		send(w, http.StatusServiceUnavailable, pageOther)
		return
	}
	l.callback(w, r)
}

// callback takes the answer of the sign-in pages, if it is one.
func (l *Listener) callback(w http.ResponseWriter, r *http.Request) {
	query, ok := single(r.URL.RawQuery)
	if !ok || !l.state.Is(query["state"]) {
		l.misses.Refused(r.Context())
		send(w, http.StatusBadRequest, pageOther)
		return
	}
	code, failed := query["code"], query["error"]
	// One of the two, or it is no answer; and only the first one counts.
	if (code == "") == (failed == "") || !l.taken.CompareAndSwap(false, true) {
		send(w, http.StatusBadRequest, pageOther)
		return
	}
	a, page := answer{code: secret.New(code)}, pageSignedIn
	if failed != "" {
		denied := &DeniedError{Code: display.Text(failed, 100), Description: display.Text(query["error_description"], 300)}
		a, page = answer{denied: denied}, pageNotSignedIn
	}
	// The page is on its way before Wait returns and closes the connection.
	send(w, http.StatusOK, page)
	l.answer <- a
}

// single reads a query in which no parameter is repeated (RFC 6749, section
// 3.1): which of two is meant could be decided differently elsewhere.
func single(raw string) (map[string]string, bool) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, false
	}
	query := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) != 1 {
			return nil, false
		}
		query[name] = list[0]
	}
	return query, true
}
