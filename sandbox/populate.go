package sandbox

import (
	"fmt"
	"maps"
	"time"
)

// populate fills IAM from the world, and makes the keys of the token issuers.
func (s *Server) populate() error {
	s.began = s.now().Add(-worldAge).Truncate(time.Second)
	s.iam.delay = s.world.Settings.IAMDelay
	s.iam.uses, s.iam.spent = make(map[string]keyUse), make(map[string]*codes)
	for i := range s.world.Accounts {
		s.populateAccount(&s.world.Accounts[i])
	}
	return s.makeIssuers()
}

// settle adds what a world has. Its id follows from its ARN.
func (s *Server) settle(e *entity) *entity {
	e.created = s.began
	if e.id == "" {
		e.id = uniqueID(e.kind.prefix(), e.arn())
	}
	return s.iam.add(e, time.Time{})
}

func (s *Server) populateAccount(a *Account) {
	root := s.settle(&entity{kind: anAccount, account: a, id: a.ID, rules: a.PasswordPolicy})
	s.populateKeys(root, a.RootAccessKeys)
	for _, p := range a.Policies {
		s.settle(&entity{kind: aPolicy, account: a, path: cleanPath(p.Path), name: p.Name, document: p.Document.json})
	}
	groups := make(map[string]string)
	for _, g := range a.Groups {
		e := s.settle(&entity{kind: aGroup, account: a, path: cleanPath(g.Path), name: g.Name, permissions: granted(g.Policies, g.ManagedPolicies, "")})
		groups[g.Name] = e.id
	}
	for i := range a.Roles {
		r := &a.Roles[i]
		e := &entity{kind: aRole, account: a, path: cleanPath(r.Path), name: r.Name, permissions: granted(r.Policies, r.ManagedPolicies, r.Boundary)}
		e.trust, e.session, e.indulged = r.Trust.json, max(r.MaxSessionDuration, time.Hour), true
		s.settle(e)
	}
	for i := range a.Users {
		s.populateUser(a, &a.Users[i], groups)
	}
}

func (s *Server) populateUser(a *Account, u *User, groups map[string]string) {
	e := &entity{
		kind: aUser, account: a, path: cleanPath(u.Path), name: u.Name, tags: maps.Clone(u.Tags),
		permissions: granted(u.Policies, u.ManagedPolicies, u.Boundary), userParts: userParts{indulged: true},
	}
	for _, name := range u.Groups {
		e.groups = append(e.groups, groups[name])
	}
	if u.Password != "" {
		e.login = &loginProfile{history: []string{hexOf(u.Password)}, created: s.began, changed: s.began, reset: u.PasswordReset}
	}
	s.settle(e)
	s.populateKeys(e, u.AccessKeys)
	for _, d := range u.MFADevices {
		seed, _ := decodeSeed(d.Seed) // the world's check has read it
		s.settleDevice(&entity{account: a, path: "/", name: d.Name, owned: owned{seed: seed}}, e)
	}
	for _, k := range u.FIDOKeys {
		s.settleDevice(&entity{account: a, name: a.fidoResource(u, k)}, e)
	}
}

func (s *Server) settleDevice(d, owner *entity) {
	d.kind, d.owner, d.enabled = aDevice, owner.id, s.began
	s.settle(d)
}

func (s *Server) populateKeys(owner *entity, keys []AccessKey) {
	for _, k := range keys {
		e := &entity{kind: anAccessKey, account: owner.account, name: k.ID, id: k.ID}
		e.owner, e.secret, e.status = owner.id, k.Secret, k.Status
		if e.status == "" {
			e.status = statusActive
		}
		s.settle(e)
	}
}

// granted makes the permissions of a world's user, group or role.
func granted(documents []PolicyDocument, attached []string, boundary string) permissions {
	p := permissions{attached: attached, boundary: boundary}
	for i, d := range documents {
		if p.inline == nil {
			p.inline = make(map[string]string)
		}
		p.inline[fmt.Sprintf("policy-%d", i+1)] = d.json
	}
	return p
}
