// Package tests has what needs more than one package: whole commands, kernel tests, and the rules that the source
// itself must keep.
package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/hookwalk/hookwalk/"

// arrows says which packages of this module each package may import, besides those below itself; see the picture
// in docs/ARCHITECTURE.md. A package that is not listed may import nothing of the module.
var arrows = map[string][]string{
	"topology":     {"topology/nft"},
	"topology/nft": {},
	"lab/netns":    {},
	"lab/link":     {"lab/netns", "topology"},
	"lab/cable":    {"lab/link", "lab/netns", "topology"},
	"lab/ruleset":  {"topology", "topology/nft"},
	"lab/path":     {"topology", "topology/nft"},
	"lab/probe":    {"lab/netns"},
	"lab/traffic":  {"lab/netns", "topology"},
	"lab/trace":    {"lab/path", "lab/ruleset", "lab/link", "lab/netns", "lab/traffic", "topology", "topology/nft"},
	"lab":          {"topology", "topology/nft"},
	"labs":         {},
	"tui":          {"lab/path", "topology", "topology/nft"},
	"tests":        {"*"},
	"cmd/hookwalk": {"*"},
}

// onlyImporter says which package alone may import a library, so that its quirks are known in one room.
var onlyImporter = map[string]string{
	"github.com/vishvananda/netns":   "lab/netns",
	"github.com/vishvananda/netlink": "lab/link",
	"github.com/google/nftables":     "lab/ruleset",
	"gopkg.in/yaml.v3":               "topology",
	"charm.land/bubbletea":           "tui",
	"charm.land/lipgloss":            "tui",
}

// pure packages may not import anything that reaches a kernel, so that they build on any OS.
var pure = []string{"topology", "topology/nft", "lab/path"}

var unclean = []string{"golang.org/x/sys/unix", "syscall", "os/exec", "net/http", "github.com/mdlayher", "github.com/vishvananda"}

func TestArrows(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel("..", name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen++
		pkg := filepath.ToSlash(filepath.Dir(rel))
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(pkg, imported); why != "" {
				t.Errorf("%s imports %s: %s", rel, imported, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

// forbidden says why pkg may not import imported, "" if it may.
func forbidden(pkg, imported string) string {
	if own, ok := strings.CutPrefix(imported, module); ok {
		if !mayImport(pkg, own) {
			return "no such arrow"
		}
		return ""
	}
	for library, owner := range onlyImporter {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && !within(pkg, owner) {
			return "only " + owner + " may"
		}
	}
	if slices.Contains(pure, pkg) {
		for _, u := range unclean {
			if imported == u || strings.HasPrefix(imported, u+"/") {
				return pkg + " is pure"
			}
		}
	}
	return ""
}

func mayImport(pkg, own string) bool {
	if within(own, pkg) { // a package and what lies below it
		return true
	}
	room := pkg // tui/step has the arrows of tui
	for {
		if allowed, ok := arrows[room]; ok {
			return slices.ContainsFunc(allowed, func(a string) bool { return a == "*" || within(own, a) && a == own }) ||
				room != pkg && within(own, room)
		}
		up := strings.LastIndexByte(room, '/')
		if up < 0 {
			return false
		}
		room = room[:up]
	}
}

// within reports whether pkg is room, or lies below it.
func within(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

// The check itself must be able to fail.
func TestArrowsCatch(t *testing.T) {
	for _, c := range []struct{ pkg, imported string }{
		{"topology", module + "lab"},
		{"lab/path", module + "lab/trace"},
		{"lab/path", "golang.org/x/sys/unix"},
		{"tui/step", module + "lab"},
		{"lab/trace", "github.com/google/nftables/expr"},
		{"lab", module + "tui"},
		{"somewhere", module + "topology"},
	} {
		if forbidden(c.pkg, c.imported) == "" {
			t.Errorf("%s may import %s", c.pkg, c.imported)
		}
	}
	for _, c := range []struct{ pkg, imported string }{
		{"lab", module + "lab/trace"},
		{"tui/step", module + "tui/theme"},
		{"tui/step", module + "lab/path"},
		{"lab/ruleset", "github.com/google/nftables/expr"},
	} {
		if why := forbidden(c.pkg, c.imported); why != "" {
			t.Errorf("%s may not import %s: %s", c.pkg, c.imported, why)
		}
	}
}
