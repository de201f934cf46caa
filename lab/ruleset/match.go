package ruleset

import (
	"bytes"
	"slices"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// match compiles a comparison. last says that no statement follows it.
func (r *rule) match(m *nft.Match, last bool) {
	op, right := m.Op, m.Right
	if op == nft.OpEq && !last && r.isFamily(m.Left, right) {
		return // true for every packet of the table; nft leaves it out unless the rule ends with it
	}
	r.require(m.Left)
	switch right := right.(type) {
	case *nft.SetRef:
		reg := r.alloc(m.Left.Type())
		set := r.loadKey(m.Left, reg, right.Set)
		r.lookup(reg, set, -1, op == nft.OpNe)
	case *nft.Const:
		r.compare(m.Left, op, right)
	case *nft.Prefix:
		r.comparePrefix(m.Left, op, right)
	case *nft.Range:
		r.compareRange(m.Left, op, right)
	case *nft.ConcatExpr:
		reg := r.alloc(m.Left.Type())
		r.load(m.Left, reg)
		r.cmp(reg, cmpOp(op), r.constant(right))
	}
	if op == nft.OpEq {
		r.learn(m.Left, right)
	}
}

// isFamily reports whether a match is `meta protocol ip` in a table of that family.
func (r *rule) isFamily(left, right nft.Expr) bool {
	meta, ok := left.(*nft.Meta)
	k, isConst := right.(*nft.Const)
	if !ok || !isConst || meta.Key != nft.MetaProtocol {
		return false
	}
	v := number(k)
	return r.family == nft.FamilyIP && v == etherIP || r.family == nft.FamilyIP6 && v == etherIP6
}

func (r *rule) compare(left nft.Expr, op nft.RelOp, k *nft.Const) {
	value := r.value(k)
	if f, ok := left.(*nft.Fib); ok && f.Present {
		value = hostValue(4, number(k)) // the kernel answers with a number, not with a byte
	}
	switch op {
	case nft.OpAny, nft.OpNone:
		reg := r.alloc(left.Type())
		r.load(left, reg)
		zero := make([]byte, len(value))
		r.bitwise(reg, value, zero)
		if op == nft.OpAny {
			r.cmp(reg, expr.CmpOpNeq, zero)
		} else {
			r.cmp(reg, expr.CmpOpEq, zero)
		}
		return
	case nft.OpEq, nft.OpNe:
		if b, ok := left.(*nft.Bitwise); ok && allOnes(b.Mask) && !k.Wildcard && len(b.Xor) == len(value) {
			left, value = b.X, xor(value, b.Xor) // x ^ 1 == 2 is x == 2 ^ 1
		}
		if p, ok := left.(*nft.Payload); ok && op == nft.OpEq && aligned(p) {
			r.pieces = append(r.pieces, piece{node: r.node,
				cmp: &payloadCmp{base: p.Base, offset: p.Offset / 8, value: value, protocol: deciding(p)}})
			return
		}
	}
	reg := r.alloc(left.Type())
	bits := r.loadBits(left, reg)
	if op != nft.OpEq && op != nft.OpNe {
		value = slices.Clone(value)
		r.ordered(left, reg, value)
	}
	r.cmp(reg, cmpOp(op), bits.place(value))
}

// ordered converts a value in a register, and those that it is compared with, to network order, in which comparing
// bytes compares numbers.
func (r *rule) ordered(left nft.Expr, reg int, values ...[]byte) {
	if t := left.Type(); swaps(t) {
		r.toNetworkOrder(reg, t.Bytes())
		for _, v := range values {
			slices.Reverse(v)
		}
	}
}

func (r *rule) compareRange(left nft.Expr, op nft.RelOp, x *nft.Range) {
	reg := r.alloc(left.Type())
	bits := r.loadBits(left, reg)
	from, to := slices.Clone(r.value(x.From)), slices.Clone(r.value(x.To))
	r.ordered(left, reg, from, to)
	from, to = bits.place(from), bits.place(to)
	if bytes.Compare(from, to) > 0 { // of hours: in UTC it passes midnight, and nft takes all but what is in between
		from, to, op = to, from, nft.OpEq+nft.OpNe-op
	}
	if op == nft.OpNe {
		r.add(&expr.Range{Op: expr.CmpOpNeq, Register: regNumber(reg), FromData: from, ToData: to})
		return
	}
	r.cmp(reg, expr.CmpOpGte, from)
	r.cmp(reg, expr.CmpOpLte, to)
}

// comparePrefix compares the first bits. Whole bytes need no mask: fewer of them are compared, or even read.
func (r *rule) comparePrefix(left nft.Expr, op nft.RelOp, x *nft.Prefix) {
	reg := r.alloc(left.Type())
	value := r.value(x.Value)
	if n := x.Len / 8; x.Len > 0 && x.Len%8 == 0 && !swaps(left.Type()) && bitsOf(left).size == 0 {
		if p, ok := left.(*nft.Payload); ok && aligned(p) {
			r.add(payloadLoad(reg, p.Base, p.Offset/8, n))
		} else if in, ok := left.(*nft.Inner); ok {
			r.within(in.Tunnel, func() { r.add(payloadLoad(reg, in.Payload.Base, in.Payload.Offset/8, n)) })
		} else {
			r.load(left, reg)
		}
		r.cmp(reg, cmpOp(op), value[:n])
		return
	}
	bits := r.loadBits(left, reg)
	mask := prefixMask(len(value)*8, x.Len)
	if swaps(left.Type()) {
		slices.Reverse(mask)
	}
	value, mask = bits.place(value), bits.place(mask)
	r.bitwise(reg, mask, make([]byte, len(mask)))
	r.cmp(reg, cmpOp(op), value)
}

// prefixMask has the first n of so many bits set.
func prefixMask(bits, n int) []byte {
	mask := make([]byte, (bits+7)/8)
	for i := range n {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return mask
}

func (r *rule) lookupVerdict(s *nft.Vmap) {
	r.require(s.Key)
	reg := r.alloc(s.Key.Type())
	set := r.loadKey(s.Key, reg, s.Map)
	r.lookup(reg, set, unix.NFT_REG_VERDICT, false)
}

// lookup looks the key in a register up. dreg is the kernel's number of the register for the value; -1: only whether
// there is one matters.
func (r *rule) lookup(reg int, set setName, dreg int, not bool) {
	e := &expr.Lookup{SourceRegister: regNumber(reg), SetID: set.id, SetName: set.name, Invert: not}
	if dreg >= 0 {
		e.DestRegister, e.IsDestRegSet = uint32(dreg), true
	}
	r.add(e)
}

func (r *rule) cmp(reg int, op expr.CmpOp, value []byte) {
	r.add(&expr.Cmp{Op: op, Register: regNumber(reg), Data: value})
}

func cmpOp(op nft.RelOp) expr.CmpOp {
	switch op {
	case nft.OpNe:
		return expr.CmpOpNeq
	case nft.OpLt:
		return expr.CmpOpLt
	case nft.OpLe:
		return expr.CmpOpLte
	case nft.OpGt:
		return expr.CmpOpGt
	case nft.OpGe:
		return expr.CmpOpGte
	}
	return expr.CmpOpEq
}
