// Package pcapidx_test holds the rules of the module that no compiler checks:
// who may import whom, and no hidden state.
package pcapidx_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	module    = "pcapidx/"
	sdkModule = "github.com/modelcontextprotocol/"
)

type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages gives the packages of the module, their import paths shortened to
// what follows the module's.
func packages(t *testing.T) (all []pkg) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Dir,GoFiles,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
	for _, must := range []string{"index", "ingest", "ingest/tcp", "ingest/source", "ingest/dissect", "query", "mcp", "cmd/pcapidx"} {
		if !slices.ContainsFunc(all, func(p pkg) bool { return p.ImportPath == must }) {
			t.Errorf("there is no package %s: the rules below hold for nothing", must)
		}
	}
	return all
}

// ours gives the patterns of our packages that a package may import. A pattern
// is a package, or with "/*" at the end all packages in a folder. Packages that
// are not here may import all but cmd/.
func ours() map[string][]string {
	return map[string][]string{
		"index":          {},
		"ingest/buffers": {},
		"ingest/spill":   {},
		"ingest/tcp":     {"ingest/spill"},
		"ingest/diag":    {"index", "ingest/tcp"},
		"ingest/dissect": {"index"},
		"ingest/jsonrpc": {},
		"ingest/proto":   {"index", "ingest/buffers", "ingest/dissect", "ingest/jsonrpc"},
		"ingest/source":  {"index"},
		"ingest/words":   {},
		"ingest":         {"index", "ingest/*"},
		"query":          {"index", "query/*", "ingest/diag", "ingest/dissect", "ingest/jsonrpc", "ingest/payload", "ingest/proto", "ingest/tcp", "ingest/words"},
		"query/capfile":  {"index"},
		"query/needle":   {},
		"query/plot":     {},
		"mcp":            {"query", "mcp/*"},
		"mcp/keys":       {},
		"mcp/fetch":      {},
		"mcp/upload":     {},
	}
}

// wrongImport says why a package must not import a path, "" if it may.
func wrongImport(from, imported string) string {
	name, isOurs := strings.CutPrefix(imported, module)
	inCmd := strings.HasPrefix(from, "cmd/")
	switch {
	case isOurs:
		allowed, limited := ours()[from]
		fits := func(pattern string) bool {
			folder, below := strings.CutSuffix(pattern, "/*")
			return name == pattern || below && strings.HasPrefix(name, folder+"/")
		}
		if limited && !slices.ContainsFunc(allowed, fits) {
			return "of ours it may import only " + strings.Join(allowed, ", ")
		}
		if strings.HasPrefix(name, "cmd/") {
			return "commands are not imported"
		}
	case strings.HasPrefix(imported, "go.etcd.io/bbolt") && from != "index":
		return "only index knows bbolt"
	case strings.HasPrefix(imported, "github.com/blevesearch/") && from != "index":
		return "only index knows bleve"
	case strings.HasPrefix(imported, "github.com/spf13/") && !inCmd:
		return "only cmd/ knows cobra"
	case strings.HasPrefix(imported, "gonum.org/") && from != "query/plot":
		return "only query/plot draws"
	case strings.HasPrefix(imported, "gonum.org/v1/plot") && !strings.HasPrefix(imported, "gonum.org/v1/plot/"):
		return "it parses twelve fonts whenever the program starts"
	case strings.HasPrefix(imported, sdkModule) && from != "mcp":
		return "only mcp knows the SDK"
	case slices.Contains([]string{"ingest/jsonrpc", "ingest/tcp", "ingest/words", "mcp/fetch", "mcp/upload"}, from) && strings.Contains(strings.Split(imported, "/")[0], "."):
		return "it imports the standard library only"
	}
	return ""
}

// TestImports: the layers know only those below them, and each foreign library
// has one place.
func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if why := wrongImport(p.ImportPath, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if strings.HasPrefix(imported, module+"cmd/") {
				t.Errorf("the tests of %s import %s: commands are not imported", p.ImportPath, imported)
			}
		}
		if base := path.Base(p.ImportPath); slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, base) {
			t.Errorf("%s: the name %s does not say what it is for", p.ImportPath, base)
		}
	}
}

// TestWrongImport makes sure that the rules can be broken.
func TestWrongImport(t *testing.T) {
	for _, bad := range [][2]string{
		{"index", "pcapidx/query"},
		{"index", "pcapidx/ingest/dissect"},
		{"ingest/tcp", "pcapidx/index"},
		{"ingest/tcp", "github.com/google/gopacket"},
		{"ingest/dissect", "pcapidx/ingest/source"},
		{"ingest", "pcapidx/query"},
		{"query", "pcapidx/ingest"},
		{"query", "pcapidx/ingest/source"},
		{"query", "go.etcd.io/bbolt"},
		{"query", "github.com/blevesearch/bleve/v2"},
		{"ingest/words", "pcapidx/index"},
		{"cmd/pcapidx", "go.etcd.io/bbolt/errors"},
		{"query", "github.com/spf13/cobra"},
		{"query/filter", "pcapidx/cmd/pcapidx"},
		{"query/capfile", "pcapidx/ingest/source"},
		{"mcp", "pcapidx/index"},
		{"mcp", "pcapidx/ingest"},
		{"mcp", "pcapidx/query/filter"},
		{"mcp/upload", "pcapidx/query"},
		{"mcp/fetch", "golang.org/x/net/proxy"},
		{"query", "github.com/modelcontextprotocol/go-sdk/mcp"},
		{"query", "gonum.org/v1/plot/vg"},
		{"query/plot", "gonum.org/v1/plot"},
		{"query/plot", "pcapidx/index"},
		{"cmd/pcapidx", "github.com/modelcontextprotocol/go-sdk/mcp"},
	} {
		if wrongImport(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	for _, good := range [][2]string{
		{"index", "go.etcd.io/bbolt/errors"},
		{"ingest", "pcapidx/ingest/tcp"},
		{"query/plot", "gonum.org/v1/plot/vg"},
		{"query", "pcapidx/ingest/tcp"},
		{"query", "pcapidx/query/filter"},
		{"cmd/pcapidx", "github.com/spf13/cobra"},
		{"cmd/pcapidx", "pcapidx/mcp"},
		{"mcp", "github.com/modelcontextprotocol/go-sdk/mcp"},
		{"ingest/tcp", "math/bits"},
	} {
		if why := wrongImport(good[0], good[1]); why != "" {
			t.Errorf("%s must not import %s: %s", good[0], good[1], why)
		}
	}
}
