package sandbox

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// checker gathers the mistakes of one file.
type checker struct {
	file string
	root *yaml.Node
	errs []error
}

// keys walks the tree beside the type and reports every key that no field has.
// Anchors are refused: a few lines of them can unfold to gigabytes.
func (c *checker) keys(node *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case node.Anchor != "" || node.Kind == yaml.AliasNode || node.Style&yaml.TaggedStyle != 0 || node.Tag == "!!merge":
		c.add(node, "anchors, aliases, merge keys and tags are not supported")
	case t == reflect.TypeFor[time.Duration]():
		// A number would be nanoseconds, which nobody means.
		c.duration(node, false)
	case node.Kind == yaml.SequenceNode:
		element := reflect.TypeFor[any]()
		if t.Kind() == reflect.Slice && t != reflect.TypeFor[Config]() {
			element = t.Elem()
		}
		for _, v := range node.Content {
			c.keys(v, element)
		}
	case node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			c.key(node.Content[i], node.Content[i+1], t)
		}
	case node.Kind == yaml.ScalarNode:
		asText(node)
	}
}

// key checks one key of a mapping and goes on with its value.
func (c *checker) key(name, value *yaml.Node, t reflect.Type) {
	before := len(c.errs)
	if c.keys(name, reflect.TypeFor[any]()); len(c.errs) > before {
		return
	}
	next := reflect.TypeFor[any]()
	if t.Kind() == reflect.Struct && t != reflect.TypeFor[PolicyDocument]() {
		field, known := fieldFor(t, name.Value)
		if !known {
			c.add(name, fmt.Sprintf("key %q is not known%s", name.Value, suggestion(t, name.Value)))
			return
		}
		if next = field.Type; field.Tag.Get("sign") != "" {
			c.duration(value, true)
			return
		}
	}
	c.keys(value, next)
}

// asText keeps what YAML takes for a date or an octal number as it is written:
// here these are policy versions and account ids.
func asText(n *yaml.Node) {
	digits := len(n.Value) > 1 && n.Value[0] == '0' && strings.Trim(n.Value, "0123456789") == ""
	if tag := n.ShortTag(); tag == "!!timestamp" || digits && tag != "!!str" {
		n.Tag = "!!str"
	}
}

// duration checks one; few of them may be below zero.
func (c *checker) duration(node *yaml.Node, signed bool) {
	if d, err := time.ParseDuration(node.Value); err != nil || d < 0 && !signed {
		c.add(node, fmt.Sprintf("duration %q is not one like 15m or 1h30m", node.Value))
	}
}

func (c *checker) add(node *yaml.Node, message string) {
	c.errs = append(c.errs, &WorldError{c.file, max(node.Line, 1), message})
}

// at reports a mistake at a path such as "$.accounts[0].id", or at the nearest
// parent that the file has.
func (c *checker) at(path, format string, args ...any) {
	if c.root == nil { // a world that came from no file
		c.errs = append(c.errs, fmt.Errorf("world: %s: "+format, append([]any{path}, args...)...))
		return
	}
	node := c.root
	for part := range strings.FieldsFuncSeq(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		next := child(node, part)
		if next == nil {
			break
		}
		node = next
	}
	c.add(node, fmt.Sprintf(format, args...))
}

// child finds the value of a key, or the element with a number from 0.
func child(n *yaml.Node, part string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == part {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

func fieldFor(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") == name {
			return t.Field(i), true
		}
	}
	return reflect.StructField{}, false
}

// suggestion names the known key that is nearest to name, if one is near.
func suggestion(t reflect.Type, name string) string {
	best, distance := "", len(name)/2+1
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if d := editDistance(key, name); d < distance {
			best, distance = key, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
