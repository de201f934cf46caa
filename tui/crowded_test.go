package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hookwalk/hookwalk/lab/path"
)

// crowded is a packet on a node with more chains and rules than fit on a screen.
func crowded(t *testing.T) *path.Path {
	t.Helper()
	p := recorded(t, "drop")[0]
	for i := range p.Views {
		if p.Views[i].Node != "fw" {
			continue
		}
		hooks := p.Views[i].Hooks
		for j := range hooks {
			if hooks[j].Name != "forward" {
				continue
			}
			for n := range 14 {
				hooks[j].Chains = append(hooks[j].Chains, path.Chain{Rules: n, Station: path.Station{Kind: path.KindHook,
					Hook: "forward", Family: "inet", Table: "more", Chain: fmt.Sprintf("extra%d", n), Priority: 100 + n}})
			}
		}
	}
	last := &p.Steps[len(p.Steps)-1]
	policy := last.Rules[len(last.Rules)-1]
	last.Rules = last.Rules[:len(last.Rules)-1]
	for n := range 40 {
		last.Rules = append(last.Rules, path.Eval{Rule: path.Rule{File: "fw.nft", Line: 100 + n,
			Text: fmt.Sprintf("ip saddr 192.0.2.%d tcp dport { 22, 80, 443 } counter log prefix \"seen on line %d\" accept", n, 100+n)},
			Chain: "forward", Match: path.No, Proof: path.Inferred,
			Exprs: []path.Expr{{Text: fmt.Sprintf("ip saddr 192.0.2.%d", n), Match: path.No, Want: fmt.Sprintf("192.0.2.%d", n), Got: "198.51.100.7"}}})
	}
	last.Rules = append(last.Rules, policy)
	return p
}

// Where not all fits, what is under the cursor is in sight.
func TestCrowded(t *testing.T) {
	var b strings.Builder
	for _, keys := range []string{"", "SSSSSSSSSSSSSSSSSSSS", "g/dnat<enter>", "g/rx<enter>oo"} {
		for _, dim := range []struct{ w, h int }{{80, 24}, {120, 36}} {
			c := testConfig(t)
			c.Paths, c.Screen, c.Keys = []*path.Path{crowded(t)}, Step, keys
			fmt.Fprintf(&b, "== %s %q\n%s", size(dim.w, dim.h), keys, screen(t, start(t, c, dim.w, dim.h)))
		}
	}
	golden(t, "crowded.txt", b.String())
}
