package sandbox

import (
	"strings"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// source finds whom a simulation is about.
func (r *iamCall) source() (name string, kind entityKind) {
	arn := r.get("PolicySourceArn")
	for _, kind := range []entityKind{aGroup, aRole} {
		if strings.Contains(arn, ":"+kind.word()+"/") {
			return arn[strings.LastIndexByte(arn, '/')+1:], kind
		}
	}
	return arn[strings.LastIndexByte(arn, '/')+1:], aUser
}

// simulatePolicy asks the policies of a user, group or role about actions, with
// the condition keys of the request.
func simulatePolicy(r *iamCall) (markup, *stsError) {
	c := callerOf(r.on)
	c.granted = r.view.grantsOf(r.on)
	for i, text := range r.list("PolicyInputList") {
		if _, err := policy.Parse([]byte(text), policy.Identity); err != nil {
			return "", &stsError{400, "InvalidInput", malformed(text)}
		}
		_ = i
		c.granted.identity = append(c.granted.identity, text)
	}
	ctx := policy.Context{"aws:principalarn": {r.arn}, "aws:userid": {r.on.id}, "aws:principalaccount": {r.c.account.ID}}
	if r.on.kind == aUser {
		ctx["aws:username"] = []string{r.on.name}
	}
	addTags(ctx, []string{"aws:principaltag/"}, r.on.tags)
	for _, at := range r.p.members("ContextEntries") {
		name := strings.ToLower(r.get(at + ".ContextKeyName"))
		ctx[name] = r.list(at + ".ContextKeyValues")
	}
	resources := r.list("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var out []markup
	for _, action := range r.list("ActionNames") {
		for _, resource := range resources {
			v := c.judge(action, resource, ctx)
			decision := "implicitDeny"
			switch {
			case v.allowed:
				decision = "allowed"
			case v.denied != "":
				decision = "explicitDeny"
			}
			result := leaf("EvalActionName", action) + leaf("EvalResourceName", resource) + leaf("EvalDecision", decision) + members("MatchedStatements") + members("MissingContextValues")
			if c.granted.bounded {
				result += el("PermissionsBoundaryDecisionDetail", flag("AllowedByPermissionsBoundary", v.missing != "permissions boundary" && v.denied != "permissions boundary"))
			}
			out = append(out, result)
		}
	}
	return r.page("EvaluationResults", out), nil
}
