package sandbox

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// checker gathers the mistakes of one file.
type checker struct {
	file string
	root *node
	errs []error
}

// ownReader is a type that reads its part of the file itself.
type ownReader interface{ read(*node) error }

// fill puts what the file has into v, and reports every key that no field has
// and every value of another kind.
func (c *checker) fill(n *node, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if n.kind != nullNode {
			v.Set(reflect.New(v.Type().Elem()))
			c.fill(n, v.Elem())
		}
		return
	}
	if own, ok := v.Addr().Interface().(ownReader); ok {
		if err := own.read(n); err != nil {
			c.add(n, err.Error())
		}
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		c.duration(n, v, false)
		return
	}
	if n.kind == nullNode {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		c.fields(n, v)
	case reflect.Slice:
		if n.kind != sequenceNode {
			c.add(n, "is not a list")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.values), len(n.values)))
		for i, item := range n.values {
			c.fill(item, v.Index(i))
		}
	case reflect.Map:
		c.mapping(n, v)
	case reflect.Interface:
		v.Set(reflect.ValueOf(n.value()))
	default:
		c.scalar(n, v)
	}
}

// fields fills a struct.
func (c *checker) fields(n *node, v reflect.Value) {
	if n.kind != mappingNode {
		c.add(n, "is not a mapping of keys to values")
		return
	}
	for i, key := range n.keys {
		field, known := fieldFor(v.Type(), key.text)
		switch {
		case !known:
			c.add(key, fmt.Sprintf("key %q is not known%s", key.text, suggestion(v.Type(), key.text)))
		case field.Tag.Get("sign") != "":
			c.duration(n.values[i], v.FieldByIndex(field.Index), true)
		default:
			c.fill(n.values[i], v.FieldByIndex(field.Index))
		}
	}
}

// mapping fills a map whose keys are text.
func (c *checker) mapping(n *node, v reflect.Value) {
	if n.kind != mappingNode {
		c.add(n, "is not a mapping of keys to values")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i, key := range n.keys {
		item := reflect.New(v.Type().Elem()).Elem()
		c.fill(n.values[i], item)
		v.SetMapIndex(reflect.ValueOf(key.text), item)
	}
}

// scalar fills a single value. Text takes every kind as it is written.
func (c *checker) scalar(n *node, v reflect.Value) {
	number, err := strconv.ParseInt(n.text, 10, 64)
	switch {
	case !n.scalar():
		c.add(n, "is not a single value")
	case v.Kind() == reflect.String:
		v.SetString(n.text)
	case n.kind == boolNode && v.Kind() == reflect.Bool:
		v.SetBool(n.text == "true")
	case n.kind == numberNode && err == nil && v.CanInt() && !v.OverflowInt(number):
		v.SetInt(number)
	case v.Kind() == reflect.Bool:
		c.add(n, fmt.Sprintf("%q is not true or false", n.text))
	default:
		c.add(n, fmt.Sprintf("%q is not a whole number", n.text))
	}
}

// duration reads one; few of them may be below zero. A number would be
// nanoseconds, which nobody means.
func (c *checker) duration(n *node, v reflect.Value, signed bool) {
	d, err := time.ParseDuration(n.text)
	if err != nil || d < 0 && !signed {
		c.add(n, fmt.Sprintf("duration %q is not one like 15m or 1h30m", n.text))
	}
	v.SetInt(int64(d))
}

//go:noinline
func (c *checker) add(n *node, message string) {
	c.errs = append(c.errs, &WorldError{c.file, n.line, message})
}

// at reports a mistake at a path such as "$.accounts[0].id", or at the nearest
// parent that the file has.
func (c *checker) at(path, format string, args ...any) {
	if c.root == nil { // a world that came from no file
		c.errs = append(c.errs, fmt.Errorf("world: %s: "+format, append([]any{path}, args...)...))
		return
	}
	n := c.root
	for _, part := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		next := n.child(part)
		if next == nil {
			break
		}
		n = next
	}
	c.add(n, fmt.Sprintf(format, args...))
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
