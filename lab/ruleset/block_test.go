package ruleset

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
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
			loaded, err := Load(source(blocks), false)
			if err != nil {
				t.Error(err)
				return
			}
			s, err := openSocket()
			if err != nil {
				t.Error(err)
				return
			}
			defer s.close()
			asked, err := s.askHandles(parsed(t, blocks))
			if err != nil {
				t.Error(err)
			}
			byHandle := func(a, b Handle) int { return cmp.Compare(a.Handle, b.Handle) }
			slices.SortFunc(loaded.Handles, byHandle)
			slices.SortFunc(asked, byHandle)
			if d := gocmp.Diff(loaded.Handles, asked); d != "" {
				t.Errorf("(-echo +asked):\n%s", d)
			}
			listed, err := listedHandles() // of chains with a name only
			if err != nil {
				t.Error(err)
			}
			found := 0
			for _, h := range loaded.Handles {
				if slices.ContainsFunc(listed, func(l Handle) bool { return l.Handle == h.Handle && l.Chain == h.Chain && h.Kernel == "" }) {
					found++
				}
			}
			inBlocks := slices.DeleteFunc(slices.Clone(loaded.Handles), func(h Handle) bool { return h.Kernel == "" })
			if found != 4 || len(inBlocks) != 5 || len(loaded.Handles) != 9 {
				t.Errorf("%d rules of chains with a name, %d of others, %d in all", found, len(inBlocks), len(loaded.Handles))
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
