package sandbox

import "strconv"

// passwordRight reports whether the account's password policy alone allows the
// call: it can let all users see it and change their own password.
func (r *iamCall) passwordRight() bool {
	account := r.view.byID(r.c.account.ID)
	if account.rules == nil || !account.rules.UsersMayChange || r.c.user() == nil || r.c.granted.bounded {
		return false
	}
	return r.op.name == "GetAccountPasswordPolicy" || r.op.name == "ChangePassword"
}

func getPasswordPolicy(r *iamCall) (markup, *stsError) {
	p := r.on.rules
	if p == nil {
		return "", noSuch("The Password Policy with domain name " + r.c.account.ID + " cannot be found.")
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	yes := strconv.FormatBool
	return el("PasswordPolicy", fields("MinimumPasswordLength", number(max(p.MinimumLength, 6)), "RequireSymbols", yes(p.Symbols),
		"RequireNumbers", yes(p.Numbers), "RequireUppercaseCharacters", yes(p.Uppercase), "RequireLowercaseCharacters", yes(p.Lowercase),
		"AllowUsersToChangePassword", yes(p.UsersMayChange), "ExpirePasswords", yes(p.MaxAge > 0), "MaxPasswordAge", number(p.MaxAge),
		"PasswordReusePrevention", number(p.ReusePrevention), "HardExpiry", yes(p.HardExpiry))), nil
}

// updatePasswordPolicy replaces all of it: what is not said gets its default.
func updatePasswordPolicy(r *iamCall) (markup, *stsError) {
	on := func(name string) bool { return r.get(name) == "true" }
	number := func(name string) int {
		n, _ := strconv.Atoi(r.get(name)) // its rule has checked it
		return n
	}
	rules := &PasswordPolicy{
		MinimumLength: number("MinimumPasswordLength"), Symbols: on("RequireSymbols"), Numbers: on("RequireNumbers"),
		Uppercase: on("RequireUppercaseCharacters"), Lowercase: on("RequireLowercaseCharacters"), UsersMayChange: on("AllowUsersToChangePassword"),
		MaxAge: number("MaxPasswordAge"), ReusePrevention: number("PasswordReusePrevention"), HardExpiry: on("HardExpiry"),
	}
	r.edit(func(a *entity) { a.rules = rules })
	return "", nil
}

func deletePasswordPolicy(r *iamCall) (markup, *stsError) {
	if r.on.rules == nil {
		return "", noSuch("The account policy with name PasswordPolicy cannot be found.")
	}
	r.edit(func(a *entity) { a.rules = nil })
	return "", nil
}
