package ruleset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCommands: files of random commands leave in the kernel what they leave when nft runs them, and nft refuses those that
// hookwalk refuses. Only that a name may be used before it is declared is allowed here and not there.
func TestCommands(t *testing.T) {
	needNFT(t)
	rounds := 200
	if testing.Short() {
		rounds = 30
	}
	r := rand.New(rand.NewPCG(4, 19))
	same, refused, early := 0, 0, 0
	for i := range rounds {
		text := randomCommands(r, 2+r.IntN(7))
		var want state
		var byNFT error
		fresh(t, func() {
			if _, byNFT = run(text, "nft", "-f", "-"); byNFT == nil {
				want, byNFT = listState()
			}
		})
		rs, errs := source(text).Check()
		switch {
		case len(errs) > 0:
			refused++
			if byNFT == nil {
				t.Errorf("round %d: refused here:\n%s\nnft takes it:\n%s", i, errs.Error(), text)
			}
			continue
		case byNFT != nil && strings.Contains(byNFT.Error(), "No such file or directory"):
			early++
			continue
		case byNFT != nil:
			t.Errorf("round %d: taken here; %v:\n%s", i, byNFT, text)
			continue
		}
		var got state
		fresh(t, func() {
			if _, err := load(rs, false); err != nil {
				t.Errorf("round %d: %v:\n%s", i, err, text)
				return
			}
			var err error
			if got, err = listState(); err != nil {
				t.Error(err)
			}
		})
		same++
		if d := cmp.Diff(want.text, got.text); d != "" {
			t.Errorf("round %d (-nft +ours):\n%s\n%s", i, d, text)
		}
	}
	t.Logf("%d leave the same, %d are refused by both, %d use a name before it is declared", same, refused, early)
	if same < rounds/4 || refused < rounds/10 {
		t.Errorf("too few were compared")
	}
}

// randomCommands are commands about a few things, most of which are there.
func randomCommands(r *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString(`table ip t {
	set s { type inet_service; elements = { 1, 2, 3 }; }
	map m { type inet_service : verdict; elements = { 1 : jump d, 2 : drop }; }
	counter n { packets 1 bytes 2; }
	chain a { tcp dport 1; }
	chain b { tcp dport 2; tcp dport 3; }
	chain d { counter; }
	chain c { type filter hook input priority 0; policy accept; tcp dport @s; jump b; }
}
`)
	chain := func() string { return string("abcd"[r.IntN(4)]) }
	serial := 0
	// Jumps go from c to a, b and d, from a to b and d, from b to d: never in a circle, of which not every kernel knows.
	rule := func(in string) string {
		serial++
		to := map[string]string{"c": "abd", "a": "bd", "b": "d"}[in]
		switch n := r.IntN(8); {
		case n == 0 && to != "":
			return in + " jump " + string(to[r.IntN(len(to))])
		case n == 1 && to != "":
			return in + " tcp dport vmap @m"
		case n == 2:
			return in + " tcp dport @s"
		case n == 3:
			return in + ` counter name "n"`
		case n == 4:
			return fmt.Sprintf("%s udp dport { %d, %d } drop", in, serial, serial+100)
		}
		return fmt.Sprintf("%s tcp sport %d", in, serial)
	}
	at := func(in string) string { // the rule is behind the name of its chain
		name, text, _ := strings.Cut(rule(in), " ")
		return fmt.Sprintf("%s index %d %s", name, r.IntN(2), text)
	}
	for range n {
		switch r.IntN(17) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "add rule ip t %s\n", rule(chain()))
		case 3:
			fmt.Fprintf(&b, "insert rule ip t %s\n", rule(chain()))
		case 4:
			fmt.Fprintf(&b, "add rule ip t %s\n", at(chain()))
		case 5:
			fmt.Fprintf(&b, "insert rule ip t %s\n", at(chain()))
		case 6, 7:
			fmt.Fprintf(&b, "flush chain ip t %s\n", chain())
		case 8:
			fmt.Fprintf(&b, "delete chain ip t %s\n", chain())
		case 9:
			fmt.Fprintf(&b, "add chain ip t %s\n", string("abd"[r.IntN(3)]))
		case 10:
			fmt.Fprintf(&b, "delete element ip t s { %d }\n", 1+r.IntN(3))
		case 11:
			fmt.Fprintf(&b, "add element ip t s { %d, %d }\n", 1+r.IntN(4), 5+r.IntN(4))
		case 12:
			b.WriteString([]string{"flush set ip t s\n", "flush map ip t m\n", "delete element ip t m { 1 }\n", "add element ip t m { 7 : goto d }\n"}[r.IntN(4)])
		case 13:
			b.WriteString([]string{"delete set ip t s\n", "add set ip t s { type inet_service; }\n", "delete map ip t m\n"}[r.IntN(3)])
		case 14:
			b.WriteString([]string{"delete counter ip t n\n", "add counter ip t n\n"}[r.IntN(2)])
		case 15:
			b.WriteString([]string{"flush table ip t\n", "add table ip t\n"}[r.IntN(2)])
		case 16:
			if r.IntN(3) == 0 {
				b.WriteString("delete table ip t\nadd table ip t\nadd chain ip t a\nadd chain ip t b\n")
			}
		}
	}
	return b.String()
}
