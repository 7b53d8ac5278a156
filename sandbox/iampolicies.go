package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// maxManaged is the size of a managed policy, in characters without white space.
const maxManaged = 6144

// maxInline is the size of all inline policies of one user, group or role.
func (k entityKind) maxInline() int {
	return map[entityKind]int{aUser: 2048, aGroup: 5120, aRole: 10240}[k]
}

// sizeOf counts as AWS does: without white space.
func sizeOf(document string) (n int) {
	for _, c := range document {
		if !unicode.IsSpace(c) {
			n++
		}
	}
	return n
}

// document checks a policy of the request.
func (r *iamCall) document(name string, kind policy.Kind) (string, *stsError) {
	text := r.get(name)
	if _, err := policy.Parse([]byte(text), kind); err != nil {
		return "", refuse("MalformedPolicyDocument", malformedBecause(text, err))
	}
	return text, nil
}

// malformedBecause words what is wrong with a policy as IAM does.
func malformedBecause(text string, err error) string {
	for _, w := range []struct{ ours, theirs string }{
		{"one of Action", "Policy statement must contain actions."},
		{"one of Resource", "Policy statement must contain resources."},
		{"has no Principal", "Policy document should not specify a principal."},
		{"has no Resource", "Has prohibited field Resource."},
	} {
		if strings.Contains(err.Error(), w.ours) {
			return w.theirs
		}
	}
	return malformed(text)
}

// encoded is a document as answers have it.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func putInline(r *iamCall) (markup, *stsError) {
	name := r.get("PolicyName")
	document, fail := r.document("PolicyDocument", policy.Identity)
	if fail != nil {
		return "", fail
	}
	size := sizeOf(document)
	for other, text := range r.on.inline {
		if other != name {
			size += sizeOf(text)
		}
	}
	if most := r.op.kind.maxInline(); size > most {
		return "", refuse("LimitExceeded", fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s %s", most, r.op.kind.word(), r.on.name))
	}
	r.edit(func(e *entity) {
		if e.inline == nil {
			e.inline = make(map[string]string)
		}
		e.inline[name] = document
	})
	return "", nil
}

// inline finds the inline policy that the call names.
func (r *iamCall) inline() (name, document string, fail *stsError) {
	name = r.get("PolicyName")
	document, known := r.on.inline[name]
	if !known {
		fail = noSuch("The " + r.op.kind.word() + " policy with name " + name + " cannot be found.")
	}
	return name, document, fail
}

func getInline(r *iamCall) (markup, *stsError) {
	name, document, fail := r.inline()
	if fail != nil {
		return "", fail
	}
	return fields(r.op.kind.parameter(false), r.on.name, "PolicyName", name, "PolicyDocument", encoded(document)), nil
}

func listInline(r *iamCall) (markup, *stsError) {
	var names []markup
	for _, name := range sortedKeys(r.on.inline) {
		names = append(names, escaped(name))
	}
	return r.page("PolicyNames", names), nil
}

func deleteInline(r *iamCall) (markup, *stsError) {
	name, _, fail := r.inline()
	if fail == nil {
		r.edit(func(e *entity) { delete(e.inline, name) })
	}
	return "", fail
}

// attachable finds a managed policy that may be attached: the account's own, or
// AWS's.
func (r *iamCall) attachable(arn string) (*entity, *stsError) {
	if !policyARN(arn) {
		return nil, refuse("InvalidInput", "ARN "+clip(arn)+" is not valid.")
	}
	p := r.view.byARN(aPolicy, arn)
	if p == nil || p.account != nil && p.account != r.c.account {
		return nil, noSuch("Policy " + arn + " does not exist or is not attachable.")
	}
	return p, nil
}

func attachPolicy(r *iamCall) (markup, *stsError) {
	arn := r.get("PolicyArn")
	if _, fail := r.attachable(arn); fail != nil || has(r.on.attached, arn) {
		return "", fail
	}
	if len(r.on.attached) >= maxAttached {
		return "", over(map[entityKind]string{aUser: "PoliciesPerUser", aGroup: "PoliciesPerGroup", aRole: "PoliciesPerRole"}[r.op.kind], maxAttached)
	}
	r.edit(func(e *entity) { e.attached = append(e.attached, arn) })
	return "", nil
}

func detachPolicy(r *iamCall) (markup, *stsError) {
	arn := r.get("PolicyArn")
	at := slices.Index(r.on.attached, arn)
	if at < 0 {
		return "", noSuch("Policy " + arn + " was not found.")
	}
	r.edit(func(e *entity) { e.attached = slices.Delete(e.attached, at, at+1) })
	return "", nil
}

func listAttached(r *iamCall) (markup, *stsError) {
	var out []markup
	for _, arn := range r.on.attached {
		out = append(out, fields("PolicyName", arn[strings.LastIndexByte(arn, '/')+1:], "PolicyArn", arn))
	}
	return r.page("AttachedPolicies", out), nil
}

// boundary checks the policy that is to be a boundary.
func (r *iamCall) boundary(arn string) *stsError {
	_, fail := r.attachable(arn)
	if fail != nil && fail.code == "NoSuchEntity" {
		fail.message = "Scope ARN: " + arn + " does not exist or is not attachable."
	}
	return fail
}

func putBoundary(r *iamCall) (markup, *stsError) {
	arn := r.get("PermissionsBoundary")
	fail := r.boundary(arn)
	if fail == nil {
		r.edit(func(e *entity) { e.boundary = arn })
	}
	return "", fail
}

func deleteBoundary(r *iamCall) (markup, *stsError) {
	if r.on.boundary == "" {
		return "", noSuch("The " + r.op.kind.word() + " with name " + r.on.name + " does not have a permissions boundary.")
	}
	r.edit(func(e *entity) { e.boundary = "" })
	return "", nil
}
