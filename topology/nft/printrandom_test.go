package nft

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// commented adds comments, blank lines and white space to a source, where nft takes them, and says how many comments.
func commented(r *rand.Rand, src string) (out string, comments int) {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(src, "\n"), "\n") {
		if r.IntN(12) == 0 {
			b.WriteString("\n\n")
		}
		if r.IntN(8) == 0 {
			comments++
			fmt.Fprintf(&b, "%s# comment %d alone\n", strings.Repeat(" ", r.IntN(9)), comments)
		}
		line = strings.ReplaceAll(line, "\t", strings.Repeat(" ", r.IntN(5)))
		if r.IntN(4) == 0 {
			line = strings.ReplaceAll(line, ", ", " ,   ")
		}
		if r.IntN(6) == 0 {
			line = strings.ReplaceAll(line, "{ ", "{\n")
		}
		b.WriteString(line)
		if r.IntN(5) == 0 {
			comments++
			fmt.Fprintf(&b, "  # comment %d behind a line", comments)
		}
		b.WriteString("\n")
	}
	return b.String(), comments
}

// TestPrintRandom does with rulesets at random, with comments everywhere, what TestCorpusPrints does with the corpus;
// no comment is lost.
func TestPrintRandom(t *testing.T) {
	rulesets := 200
	if testing.Short() {
		rulesets = 20
	}
	r := rand.New(rand.NewPCG(2026, 13))
	rules, all := 0, 0
	for range rulesets {
		k, _ := newKernelRules(r).usable()
		for _, list := range k {
			rules += len(list)
		}
		src, comments := commented(r, k.source())
		printHolds(t, "random", src)
		f, _ := Parse("random", []byte(src), Options{})
		printed := Print(f)
		for i := 1; i <= comments; i++ {
			if want := fmt.Sprintf("# comment %d ", i); strings.Count(printed, want) != 1 {
				t.Errorf("%s is %d times in what was printed", want, strings.Count(printed, want))
			}
		}
		if all += comments; t.Failed() {
			t.Fatalf("%s\n---\n%s", src, printed)
		}
	}
	t.Logf("%d rules, %d comments", rules, all)
}
