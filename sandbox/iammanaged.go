package sandbox

import (
	"strconv"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

func (r *iamCall) policyMarkup(p *entity) markup {
	attached, bounds := 0, 0
	for _, kind := range []entityKind{aUser, aGroup, aRole} {
		for _, e := range r.view.in(r.c.account, kind) {
			if has(e.attached, p.arn()) {
				attached++
			}
			if e.boundary == p.arn() {
				bounds++
			}
		}
	}
	created := p.created
	if p.account == nil {
		created = r.s.began
	}
	return fields("PolicyName", p.name, "PolicyId", p.id, "Arn", p.arn(), "Path", p.path, "DefaultVersionId", "v1", "AttachmentCount", strconv.Itoa(attached), "PermissionsBoundaryUsageCount", strconv.Itoa(bounds), "IsAttachable", "true", "CreateDate", stamp(created), "UpdateDate", stamp(created))
}

func createPolicy(r *iamCall) (markup, *stsError) {
	document, fail := r.document("PolicyDocument", policy.Identity)
	switch {
	case fail != nil:
		return "", fail
	case sizeOf(document) > maxManaged:
		return "", over("PolicySize", maxManaged)
	}
	if fail := r.create(&entity{document: document, description: r.get("Description")}); fail != nil {
		return "", fail
	}
	return el("Policy", r.policyMarkup(r.on)+taggedMarkup(r.on)), nil
}

func getPolicy(r *iamCall) (markup, *stsError) {
	return el("Policy", r.policyMarkup(r.on)+fields("Description", r.on.description)+taggedMarkup(r.on)), nil
}

func (r *iamCall) versionMarkup(document bool) markup {
	created := r.on.created
	if r.on.account == nil {
		created = r.s.began
	}
	out := fields("VersionId", "v1", "IsDefaultVersion", "true", "CreateDate", stamp(created))
	if document {
		out += fields("Document", encoded(r.on.document))
	}
	return out
}

// getPolicyVersion knows the first version alone: there are no others.
func getPolicyVersion(r *iamCall) (markup, *stsError) {
	if id := r.get("VersionId"); id != "v1" {
		return "", noSuch("Policy " + r.arn + " version " + id + " does not exist or is not attachable.")
	}
	return el("PolicyVersion", r.versionMarkup(true)), nil
}

func listPolicyVersions(r *iamCall) (markup, *stsError) {
	return r.page("Versions", []markup{r.versionMarkup(false)}), nil
}

func listPolicies(r *iamCall) (markup, *stsError) {
	scope, used := r.get("Scope"), r.get("OnlyAttached") == "true"
	var out []markup
	add := func(p *entity) {
		n := 0
		for _, kind := range []entityKind{aUser, aGroup, aRole} {
			n += len(r.view.list(kind, func(e *entity) bool { return e.account == r.c.account && has(e.attached, p.arn()) }))
		}
		if n > 0 || !used {
			out = append(out, r.policyMarkup(p))
		}
	}
	if scope != "AWS" {
		for _, p := range r.view.in(r.c.account, aPolicy) {
			add(p)
		}
	}
	if scope != "Local" {
		for _, d := range managedDocuments() {
			add(managedPolicy(managedPrefix + d.name))
		}
	}
	return r.page("Policies", out), nil
}

func listEntitiesForPolicy(r *iamCall) (markup, *stsError) {
	var out markup
	for _, k := range []struct {
		kind     entityKind
		list, id string
	}{{aGroup, "PolicyGroups", "GroupId"}, {aUser, "PolicyUsers", "UserId"}, {aRole, "PolicyRoles", "RoleId"}} {
		var found []markup
		for _, e := range r.view.in(r.c.account, k.kind) {
			if has(e.attached, r.arn) {
				found = append(found, fields(k.kind.parameter(false), e.name, k.id, e.id))
			}
		}
		out += members(k.list, found)
	}
	return out + fields("IsTruncated", "false"), nil
}

func deletePolicy(r *iamCall) (markup, *stsError) {
	if r.on.account == nil {
		return "", r.c.unauthorized("iam:DeletePolicy", "policy "+r.arn)
	}
	for _, kind := range []entityKind{aUser, aGroup, aRole} {
		for _, e := range r.view.in(r.c.account, kind) {
			if has(e.attached, r.arn) || e.boundary == r.arn {
				return "", refuse("DeleteConflict", "Cannot delete a policy attached to entities.")
			}
		}
	}
	r.s.iam.remove(r.on, r.x.now)
	return "", nil
}
