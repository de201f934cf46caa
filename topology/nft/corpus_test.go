package nft

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpusSection is a ruleset of testdata/corpus, or several that differ in one rule: see the README there.
type corpusSection struct {
	name, frame string
	rules       []string
}

func corpus(t testing.TB) (out []corpusSection) {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range strings.Split("\n"+string(src), "\n=== ")[1:] {
			name, body, _ := strings.Cut(text, "\n")
			s := corpusSection{name: filepath.Base(file) + ": " + name, frame: body + "\n"}
			if frame, rules, ok := strings.Cut(body, "\n---\n"); ok {
				s.frame, s.rules = frame+"\n", strings.Split(strings.TrimSpace(rules), "\n")
			}
			out = append(out, s)
		}
	}
	return out
}

var ruleChains = regexp.MustCompile(`(?m)^\t@@ (.*)$`)

// with is the ruleset with some rules.
func (s *corpusSection) with(rules ...string) string {
	var b strings.Builder
	for i, r := range rules {
		fmt.Fprintf(&b, "\tchain rule%d {\n\t\t%s\n\t\t%s\n\t}\n", i, ruleChains.FindStringSubmatch(s.frame)[1], r)
	}
	return ruleChains.ReplaceAllLiteralString(s.frame, b.String())
}

// each calls f for every section, with all its rules.
func eachCorpus(t *testing.T, f func(t *testing.T, name, src string)) {
	t.Helper()
	for _, s := range corpus(t) {
		t.Run(s.name, func(t *testing.T) { f(t, s.name, s.with(s.rules...)) })
	}
}

// TestCorpusPrints: the corpus is read without a mistake, and what is printed of it is the same tree, down to every
// comment, prints the same, and means the same.
func TestCorpusPrints(t *testing.T) {
	eachCorpus(t, func(t *testing.T, name, src string) { printHolds(t, name, src) })
	n := 0
	for _, s := range corpus(t) {
		n += max(1, len(s.rules))
	}
	t.Logf("%d rulesets and rules", n)
	if n < 700 {
		t.Errorf("the corpus has %d rulesets and rules only", n)
	}
}

// printHolds: parse(print(x)) is x.
func printHolds(t *testing.T, name, src string) {
	t.Helper()
	file, _ := Parse(name, []byte(src), Options{})
	rules, errs := Check(file)
	if len(errs) > 0 {
		t.Fatal(errs.Render())
	}
	text := Print(file)
	again, errs := Parse(name, []byte(text), Options{})
	if len(errs) > 0 {
		t.Fatalf("what was printed is not read:\n%s\n%s", errs.Render(), text)
	}
	if diff := cmp.Diff(tree(file), tree(again)); diff != "" {
		t.Errorf("the tree is another one (-source +printed):\n%s", diff)
	}
	if diff := cmp.Diff(text, Print(again)); diff != "" {
		t.Errorf("printed again it differs (-first +second):\n%s", diff)
	}
	meant, errs := Check(again)
	if len(errs) > 0 {
		t.Fatalf("what was printed is refused:\n%s\n%s", errs.Render(), text)
	}
	if diff := cmp.Diff(unplaced(rules), unplaced(meant)); diff != "" {
		t.Errorf("it means something else (-source +printed):\n%s", diff)
	}
}

// tree is what a file says, a node a line with all its words, without where it stands.
func tree(f *File) string {
	var b strings.Builder
	Walk(f, func(n Node) bool {
		fmt.Fprintf(&b, "%T", n)
		v := reflect.ValueOf(n).Elem()
		switch n := n.(type) {
		case *File: // the words of its own are its name and its whole text
			v = reflect.ValueOf(struct{}{})
		case *AddDecl:
			if n.Op == "" {
				said := *n
				said.Op = "add" // it is printed so
				v = reflect.ValueOf(said)
			}
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.String {
				b.WriteString(" " + f.String())
			}
		}
		b.WriteString("\n")
		return true
	})
	return b.String()
}

// unplaced is the dump of a ruleset without where everything stands.
func unplaced(r *Ruleset) string { return placesRE.ReplaceAllString(dump(r), "") }

var placesRE = regexp.MustCompile(`(?m)(^| at )[^\n"]*?:\d+:\d+`)
