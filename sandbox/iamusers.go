package sandbox

import "maps"

// userMarkup is a User. full has what lists leave out.
func (r *iamCall) userMarkup(u *entity, full bool) markup {
	if u.kind == anAccount {
		return fields("UserId", u.id, "Arn", u.arn(), "CreateDate", stamp(u.created))
	}
	out := fields("Path", u.path, "UserName", u.name, "UserId", u.id, "Arn", u.arn(), "CreateDate", stamp(u.created))
	if u.login != nil {
		out += fields("PasswordLastUsed", stamp(u.signedIn))
	}
	if full {
		out += boundaryMarkup(u) + taggedMarkup(u)
	}
	return out
}

func boundaryMarkup(e *entity) markup {
	if e.boundary == "" {
		return ""
	}
	return el("PermissionsBoundary", fields("PermissionsBoundaryType", "PermissionsBoundaryPolicy", "PermissionsBoundaryArn", e.boundary))
}

func taggedMarkup(e *entity) markup {
	if len(e.tags) == 0 {
		return ""
	}
	return members("Tags", tagMarkup(e.tags))
}

// create makes what the call is about, if its name is free.
func (r *iamCall) create(e *entity) *stsError {
	kind := r.op.kind
	e.kind, e.account, e.path, e.name = kind, r.c.account, cleanPath(r.get("Path")), r.get(kind.parameter(true))
	e.created = r.x.now.Truncate(1e9)
	taken := r.view.named(e.account, kind, e.name)
	switch {
	case taken == nil:
	case kind == aDevice:
		return refuse("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
	case kind == aPolicy:
		return refuse("EntityAlreadyExists", "A policy called "+e.name+" already exists. Duplicate names are not allowed.")
	default:
		return refuse("EntityAlreadyExists", map[entityKind]string{aUser: "User", aGroup: "Group", aRole: "Role"}[kind]+" with name "+e.name+" already exists.")
	}
	if longest := 64; kind == aUser && len(e.name) > longest {
		return invalid("1 validation error detected: Value '" + clip(e.name) + "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64")
	}
	if fail := r.setTags(e); fail != nil {
		return fail
	}
	if e.boundary = r.get("PermissionsBoundary"); e.boundary != "" {
		if fail := r.boundary(e.boundary); fail != nil {
			return fail
		}
	}
	if kind == aDevice { // its serial number is its id
		e.id = e.arn() + "#" + randomText(6)
	}
	r.on = r.s.iam.add(e, r.x.now)
	return nil
}

func createUser(r *iamCall) (markup, *stsError) {
	if fail := r.create(new(entity)); fail != nil {
		return "", fail
	}
	return el("User", r.userMarkup(r.on, true)), nil
}

func getUser(r *iamCall) (markup, *stsError) { return el("User", r.userMarkup(r.on, true)), nil }

// below lists what the account has of the call's kind below the path asked for.
func (r *iamCall) below(write func(*entity) markup) []markup {
	var out []markup
	for _, e := range r.view.in(r.c.account, r.op.kind) {
		if prefix := r.get("PathPrefix"); prefix == "" || len(e.path) >= len(prefix) && e.path[:len(prefix)] == prefix {
			out = append(out, write(e))
		}
	}
	return out
}

func listUsers(r *iamCall) (markup, *stsError) {
	return r.page("Users", r.below(func(u *entity) markup { return r.userMarkup(u, false) })), nil
}

func updateUser(r *iamCall) (markup, *stsError) {
	name, path := r.get("NewUserName"), r.get("NewPath")
	if other := r.view.named(r.c.account, aUser, name); other != nil && other.id != r.on.id {
		return "", refuse("EntityAlreadyExists", "User with name "+name+" already exists.")
	}
	r.edit(func(u *entity) {
		if name != "" {
			u.name = name
		}
		if path != "" {
			u.path = path
		}
	})
	return "", nil
}

// deleteUser refuses while anything hangs on the user, in the order in which IAM
// looks.
func deleteUser(r *iamCall) (markup, *stsError) {
	u := r.on
	has := func(kind entityKind) bool { return len(r.view.belongings(u, kind)) > 0 }
	for _, hangs := range []struct {
		on   bool
		what string
	}{
		{len(u.inline) > 0, "must delete policies first."},
		{len(u.attached) > 0, "must detach all policies first."},
		{len(u.groups) > 0, "must remove users from group first."},
		{u.login != nil, "must delete login profile first."},
		{has(anAccessKey), "must delete access keys first."},
		{has(aDevice), "must delete MFA device first."},
		{has(aCertificate), "must delete signing certificates first."},
		{has(anSSHKey), "must delete SSH public keys first."},
		{has(aServiceCredential), "must delete service specific credentials first."},
	} {
		if hangs.on {
			return "", refuse("DeleteConflict", "Cannot delete entity, "+hangs.what)
		}
	}
	r.s.iam.remove(u, r.x.now)
	return "", nil
}

// maxTags is AWS's limit for one thing.
const maxTags = 50

// setTags adds the tags of the request.
func (r *iamCall) setTags(e *entity) *stsError {
	tags := maps.Clone(e.tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	seen := make(map[string]bool)
	for _, t := range r.tags {
		if seen[t.key] {
			return refuse("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if len(t.key) > 3 && (t.key[:4] == "aws:") {
			return refuse("InvalidInput", "Caller is an end user and not allowed to mutate system tags. Invalid tag key: "+clip(t.key))
		}
		seen[t.key] = true
		tags[t.key] = t.value
	}
	if len(tags) > maxTags {
		return over("TagsPerResource", maxTags)
	}
	e.tags = tags
	return nil
}

func addEntityTags(r *iamCall) (markup, *stsError) {
	next := r.on.clone()
	if fail := r.setTags(next); fail != nil {
		return "", fail
	}
	r.s.iam.put(next, r.x.now)
	return "", nil
}

func removeEntityTags(r *iamCall) (markup, *stsError) {
	keys := r.list("TagKeys")
	r.edit(func(e *entity) {
		for _, key := range keys {
			delete(e.tags, key)
		}
	})
	return "", nil
}

func listEntityTags(r *iamCall) (markup, *stsError) { return r.page("Tags", tagMarkup(r.on.tags)), nil }
