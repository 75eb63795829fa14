package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// fault is one change of one file. It stands in the code beside what it changes, and a switch says at run time which of both holds.
type fault struct {
	pkg, file  string
	line       int
	what, with string // in words: what becomes what
	from, to   int    // bytes of the code that the switch goes around
	open, shut string // the switch; number stands where the fault's number comes
	order      int    // among those of the file: what is further out comes first
	source     []byte
}

// number stands for the number of a fault in the code of its switch.
const number = "\x00"

// The two switches, see switches.
const (
	on  = "faultIs(" + number + ")"
	add = "faultAdd(" + number + ")"
)

func (f fault) String() string {
	return fmt.Sprintf("%s:%d: %q becomes %q", f.file, f.line, f.what, f.with)
}

// turned are operators, and what takes their place.
var turned = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.ADD: "-", token.SUB: "+", token.LAND: "||", token.LOR: "&&",
}

// finder finds the faults of one file.
type finder struct {
	set    *token.FileSet
	info   *types.Info
	own    *types.Package
	pkg    string
	file   string
	source []byte
	whole  map[ast.Expr]types.Type // of an operand of a constant expression: the type of the whole
	all    []fault
}

func (w *finder) text(n ast.Node) string {
	return string(w.source[w.set.Position(n.Pos()).Offset:w.set.Position(n.End()).Offset])
}

func (w *finder) add(around ast.Node, at token.Pos, what, with, open, shut string) {
	w.all = append(w.all, fault{
		pkg: w.pkg, file: w.file, line: w.set.Position(at).Line, what: what, with: with, open: open, shut: shut, source: w.source, order: len(w.all),
		from: w.set.Position(around.Pos()).Offset, to: w.set.Position(around.End()).Offset,
	})
}

// visit adds the faults at a node. Declarations of constants are left alone, and so is what means the same either way: how much room a make
// or a Grow asks for before it is needed, and a value that nobody takes.
func (w *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.ParenExpr:
		w.whole[n.X] = w.typeOf(n)
	case *ast.UnaryExpr:
		w.whole[n.X] = w.typeOf(n)
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.IfStmt:
		cond := w.text(n.Cond)
		w.add(n.Cond, n.Cond.Pos(), cond, "true", "("+on+" || (", "))")
		w.add(n.Cond, n.Cond.Pos(), cond, "false", "(!"+on+" && (", "))")
	case *ast.BasicLit:
		if v, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
			w.add(n, n.Pos(), n.Value, strconv.Itoa(v+1), "(", " + "+w.name(n)+"("+add+"))")
		}
	case *ast.BlockStmt:
		w.statements(n.List)
	case *ast.CaseClause:
		w.statements(n.Body)
	case *ast.CommClause:
		w.statements(n.Body)
	case *ast.CallExpr:
		if room := w.room(n); room >= 0 {
			for i, x := range n.Args {
				if i != room {
					ast.Inspect(x, w.visit)
				}
			}
			return false
		}
	}
	return true
}

// statements adds, for each that does something and declares nothing, that it is left out.
func (w *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && w.room(call) >= 0 {
				continue
			}
		case *ast.AssignStmt:
			if s.Tok != token.ASSIGN || isBlank(s.Lhs) {
				continue
			}
		default:
			continue
		}
		w.add(s, s.Pos(), w.text(s), "", "if !"+on+" { ", " }")
	}
}

// binary adds the operator turned. A + that joins texts has no other side.
func (w *finder) binary(n *ast.BinaryExpr) {
	if w.info.Types[n].Value != nil && n.Op != token.SHL && n.Op != token.SHR {
		w.whole[n.X], w.whole[n.Y] = w.typeOf(n), w.typeOf(n)
	}
	with, ok := turned[n.Op]
	if !ok {
		return
	}
	result := "bool"
	if n.Op == token.ADD || n.Op == token.SUB {
		if b, ok := w.info.TypeOf(n).Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
			return
		}
		result = w.name(n)
	}
	other := w.text(n.X) + " " + with + " " + w.text(n.Y)
	w.add(n, n.OpPos, n.Op.String(), with, "(func() "+result+" { if "+on+" { return "+other+" }; return ", " }())")
}

// typeOf is the type that x has in the end. That of a constant's operand is the constant's: go/types says it of the whole alone.
func (w *finder) typeOf(x ast.Expr) types.Type {
	if own := w.info.TypeOf(x); w.whole[x] == nil || !isUntyped(own) {
		return own
	}
	return w.whole[x]
}

func isUntyped(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

// name writes the type of x as this file can.
func (w *finder) name(x ast.Expr) string {
	return types.TypeString(types.Default(w.typeOf(x)), func(p *types.Package) string {
		if p == w.own {
			return ""
		}
		return p.Name()
	})
}

// room says which argument asks for room alone: the last of a make with a capacity, or of a map's; the one of a Grow. Else it is -1.
func (w *finder) room(call *ast.CallExpr) int {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		if f.Name != "make" || len(call.Args) < 2 {
			return -1
		}
		if _, isMap := w.info.TypeOf(call.Args[0]).Underlying().(*types.Map); isMap || len(call.Args) == 3 {
			return len(call.Args) - 1
		}
	case *ast.SelectorExpr:
		if f.Sel.Name == "Grow" {
			return len(call.Args) - 1
		}
	}
	return -1
}

func isBlank(list []ast.Expr) bool {
	for _, x := range list {
		if name, ok := x.(*ast.Ident); !ok || name.Name != "_" {
			return false
		}
	}
	return true
}
