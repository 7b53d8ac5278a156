package sandbox

// directory is who may use what at the Identity Center. It is never written
// after New.
type directory map[*SSOUser]*entitlements

// entitlements are one person's, in the order of the world.
type entitlements struct {
	accounts []*Account
	roles    map[*Account][]string // permission sets
	byID     map[string]*Account
}

// newDirectory looks everything up once: a world may hold thousands of accounts.
func newDirectory(w *World) directory {
	d := make(directory)
	if w.IdentityCenter == nil {
		return d
	}
	accounts := w.accountsByName()
	for i := range w.IdentityCenter.Users {
		u := &w.IdentityCenter.Users[i]
		e := &entitlements{roles: make(map[*Account][]string), byID: make(map[string]*Account)}
		for _, g := range u.Assignments {
			a := accounts[g.Account]
			if e.byID[a.ID] == nil {
				e.byID[a.ID] = a
				e.accounts = append(e.accounts, a)
			}
			e.roles[a] = append(e.roles[a], g.PermissionSet)
		}
		d[u] = e
	}
	return d
}

// accountsByName finds accounts by id and by name, as World.account does.
func (w *World) accountsByName() map[string]*Account {
	out := make(map[string]*Account, 2*len(w.Accounts))
	for i := range w.Accounts {
		a := &w.Accounts[i]
		for _, name := range []string{a.ID, a.Name} {
			if out[name] == nil {
				out[name] = a
			}
		}
	}
	return out
}
