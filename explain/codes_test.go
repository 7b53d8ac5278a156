package explain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/explain"
)

// TestCodes holds the codes that are written anywhere in the library against the
// rules: each has a page, and no rule explains one that nothing gives.
func TestCodes(t *testing.T) {
	t.Parallel()
	given := map[string]string{} // by code: where
	for _, dir := range []string{".", "..", "../chain", "../profile"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var list []*ast.File
		fset := token.NewFileSet()
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, file)
		}
		for code, at := range codesIn(list) {
			given[code] = fset.Position(at).String()
		}
	}
	// "failed" is what no rule knows; a key of the sandbox's example has this name.
	delete(given, "failed")
	if len(given) < 150 {
		t.Fatalf("only %d codes are found", len(given))
	}
	for code, at := range given {
		if _, ok := explain.RuleOf(code); !ok {
			t.Errorf("%s: %q has no rule, so that it has no title and no page", at, code)
		}
	}
	for _, r := range explain.Rules() {
		codes := r.Covers
		if r.Class == "" {
			codes = append(codes[:len(codes):len(codes)], r.Code)
		}
		for _, code := range codes {
			if given[code] == "" {
				t.Errorf("rule %s is about %q, which nothing gives", r.Code, code)
			}
		}
	}
}

// codesIn finds the codes of findings and diagnostics in the files of a package:
// strings at a field or variable named code, and arguments of functions that have a
// parameter of that name.
func codesIn(files []*ast.File) map[string]token.Pos {
	found := map[string]token.Pos{}
	constants := map[string]string{}
	takes := map[string]int{} // by function: which argument
	each(files, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					if text, ok := literal(n.Values[i]); ok {
						constants[name.Name] = text
					}
				}
			}
		case *ast.FuncDecl:
			if at, ok := named(n.Type.Params); ok {
				takes[n.Name.Name] = at
			}
		case *ast.AssignStmt:
			if f, ok := n.Rhs[0].(*ast.FuncLit); ok {
				if at, ok := named(f.Type.Params); ok {
					takes[n.Lhs[0].(*ast.Ident).Name] = at
				}
			}
		}
	})
	for name, code := range constants { // of the reader and the planner
		if strings.HasPrefix(name, "Code") {
			found[code] = token.NoPos
		}
	}
	take := func(e ast.Expr) {
		text, ok := literal(e)
		if name, is := e.(*ast.Ident); is {
			text, ok = constants[name.Name], constants[name.Name] != ""
		}
		if ok && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz-") == "" && text != "" {
			found[text] = e.Pos()
		}
	}
	each(files, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CompositeLit:
			keyed(n, take)
		case *ast.CallExpr:
			if at, ok := takes[called(n)]; ok && at < len(n.Args) {
				take(n.Args[at])
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if isCode(left) && len(n.Lhs) == len(n.Rhs) {
					take(n.Rhs[i])
				}
			}
		}
	})
	return found
}

func each(files []*ast.File, do func(ast.Node)) {
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				do(n)
			}
			return true
		})
	}
}

// keyed takes the codes of a composite literal: those named so, and those in the
// place of such a field of a struct that is declared with it. Those of rules are
// what is held against.
func keyed(n *ast.CompositeLit, take func(ast.Expr)) {
	if name, ok := n.Type.(*ast.Ident); ok && (name.Name == "Rule" || name.Name == "Precedence") {
		return
	}
	fields := func(n *ast.CompositeLit) {
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && isCode(kv.Key) {
				take(kv.Value)
			}
		}
	}
	if n.Type != nil {
		fields(n)
	}
	array, ok := n.Type.(*ast.ArrayType)
	if !ok {
		return
	}
	if name, ok := array.Elt.(*ast.Ident); ok && name.Name == "Finding" {
		for _, e := range n.Elts {
			if f, ok := e.(*ast.CompositeLit); ok {
				fields(f)
			}
		}
	}
	of, ok := array.Elt.(*ast.StructType)
	if !ok {
		return
	}
	if at, ok := named(of.Fields); ok {
		for _, e := range n.Elts {
			if row, ok := e.(*ast.CompositeLit); ok && at < len(row.Elts) {
				take(row.Elts[at])
			}
		}
	}
}

// named is the place of the name code in a list of fields or parameters.
func named(list *ast.FieldList) (int, bool) {
	at := 0
	for _, field := range list.List {
		for _, name := range field.Names {
			if name.Name == "code" {
				return at, true
			}
			at++
		}
		if len(field.Names) == 0 {
			at++
		}
	}
	return 0, false
}

func isCode(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "code" || e.Name == "Code"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Code"
	}
	return false
}

func called(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
