package sandbox

import (
	"html"
	"time"
)

// asking is a sign-in at the console with a password, until it is done.
type asking struct {
	user    *entity
	proved  bool      // password and code were right: what is left is a new password
	mfaAt   time.Time // when the code was
	problem string    // what was wrong with the last answer
}

// wrongAnswer is what AWS says, whatever was wrong.
const wrongAnswer = "Your authentication information is incorrect. Please try again."

// stepPassword goes on with the sign-in of a user who has a password. done is
// true at its end.
func (s *Server) stepPassword(x *exchange, f *flow, u *entity, form map[string]string) (done bool) {
	s.iam.calls.Lock()
	defer s.iam.calls.Unlock()
	a := f.asking
	password, answered := form["password"]
	if a == nil || a.user.id != u.id || !answered {
		f.asking = &asking{user: u}
		return false
	}
	a.user, a.problem = u, ""
	if a.proved {
		return s.renewPassword(x, a, password)
	}
	if !u.login.is(password) || !s.codeRight(x, a, form["code"]) {
		a.problem = wrongAnswer
		return false
	}
	if s.passwordOver(x, u) {
		a.proved = true
		return false
	}
	s.iam.edit(u, x.now, func(u *entity) { u.signedIn = x.now.Truncate(time.Second) })
	return true
}

// codeRight spends the code of one of the user's virtual devices, where it has any.
func (s *Server) codeRight(x *exchange, a *asking, code string) bool {
	devices := s.virtualDevices(a.user)
	for _, d := range devices {
		if s.iam.spend(d, code, x.now) {
			a.mfaAt = x.now
			return true
		}
	}
	return len(devices) == 0
}

func (s *Server) virtualDevices(u *entity) []*entity {
	return s.iam.present().list(aDevice, func(d *entity) bool { return d.owner == u.id && d.seed != nil })
}

// passwordOver reports whether the user has to set another one.
func (s *Server) passwordOver(x *exchange, u *entity) bool {
	rules := s.iam.present().byID(u.account.ID).rules
	old := rules != nil && rules.MaxAge > 0 && !x.now.Before(u.login.changed.AddDate(0, 0, rules.MaxAge))
	return u.login.reset || old
}

// renewPassword sets the user's new password, as ChangePassword would: it takes
// the same permission.
func (s *Server) renewPassword(x *exchange, a *asking, password string) bool {
	rules := s.iam.present().byID(a.user.account.ID)
	c := s.atConsole(a.user, a.mfaAt, x.now)
	allowed := c.judge("iam:ChangePassword", a.user.arn(), c.context(x))
	switch {
	case rules.rules != nil && rules.rules.HardExpiry && !a.user.login.reset:
		a.problem = "Your password has expired. Ask your administrator for another one."
	case !allowed.allowed && !(allowed.denied == "" && rules.rules != nil && rules.rules.UsersMayChange),
		a.user.login.is(password), passwordProblem(rules, a.user, password) != "":
		a.problem = "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with account password policy set by administrator"
	default:
		profile := a.user.login.with(password, false, x.now)
		a.user = s.iam.edit(a.user, x.now, func(u *entity) { u.login, u.signedIn = profile, x.now.Truncate(time.Second) })
		return true
	}
	return false
}

// atConsole is the user as a session of the console, without a key.
func (s *Server) atConsole(u *entity, mfaAt, now time.Time) *caller {
	c := callerOf(u)
	c.kind, c.console, c.mfaAt, c.issued, c.token = kindSession, true, mfaAt, now, "console"
	if fresh := s.iam.seen(now).refreshed(c); fresh != nil {
		return fresh
	}
	return c
}

// maySignIn asks for a permission of the sign-in service. Who has no password
// needs none: it signs in by a click.
func (s *Server) maySignIn(x *exchange, who person, action, client string) bool {
	if who.user.login == nil {
		return true
	}
	c := s.atConsole(who.user, who.mfaAt, x.now)
	place := "localhost"
	if client == crossDevice {
		place = "remote"
	}
	resource := "arn:aws:signin:" + s.world.Region + ":" + who.user.account.ID + ":oauth2/public-client/" + place
	return c.judge("signin:"+action, resource, c.context(x)).allowed
}

// passwordPage asks for the password and the code of a device, or for a new one.
func passwordPage(f *flow, code bool) string {
	a := f.asking
	title, name, note := "Sign in as "+a.user.name, "password", ""
	if a.problem != "" {
		note = `<p id="problem" class="wrong">` + html.EscapeString(a.problem) + "</p>\n"
	}
	label := "Password"
	if a.proved {
		title, name, label = "Set a new password", "new-password", "New password"
	}
	body := note + form(f, signInPath) + `<input type="hidden" name="user" value="` + html.EscapeString(a.user.arn()) + `">
<label for="` + name + `">` + label + `</label>
<input type="password" id="` + name + `" name="password" maxlength="128" autocomplete="off" required autofocus>
`
	if code && !a.proved {
		body += `<label for="mfa-code">MFA code</label>
<input id="mfa-code" name="code" maxlength="6" inputmode="numeric" autocomplete="off" required>
`
	}
	return layout(title, body+`<button id="submit-password" class="yes">Continue</button>
</form>
`+form(f, signInPath)+`<button id="other" class="link">Use another user</button>
</form>`)
}
