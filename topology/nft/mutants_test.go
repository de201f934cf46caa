package nft

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// mutation is one way to spoil a source at its token i.
type mutation struct {
	name  string
	spoil func(src string, toks []token, i int, r *rand.Rand) string
}

var mutations = []mutation{
	{"dropped", func(src string, toks []token, i int, _ *rand.Rand) string {
		return src[:toks[i].off] + src[toks[i].end:]
	}},
	{"swapped", func(src string, toks []token, i int, _ *rand.Rand) string {
		if i+1 >= len(toks) {
			return src
		}
		a, b := toks[i], toks[i+1]
		return src[:a.off] + src[b.off:b.end] + src[a.end:b.off] + src[a.off:a.end] + src[b.end:]
	}},
	{"changed", func(src string, toks []token, i int, r *rand.Rand) string {
		t := toks[i]
		other := toks[r.IntN(len(toks))]
		return src[:t.off] + src[other.off:other.end] + src[t.end:]
	}},
	{"misspelt", func(src string, toks []token, i int, r *rand.Rand) string {
		t := toks[i]
		if t.end-t.off < 2 {
			return src[:t.off] + "x" + src[t.end:]
		}
		at := int(t.off) + r.IntN(int(t.end-t.off-1))
		return src[:at] + src[at+1:at+2] + src[at:at+1] + src[at+2:]
	}},
	{"cut", func(src string, toks []token, i int, _ *rand.Rand) string { return src[:toks[i].off] }},
}

// TestMutants spoils every token of every ruleset of the corpus in one of these ways: whatever comes of it is read without a panic and in
// time, every error has a place, and what is still a ruleset is printed and understood as before.
func TestMutants(t *testing.T) {
	sources := map[string]string{}
	for _, s := range corpus(t) {
		sources[s.name] = s.with(s.rules...)
	}
	for _, dir := range []string{"testdata/good/", "testdata/bad/"} {
		for _, name := range nftFiles(t, dir) {
			src, err := os.ReadFile(dir + name)
			if err != nil {
				t.Fatal(err)
			}
			sources[dir+name] = string(src)
		}
	}
	mutants, refused := 0, 0
	for name, whole := range sources {
		t.Run(name, func(t *testing.T) {
			seed := fnv.New64a()
			seed.Write([]byte(name))
			r := rand.New(rand.NewPCG(seed.Sum64(), 1))
			for _, src := range smaller(whole) {
				toks := lex(src)
				toks = toks[:len(toks)-1] // the end of the file
				for i := range toks {
					if toks[i].kind == tNewline || testing.Short() && r.IntN(10) > 0 {
						continue
					}
					m := mutations[r.IntN(len(mutations))]
					if mutantHolds(t, fmt.Sprintf("token %d %s", i, m.name), m.spoil(src, toks, i, r)) {
						refused++
					}
					mutants++
				}
			}
		})
	}
	t.Logf("%d mutants, %d refused", mutants, refused)
	if mutants < 5000 || refused < mutants/2 {
		t.Errorf("%d mutants, %d refused: too few", mutants, refused)
	}
}

// smaller cuts a source into pieces of at most some lines: a mistake is spoilt in a few lines as well as in many, and
// many make every mutant slow.
func smaller(src string) (out []string) {
	const most = 100
	lines := strings.SplitAfter(src, "\n")
	for len(lines) > most {
		out = append(out, strings.Join(lines[:most], ""))
		lines = lines[most:]
	}
	return append(out, strings.Join(lines, ""))
}

// mutantHolds reads a spoilt source, and reports whether it is refused.
func mutantHolds(t *testing.T, what, src string) (refused bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: panic: %v\n%s", what, r, src)
		}
	}()
	start := time.Now()
	file, errs := Parse("f", []byte(src), Options{})
	rules, all := Check(file)
	if d := time.Since(start); d > 2*time.Second {
		t.Fatalf("%s: it took %v\n%s", what, d, src)
	}
	places(t, src, all)
	if len(all) > 0 {
		if rules != nil || len(errs) > len(all) {
			t.Fatalf("%s: a ruleset in spite of errors, or errors of Parse that Check has not\n%s", what, src)
		}
		return true
	}
	printed := Print(file)
	again, errs := Parse("f", []byte(printed), Options{})
	meant, more := Check(again)
	if len(errs)+len(more) > 0 {
		t.Fatalf("%s: what was printed is refused: %s\n%s\n---\n%s", what, more.Render(), src, printed)
	}
	if a, b := unplaced(rules), unplaced(meant); a != b {
		t.Fatalf("%s: printed it means something else:\n%s\n---\n%s\n---\n%s", what, src, a, b)
	}
	if twice := Print(again); twice != printed {
		t.Fatalf("%s: printed again it differs:\n%s\n---\n%s", what, printed, twice)
	}
	return false
}
