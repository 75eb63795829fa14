package class

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLiterals: provider and authfile, which may not import this package, write no class as a string that is not on the list,
// and oneshot writes none as a string at all.
func TestLiterals(t *testing.T) {
	t.Parallel()
	c := &classReader{params: map[string]int{}, fields: map[string]int{}, found: map[string][]token.Position{}, fset: token.NewFileSet()}
	var files []*ast.File
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "scripts", "bin", "dist"}, d.Name())) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(c.fset, filepath.Join("../..", path), nil, parser.SkipObjectResolution)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, see := range []func(ast.Node) bool{c.declared, c.used} {
		for _, f := range files {
			c.pkg = f.Name.Name
			ast.Inspect(f, see)
		}
	}
	places := 0
	for word, all := range c.found {
		for _, at := range all {
			switch _, below, inside := strings.Cut(filepath.ToSlash(at.Filename), "../oneshot/"); {
			case inside && !strings.HasPrefix(below, "class/") && Class(word).Valid():
				t.Errorf("%v: %q stands where the constant of package class belongs", at, word)
			case !inside && word != "" && !Class(word).Valid():
				t.Errorf("%v: %q is no error class", at, word)
			}
			places++
		}
	}
	if places < 60 || len(c.found) < 12 {
		t.Errorf("only %d places with %d classes: the reader no longer knows how they are written", places, len(c.found))
	}
}

// classReader finds the strings that stand where a class is meant: by the name of a field, parameter, variable or function.
type classReader struct {
	fset   *token.FileSet
	pkg    string         // of the file at hand
	params map[string]int // functions by package and name: which parameter is a class
	fields map[string]int // structs likewise: which field is one
	found  map[string][]token.Position
}

func meansClass(name string) bool {
	return slices.Contains([]string{"class", "Class", "ErrClass", "classes"}, name)
}

// declared learns what functions and structs have a class at which place.
func (c *classReader) declared(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if i := placeOf(n.Type.Params); i >= 0 {
			c.params[c.pkg+"."+n.Name.Name] = i
		}
	case *ast.TypeSpec:
		if s, ok := n.Type.(*ast.StructType); ok {
			if i := placeOf(s.Fields); i >= 0 {
				c.fields[c.pkg+"."+n.Name.Name] = i
			}
		}
	}
	return true
}

// placeOf is the place of the name that means a class in a list of fields, -1 where there is none.
func placeOf(list *ast.FieldList) int {
	i := 0
	for _, f := range list.List {
		for _, name := range f.Names {
			if meansClass(name.Name) {
				return i
			}
			i++
		}
	}
	return -1
}

// known finds what an expression names in a table: in the package it names, else in its own.
func (c *classReader) known(table map[string]int, e ast.Expr) (int, bool) {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if i, there := table[nameOf(s.X)+"."+s.Sel.Name]; there {
			return i, true
		}
	}
	i, there := table[c.pkg+"."+nameOf(e)]
	return i, there
}

func (c *classReader) used(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && meansClass(key.Name) {
			c.take(n.Value)
		}
	case *ast.CompositeLit:
		if i, there := c.known(c.fields, n.Type); there && i < len(n.Elts) {
			c.take(n.Elts[i])
		}
	case *ast.CallExpr:
		if i, there := c.known(c.params, n.Fun); there && i < len(n.Args) {
			c.take(n.Args[i])
			if nameOf(n.Fun) == "Is" {
				c.take(n.Args[i:]...)
			}
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if meansClass(nameOf(to)) && i < len(n.Rhs) {
				c.take(n.Rhs[i])
			}
		}
	case *ast.BinaryExpr:
		if meansClass(nameOf(n.X)) {
			c.take(n.Y)
		}
	case *ast.SwitchStmt:
		if n.Tag != nil && meansClass(nameOf(n.Tag)) {
			for _, one := range n.Body.List {
				c.take(one.(*ast.CaseClause).List...)
			}
		}
	case *ast.ValueSpec:
		if strings.HasPrefix(strings.ToLower(n.Names[0].Name), "class") {
			c.take(n.Values...)
		}
	case *ast.FuncDecl:
		c.returned(n)
	}
	return true
}

// returned are the classes that a function named for them, or for finding them, gives back.
func (c *classReader) returned(fn *ast.FuncDecl) {
	results := fn.Type.Results
	if results == nil {
		return
	}
	at := placeOf(results)
	if at < 0 && strings.Contains(strings.ToLower(fn.Name.Name), "class") && nameOf(results.List[0].Type) == "string" {
		at = 0
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && at >= 0 && at < len(r.Results) {
			c.take(r.Results[at])
		}
		return true
	})
}

func (c *classReader) take(all ...ast.Expr) {
	for _, e := range all {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, _ := strconv.Unquote(lit.Value)
			c.found[text] = append(c.found[text], c.fset.Position(lit.Pos()))
		}
	}
}

// nameOf is the last name of an expression: of a.B, a.B(), &B and B it is B.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return nameOf(e.Fun)
	case *ast.StarExpr:
		return nameOf(e.X)
	}
	return ""
}
