package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A source is one parsed file that is no test.
type source struct {
	path string // from the repository's root, with slashes
	dir  string // its package, "." for the root
	fset *token.FileSet
	file *ast.File
}

// parse reads one file given as text.
func parse(t *testing.T, file, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: file, dir: path.Dir(file), fset: fset, file: f}
}

// load reads every file of the module below root, for every operating system:
// build constraints are not looked at. Tests, testdata, and folders with a
// go.mod of their own are left out.
func load(t *testing.T, root string) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(dirFS(root), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if file != "." && (name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_' || exists(root, file, "go.mod")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(file)), nil, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{path: file, dir: path.Dir(file), fset: fset, file: f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// line returns the line of the position.
func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

// imports returns the imported paths with the names they go by in the file.
func (s source) imports() map[string]string {
	names := map[string]string{}
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[p] = name
	}
	return names
}

// room returns the listed room that the package dir belongs to, or "".
func room(dir string) string {
	table := floors()
	for {
		if _, ok := table[dir]; ok {
			return dir
		}
		if dir == "." {
			return ""
		}
		if dir = path.Dir(dir); dir == "." {
			return "" // the root is a room of its own files only
		}
	}
}

// within reports whether pkg is one of, or below one of, the paths.
func within(pkg string, paths ...string) bool {
	for _, p := range paths {
		if pkg == p || strings.HasPrefix(pkg, p+"/") {
			return true
		}
	}
	return false
}
