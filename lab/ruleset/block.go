package ruleset

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Attributes and flags of chains that golang.org/x/sys lacks, most of them for those without a name (enum
// nft_chain_attributes, nft_chain_flags, nft_rule_attributes and nft_verdict_attributes of nf_tables.h, Linux 5.9).
const (
	nftaChainFlags    = 10
	nftaChainID       = 11
	nftChainHWOffload = 1 << 1
	nftChainBinding   = 1 << 2
	nftaRuleChainID   = 11
	nftaVerdictChain  = 3
)

// blockPrefix is what the kernel's names of chains in braces begin with (nf_tables_addchain).
const blockPrefix = "__chain"

// blocks makes the chains that a rule has in braces. Their rules must be there before the rule: it takes them over, and
// then they cannot be changed any more.
func (c *compiler) blocks(r *nft.Rule, echo bool) {
	for _, ch := range blocksIn(r) {
		c.begin(unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE, ch.Table.Family, part{what: "a chain in braces", span: ch.Span})
		c.str(unix.NFTA_CHAIN_TABLE, ch.Table.Name)
		c.u32(nftaChainFlags, nftChainBinding)
		c.u32(nftaChainID, c.chainID(ch))
		for _, r := range ch.Rules {
			c.newRule(ch, r, echo)
		}
	}
}

// chainID is the number of a chain that has no name yet.
func (c *compiler) chainID(ch *nft.Chain) uint32 {
	id, ok := c.chainIDs[ch]
	if !ok {
		id = uint32(len(c.chainIDs) + 1)
		c.chainIDs[ch] = id
	}
	return id
}

// jumpBlock jumps to a chain in braces. expr.Verdict knows chains by their name only.
func (r *rule) jumpBlock(v *nft.Verdict) {
	r.raw("immediate", func(a *attrs) {
		a.u32(unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT)
		data := a.open(unix.NFTA_IMMEDIATE_DATA)
		in := a.open(unix.NFTA_DATA_VERDICT)
		a.u32(unix.NFTA_VERDICT_CODE, uint32(verdictKind(v.Kind)))
		a.u32(nftaVerdictChain, r.chainID(v.Chain))
		a.close(in)
		a.close(data)
	})
}

// blocksIn are the chains that a rule has in braces.
func blocksIn(r *nft.Rule) (out []*nft.Chain) {
	for _, s := range r.Stmts {
		if v, ok := s.(*nft.VerdictStmt); ok && v.Verdict.Chain != nil && v.Verdict.Chain.Anonymous {
			out = append(out, v.Verdict.Chain)
		}
	}
	return out
}

// blocksOf are the chains in braces of a table, in the order in which they are loaded.
func blocksOf(t *nft.Table) (out []*nft.Chain) {
	for _, ch := range t.Chains {
		if ch.Anonymous {
			continue
		}
		for _, r := range ch.Rules {
			out = append(out, blocksIn(r)...)
		}
	}
	return out
}

// blockNumber is the number in the kernel's name of a chain in braces; false for another name.
func blockNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, blockPrefix)
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}
