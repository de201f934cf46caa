package nft

import (
	"slices"
	"testing"
)

// TestLintCorpus looks at the whole corpus: what people could have written has no findings, and what is said of the rest
// stands somewhere.
func TestLintCorpus(t *testing.T) {
	sensible := []string{"rulesets.txt: home router", "rulesets.txt: server", "rulesets.txt: services by maps"}
	looked := 0
	eachCorpus(t, func(t *testing.T, name, src string) {
		file, _ := Parse(name, []byte(src), Options{})
		rules, errs := Check(file)
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		findings := Lint(rules)
		for _, f := range findings {
			places(t, src, Errors{{Pos: f.Pos, End: f.End, Msg: f.Msg}})
			if !slices.Contains(lintCodes, f.Code) {
				t.Errorf("%v: the code %q is not known", f.Pos, f.Code)
			}
		}
		if !slices.Contains(sensible, name) {
			return
		}
		looked++
		for _, f := range findings {
			t.Errorf("%v: %s (%s)", f.Pos, f.Msg, f.Code)
		}
	})
	if looked != len(sensible) {
		t.Errorf("%d sensible rulesets were looked at, not %d", looked, len(sensible))
	}
}
