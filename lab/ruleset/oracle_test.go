package ruleset

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compareWithNFT loads a ruleset with nft into one namespace and with this package into another, and compares what the
// kernel has then.
func compareWithNFT(t *testing.T, text string) {
	t.Helper()
	needNFT(t)
	var want, got state
	fresh(t, func() {
		_, err := run(text, "nft", "-f", "-")
		if err != nil {
			t.Error(err)
			return
		}
		if want, err = listState(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	fresh(t, func() {
		if _, err := Load(source(text), false); err != nil {
			t.Error(err)
			return
		}
		var err error
		if got, err = listState(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	if d := cmp.Diff(want.text, got.text); d != "" {
		t.Errorf("nft list ruleset (-nft +ours):\n%s", d)
	}
	if d := cmp.Diff(want.json, got.json); d != "" {
		t.Errorf("nft -j list ruleset (-nft +ours):\n%s", d)
	}
	if d := cmp.Diff(want.raw, got.raw); d != "" {
		t.Errorf("the kernel's bytes (-nft +ours):\n%s", d)
	}
}

func TestHomeNAT(t *testing.T) {
	compareWithNFT(t, readFile(t, "../../labs/01-home-nat/fw.nft"))
}

// TestRows loads every row of rowGroups, and compares it with what nft makes of it.
func TestRows(t *testing.T) {
	needNFT(t)
	for _, g := range rowGroups {
		t.Run(g.name, func(t *testing.T) {
			rules := slices.Clone(g.rules)
			rules = slices.DeleteFunc(rules, func(r string) bool {
				if _, errs := source(g.file(r)).Check(); len(errs) > 0 {
					t.Errorf("%s: %s", r, errs.Error())
					return true
				}
				return false
			})
			compareWithNFT(t, g.file(rules...))
			if t.Failed() {
				g.each(t, rules)
			}
		})
	}
}

// file is a ruleset with some rules, each in a chain of its own.
func (g *rowGroup) file(rules ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "table %s t {\n%s", g.family, g.decls)
	for i, r := range rules {
		fmt.Fprintf(&b, "\tchain c%d {\n\t\t%s\n\t\t%s\n\t}\n", i, g.base, r)
	}
	b.WriteString("}\n")
	return b.String()
}

// each loads every row alone, to say which ones fail.
func (g *rowGroup) each(t *testing.T, rules []string) {
	for _, r := range rules {
		t.Run(r, func(t *testing.T) { compareWithNFT(t, g.file(r)) })
	}
}
