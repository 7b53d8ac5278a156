package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// session policies and tags as they were asked for, checked together because
// they share the space of a session token.
type request struct {
	tags       []tag
	transitive []string
	document   *policy.Document
	policyARNs []string
	packed     int // percent of the allotted space
}

// packedSpace is how many bytes of policies, ARNs and tags a token holds here.
// AWS does not say its own figure.
const packedSpace = 4096

// sessionRequest reads policies and tags; p.result must be looked at before.
func sessionRequest(document string, arns []string, tags []tag, transitive []string) (request, *stsError) {
	r := request{tags: tags, transitive: transitive, policyARNs: arns}
	if document != "" {
		parsed, err := policy.Parse([]byte(document), policy.Identity)
		if err != nil {
			return r, &stsError{http.StatusBadRequest, "MalformedPolicyDocument", malformed(document)}
		}
		r.document = parsed
	}
	size := len(document)
	for _, arn := range arns {
		if !policyARN(arn) {
			return r, invalid("ARN " + clip(arn) + " is not valid.")
		}
		size += len(arn)
	}
	keys := make(map[string]bool)
	for _, t := range tags {
		lower := strings.ToLower(t.key)
		if strings.HasPrefix(lower, "aws:") {
			return r, invalid("Tag keys must not begin with aws:.")
		}
		if keys[lower] {
			return r, invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		keys[lower] = true
		size += len(t.key) + len(t.value)
	}
	for _, key := range transitive {
		if !keys[strings.ToLower(key)] {
			return r, invalid("The specified transitive tag key " + clip(key) + " must be included in the requested tags.")
		}
	}
	r.packed = (size*100 + packedSpace - 1) / packedSpace
	if r.packed > 100 {
		return r, &stsError{http.StatusBadRequest, "PackedPolicyTooLarge",
			fmt.Sprintf("Packed policy consumes %d%% of allotted space, please use smaller policy.", r.packed)}
	}
	return r, nil
}

// malformed words what is wrong with a policy as IAM does.
func malformed(document string) string {
	if !strings.HasPrefix(strings.TrimSpace(document), "{") {
		return "The policy is not in the valid JSON format."
	}
	return "Syntax errors in policy."
}

// policyARN accepts arn:PARTITION:iam::ACCOUNT:policy/NAME, where the account
// is aws for AWS's own policies.
func policyARN(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "iam" && parts[3] == "" &&
		(parts[4] == "aws" || len(parts[4]) == 12 && strings.Trim(parts[4], "0123456789") == "") &&
		strings.HasPrefix(parts[5], "policy/") && len(parts[5]) > len("policy/")
}

// credentials is the element that hands keys out.
func (c *caller) credentials(change issue) markup {
	var out markup
	for _, m := range [...]struct {
		name string
		text *string
	}{
		{"AccessKeyId", part(change, partID, c.keyID)}, {"SecretAccessKey", part(change, partSecret, c.secret)},
		{"SessionToken", part(change, partToken, c.token)}, {"Expiration", part(change, partExpiration, c.stamp())},
	} {
		if m.text != nil {
			out += el(m.name, escaped(*m.text))
		}
	}
	return el("Credentials", out)
}

// packedSize is how full the token is, where policies or tags are in it.
func (r request) packedSize() markup {
	if r.packed == 0 {
		return ""
	}
	return fields("PackedPolicySize", strconv.Itoa(r.packed))
}

// stamp is when the credentials end, as services say it.
func (c *caller) stamp() string { return c.expires.UTC().Format(time.RFC3339) }
