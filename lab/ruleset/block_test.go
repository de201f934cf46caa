package ruleset

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const blocks = `table inet t {
	chain c {
		type filter hook input priority filter; policy accept;
		tcp dport 22 jump { ip saddr 192.0.2.1 accept; counter; drop; }
		jump { }
		goto { log; }
	}
	chain d {
		tcp dport { 1, 2 } jump { accept; }
	}
}
`

// TestBlockHandles: a rule in a chain without a name has the handle and the chain that nft lists, from the kernel's echo
// and where it has to be asked for.
func TestBlockHandles(t *testing.T) {
	needNFT(t)
	fresh(t, func() {
		for range 2 { // the second time its chains are beside others of their kind
			told, asked, ok := loadAndAsk(t, blocks, false)
			if !ok {
				return
			}
			byHandle := func(a, b Handle) int { return cmp.Compare(a.Handle, b.Handle) }
			slices.SortFunc(told, byHandle)
			slices.SortFunc(asked, byHandle)
			if d := gocmp.Diff(told, asked); d != "" {
				t.Errorf("(-echo +asked):\n%s", d)
			}
			listed, err := listedHandles() // of chains with a name only
			if err != nil {
				t.Error(err)
			}
			found := 0
			for _, h := range told {
				if slices.ContainsFunc(listed, func(l Handle) bool { return l.Handle == h.Handle && l.Chain == h.Chain && h.Kernel == "" }) {
					found++
				}
			}
			inBlocks := slices.DeleteFunc(slices.Clone(told), func(h Handle) bool { return h.Kernel == "" })
			if found != 4 || len(inBlocks) != 5 || len(told) != 9 {
				t.Errorf("%d rules of chains with a name, %d of others, %d in all", found, len(inBlocks), len(told))
			}
			for _, h := range inBlocks {
				if _, ok := blockNumber(h.Kernel); !ok {
					t.Errorf("the chain of rule %d is %q", h.Handle, h.Kernel)
				}
			}
		}
	})
}

// TestBlocksListed: what is loaded is what nft lists, and what it loads itself.
func TestBlocksListed(t *testing.T) { compareWithNFT(t, blocks) }

// TestOffloadMessage: a chain that the hardware is to run has nft's flag. Which machine has such a device nobody knows.
func TestOffloadMessage(t *testing.T) {
	needMessages(t)
	const text = "table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device \"lo\" priority 0; policy accept;\n\t\tflags offload;\n\t}\n}\n"
	want, got := bothMessages(t, text, &names{}, unix.NFT_MSG_NEWCHAIN)
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-nft +ours):\n%s", d)
	}
	fresh(t, func() {
		_, err := Load(source(text), false)
		var e *Error
		if !errors.As(err, &e) || e.Hint != "a device of the chain cannot run rules in hardware: leave `flags offload` out" {
			t.Errorf("got %v", err)
		}
	})
}

// TestBlocksChanged: rules in chains in braces of a table that stays keep their handles, their places and the kernel's name
// of their chain, though a table before it has more of them.
func TestBlocksChanged(t *testing.T) {
	needNFT(t)
	before := "table inet a {\n\tchain c {\n\t\tjump { accept; }\n\t}\n}\n" + blocks
	after := strings.Replace(before, "jump { accept; }", "jump { drop; }\n\t\tjump { accept; }", 1)
	fresh(t, func() {
		loaded, err := Load(source(before), false)
		if err != nil {
			t.Error(err)
			return
		}
		changed, err := Change(source(before), source(after), loaded.Handles, nil)
		if err != nil {
			t.Error(err)
			return
		}
		was := map[uint64]string{}
		for _, h := range loaded.Handles {
			if h.Table == "t" {
				was[h.Handle] = h.Kernel
			}
		}
		kept := 0
		rs := parsed(t, after)
		for _, h := range changed.Handles {
			name, ok := was[h.Handle]
			if h.Table != "t" || !ok {
				continue
			}
			kept++
			if name != h.Kernel {
				t.Errorf("the chain of rule %d was %q, is %q", h.Handle, name, h.Kernel)
			}
			if ch := rs.Tables[1].Chain(h.Chain); ch == nil || h.Index >= len(ch.Rules) || ch.Anonymous != (h.Kernel != "") {
				t.Errorf("%+v is no rule of the new ruleset", h)
			}
		}
		if kept != len(was) || len(changed.Handles) != len(loaded.Handles)+2 {
			t.Errorf("%d rules kept of %d; %d handles after %d", kept, len(was), len(changed.Handles), len(loaded.Handles))
		}
	})
}
