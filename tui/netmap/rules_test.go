package netmap

import (
	"strings"
	"testing"

	"github.com/hookwalk/hookwalk/topology"
)

// TestRules: without numbers from outside, the rules of the plan are counted.
func TestRules(t *testing.T) {
	p := plan(t, `
nodes:
  fw:
    nft: |
      table inet filter {
        chain input {
          type filter hook input priority filter; policy drop;
          tcp dport 22 accept
          udp dport 53 accept
        }
      }
  odd: {}
`)
	p.Nodes[1].Ruleset = &topology.Ruleset{Main: "odd.nft", Files: map[string]string{"odd.nft": "no rules at all"}}
	for range 2 { // the second time out of what was counted
		text := Text(p, 60)
		for _, want := range []string{"nft 2 rules", "nft rules"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	}
}
