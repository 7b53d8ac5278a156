package sandbox

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// node is one value of a YAML file, as far as worlds need YAML.
type node struct {
	kind   nodeKind
	line   int
	text   string  // of a scalar, as it is written but for quotes
	keys   []*node // of a mapping, beside values
	values []*node // of a mapping or a sequence
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	boolNode
	numberNode
	mappingNode
	sequenceNode
)

// maxNesting bounds how deep a world's values lie in each other; policies need
// less than ten levels.
const maxNesting = 100

// readTree reads the one document of a file; nil if there is none, or another.
// The rest of the YAML library, which fills Go values, is as large again as
// its parser.
func readTree(file string, data []byte) (*node, error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &at) {
			return nil, &WorldError{file, lineOf(at.GetToken()), at.GetMessage()}
		}
		return nil, &WorldError{file, 1, err.Error()}
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return nil, nil
	}
	r := treeReader{file: file}
	return r.read(f.Docs[0].Body, 0), errors.Join(r.errs...)
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 1
	}
	return max(t.Position.Line, 1)
}

type treeReader struct {
	file string
	errs []error
}

func (r *treeReader) read(from ast.Node, depth int) *node {
	out := &node{line: lineOf(from.GetToken())}
	if depth > maxNesting {
		return r.refuse(out, fmt.Sprintf("values lie in each other more than %d levels deep", maxNesting))
	}
	switch n := from.(type) {
	case *ast.MappingNode:
		out.kind = mappingNode
		for _, v := range n.Values {
			r.pair(out, v, depth)
		}
	case *ast.MappingValueNode:
		out.kind = mappingNode
		r.pair(out, n, depth)
	case *ast.SequenceNode:
		out.kind = sequenceNode
		for _, v := range n.Values {
			out.values = append(out.values, r.read(v, depth+1))
		}
	case *ast.NullNode:
	case *ast.BoolNode:
		out.kind, out.text = boolNode, n.Token.Value
	case *ast.IntegerNode:
		out.kind, out.text = numberNode, n.Token.Value
	case *ast.FloatNode:
		out.kind, out.text = numberNode, n.Token.Value
	case *ast.StringNode:
		out.kind, out.text = textNode, n.Value
	case *ast.LiteralNode:
		out.kind, out.text = textNode, n.Value.Value
	case *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = textNode, from.GetToken().Value
	default:
		// Anchors, above all: a few lines of them can unfold to gigabytes.
		return r.refuse(out, "anchors, aliases, merge keys and tags are not supported")
	}
	return out
}

func (r *treeReader) refuse(at *node, message string) *node {
	r.errs = append(r.errs, &WorldError{r.file, at.line, message})
	return at
}

// pair adds one key with its value. A key of several values is a kind of node
// that read does not take.
func (r *treeReader) pair(to *node, from *ast.MappingValueNode, depth int) {
	to.keys = append(to.keys, r.read(from.Key, depth+1))
	to.values = append(to.values, r.read(from.Value, depth+1))
}

// scalar reports whether the node is a single value.
func (n *node) scalar() bool { return n.kind != mappingNode && n.kind != sequenceNode }

// value is the node as encoding/json would have it. A number that is not
// written as JSON writes it, such as an account id that begins with 0, is text.
func (n *node) value() any {
	switch n.kind {
	case nullNode:
		return nil
	case boolNode:
		return n.text == "true"
	case numberNode:
		if i, err := strconv.ParseInt(n.text, 10, 64); err == nil && strconv.FormatInt(i, 10) == n.text {
			return i
		}
		if f, err := strconv.ParseFloat(n.text, 64); err == nil && n.text[0] != '0' && n.text[0] != '+' {
			return f
		}
	case mappingNode:
		m := make(map[string]any, len(n.keys))
		for i, key := range n.keys {
			m[key.text] = n.values[i].value()
		}
		return m
	case sequenceNode:
		list := make([]any, len(n.values))
		for i, v := range n.values {
			list[i] = v.value()
		}
		return list
	}
	return n.text
}

// child finds the value of a key, or the element with a number from 0.
func (n *node) child(part string) *node {
	if n.kind == sequenceNode {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.values) {
			return n.values[i]
		}
		return nil
	}
	for i, key := range n.keys {
		if key.text == part {
			return n.values[i]
		}
	}
	return nil
}
