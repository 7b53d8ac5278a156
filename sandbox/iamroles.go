package sandbox

import (
	"strconv"
	"time"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

func (r *iamCall) roleMarkup(e *entity, full bool) markup {
	out := fields("Path", e.path, "RoleName", e.name, "RoleId", e.id, "Arn", e.arn(), "CreateDate", stamp(e.created), "AssumeRolePolicyDocument", encoded(e.trust), "Description", e.description, "MaxSessionDuration", strconv.Itoa(int(e.session.Seconds())))
	if full {
		out += boundaryMarkup(e) + taggedMarkup(e)
	}
	return out
}

// longest reads MaxSessionDuration, an hour without it.
func (r *iamCall) longest(otherwise time.Duration) time.Duration {
	if n, err := strconv.Atoi(r.get("MaxSessionDuration")); err == nil {
		return time.Duration(n) * time.Second
	}
	return otherwise
}

func createRole(r *iamCall) (markup, *stsError) {
	trust, fail := r.document("AssumeRolePolicyDocument", policy.Trust)
	if fail != nil {
		return "", fail
	}
	e := &entity{description: r.get("Description"), assumable: assumable{trust: trust, session: r.longest(time.Hour)}}
	if fail := r.create(e); fail != nil {
		return "", fail
	}
	return el("Role", r.roleMarkup(r.on, true)), nil
}

func getRole(r *iamCall) (markup, *stsError) { return el("Role", r.roleMarkup(r.on, true)), nil }

func listRoles(r *iamCall) (markup, *stsError) {
	return r.page("Roles", r.below(func(e *entity) markup { return r.roleMarkup(e, false) })), nil
}

func updateRole(r *iamCall) (markup, *stsError) {
	r.edit(func(e *entity) {
		if _, given := r.p.form["Description"]; given {
			e.description = r.get("Description")
		}
		e.session = r.longest(e.session)
	})
	return " ", nil
}

func updateTrust(r *iamCall) (markup, *stsError) {
	trust, fail := r.document("PolicyDocument", policy.Trust)
	if fail == nil {
		r.edit(func(e *entity) { e.trust = trust })
	}
	return "", fail
}

func deleteRole(r *iamCall) (markup, *stsError) {
	switch {
	case len(r.on.inline) > 0:
		return "", refuse("DeleteConflict", "Cannot delete entity, must delete policies first.")
	case len(r.on.attached) > 0:
		return "", refuse("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	r.s.iam.remove(r.on, r.x.now)
	return "", nil
}
