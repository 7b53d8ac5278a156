package archtest_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A violation is one place that breaks a rule.
type violation struct {
	file string
	line int
	name string // what an exception names
	text string
}

func (v violation) String() string { return fmt.Sprintf("%s:%d: %s", v.file, v.line, v.text) }

// A check finds what breaks one rule in one file.
type check func(source) []violation

func checks() map[string]check {
	return map[string]check{
		"floors": checkFloors, "fences": checkFences, "bans": checkBans, "init": checkInit,
		"variables": checkVariables, "reveal": checkReveal, "size": checkSize,
	}
}

// checkFloors holds the imports of our own packages against the floor table.
func checkFloors(s source) []violation {
	from := room(s.dir)
	if from == "" {
		return []violation{{s.path, 1, s.dir, "package " + s.dir + " stands on no floor: list it in internal/archtest"}}
	}
	var found []violation
	for _, spec := range s.file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		if !within(p, module) {
			continue
		}
		dir := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
		if dir == "" {
			dir = "."
		}
		to := room(dir)
		if to == from || to != "" && floors()[to] < floors()[from] {
			continue
		}
		text := fmt.Sprintf("%s (floor %d) imports %s (floor %d)", from, floors()[from], dir, floors()[to])
		found = append(found, violation{s.path, s.line(spec.Pos()), dir, text})
	}
	return found
}

// checkFences holds imports against the fences, and forbids dot imports, which
// would hide what a name belongs to.
func checkFences(s source) []violation {
	var found []violation
	for _, spec := range s.file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		if spec.Name != nil && spec.Name.Name == "." {
			found = append(found, violation{s.path, s.line(spec.Pos()), p, "dot import of " + p})
		}
		for _, f := range fences() {
			if within(p, f.pkg) && !within(p, f.except...) && !slices.Contains(f.rooms, room(s.dir)) {
				found = append(found, violation{s.path, s.line(spec.Pos()), p, "imports " + p + ": " + f.reason})
			}
		}
	}
	return found
}

// checkBans finds uses of banned names, called or passed on.
func checkBans(s source) []violation {
	if slices.Contains(freeOfBans(), room(s.dir)) {
		return nil
	}
	imports := s.imports()
	var found []violation
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok || x.Obj != nil { // Obj: a local name hides the package
			return true
		}
		for _, b := range bans() {
			if imports[b.pkg] == x.Name && slices.Contains(b.names, sel.Sel.Name) {
				name := b.pkg + "." + sel.Sel.Name
				found = append(found, violation{s.path, s.line(sel.Pos()), name, name + " is the program's: have it passed in"})
			}
		}
		return true
	})
	return found
}

// checkInit finds init functions: they run at every start, wanted or not.
func checkInit(s source) []violation {
	var found []violation
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			found = append(found, violation{s.path, s.line(f.Pos()), "init", "func init"})
		}
	}
	return found
}

// checkVariables finds package variables other than errors.New sentinels,
// embedded files, assertions (var _ T = …), and arrays that nothing in the
// file writes to: what else there is can change, or costs at every start.
func checkVariables(s source) []violation {
	written := writtenNames(s.file)
	var found []violation
	for _, d := range s.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if embeds(g.Doc) || embeds(v.Doc) {
				continue
			}
			for i, name := range v.Names {
				if name.Name == "_" || i < len(v.Values) && (isSentinel(v.Values[i]) || isArray(v.Values[i]) && !written[name.Name]) {
					continue
				}
				found = append(found, violation{s.path, s.line(name.Pos()), name.Name, "package variable " + name.Name})
			}
		}
	}
	return found
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

func isSentinel(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "errors" && sel.Sel.Name == "New"
}

func isArray(e ast.Expr) bool {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	array, ok := lit.Type.(*ast.ArrayType)
	return ok && array.Len != nil
}

// writtenNames returns the identifiers that the file assigns to, counts up or
// down, slices, or takes the address of.
func writtenNames(f *ast.File) map[string]bool {
	written := map[string]bool{}
	mark := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.Ident:
				written[x.Name] = true
				return
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			default:
				return
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for _, e := range x.Lhs {
				mark(e)
			}
		case *ast.IncDecStmt:
			mark(x.X)
		case *ast.SliceExpr:
			mark(x.X)
		case *ast.UnaryExpr:
			if x.Op == token.AND {
				mark(x.X)
			}
		}
		return true
	})
	return written
}

// checkReveal finds secrets that are unwrapped where none leaves.
func checkReveal(s source) []violation {
	if slices.Contains(revealers(), room(s.dir)) {
		return nil
	}
	var found []violation
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
			found = append(found, violation{s.path, s.line(sel.Pos()), "Reveal", "Reveal in " + s.dir + ", where no secret leaves"})
		}
		return true
	})
	return found
}

// checkSize finds files and functions that are too long to be read at once.
func checkSize(s source) []violation {
	var found []violation
	if n := s.line(s.file.End()); n > maxFile {
		found = append(found, violation{s.path, n, "file", fmt.Sprintf("file of %d lines, at most %d", n, maxFile)})
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		var body *ast.BlockStmt
		name := "function literal"
		switch f := n.(type) {
		case *ast.FuncDecl:
			body, name = f.Body, f.Name.Name
		case *ast.FuncLit:
			body = f.Body
		}
		if body == nil {
			return true
		}
		if lines := s.line(body.End()) - s.line(n.Pos()) + 1; lines > maxFunction {
			found = append(found, violation{s.path, s.line(n.Pos()), name, fmt.Sprintf("%s of %d lines, at most %d", name, lines, maxFunction)})
		}
		return true
	})
	return found
}
