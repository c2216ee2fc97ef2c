package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// arrows says which rooms a room may import besides itself. Who is not listed imports nothing of the house.
var arrows = map[string][]string{
	"cmd":      {"api", "matching", "billing", "market", "internal"},
	"api":      {"insight", "matching", "billing", "market", "internal"},
	"insight":  {"matching", "billing", "market", "internal"},
	"matching": {"market", "internal"},
	"billing":  {"market", "internal"},
	"market":   {"internal"},
	"internal": {},
}

// owners says which room alone may import a library.
var owners = map[string][]string{
	"github.com/stripe/stripe-go":                {"billing/stripe", "billing/stripesim"}, // the stand-in's tests alone, see below
	"github.com/meilisearch/meilisearch-go":      {"matching/meili"},
	"github.com/danielgtaylor/huma":              {"api"},
	"github.com/gin-gonic/gin":                   {"api"},
	"github.com/riverqueue/river/riverdriver":    {"internal/jobs", "internal/db"},
	"github.com/elimity-com/scim":                {"api/provisioning"},
	"github.com/coreos/go-oidc":                  {"internal/idp"},
	"golang.org/x/oauth2":                        {"internal/idp"},
	"github.com/zitadel/oidc":                    {"internal/idp/idptest"}, // a provider for tests alone
	"github.com/fergusstrange/embedded-postgres": {"internal/db/cluster"},
	"github.com/minio/minio-go":                  {"internal/files"},
	"github.com/gabriel-vasile/mimetype":         {"internal/files"},
}

type pkg struct {
	ImportPath string
	Name       string
	GoFiles    []string
	Imports    []string
	TestFiles  []string `json:"TestGoFiles"`
	TestIn     []string `json:"TestImports"`
	TestOut    []string `json:"XTestImports"`
}

// path is the package's path within the house.
func (p pkg) path() string { return inHouse(p.ImportPath) }

func inHouse(importPath string) string {
	within, ok := strings.CutPrefix(importPath, "homecoming/")
	if !ok {
		return ""
	}
	return within
}

func room(path string) string {
	name, _, _ := strings.Cut(path, "/")
	return name
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,GoFiles,Imports,TestGoFiles,TestImports,XTestImports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 8 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func TestTheArrowsHold(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		here := room(p.path())
		allowed, known := arrows[here]
		if !known {
			t.Errorf("%s is in no room of the house", p.path())
		}
		for _, to := range slices.Concat(p.Imports, p.TestIn, p.TestOut) {
			there := room(inHouse(to))
			if there != "" && there != here && !slices.Contains(allowed, there) {
				t.Errorf("%s imports %s", p.path(), inHouse(to))
			}
		}
		if slices.Contains(p.Imports, "homecoming/billing/stripesim") && here != "cmd" {
			t.Errorf("%s imports the stand-in outside a test", p.path())
		}
	}
}

func TestEveryLibraryHasItsRoom(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for library, rooms := range owners {
			for _, to := range slices.Concat(p.Imports, p.TestIn, p.TestOut) {
				if strings.HasPrefix(to, library) && !slices.ContainsFunc(rooms, within(p.path())) {
					t.Errorf("%s imports %s, which is for %v", p.path(), to, rooms)
				}
			}
		}
		for _, to := range p.Imports {
			if strings.HasPrefix(to, "github.com/stripe/") && p.path() == "billing/stripesim" {
				t.Errorf("the stand-in imports %s outside its tests: it would agree with the client by construction", to)
			}
			if room(p.path()) == "api" && (strings.HasPrefix(to, "gorm.io/") || to == "database/sql") {
				t.Errorf("%s imports %s: api has no SQL", p.path(), to)
			}
		}
	}
}

func within(path string) func(string) bool {
	return func(room string) bool { return path == room || strings.HasPrefix(path, room+"/") }
}

func TestEveryPackageHasItsManualAndAName(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "models", "services"}, p.Name) {
			t.Errorf("%s: a package is named for what it provides", p.path())
		}
		if len(p.GoFiles) == 0 {
			continue // tests alone
		}
		if !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("%s has no doc.go", p.path())
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, p.path(), "doc.go"), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc == nil || len(f.Doc.Text()) < 100 {
			t.Errorf("%s: doc.go is no manual", p.path())
		}
	}
}

const (
	longestFunction = 100
	longestFile     = 800
)

func TestFunctionsAndFilesStayShort(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFile(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		if ast.IsGenerated(f) {
			return
		}
		seen++
		if n := fset.Position(f.FileEnd).Line; n > longestFile {
			t.Errorf("%s has %d lines", path, n)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				from, to := fset.Position(n.Pos()), fset.Position(n.End())
				if lines := to.Line - from.Line + 1; lines > longestFunction {
					t.Errorf("%s:%d: a function of %d lines", path, from.Line, lines)
				}
			}
			return true
		})
	})
	if seen < 20 {
		t.Fatalf("only %d files looked at", seen)
	}
}

func TestOneWordIsNowhere(t *testing.T) {
	t.Parallel()
	words := []string{"esc" + "row", "エス" + "クロー"} // Stripe does not offer it, so nothing here may promise it
	eachFile(t, func(path string, content []byte) {
		lower := strings.ToLower(string(content))
		for _, word := range words {
			if strings.Contains(lower, word) {
				t.Errorf("%s says %q", path, word)
			}
		}
	})
}

// eachFile visits every file of the house that people write.
func eachFile(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	skip := []string{".git", "bin", "data", "node_modules"}
	texts := []string{".go", ".templ", ".sql", ".json", ".toml", ".yaml", ".yml", ".md", ".txt", ".css", ".js", ".html", ".csv", ".example", ".service"}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skip, d.Name()) && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(texts, filepath.Ext(path)) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		visit(path, content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGeneratedPagesAreFresh(t *testing.T) {
	t.Parallel()
	eachFile(t, func(path string, _ []byte) {
		if filepath.Ext(path) != ".templ" {
			return
		}
		within, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "tool", "-modfile=tools/go.mod", "templ", "generate", "-stdout", "-f", within)
		cmd.Dir = root
		want, err := cmd.Output()
		if err != nil {
			t.Fatalf("templ: %v", err)
		}
		got, err := os.ReadFile(strings.TrimSuffix(path, ".templ") + "_templ.go")
		if err != nil || string(got) != string(want) {
			t.Errorf("%s was changed and its Go code was not: run make generate (%v)", within, err)
		}
	})
}
