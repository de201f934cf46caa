package nft

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checked is a chain with the given rules.
func checked(t *testing.T, rules []string) *Ruleset {
	t.Helper()
	file, _ := Parse("x.nft", []byte("table inet t {\n\tchain c {\n"+strings.Join(rules, "\n")+"\n}\n}\n"), Options{})
	rs, errs := Check(file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return rs
}

// TestDiffChain: the pairs of a chain are the old rules and the new ones, each in order, and what only moved away from
// one place stays where it can.
func TestDiffChain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		rules := func() []string {
			list := make([]string, random.IntN(12))
			for i := range list {
				list[i] = fmt.Sprintf("tcp dport %d", random.IntN(8)+1)
			}
			return list
		}
		old, new := rules(), rules()
		diffs := Diff(checked(t, old), checked(t, new))
		if slices.Equal(old, new) {
			if len(diffs) > 0 {
				t.Fatalf("%v differs from itself: %+v", old, diffs)
			}
			continue
		}
		var was, is []string
		stay := 0
		for _, p := range diffs[0].Chains[0].Rules {
			if p.Old != nil {
				was = append(was, p.Old.Text)
			}
			if p.New != nil {
				is = append(is, p.New.Text)
			}
			if p.Old != nil && p.New != nil {
				stay++
				if p.Old.Text != p.New.Text {
					t.Errorf("%s stays as %s", p.Old.Text, p.New.Text)
				}
			}
		}
		if diff := cmp.Diff(old, was); len(old)+len(was) > 0 && diff != "" {
			t.Fatalf("old rules (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(new, is); len(new)+len(is) > 0 && diff != "" {
			t.Fatalf("new rules (-want +got):\n%s", diff)
		}
		if stay == 0 && slices.ContainsFunc(old, func(r string) bool { return slices.Contains(new, r) }) {
			t.Errorf("nothing stays of %v in %v", old, new)
		}
	}
}

// TestDiffKeeps: one rule put between others, or taken away, leaves the others alone.
func TestDiffKeeps(t *testing.T) {
	old := checked(t, []string{"tcp dport 1", "tcp dport 2", "tcp dport 3", "tcp dport 2"})
	for _, c := range []struct {
		rules []string
		stay  int
	}{
		{[]string{"tcp dport 1", "tcp dport 9", "tcp dport 2", "tcp dport 3", "tcp dport 2"}, 4},
		{[]string{"tcp dport 2", "tcp dport 3", "tcp dport 2"}, 3},
		{[]string{"tcp dport 3", "tcp dport 1", "tcp dport 2"}, 2},
		{[]string{"tcp dport 1 comment \"c\"", "tcp dport 2", "tcp dport 3", "tcp dport 2"}, 3},
	} {
		stay := 0
		for _, p := range Diff(old, checked(t, c.rules))[0].Chains[0].Rules {
			if p.Old != nil && p.New != nil {
				stay++
			}
		}
		if stay != c.stay {
			t.Errorf("%v: %d stay, want %d", c.rules, stay, c.stay)
		}
	}
}
