package ruleset

import (
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
		r.toNetworkOrder(reg, t.Bytes())
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
	name := r.newSet(s, key, keyBytes, sizeFor(s, list))
	r.addElements(s, list)
	return name
}

// sizeFor is how many elements nft says that a set has that never changes. It counts both ends of every range, also where the
// kernel gets one element for the end of one and the start of the next.
func sizeFor(s *nft.Set, list []element) int {
	if !hasRanges(s) || s.Key.Base == nft.BaseConcat {
		return len(list)
	}
	n := 0
	for i, x := range list {
		switch {
		case x.key == nil || i == 0 && x.end:
			n++
		case !x.end:
			n += 2
		}
	}
	return n
}

// icmpTypes makes a set of ICMP types, for a match that was not written.
func (r *rule) icmpTypes(p *nft.Protocol, types []byte) setName {
	s := &nft.Set{Table: r.table, Key: p.Fields[0].Type, Flags: nft.SetConstant}
	list := make([]element, len(types))
	for i, t := range types {
		list[i] = element{key: []byte{t}, elem: &nft.Elem{Span: r.node.Range()}}
	}
	key := &nft.Payload{Proto: p, Field: &p.Fields[0], Base: p.Base, Len: p.Fields[0].Len}
	name := r.newSet(s, key, 1, len(list))
	r.addElements(s, list)
	return name
}
