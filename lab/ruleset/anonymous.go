package ruleset

import (
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// loadKey loads what is looked up in a set, in the form that its keys have. An anonymous set is made here.
func (r *rule) loadKey(e nft.Expr, reg int, s *nft.Set) setName {
	var b bits
	switch x := e.(type) {
	case *nft.ConcatExpr:
		for _, p := range x.Parts {
			r.load(p, reg)
			r.toNetwork(p, reg, s)
			reg += words(p.Type().Bytes())
		}
	default:
		if s.Anonymous() {
			b = r.loadBits(e, reg) // its elements are moved instead
		} else {
			r.load(e, reg)
		}
		r.toNetwork(e, reg, s)
	}
	if !s.Anonymous() {
		return r.setOf(s)
	}
	return r.newAnonymous(s, e, b)
}

// toNetwork turns a key into the order in which ranges are looked up.
func (r *rule) toNetwork(e nft.Expr, reg int, s *nft.Set) {
	if t := e.Type(); hasRanges(s) && swaps(t) {
		r.byteorder(reg, unix.NFT_BYTEORDER_HTON, t.Bytes())
	}
}

// newAnonymous makes a set that was written in braces.
func (r *rule) newAnonymous(s *nft.Set, key nft.Expr, b bits) setName {
	if name, ok := r.sets[s]; ok {
		return name
	}
	keyBytes := s.Key.Bytes()
	if b.size > 0 {
		keyBytes = b.size
	}
	list := r.elements(s, b)
	name := r.newSet(s, key, keyBytes, len(list))
	r.addElements(s, list)
	return name
}

// icmpTypes makes a set of ICMP types, for a match that was not written.
func (r *rule) icmpTypes(typ *nft.Datatype, types []byte) setName {
	s := &nft.Set{Table: r.table, Key: typ, Flags: nft.SetConstant}
	list := make([]element, len(types))
	for i, t := range types {
		list[i] = element{key: []byte{t}, elem: &nft.Elem{Span: r.span}}
	}
	name := r.newSet(s, &nft.Payload{}, 1, len(list))
	r.addElements(s, list)
	return name
}
