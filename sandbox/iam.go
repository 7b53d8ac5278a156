package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

const (
	iamVersion   = "2010-05-08"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// iamCall is one call of IAM that is being answered.
type iamCall struct {
	s    *Server
	x    *exchange
	c    *caller
	p    *params
	op   iamOperation
	view view    // what the call goes by: reads lag behind, writes do not
	on   *entity // what it is about; nil for what is not there yet
	arn  string  // of that
	tags []tag   // of the request

	from, most int // of a list
}

// serveIAM runs one operation of IAM.
func (s *Server) serveIAM(x *exchange, action, version string, form url.Values) (markup, *stsError) {
	op, known := iamOperationOf(action)
	if !known {
		return "", &stsError{http.StatusBadRequest, "InvalidAction",
			"Could not find operation " + clip(action) + " for version " + clip(version)}
	}
	x.rec.Operation = action
	s.iam.calls.Lock()
	defer s.iam.calls.Unlock()
	c, fail := s.authenticate(x)
	if fail != nil {
		return "", fail
	}
	if c.kind == kindFederated || c.kind == kindSession && c.mfaAt.IsZero() && !c.console {
		// IAM does not take such sessions, and says no more than this.
		return "", unknownToken()
	}
	return s.callIAM(x, c, op, form)
}

// callIAM runs an operation for a caller that is known.
func (s *Server) callIAM(x *exchange, c *caller, op iamOperation, form url.Values) (markup, *stsError) {
	r := &iamCall{s: s, x: x, c: c, p: &params{form: form}, op: op, view: s.iam.present()}
	if op.reads() {
		r.view = s.iam.seen(x.now)
	}
	if fail := r.read(); fail != nil {
		return "", fail
	}
	if fail := r.find(); fail != nil {
		return "", fail
	}
	return op.run(r)
}

// read checks every parameter of the operation by its rule.
func (r *iamCall) read() *stsError {
	for _, name := range strings.Fields(r.op.about() + r.op.params) {
		bare := strings.TrimSuffix(name, "!")
		rule := parameterRule(bare)
		rule.required = bare != name
		switch {
		case rule.most > 0:
			if rule.required && r.get(bare) == "" {
				r.p.text(bare, rule)
			}
			r.p.number(bare, rule.least, rule.most)
		case bare == "Tags":
			r.tags, _ = r.p.tags()
		default:
			r.p.text(bare, rule)
		}
	}
	r.from, r.most = r.p.page()
	return r.p.result()
}

// get is one parameter; "" if it is absent.
//
//go:noinline
func (r *iamCall) get(name string) string { return r.p.form.Get(name) }

// find looks up what the call is about, and asks the caller's policies. Only who
// may ask is told that there is nothing.
func (r *iamCall) find() *stsError {
	shown, missing := "", (*stsError)(nil)
	a, kind := r.c.account, r.op.kind
	switch r.op.how {
	case ofAccount:
		r.on, r.arn, shown = r.view.byID(a.ID), "*", "*"
	case all:
		r.arn = a.arn("iam", kind.word()+cleanPath(r.get("PathPrefix")))
		r.on, shown = r.view.byID(a.ID), r.arn
	case fresh:
		path := cleanPath(r.get("Path"))
		r.arn = a.arn("iam", kind.word()+path+r.get(kind.parameter(true)))
		shown = (&entity{kind: kind, account: a, path: path, name: r.get(kind.parameter(true))}).shown()
	default:
		if r.op.how == byKey {
			return r.findByKey()
		}
		if missing = r.existing(); missing != nil && missing.code != "NoSuchEntity" {
			return missing
		}
		if shown = r.arn; r.on != nil {
			shown = r.on.shown()
		} else if kind == aUser || kind == aGroup || kind == aRole {
			shown = kind.word() + " " + r.get(kind.parameter(false))
		}
	}
	if v := r.judge(); !v.allowed {
		return r.c.refusal(v, "iam:"+r.op.name, shown)
	}
	return missing
}

// existing finds what is named, or the caller where nothing is.
func (r *iamCall) existing() *stsError {
	kind := r.op.kind
	name := r.get(kind.parameter(false))
	a := r.c.account
	switch {
	case r.op.how == theCaller, name == "" && r.op.how == orCaller:
		if r.c.kind == kindRole && r.op.how == theCaller {
			return onlyUsers()
		}
		if r.c.kind == kindRole {
			return invalid("Must specify userName when calling with non-User credentials")
		}
		if r.on = r.c.holder; r.on == nil {
			r.on = r.view.byID(a.ID)
		}
	case kind == aDevice || kind == aPolicy:
		r.arn, r.on = name, r.view.byARN(kind, name)
		if r.on != nil && r.on.account != a && r.on.account != nil {
			r.on = nil
		}
	default:
		r.on = r.view.named(a, kind, name)
		r.arn = a.arn("iam", kind.word()+"/"+name)
	}
	if r.on == nil {
		return noSuchEntity(kind, name)
	}
	// What is read from the past is changed as it is.
	if now := r.s.iam.present().byID(r.on.id); now != nil && !r.op.reads() {
		r.on = now
	}
	r.arn = r.on.arn()
	return nil
}

// noSuchEntity says that nothing has the name.
func noSuchEntity(kind entityKind, name string) *stsError {
	switch kind {
	case aDevice:
		return noSuch("VirtualMFADevice with serial number " + name + " doesn't exist.")
	case aPolicy:
		return noSuch("Policy " + name + " was not found.")
	}
	return noSuch("The " + kind.word() + " with name " + name + " cannot be found.")
}

//go:noinline
func noSuch(message string) *stsError {
	return refuse("NoSuchEntity", message)
}

// judge asks the caller's policies about the call, with the condition keys that
// the call itself brings. Root may do everything.
func (r *iamCall) judge() verdict {
	if r.c.kind == kindRoot || r.c.holder == nil && r.c.kind == kindSession {
		return verdict{allowed: true}
	}
	if r.c.holder == nil { // the role of a permission set: nothing of it is known but STS
		return verdict{missing: "identity-based policy"}
	}
	ctx := r.c.context(r.x)
	if r.on != nil {
		addTags(ctx, []string{"aws:resourcetag/", "iam:resourcetag/"}, r.on.tags)
	}
	for _, t := range r.tags {
		addTags(ctx, []string{"aws:requesttag/"}, map[string]string{t.key: t.value})
		ctx["aws:tagkeys"] = append(ctx["aws:tagkeys"], t.key)
	}
	ctx["aws:tagkeys"] = append(ctx["aws:tagkeys"], r.list("TagKeys")...)
	if len(ctx["aws:tagkeys"]) == 0 {
		delete(ctx, "aws:tagkeys")
	}
	if arn := r.get("PolicyArn"); arn != "" {
		ctx["iam:policyarn"] = []string{arn}
	}
	boundary := r.get("PermissionsBoundary")
	if boundary == "" && r.on != nil {
		boundary = r.on.boundary
	}
	if boundary != "" {
		ctx["iam:permissionsboundary"] = []string{boundary}
	}
	action := "iam:" + r.op.name
	v := r.c.judge(action, r.arn, ctx)
	if v.missing == "identity-based policy" && v.denied == "" && r.passwordRight() {
		return verdict{allowed: true}
	}
	return v
}

func addTags(ctx policy.Context, prefixes []string, tags map[string]string) {
	for key, value := range tags {
		for _, prefix := range prefixes {
			ctx[prefix+strings.ToLower(key)] = []string{value}
		}
	}
}

// list reads NAME.member.1 and so on.
func (r *iamCall) list(name string) []string {
	var out []string
	for _, at := range r.p.members(name) {
		out = append(out, r.get(at))
	}
	return out
}

// page makes a list of the answer, with where to go on.
func (r *iamCall) page(name string, items []markup) markup {
	items = items[min(r.from, len(items)):]
	if len(items) <= r.most {
		return members(name, items) + fields("IsTruncated", "false")
	}
	return members(name, items[:r.most]) + fields("IsTruncated", "true", "Marker", strconv.Itoa(r.from+r.most))
}

// page reads where a list begins and how long it may be.
func (p *params) page() (from, most int) {
	most = p.number("MaxItems", 1, 1000)
	if most == 0 {
		most = 100
	}
	if marker := p.form.Get("Marker"); marker != "" {
		var err error
		if from, err = strconv.Atoi(marker); err != nil || from < 0 {
			p.problems = append(p.problems, "Invalid Marker.")
			from = 0
		}
	}
	return from, most
}

// edit changes what the call is about.
//
//go:noinline
func (r *iamCall) edit(change func(*entity)) { r.on = r.s.iam.edit(r.on, r.x.now, change) }

// refuse is a refusal, with the status that its code has.
//
//go:noinline
func refuse(code, message string) *stsError {
	return &stsError{findError("iam", 0, code).status, code, message}
}

// over says that a limit of IAM's is reached.
//
//go:noinline
func over(quota string, most int) *stsError {
	return refuse("LimitExceeded", "Cannot exceed quota for "+quota+": "+strconv.Itoa(most))
}
