package path

import (
	"testing"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// TestRulesBlock: an event names a chain in braces as the kernel does, and its rule is found.
func TestRulesBlock(t *testing.T) {
	file, _ := nft.Parse("fw.nft", []byte("table ip t {\n\tchain c {\n\t\tjump { accept; }\n\t}\n}\n"), nft.Options{})
	rs, errs := nft.Check(file)
	if len(errs) > 0 {
		t.Fatal(errs.Render())
	}
	block := rs.Tables[0].Chains[1]
	r := NewRules(rs, []Handle{
		{Family: "ip", Table: "t", Chain: "c", Handle: 5},
		{Family: "ip", Table: "t", Chain: block.Name, Handle: 4, Kernel: "__chain77"},
	}, "")
	if got := r.found(&Event{Family: "ip", Table: "t", Chain: "__chain77", Handle: 4}); got != block.Rules[0] {
		t.Errorf("the rule of the event is %v", got)
	}
	if got := r.chain(chainKey{"ip", "t", "__chain77"}); got == nil || got.Chain != block {
		t.Errorf("the chain of the event is %v", got)
	}
	if got := r.found(&Event{Family: "ip", Table: "t", Chain: "__chain76", Handle: 4}); got != nil {
		t.Errorf("a chain of somebody else has the rule %v", got)
	}
}
