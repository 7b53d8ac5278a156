package policies

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// conditionRules looks at each test of a statement by itself.
func (c *checker) conditionRules(s *checked) {
	for i := range s.conditions {
		t := &s.conditions[i]
		if t.operator == "" {
			continue // it is a finding already
		}
		c.keyName(t)
		c.keyType(t)
		c.valueForms(t)
		c.wildcards(t)
		c.sets(s, t)
	}
}

// keyName finds keys that no request has.
func (c *checker) keyName(t *test) {
	service, name, ok := cut(t.key, ":")
	fix := ""
	switch {
	case !ok && keyType(t.key) != 0:
		fix = "write aws:" + t.spelt
	case !ok:
	case service == "aws" && keyType(name) == 0:
		if near := Nearest(name, globalNames()); near != "" {
			fix = "write aws:" + near
		}
	case (service == "sts" || service == "iam") && !contains(name, "/"):
		names := strings.Fields(serviceKeys(service))
		if near := Nearest(name, names); near != "" && !strings.EqualFold(near, name) {
			fix = "write " + service + ":" + near
			break
		}
		return
	default:
		return
	}
	c.addFix("key", t.keyAt, fix, "there is no condition key %q", t.spelt)
}

// serviceKeys lists the keys of a service, those of tags left out.
//
//go:noinline
func serviceKeys(service string) string {
	if service == "sts" {
		return "AWSServiceName DurationSeconds ExternalId RoleSessionName SourceIdentity TaskPolicyArn TransitiveTagKeys RequestContextProviders IdentityTokenAudience SigningAlgorithm"
	}
	return "AWSServiceName AssociatedResourceArn FIDO-FIPS-140-2-certification FIDO-FIPS-140-3-certification FIDO-certification OrganizationsPolicyId PassedToService " +
		"PermissionsBoundary PolicyARN RegisterSecurityKey ServiceSpecificCredentialAgeDays ServiceSpecificCredentialServiceName"
}

// keyType holds the operator against what a global key is.
//
//go:noinline
func (c *checker) keyType(t *test) {
	name, ok := cutPrefix(t.key, "aws:")
	if !ok || t.operator == "Null" {
		return
	}
	suits, write := "", ""
	switch keyType(name) {
	case 'b':
		suits, write = "Bool", "Bool"
	case 'n':
		suits, write = "Numeric", "NumericLessThan or NumericGreaterThan"
	case 'd':
		suits, write = "Date Numeric", "DateLessThan or DateGreaterThan"
	case 'i':
		suits, write = "Ip NotIp", "IpAddress or NotIpAddress"
	case 'a':
		suits, write = "Arn String", "ArnLike or ArnEquals"
	case 's', 'm':
		suits, write = "String Arn", "StringEquals or StringLike"
	default:
		return
	}
	for _, prefix := range strings.Fields(suits) {
		if begins(t.operator, prefix) {
			return
		}
	}
	c.addFix("operator-key", t.at, "write "+write, "%s cannot compare %s", t.operator, t.spelt)
}

// valueForms finds values that the operator cannot read.
func (c *checker) valueForms(t *test) {
	for _, v := range t.values {
		fix := ""
		switch op := t.operator; {
		case contains(v.text, "${"):
			continue
		case op == "Bool" || op == "Null":
			if !strings.EqualFold(v.text, "true") && !strings.EqualFold(v.text, "false") {
				fix = "write true or false"
			}
		case begins(op, "Numeric"):
			if _, err := strconv.ParseFloat(v.text, 64); err != nil {
				fix = "write a number"
				if d, err := time.ParseDuration(v.text); err == nil {
					fix = "write it in seconds: " + strconv.Itoa(int(d/time.Second))
				}
			}
		case begins(op, "Date"):
			if !isDate(v.text) {
				fix = "write it as 2026-01-31T00:00:00Z, or as seconds since 1970"
			}
		case contains(op, "IpAddress"):
			if !isAddress(v.text) {
				fix = "write it as 203.0.113.0/24 or 2001:db8::/32"
			}
		case begins(op, "Arn"):
			if strings.Count(v.text, ":") < 5 && v.text != "*" {
				fix = "write a whole ARN, with its six parts; StringLike compares texts"
			}
		}
		if fix != "" {
			c.addFix("value", v.at, fix, "%s cannot read %q", t.operator, v.text)
		}
	}
}

// isDate reports whether a text is one of the dates of W3C's note, or seconds.
//
//go:noinline
func isDate(s string) bool {
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

//go:noinline
func isAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(s)
	return err == nil
}

// wildcards finds those that nothing fills in, and the lack of any.
func (c *checker) wildcards(t *test) {
	wilds := 0
	for _, v := range t.values {
		if containsAny(v.text, "*?") || contains(v.text, "${") {
			wilds++
		}
		if begins(t.operator, "String") && !contains(t.operator, "Like") && contains(v.text, "*") && !contains(v.text, "${*}") {
			c.addFix("equals-wildcard", v.at, "write "+strings.Replace(strings.Replace(t.operator, "IgnoreCase", "", 1), "Equals", "Like", 1), "%s takes the * in %q for a letter", t.operator, v.text)
		}
	}
	if begins(t.operator, "String") && contains(t.operator, "Like") && wilds == 0 && len(t.values) > 0 && !t.incalculable {
		c.addFix("like-plain", t.at, "write "+strings.Replace(t.operator, "Like", "Equals", 1), "%s %s has no wildcard", t.operator, t.spelt)
	}
}

// sets finds ForAllValues that a request without the key passes, and sets for keys
// that have one value.
func (c *checker) sets(s *checked, t *test) {
	if t.set == "" {
		return
	}
	name, global := cutPrefix(t.key, "aws:")
	if kind := keyType(name); global && kind != 0 && kind != 'm' {
		c.add("set-single", t.at, "%s is for keys with several values, and %s has one", t.set, t.spelt)
	}
	there := s.tests(func(o *test) bool { return o.operator == "Null" && o.is(t.key, "false") }) != nil
	if t.set != "ForAllValues" || !s.allow() || there {
		return
	}
	if t.key == "aws:tagkeys" { // no keys of tags means no tags
		c.add("all-values-tags", t.at, "ForAllValues holds for requests without any tag too")
		return
	}
	c.add("all-values", t.at, "ForAllValues holds for requests without %s too", t.spelt)
}
