package nft

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBlockEval: a packet walks through a chain in braces as through one with a name.
func TestBlockEval(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{"jump { tcp dport 22 drop; counter; }\naccept", "c 0 yes jump { tcp dport 22 drop; counter; }\n__chain1 0 no drop\n__chain1 1 yes \nc 1 yes accept\n=> accept by c 1"},
		{"tcp dport 80 goto { return; }\naccept", "c 0 yes goto { return; }\n__chain1 0 yes return\n=> drop by policy"},
		{"tcp dport 22 jump { accept; }\ncounter", "c 0 no jump { accept; }\nc 1 yes \n=> drop by policy"},
		{"jump { meta mark set 5; tcp dport 80 meta mark 5 accept; }", "c 0 yes jump { meta mark set 0x00000005; tcp dport 80 meta mark 0x00000005 accept; }\n__chain1 0 yes \n__chain1 1 yes accept\n=> accept by __chain1 1"},
	} {
		rs := newRuleset(t, "table inet t {\nchain c {\ntype filter hook forward priority 0; policy drop;\n"+c.rules+"\n}\n}\n")
		got := rs.Tables[0].Chains[0].Eval(newPacket(t, webPacket), EvalOptions{})
		if diff := cmp.Diff(c.want, walk(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rules, diff)
		}
	}
}

// TestBlockLint: what is wrong in a chain in braces is found, and it is used where it stands.
func TestBlockLint(t *testing.T) {
	rs := newRuleset(t, `table inet t {
	chain c {
		type filter hook forward priority 0; policy accept;
		tcp dport 22 jump {
			accept
			counter
		}
		goto { drop; }
		counter
	}
}
`)
	var got []string
	for _, f := range Lint(rs) {
		got = append(got, f.Pos.String()+" "+f.Code)
	}
	want := "rules.nft:6:4 unreachable-rule rules.nft:9:3 unreachable-rule"
	if diff := cmp.Diff(want, strings.ReplaceAll(strings.Join(got, " "), rs.Tables[0].Pos.File+":", "rules.nft:")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
