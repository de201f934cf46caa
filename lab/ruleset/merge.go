package ruleset

import (
	"slices"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// piece is one expression of a rule, or a comparison of header bytes that may still be joined with its neighbours.
type piece struct {
	from, to int // of the expression in rule.out
	cmp      *payloadCmp
	fence    bool     // nothing: comparisons are not joined across it
	node     nft.Node // the statement
}

// payloadCmp compares whole bytes of a header with a value.
type payloadCmp struct {
	base     nft.HeaderBase
	offset   int // bytes
	value    []byte
	protocol bool // it decides which protocol the next header is of
	gone     bool // joined into another
}

func (r *rule) fence() { r.pieces = append(r.pieces, piece{fence: true}) }

// merged are the pieces as nft orders them: comparisons of adjacent header bytes between two other statements are
// sorted and made one (stmt_reduce of nft's src/rule.c), `tcp dport 1 tcp sport 2` becomes one of four bytes. Unlike
// nft 1.0.6, this joins no comparisons with != (two unequal halves are more than one unequal whole), and none across
// other statements.
func (r *rule) merged() []piece {
	var run []*piece
	join := func() {
		if len(run) > 1 {
			joinAdjacent(run)
		}
		run = run[:0]
	}
	for i := range r.pieces {
		switch p := &r.pieces[i]; {
		case p.fence:
			join()
		case p.cmp != nil:
			run = append(run, p)
		}
	}
	join()
	return slices.DeleteFunc(r.pieces, func(p piece) bool { return p.fence || p.cmp != nil && p.cmp.gone })
}

func joinAdjacent(run []*piece) {
	slices.SortStableFunc(run, func(a, b *piece) int {
		if a.cmp.base != b.cmp.base {
			return int(a.cmp.base) - int(b.cmp.base)
		}
		return a.cmp.offset - b.cmp.offset
	})
	last := run[0]
	for _, this := range run[1:] {
		if !joins(last.cmp, this.cmp) {
			last = this
			continue
		}
		both := &payloadCmp{base: last.cmp.base, offset: last.cmp.offset, value: slices.Concat(last.cmp.value, this.cmp.value),
			protocol: this.cmp.protocol || last.cmp.protocol}
		keep, drop := last, this
		if this.cmp.protocol { // what comes after it relies on it
			keep, drop = this, last
		}
		keep.cmp = both
		drop.cmp.gone = true
		last = keep
	}
}

// joins reports whether two comparisons may be one: their bytes are adjacent and fit into a register. Up to four bytes
// of the network and transport headers are read by the kernel without a call (nft_payload_fast_eval): two such reads
// are not made one long one.
func joins(a, b *payloadCmp) bool {
	size := len(a.value) + len(b.value)
	const fast = 4
	slower := a.base != nft.LinkHeader && size > fast && len(a.value) <= fast && len(b.value) <= fast
	return a.base == b.base && a.offset+len(a.value) == b.offset && size <= unix.NFT_REG_SIZE && !slower
}

// payloadCmp writes a comparison as the two expressions that it is.
func (c *compiler) payloadCmp(p *piece) {
	x := p.cmp
	c.expression(&c.attrs, unix.NFTA_LIST_ELEM, payloadLoad(0, x.base, x.offset, len(x.value)), p.node)
	c.expression(&c.attrs, unix.NFTA_LIST_ELEM, &expr.Cmp{Op: expr.CmpOpEq, Register: regNumber(0), Data: x.value}, p.node)
}

// payloadLoad reads bytes of a header into a register.
func payloadLoad(reg int, base nft.HeaderBase, offset, size int) *expr.Payload {
	return &expr.Payload{DestRegister: regNumber(reg), Base: expr.PayloadBase(base), Offset: uint32(offset), Len: uint32(size)}
}
