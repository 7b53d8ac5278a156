package sandbox

import "slices"

const (
	maxGroups   = 10 // of one user
	maxAttached = 10 // managed policies of one user, group or role
)

func groupMarkup(g *entity) markup {
	return fields("Path", g.path, "GroupName", g.name, "GroupId", g.id, "Arn", g.arn(), "CreateDate", stamp(g.created))
}

func createGroup(r *iamCall) (markup, *stsError) {
	if fail := r.create(new(entity)); fail != nil {
		return "", fail
	}
	return el("Group", groupMarkup(r.on)), nil
}

func getGroup(r *iamCall) (markup, *stsError) {
	var users []markup
	for _, u := range r.view.members(r.on) {
		users = append(users, r.userMarkup(u, false))
	}
	return el("Group", groupMarkup(r.on)) + r.page("Users", users), nil
}

func listGroups(r *iamCall) (markup, *stsError) { return r.page("Groups", r.below(groupMarkup)), nil }

func deleteGroup(r *iamCall) (markup, *stsError) {
	switch {
	case len(r.view.members(r.on)) > 0:
		return "", refuse("DeleteConflict", "Cannot delete entity, must remove users from group first.")
	case len(r.on.inline) > 0:
		return "", refuse("DeleteConflict", "Cannot delete entity, must delete policies first.")
	case len(r.on.attached) > 0:
		return "", refuse("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	r.s.iam.remove(r.on, r.x.now)
	return "", nil
}

// member finds the user whom a call about a group names.
func (r *iamCall) member() (*entity, *stsError) {
	name := r.get("UserName")
	if u := r.view.named(r.c.account, aUser, name); u != nil {
		return u, nil
	}
	return nil, noSuchEntity(aUser, name)
}

func addUserToGroup(r *iamCall) (markup, *stsError) {
	u, fail := r.member()
	if fail != nil || has(u.groups, r.on.id) {
		return "", fail
	}
	if len(u.groups) >= maxGroups {
		return "", over("GroupsPerUser", maxGroups)
	}
	r.s.iam.edit(u, r.x.now, func(u *entity) { u.groups = append(u.groups, r.on.id) })
	return "", nil
}

func removeUserFromGroup(r *iamCall) (markup, *stsError) {
	u, fail := r.member()
	if fail != nil {
		return "", fail
	}
	at := slices.Index(u.groups, r.on.id)
	if at < 0 {
		return "", noSuch("The user with name " + u.name + " cannot be found in group " + r.on.name + ".")
	}
	r.s.iam.edit(u, r.x.now, func(u *entity) { u.groups = slices.Delete(u.groups, at, at+1) })
	return "", nil
}

func listGroupsForUser(r *iamCall) (markup, *stsError) {
	var groups []markup
	for _, id := range r.on.groups {
		if g := r.view.byID(id); g != nil {
			groups = append(groups, groupMarkup(g))
		}
	}
	return r.page("Groups", groups), nil
}
