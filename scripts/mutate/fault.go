package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
)

// fault is one change of one file.
type fault struct {
	pkg, file string
	line      int
	from, to  int // bytes that are replaced
	with      string
	source    []byte
}

func (f fault) apply() []byte {
	changed := append([]byte(nil), f.source[:f.from]...)
	return append(append(changed, f.with...), f.source[f.to:]...)
}

func (f fault) String() string {
	return fmt.Sprintf("%s:%d: %q becomes %q", f.file, f.line, f.source[f.from:f.to], f.with)
}

// turned are operators, and what takes their place.
var turned = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.ADD: "-", token.SUB: "+", token.LAND: "||", token.LOR: "&&",
}

// faultsOf are all of the package, a folder below this one. Tests, and files of other systems, have none.
func faultsOf(pkg string) (all []fault, err error) {
	p, err := build.ImportDir(pkg, 0)
	if err != nil {
		return nil, err
	}
	for _, name := range p.GoFiles {
		file := filepath.Join(pkg, name)
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, source, 0)
		if err != nil {
			return nil, err
		}
		add := func(from, to token.Pos, with string) {
			at := set.Position(from)
			all = append(all, fault{filepath.ToSlash(filepath.Clean(pkg)), file, at.Line, at.Offset, set.Position(to).Offset, with, source})
		}
		ast.Inspect(tree, func(n ast.Node) bool { return visit(n, add) })
	}
	return all, nil
}

// visit adds the faults at a node. Declarations of constants, and what only makes words, are left alone.
func visit(n ast.Node, add func(from, to token.Pos, with string)) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.BinaryExpr:
		if with, ok := turned[n.Op]; ok && !isText(n.X) && !isText(n.Y) {
			add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), with)
		}
	case *ast.IfStmt:
		add(n.Cond.Pos(), n.Cond.Pos(), "true || ")
		add(n.Cond.Pos(), n.Cond.Pos(), "false && ")
	case *ast.BasicLit:
		if v, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
			add(n.Pos(), n.End(), strconv.Itoa(v+1))
		}
	case *ast.ExprStmt:
		add(n.Pos(), n.End(), "")
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN {
			add(n.Pos(), n.End(), "")
		}
	}
	return true
}

// isText reports a string in the code: a + beside it joins texts.
func isText(x ast.Expr) bool {
	lit, ok := x.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}
