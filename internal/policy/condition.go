package policy

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is one operator on one key.
type condition struct {
	family   family
	negated  bool
	ignore   bool   // ignore case
	order    string // "", "<", "<=", ">", ">=" of numbers and dates
	set      string // "", "any", "all"
	ifExists bool
	key      string
	values   []string
	operator string // as it is written, and the key as well
	spelt    string
}

type family uint8

const (
	stringEquals family = iota
	stringLike
	boolean
	null
	numeric
	date
	arn
	address
)

// parseOperator splits "ForAnyValue:StringNotLikeIfExists" into its parts.
func parseOperator(name string) (condition, error) {
	var c condition
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		c.set, base = "any", rest
	} else if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		c.set, base = "all", rest
	}
	if rest, ok := strings.CutSuffix(base, "IfExists"); ok {
		c.ifExists, base = true, rest
	}
	switch base {
	case "StringEquals", "StringNotEquals":
		c.family = stringEquals
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		c.family, c.ignore = stringEquals, true
	case "StringLike", "StringNotLike":
		c.family = stringLike
	case "Bool":
		c.family = boolean
	case "Null":
		c.family = null
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		c.family = arn
	case "IpAddress", "NotIpAddress":
		c.family = address
	default:
		return c, c.ordered(name, base)
	}
	c.negated = strings.Contains(base, "Not")
	if c.family == null && (c.ifExists || c.set != "") {
		return c, fmt.Errorf("operator %q is not known", name)
	}
	return c, nil
}

// ordered reads the Numeric and Date operators into c.
func (c *condition) ordered(name, base string) error {
	rest, ok := strings.CutPrefix(base, "Numeric")
	c.family = numeric
	if !ok {
		rest, ok = strings.CutPrefix(base, "Date")
		c.family = date
	}
	if !ok {
		return fmt.Errorf("operator %q is not known", name)
	}
	switch rest {
	case "Equals":
	case "NotEquals":
		c.negated = true
	case "LessThan":
		c.order = "<"
	case "LessThanEquals":
		c.order = "<="
	case "GreaterThan":
		c.order = ">"
	case "GreaterThanEquals":
		c.order = ">="
	default:
		return fmt.Errorf("operator %q is not known", name)
	}
	return nil
}

// check refuses values the operator cannot compare; values with variables are
// only known at the time of a request.
func (c *condition) check() error {
	for _, v := range c.values {
		if strings.Contains(v, "${") {
			continue
		}
		var ok bool
		switch c.family {
		case boolean, null:
			ok = v == "true" || v == "false"
		case numeric:
			_, err := strconv.ParseFloat(v, 64)
			ok = err == nil
		case date:
			_, ok = parseDate(v)
		case address:
			_, ok = parsePrefix(v)
		default:
			ok = true
		}
		if !ok {
			return fmt.Errorf("value %q does not suit the operator", v)
		}
	}
	return nil
}

func (c *condition) holds(ctx Context, variables bool) bool {
	have, present := ctx[c.key]
	if c.family == null {
		want := c.values[0] == "true"
		return want == !present
	}
	if !present || len(have) == 0 {
		// An absent key satisfies what is negated, what says IfExists, and
		// what speaks of all values, of which there are none.
		return c.set != "any" && (c.ifExists || c.negated || c.set == "all") || c.ifExists
	}
	switch c.set {
	case "any":
		for _, v := range have {
			if c.one(v, ctx, variables) {
				return true
			}
		}
		return false
	default:
		for _, v := range have {
			if !c.one(v, ctx, variables) {
				return false
			}
		}
		return true
	}
}

// one compares one value of the request with all values of the policy: any of
// them may match, or, for a negated operator, none may.
func (c *condition) one(have string, ctx Context, variables bool) bool {
	for _, raw := range c.values {
		pattern, ok := expand(raw, ctx, variables, c.family == stringLike || c.family == arn)
		if ok && c.compare(have, pattern) {
			return !c.negated
		}
	}
	return c.negated
}

func (c *condition) compare(have string, p []rune) bool {
	switch c.family {
	case stringLike:
		return glob(p, have)
	case arn:
		return arnLike(p, have)
	case numeric:
		a, errA := strconv.ParseFloat(have, 64)
		b, errB := strconv.ParseFloat(string(p), 64)
		return errA == nil && errB == nil && compareOrder(c.order, a, b)
	case date:
		a, okA := parseDate(have)
		b, okB := parseDate(string(p))
		return okA && okB && compareOrder(c.order, float64(a.Unix()), float64(b.Unix()))
	case address:
		addr, err := netip.ParseAddr(have)
		prefix, ok := parsePrefix(string(p))
		return err == nil && ok && prefix.Contains(addr.Unmap())
	case boolean:
		return strings.EqualFold(have, string(p))
	}
	if c.ignore {
		return strings.EqualFold(have, string(p))
	}
	return have == string(p)
}

func compareOrder(order string, a, b float64) bool {
	switch order {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return a == b
}

func parseDate(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func parsePrefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
