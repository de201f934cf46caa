package ruleset

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
)

// compareWithNFT loads a ruleset with nft into one namespace and with this package into another, and compares what the
// kernel has then.
func compareWithNFT(t *testing.T, text string) {
	t.Helper()
	compareLoads(t, source(text), false, false, func() error {
		_, err := run(text, "nft", "-f", "-")
		return err
	})
}

// compareLoads does it with any way to call nft. What the kernel itself lacks is a reason to skip, and in a foreign file
// also what this nft does not know.
//
// With sameText only the texts are compared.
func compareLoads(t *testing.T, r *topology.Ruleset, foreign, sameText bool, byNFT func() error) {
	t.Helper()
	needNFT(t)
	load := func(load func() error) (s state) {
		fresh(t, func() {
			for _, d := range []string{"eth0", "eth1"} {
				addDevice(t, d)
			}
			err := load()
			if err == nil {
				s, err = listState()
			}
			switch {
			case err == nil:
			case strings.HasPrefix(err.Error(), "nft ") && (foreign || lacks(err)):
				s.text = err.Error()
			default:
				t.Error(err)
			}
		})
		return s
	}
	want := load(byNFT)
	if t.Failed() {
		return
	}
	if want.raw == "" {
		t.Skipf("the oracle cannot load this here: %s", want.text)
	}
	got := load(func() error {
		_, err := Load(r, false)
		return err
	})
	if t.Failed() {
		return
	}
	if d := cmp.Diff(want.text, got.text); d != "" {
		t.Errorf("nft list ruleset (-nft +ours):\n%s", d)
	}
	readsBack(t, want.text)
	if sameText {
		return
	}
	if d := cmp.Diff(want.json, got.json); d != "" {
		t.Errorf("nft -j list ruleset (-nft +ours):\n%s", d)
	}
	if d := cmp.Diff(plainRaw(want.raw), plainRaw(got.raw)); d != "" {
		t.Errorf("the kernel's bytes (-nft +ours):\n%s", d)
	}
}

// readsBack reads what nft lists, as one who has only the listing of a machine would. Not all of it is read by nft.
func readsBack(t *testing.T, listing string) {
	t.Helper()
	fresh(t, func() {
		for _, d := range []string{"eth0", "eth1"} {
			addDevice(t, d)
		}
		if _, err := run(listing, "nft", "-c", "-f", "-"); err != nil {
			t.Logf("nft does not read what it lists: %v", err)
			listing = ""
		}
	})
	if _, errs := source(listing).Check(); len(errs) > 0 {
		t.Errorf("what nft lists is not read: %v", errs)
	}
}

// lacks reports whether nft says that the kernel has no part for something; or, Linux 7.2 and later of rules that write
// headers, not for users inside a user namespace.
func lacks(err error) bool {
	s := err.Error()
	return strings.Contains(s, "Could not process rule: Operation not permitted") ||
		strings.Contains(s, "Could not process rule: No such file") || strings.Contains(s, "Could not process rule: Operation not supported")
}

// blockName is the name of a chain in braces as bytes: the kernel numbers those of all namespaces.
var blockName = regexp.MustCompile("([0-9a-f]{4})0002005f5f636861696e(3[0-9])+(00)+|5f5f636861696e(3[0-9])+00")

// plainRaw are the kernel's bytes without what is no difference.
func plainRaw(raw string) string {
	return blockName.ReplaceAllString(strings.ReplaceAll(raw, noByteorder, ""), "BLOCK")
}

// noByteorder is what nft puts behind `meta l4proto` in a concatenation of ranges: it turns one byte around, in pairs of
// bytes, which does nothing.
const noByteorder = "40000100" + "0e000100627974656f72646572000000" + "2c000200" + "0800010000000009" + "0800020000000009" +
	"0800030000000001" + "0800040000000001" + "0800050000000002"

// sameText are files whose rules are not the same to the byte, and why.
var sameText = map[string]string{
	"inline-chain.nft": "nft loads the rule of the command behind the others: the chains in braces are in another order",
	"raw.nft":          "`ct original saddr` is loaded as `ct original ip saddr`, and listed in the same words",
}

// TestFiles loads whole files, with what they include.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("../../topology/nft/testdata/good/*.nft")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range append(files, "../../labs/01-home-nat/fw.nft") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			dir, main := filepath.Split(name)
			// 22 twice and a range are one set of one range for nft, but a range for us.
			text := strings.ReplaceAll(readFile(t, name), "{ 22, 22, 20-30 }", "20-30")
			r := &topology.Ruleset{Main: main, Files: map[string]string{main: text}}
			for _, folder := range []string{"inc/", "parts.d/"} {
				files, err := filepath.Glob(dir + folder + "[^.]*.nft")
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					r.Files[folder+filepath.Base(f)] = readFile(t, f)
				}
			}
			compareLoads(t, r, true, sameText[main] != "", func() error {
				_, err := runIn(dir, r.Files[main], "nft", "-f", "-")
				return err
			})
		})
	}
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
