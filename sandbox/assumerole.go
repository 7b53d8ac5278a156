package sandbox

import (
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// assumedRole says whose a new session is.
func (c *caller) assumedRole() markup {
	return el("AssumedRoleUser", fields("AssumedRoleId", c.userID, "Arn", c.arn))
}

// assumeRoleInput is what AssumeRole was asked for.
type assumeRoleInput struct {
	roleARN, sessionName, externalID, sourceIdentity string
	serial, code                                     string
	duration                                         time.Duration
	session                                          request
}

func readAssumeRole(p *params) (in assumeRoleInput, fail *stsError) {
	in.roleARN = p.text("RoleArn", rule{required: true, shortest: 20, longest: 2048})
	in.sessionName = p.text("RoleSessionName", rule{required: true, shortest: 2, longest: 64, extra: "+=,.@-", pattern: `[\w+=,.@-]*`})
	in.duration = p.seconds("DurationSeconds", 900, 43200)
	in.externalID = p.text("ExternalId", rule{shortest: 2, longest: 1224, extra: "+=,.@:/-", pattern: `[\w+=,.@:\/-]*`})
	in.serial, in.code = p.mfa()
	in.sourceIdentity = p.text("SourceIdentity", rule{shortest: 2, longest: 64, extra: "+=,.@-", pattern: `[\w+=,.@-]*`})
	document, arns := p.policies()
	tags, transitive := p.tags()
	if fail := p.result(); fail != nil {
		return in, fail
	}
	if !roleSyntax(in.roleARN) {
		return in, invalid(clip(in.roleARN) + " is invalid")
	}
	in.session, fail = sessionRequest(document, arns, tags, transitive)
	return in, fail
}

// roleSyntax accepts arn:PARTITION:iam::12 DIGITS:role/NAME.
func roleSyntax(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "iam" && parts[3] == "" &&
		len(parts[4]) == 12 && strings.Trim(parts[4], "0123456789") == "" && strings.HasPrefix(parts[5], "role/") &&
		wordy(parts[5][len("role/"):], 1, 576, "/+=,.@-")
}

func (s *Server) assumeRole(x *exchange, c *caller, p *params) (markup, *stsError) {
	in, fail := readAssumeRole(p)
	if fail != nil {
		return "", fail
	}
	if c.kind == kindRoot {
		return "", denied("Roles may not be assumed by root accounts.")
	}
	if c.kind == kindFederated {
		return "", c.unauthorized("sts:AssumeRole", in.roleARN)
	}
	ctx := c.context(x)
	if fail := s.checkMFA(x, c, in.serial, in.code); fail != nil {
		return "", fail
	}
	if in.code != "" {
		ctx["aws:multifactorauthpresent"] = []string{"true"}
		ctx["aws:multifactorauthage"] = []string{"0"}
	}
	in.addTo(ctx)
	tags, transitive, fail := inheritTags(c, in.session)
	if fail != nil {
		return "", fail
	}
	role := s.iam.seen(x.now).byARN(aRole, in.roleARN)
	if fail := c.mayAssume(role, in, ctx, len(tags) > 0); fail != nil {
		return "", fail
	}
	lifetime, fail := sessionLifetime(in.duration, role, c.kind != kindUser)
	if fail != nil {
		return "", fail
	}
	identity := in.sourceIdentity
	if identity == "" {
		identity = c.sourceIdentity
	}
	made := s.mint(roleSession(role, in.sessionName, caller{
		chained: c.kind != kindUser, sourceIdentity: identity, tags: tags, transitive: transitive,
		sessionPolicy: in.session.document, policyARNs: in.session.policyARNs,
	}), lifetime, x.issue)
	return fields("SourceIdentity", identity) + made.assumedRole() + made.credentials(x.issue) + in.session.packedSize(), nil
}

// addTo adds the condition keys of the request itself.
func (in *assumeRoleInput) addTo(ctx policy.Context) {
	ctx["sts:rolesessionname"] = []string{in.sessionName}
	if in.externalID != "" {
		ctx["sts:externalid"] = []string{in.externalID}
	}
	if in.sourceIdentity != "" {
		ctx["sts:sourceidentity"] = []string{in.sourceIdentity}
	}
	if in.duration > 0 {
		ctx["sts:durationseconds"] = []string{strconv.Itoa(int(in.duration.Seconds()))}
	}
	for _, t := range in.session.tags {
		ctx["aws:requesttag/"+strings.ToLower(t.key)] = []string{t.value}
		ctx["aws:tagkeys"] = append(ctx["aws:tagkeys"], t.key)
	}
	if len(in.session.transitive) > 0 {
		ctx["sts:transitivetagkeys"] = in.session.transitive
	}
}

// mayAssume asks both sides for every action that the request is made of:
// the role itself, its tags, its source identity.
func (c *caller) mayAssume(role *entity, in assumeRoleInput, ctx policy.Context, tagged bool) *stsError {
	actions := []string{"sts:AssumeRole"}
	if tagged {
		actions = append(actions, "sts:TagSession")
	}
	if in.sourceIdentity != "" || c.sourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	for _, action := range actions {
		if fail := c.mayAct(action, role, in.roleARN, ctx); fail != nil {
			return fail
		}
	}
	if c.sourceIdentity != "" && in.sourceIdentity != "" && in.sourceIdentity != c.sourceIdentity {
		// A source identity stays for the whole chain.
		return c.unauthorized("sts:SetSourceIdentity", in.roleARN)
	}
	return nil
}

func (c *caller) mayAct(action string, role *entity, roleARN string, ctx policy.Context) *stsError {
	own := c.judge(action, roleARN, ctx)
	if own.denied != "" {
		return c.refusal(own, action, roleARN)
	}
	if role == nil { // as AWS, do not tell whether it exists
		return c.unauthorized(action, roleARN)
	}
	trust, err := policy.Parse([]byte(role.trust), policy.Trust)
	if err != nil {
		return c.unauthorized(action, roleARN)
	}
	decision := trust.Evaluate(policy.Request{Action: action, Resource: roleARN, Caller: c.principal(), Context: ctx})
	switch {
	case decision.Denied:
		fail := c.unauthorized(action, roleARN)
		fail.message += " with an explicit deny in a resource-based policy"
		return fail
	case !decision.Allowed:
		return c.unauthorized(action, roleARN)
	case own.allowed, decision.Direct && role.account == c.account && c.sessionPolicy == nil && len(c.policyARNs) == 0:
		return nil
	}
	return c.unauthorized(action, roleARN)
}

//go:noinline
func (c *caller) unauthorized(action, resource string) *stsError {
	return denied("User: " + c.arn + " is not authorized to perform: " + action + " on resource: " + resource)
}

// roleSession fills in who a session of the role is.
func roleSession(r *entity, name string, c caller) caller {
	c.kind, c.account, c.holder = kindRole, r.account, r
	c.roleARN = r.arn()
	c.arn = r.account.arn("sts", "assumed-role/"+r.name+"/"+name)
	c.userID = r.id + ":" + name
	return c
}
