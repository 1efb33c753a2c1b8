package pcapidx_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoHiddenState: packages keep no state and do nothing by being imported.
// There is no func init, and a package-level variable is
//   - "_", a check at compile time,
//   - an error: its name begins with Err or err, its value is errors.New(...) or
//     the address of a literal,
//   - a table: its value is a literal of a map, slice or array, or of a type that
//     the package declares as one, or
//   - computed when it is first asked for: its value is sync.OnceValue(...).
//
// No statement of the package assigns to one of these, or to something in it.
func TestNoHiddenState(t *testing.T) {
	for _, p := range packages(t) {
		var files []*ast.File
		set := token.NewFileSet()
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		for _, problem := range hiddenState(files) {
			t.Errorf("%s: %s", p.ImportPath, problem)
		}
	}
}

// TestHiddenState makes sure that hidden state is found.
func TestHiddenState(t *testing.T) {
	for source, want := range map[string]int{
		`func init() {}`:            1,
		`func (t T) init() {}`:      0,
		`var n int`:                 1,
		`var n = 3`:                 1,
		`var t = f()`:               1,
		`var t = sync.OnceValue(f)`: 0,
		`var _ = 3`:                 0,

		`var ErrX, errY = errors.New("x"), errors.New("y")`:   0,
		`var x = errors.New("x")`:                             1,
		`var errX = &verdict{1}`:                              0,
		`var errX = errors.New("x"); func f() { errX = nil }`: 1,

		`var ErrX = 3`:                                                1,
		`var t = map[int]string{1: "a"}`:                              0,
		`var t = [...]int{1, 2}`:                                      0,
		`var t = thing{}`:                                             1,
		`type list []int; var t = list{1}`:                            0,
		`type one struct{}; var t = one{}`:                            1,
		`var t = map[int]int{}; func f() { t[1] = 2 }`:                1,
		`var t = []int{1}; func f() { t = nil }`:                      1,
		`var t = []T{{}}; func f() { t[0].x++ }`:                      1,
		`var t = []int{1}; func f() *int { return &t[0] }`:            1,
		`var t = map[int]int{}; func f() { delete(t, 1) }`:            1,
		`var t = []int{1}; func f() { for i := range t { print(i) }}`: 0,
		`var t = []int{1}; func f() { for t[0] = range 3 { } }`:       1,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if got := hiddenState([]*ast.File{f}); len(got) != want {
			t.Errorf("%s: found %q, want %d", source, got, want)
		}
	}
}

// hiddenState lists what breaks the rule in the files of one package.
func hiddenState(files []*ast.File) (problems []string) {
	constants, tables := map[string]bool{}, tableTypes(files)
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					problems = append(problems, "has a func init")
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					problems = append(problems, variables(d, constants, tables)...)
				}
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, name := range changed(n) {
				if constants[name] {
					problems = append(problems, "changes "+name)
				}
			}
			return true
		})
	}
	return problems
}

// variables checks a declaration and notes what must not change.
func variables(d *ast.GenDecl, constants, tables map[string]bool) (problems []string) {
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		for i, name := range v.Names {
			switch {
			case name.Name == "_":
			case i < len(v.Values) && (isError(name.Name, v.Values[i]) || isTable(v.Values[i], tables) || isLazy(v.Values[i])):
				constants[name.Name] = true
			default:
				problems = append(problems, "has the variable "+name.Name)
			}
		}
	}
	return problems
}

func isError(name string, value ast.Expr) bool {
	if !strings.HasPrefix(name, "Err") && !strings.HasPrefix(name, "err") {
		return false
	}
	if address, ok := value.(*ast.UnaryExpr); ok && address.Op == token.AND {
		_, ok := address.X.(*ast.CompositeLit)
		return ok
	}
	return isCall(value, "errors", "New")
}

func isLazy(value ast.Expr) bool { return isCall(value, "sync", "OnceValue") }

// isCall reports whether value calls that function of that package.
func isCall(value ast.Expr, pkg, name string) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	fn, ok := call.Fun.(*ast.SelectorExpr)
	return ok && fn.Sel.Name == name && root(fn) == pkg
}

func isTable(value ast.Expr, tables map[string]bool) bool {
	literal, ok := value.(*ast.CompositeLit)
	if !ok {
		return false
	}
	switch t := literal.Type.(type) {
	case *ast.MapType, *ast.ArrayType:
		return true
	case *ast.Ident:
		return tables[t.Name]
	}
	return false
}

// tableTypes names the types that a package declares as maps, slices or arrays.
func tableTypes(files []*ast.File) map[string]bool {
	tables := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				switch spec.Type.(type) {
				case *ast.MapType, *ast.ArrayType:
					tables[spec.Name.Name] = true
				}
			}
			return true
		})
	}
	return tables
}

// changed names what a statement or expression changes or lets others change.
func changed(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			names = append(names, root(left))
		}
	case *ast.IncDecStmt:
		names = []string{root(n.X)}
	case *ast.RangeStmt:
		names = []string{root(n.Key), root(n.Value)}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			names = []string{root(n.X)}
		}
	case *ast.CallExpr:
		if fn, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && slices.Contains([]string{"delete", "clear", "copy"}, fn.Name) {
			names = []string{root(n.Args[0])}
		}
	}
	return names
}

// root gives the leftmost name of an expression such as a.b[i].c.
func root(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.SliceExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	}
	return ""
}
