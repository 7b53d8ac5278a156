package sandbox

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxWorld bounds a world file, in bytes.
const maxWorld = 1 << 20

// WorldError is one mistake in a world file.
type WorldError struct {
	File    string // "world" where the text had no file
	Line    int    // from 1
	Message string
}

// Error returns "FILE:LINE: message".
func (e *WorldError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// LoadWorld reads a world file. Mistakes in it are *WorldError values, joined
// with [errors.Join] where there are several.
func LoadWorld(path string) (*World, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	return parseWorld(path, data)
}

// ParseWorld reads a world from YAML; see [LoadWorld].
func ParseWorld(data []byte) (*World, error) { return parseWorld("world", data) }

func parseWorld(file string, data []byte) (*World, error) {
	if len(data) > maxWorld {
		return nil, &WorldError{file, 1, fmt.Sprintf("is longer than %d bytes", maxWorld)}
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, yamlError(file, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, &WorldError{file, 1, "holds no world, or more than one"}
	}
	body := tree.Docs[0].Body
	c := &checker{file: file, root: body}
	c.keys(body, reflect.TypeFor[World]())
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	var w World
	if err := yaml.NodeToValue(body, &w); err != nil {
		return nil, yamlError(file, err)
	}
	if w.IdentityCenter != nil && w.IdentityCenter.Region == "" {
		w.IdentityCenter.Region = w.Region
	}
	c.world(&w)
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return &w, nil
}

// yamlError turns an error of the YAML library into one with our file and line.
func yamlError(file string, err error) error {
	var y yaml.Error
	if errors.As(err, &y) {
		line := 1
		if t := y.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		return &WorldError{file, line, y.GetMessage()}
	}
	return &WorldError{file, 1, err.Error()}
}

// checker gathers the mistakes of one file.
type checker struct {
	file string
	root ast.Node
	errs []error
}

// keys walks the tree beside the type and reports every key that no field has.
// Anchors are refused: a few lines of them can unfold to gigabytes.
func (c *checker) keys(node ast.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[time.Duration]() {
		// A number would be nanoseconds, which nobody means.
		c.duration(node, false)
		return
	}
	switch n := node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		c.add(node, "anchors, aliases, merge keys and tags are not supported")
	case *ast.SequenceNode:
		element := reflect.TypeFor[any]()
		if t.Kind() == reflect.Slice && t != reflect.TypeFor[yaml.MapSlice]() {
			element = t.Elem()
		}
		for _, v := range n.Values {
			c.keys(v, element)
		}
	case *ast.MappingNode:
		for _, v := range n.Values {
			c.keys(v, t)
		}
	case *ast.MappingValueNode:
		name := n.Key.GetToken().Value
		if _, merge := n.Key.(*ast.MergeKeyNode); merge {
			c.add(n.Key, "anchors, aliases, merge keys and tags are not supported")
			return
		}
		next := reflect.TypeFor[any]()
		if t.Kind() == reflect.Struct && t != reflect.TypeFor[PolicyDocument]() {
			field, known := fieldFor(t, name)
			if !known {
				c.add(n.Key, fmt.Sprintf("key %q is not known%s", name, suggestion(t, name)))
				return
			}
			if next = field.Type; field.Tag.Get("sign") != "" {
				c.duration(n.Value, true)
				return
			}
		}
		c.keys(n.Value, next)
	}
}

// duration checks one; few of them may be below zero.
func (c *checker) duration(node ast.Node, signed bool) {
	if d, err := time.ParseDuration(node.GetToken().Value); err != nil || d < 0 && !signed {
		c.add(node, fmt.Sprintf("duration %q is not one like 15m or 1h30m", node.GetToken().Value))
	}
}

func (c *checker) add(node ast.Node, message string) {
	line := 1
	if t := node.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	c.errs = append(c.errs, &WorldError{c.file, line, message})
}

// at reports a mistake at a YAML path such as "$.accounts[0].id", or at the
// nearest parent that the file has.
func (c *checker) at(path, format string, args ...any) {
	if c.root == nil { // a world that came from no file
		c.errs = append(c.errs, fmt.Errorf("world: %s: "+format, append([]any{path}, args...)...))
		return
	}
	for p := path; p != "$" && p != ""; p = p[:strings.LastIndexAny(p, ".[")] {
		compiled, err := yaml.PathString(p)
		if err != nil {
			continue
		}
		if node, err := compiled.FilterNode(c.root); err == nil && node != nil {
			c.add(node, fmt.Sprintf(format, args...))
			return
		}
	}
	c.add(c.root, fmt.Sprintf(format, args...))
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
