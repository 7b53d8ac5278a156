package mutants_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"
)

// A steady function compares secrets in a time that says nothing of them, which
// no test of what it returns can see.
type steady struct{ file, name, by string }

func steadies() []steady {
	return []steady{
		{"internal/loopback/token.go", "Same", "ConstantTimeCompare"},
		{"internal/loopback/token.go", "Is", "Same"},
		{"server/container.go", "opens", "Same"},
		{"server/container.go", "revoke", "Same"},
		{"internal/authcode/callback.go", "callback", "Is"},
		{"sandbox/sessions.go", "sameText", "ConstantTimeCompare"},
		{"sandbox/container.go", "serveContainer", "sameText"},
		{"internal/loopback/sessiontokens.go", "Good", "TokenOf"},
	}
}

// TestConstantTime reads the functions.
func TestConstantTime(t *testing.T) {
	t.Parallel()
	for _, s := range steadies() {
		source, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(s.file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range unsteady(s.file, string(source)) {
			t.Error(found)
		}
	}
}

// unsteady says where a file's functions compare in another way than they must.
func unsteady(file, source string) (found []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	functions := map[string]*ast.FuncDecl{}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			functions[f.Name.Name] = f
		}
	}
	for _, s := range steadies() {
		if s.file != file {
			continue
		}
		f := functions[s.name]
		if f == nil || !calls(f.Body, s.by) {
			found = append(found, fmt.Sprintf("%s: %s does not compare by %s", file, s.name, s.by))
			continue
		}
		if s.name == "opens" && leavesEarly(f.Body) {
			found = append(found, fmt.Sprintf("%s: %s ends with the first that fits", file, s.name))
		}
	}
	return found
}

func calls(body ast.Node, name string) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			yes = yes || f.Name == name
		case *ast.SelectorExpr:
			yes = yes || f.Sel.Name == name
		}
		return true
	})
	return yes
}

// leavesEarly reports whether a loop is left before its end.
func leavesEarly(body ast.Node) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		loop, ok := n.(*ast.RangeStmt)
		if !ok {
			return true
		}
		ast.Inspect(loop.Body, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.ReturnStmt, *ast.BranchStmt:
				yes = true
			}
			return true
		})
		return false
	})
	return yes
}
