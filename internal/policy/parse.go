package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// maxDocument bounds what Parse reads, in bytes; AWS allows far less.
const maxDocument = 64 << 10

// Parse reads a document in JSON. Unknown elements, operators and principals
// are errors, as they are in AWS.
func Parse(data []byte, kind Kind) (*Document, error) {
	if len(data) > maxDocument {
		return nil, fmt.Errorf("policy is longer than %d bytes", maxDocument)
	}
	var raw struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if dec.More() {
		return nil, fmt.Errorf("policy: text after the document")
	}
	switch raw.Version {
	case "2012-10-17", "2008-10-17", "":
	default:
		return nil, fmt.Errorf("policy: version %q is not 2012-10-17", raw.Version)
	}
	list, err := statements(raw.Statement)
	if err != nil {
		return nil, err
	}
	d := &Document{version: raw.Version}
	for i, fields := range list {
		s, err := parseStatement(fields, kind)
		if err != nil {
			return nil, fmt.Errorf("policy statement %d: %w", i+1, err)
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}

func statements(raw json.RawMessage) ([]map[string]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, fmt.Errorf("policy has no Statement")
	}
	var list []map[string]json.RawMessage
	if raw[0] != '[' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("policy Statement: %w", err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("policy has no Statement")
	}
	return list, nil
}

func parseStatement(fields map[string]json.RawMessage, kind Kind) (statement, error) {
	var s statement
	var effect string
	for name, raw := range fields {
		var err error
		switch name {
		case "Sid":
			err = json.Unmarshal(raw, &s.sid)
		case "Effect":
			err = json.Unmarshal(raw, &effect)
		case "Action", "NotAction":
			s.notActions = name == "NotAction"
			s.actions, err = stringList(raw)
		case "Resource", "NotResource":
			s.notResources = name == "NotResource"
			s.resources, err = stringList(raw)
		case "Principal", "NotPrincipal":
			s.notPrincipals = name == "NotPrincipal"
			s.principals, err = principals(raw)
		case "Condition":
			s.conditions, err = conditions(raw)
		default:
			err = fmt.Errorf("element is not known")
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	s.allow = effect == "Allow"
	return s, checkStatement(fields, effect, kind)
}

func checkStatement(fields map[string]json.RawMessage, effect string, kind Kind) error {
	count := func(a, b string) int {
		_, hasA := fields[a]
		_, hasB := fields[b]
		n := 0
		if hasA {
			n++
		}
		if hasB {
			n++
		}
		return n
	}
	wantResource, wantPrincipal := 1, 0
	if kind == Trust {
		wantResource, wantPrincipal = 0, 1
	}
	switch {
	case effect != "Allow" && effect != "Deny":
		return fmt.Errorf("the Effect is %q, not Allow or Deny", effect)
	case count("Action", "NotAction") != 1:
		return fmt.Errorf("needs one of Action and NotAction")
	case count("Resource", "NotResource") != wantResource && kind == Trust:
		return fmt.Errorf("a trust policy has no Resource")
	case count("Resource", "NotResource") != wantResource:
		return fmt.Errorf("needs one of Resource and NotResource")
	case count("Principal", "NotPrincipal") != wantPrincipal && kind == Trust:
		return fmt.Errorf("needs one of Principal and NotPrincipal")
	case count("Principal", "NotPrincipal") != wantPrincipal:
		return fmt.Errorf("an identity policy has no Principal")
	}
	return nil
}

func principals(raw json.RawMessage) ([]principal, error) {
	var star string
	if json.Unmarshal(raw, &star) == nil {
		if star != "*" {
			return nil, fmt.Errorf("%q is not \"*\" or an object", star)
		}
		return []principal{{kind: "*"}}, nil
	}
	var byKind map[string]json.RawMessage
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return nil, err
	}
	out := []principal{}
	for kind, value := range byKind {
		switch kind {
		case "AWS", "Federated", "Service", "CanonicalUser":
		default:
			return nil, fmt.Errorf("kind %q is not AWS, Federated or Service", kind)
		}
		names, err := stringList(value)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			out = append(out, principal{kind, name})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("names nobody")
	}
	return out, nil
}

func conditions(raw json.RawMessage) ([]condition, error) {
	var byOperator map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &byOperator); err != nil {
		return nil, err
	}
	var out []condition
	for name, keys := range byOperator {
		base, err := parseOperator(name)
		if err != nil {
			return nil, err
		}
		for key, value := range keys {
			c := base
			c.key, c.operator, c.spelt = strings.ToLower(key), name, key
			if c.values, err = stringList(value); err != nil {
				return nil, fmt.Errorf("%s %s: %w", name, key, err)
			}
			if err := c.check(); err != nil {
				return nil, fmt.Errorf("%s %s: %w", name, key, err)
			}
			out = append(out, c)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out, nil
}

// stringList reads one value or a list of values; numbers and booleans become
// their text, as AWS takes them in conditions and account ids.
func stringList(raw json.RawMessage) ([]string, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		switch item := item.(type) {
		case string:
			out = append(out, item)
		case json.Number:
			out = append(out, item.String())
		case bool:
			out = append(out, fmt.Sprint(item))
		default:
			return nil, fmt.Errorf("holds a value that is no string")
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("is empty")
	}
	return out, nil
}
