package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// loginProfile is a user's password for the console.
type loginProfile struct {
	history []string // hashes, the present one first
	created time.Time
	changed time.Time
	reset   bool // another has to be set at the next sign-in
}

func (l *loginProfile) is(password string) bool { return sameText(l.history[0], hexOf(password)) }

// maxHistory is how many passwords an account can have its users not use again.
const maxHistory = 24

// with returns the profile with another password.
func (l *loginProfile) with(password string, reset bool, now time.Time) *loginProfile {
	next := *l
	next.changed, next.reset = now.Truncate(time.Second), reset
	next.history = append([]string{hexOf(password)}, l.history...)
	next.history = next.history[:min(len(next.history), maxHistory)]
	return &next
}

// passwordProblem says what the account's rules have against a password; "" for
// nothing. Without rules of its own they are AWS's: eight characters of three kinds.
func passwordProblem(account, u *entity, password string) string {
	var upper, lower, number, symbol bool
	for _, c := range password {
		upper, lower = upper || unicode.IsUpper(c), lower || unicode.IsLower(c)
		number = number || unicode.IsDigit(c)
		symbol = symbol || strings.ContainsRune("!@#$%^&*()_+-=[]{}|'", c)
	}
	rules, least := account.rules, 8
	if rules != nil {
		least = max(rules.MinimumLength, 6)
	}
	switch {
	case len([]rune(password)) < least:
		return fmt.Sprintf("Password should have a minimum length of %d", least)
	case rules == nil:
		kinds := 0
		for _, there := range []bool{upper, lower, number, symbol} {
			if there {
				kinds++
			}
		}
		if kinds < 3 || strings.EqualFold(password, u.account.Name) || strings.EqualFold(password, u.account.Email) {
			return "Password does not conform to the account password policy."
		}
	case rules.Uppercase && !upper:
		return "Password should have at least one uppercase letter"
	case rules.Lowercase && !lower:
		return "Password should have at least one lowercase letter"
	case rules.Numbers && !number:
		return "Password should have at least one number"
	case rules.Symbols && !symbol:
		return "Password should have at least one symbol"
	case u.login != nil:
		for i, old := range u.login.history {
			if i < rules.ReusePrevention && sameText(old, hexOf(password)) {
				return "Policy constraint violation with password reuse prevention and password"
			}
		}
	}
	return ""
}

// acceptable checks a new password of the user that the call is about.
//
//go:noinline
func (r *iamCall) acceptable(password string) *stsError {
	if why := passwordProblem(r.view.byID(r.c.account.ID), r.on, password); why != "" {
		return refuse("PasswordPolicyViolation", why)
	}
	return nil
}

// profile finds the user's password, which must be known everywhere before it
// can be changed.
func (r *iamCall) profile() *stsError {
	u := r.on
	switch {
	case u.kind != aUser:
		return refuse("InvalidUserType", "Only IAM Users can have a login profile.")
	case u.login == nil:
		return noSuch("Login Profile for User " + u.name + " cannot be found.")
	case !r.op.reads() && r.x.now.Before(u.login.created.Add(r.s.iam.delay)):
		return refuse("EntityTemporarilyUnmodifiable", "Login Profile for User "+u.name+" cannot be modified while login profile is being created.")
	}
	return nil
}

func loginMarkup(u *entity) markup {
	return el("LoginProfile", fields("UserName", u.name, "CreateDate", stamp(u.login.created), "PasswordResetRequired", strconv.FormatBool(u.login.reset)))
}

func createLoginProfile(r *iamCall) (markup, *stsError) {
	if r.on.kind == aUser && r.on.login != nil {
		return "", refuse("EntityAlreadyExists", "Login Profile for user "+r.on.name+" already exists.")
	}
	if r.on.kind != aUser {
		return "", r.profile()
	}
	password := r.get("Password")
	if fail := r.acceptable(password); fail != nil {
		return "", fail
	}
	profile := (&loginProfile{created: r.x.now.Truncate(time.Second)}).with(password, r.get("PasswordResetRequired") == "true", r.x.now)
	r.edit(func(u *entity) { u.login = profile })
	return loginMarkup(r.on), nil
}

func getLoginProfile(r *iamCall) (markup, *stsError) {
	if fail := r.profile(); fail != nil {
		return "", fail
	}
	return loginMarkup(r.on), nil
}

func updateLoginProfile(r *iamCall) (markup, *stsError) {
	if fail := r.profile(); fail != nil {
		return "", fail
	}
	next := *r.on.login
	if reset := r.get("PasswordResetRequired"); reset != "" {
		next.reset = reset == "true"
	}
	if password := r.get("Password"); password != "" {
		if fail := r.acceptable(password); fail != nil {
			return "", fail
		}
		next = *next.with(password, next.reset, r.x.now)
	}
	r.edit(func(u *entity) { u.login = &next })
	return "", nil
}

func deleteLoginProfile(r *iamCall) (markup, *stsError) {
	if fail := r.profile(); fail != nil {
		return "", fail
	}
	r.edit(func(u *entity) { u.login, u.signedIn = nil, time.Time{} })
	return "", nil
}

func onlyUsers() *stsError {
	return refuse("InvalidUserType", "Only IAM Users can change their own password.")
}

// changePassword is for users alone, who know the old one.
func changePassword(r *iamCall) (markup, *stsError) {
	if r.on.kind != aUser {
		return "", onlyUsers()
	}
	if fail := r.profile(); fail != nil {
		return "", fail
	}
	if !r.on.login.is(r.get("OldPassword")) {
		return "", denied("The old password was incorrect.")
	}
	password := r.get("NewPassword")
	if fail := r.acceptable(password); fail != nil {
		return "", fail
	}
	profile := r.on.login.with(password, false, r.x.now)
	r.edit(func(u *entity) { u.login = profile })
	return "", nil
}
