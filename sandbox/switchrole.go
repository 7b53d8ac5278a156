package sandbox

import (
	"net/http"
	"strings"
)

// serveSwitchRole is the console's page for going on as a role. The page says
// what would happen; there is no console here to go on in.
func (s *Server) serveSwitchRole(x *exchange) {
	if !x.method(http.MethodGet) {
		return
	}
	query, readable := single(x.r.URL.RawQuery)
	name := strings.TrimPrefix(query["roleName"], "/")
	account, named := query["account"], query["displayName"]
	switch {
	case !readable || account == "" || name == "":
		x.problem("This address is not right", "It needs account and roleName, each once.")
		return
	case !wordy(name, 1, 64, "/+=,.@-"):
		x.problem("This address is not right", "A role's path and name are 1 to 64 of letters, digits and +=,.@-_/ together.")
		return
	case query["color"] != "" && !colorLike(query["color"]):
		x.problem("This address is not right", "The color is not six hexadecimal digits.")
		return
	}
	if named == "" {
		named = name + " @ " + account
	}
	a := s.world.account(account)
	id := account // an alias of an account that is not ours stays one
	if a != nil {
		id = a.ID
	}
	arn := "arn:aws:iam::" + id + ":role/" + name
	view := s.iam.seen(x.now)
	role := view.byARN(aRole, arn)
	s.sso.mu.Lock()
	live := s.browser(x).live(x.now, s.world.Region)
	s.sso.mu.Unlock()
	in := switching{arn: arn, display: named, color: strings.TrimPrefix(query["color"], "#"), exists: role != nil}
	for _, session := range live {
		in.who = append(in.who, session.who.arn)
		who := view.refreshed(session.who)
		in.allowed = append(in.allowed, who != nil && who.maySwitch(x, role, arn))
	}
	x.html(http.StatusOK, switchRolePage(in), "")
}

// maySwitch asks what AssumeRole would ask of the identity that is signed in.
func (c *caller) maySwitch(x *exchange, role *entity, arn string) bool {
	if c.kind == kindRoot || c.kind == kindFederated || role == nil {
		return false
	}
	ctx := c.context(x)
	in := assumeRoleInput{roleARN: arn, sessionName: c.arn[strings.LastIndexByte(c.arn, '/')+1:]}
	in.addTo(ctx)
	tags, _, fail := inheritTags(c, in.session)
	return fail == nil && c.mayAssume(role, in, ctx, len(tags) > 0) == nil
}

func colorLike(s string) bool {
	s = strings.TrimPrefix(s, "#")
	return len(s) == 6 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
