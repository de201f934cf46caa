package nft

// binary checks operators behind a selector: `meta mark and 0xff or 0x100`, `meta mark >> 8`.
func (c *checker) binary(n *BinaryNode) Expr {
	x := c.selector(n.X)
	if c.toMark {
		x = asMark(x)
	}
	d := x.Type()
	if d.Base == BaseString || d.Base == BaseConcat {
		c.fail(n.Span, "", "values of type %s cannot be computed with", d)
	}
	if reads(n.Y) {
		return c.combine(n, x)
	}
	if n.Op == "<<" || n.Op == ">>" {
		w := c.wordOf(n.Y, "number of bits")
		by := uint32(c.number(w, 32))
		if int(by) >= d.Bits {
			c.fail(w.Span, "", "%s has %d bits, nothing is left of them", x, d.Bits)
		}
		return &Shift{Span: n.Span, X: x, Left: n.Op == "<<", By: by}
	}
	op := map[string]BitOp{"&": BitAnd, "|": BitOr, "^": BitXor}[n.Op]
	k := newConst(n.Y.Range(), d, constVal{be: c.fold(n.Y, d)})
	b := &Bitwise{Span: n.Span, X: x}
	if inner, ok := x.(*Bitwise); ok {
		b.X, b.Steps = inner.X, append(b.Steps, inner.Steps...)
	}
	b.Steps = append(b.Steps, BitStep{Op: op, Value: k})
	b.fold()
	return b
}

// fold computes Mask and Xor from Steps.
func (e *Bitwise) fold() {
	d := e.X.Type()
	mask, xor := make([]byte, d.Bytes()), make([]byte, d.Bytes())
	for i := range mask {
		mask[i] = 0xff
	}
	if spare := 8*d.Bytes() - d.Bits; spare > 0 {
		mask[0] >>= spare
	}
	for _, s := range e.Steps {
		for i, v := range s.Value.network() {
			switch s.Op {
			case BitAnd:
				mask[i] &= v
				xor[i] &= v
			case BitOr:
				mask[i] &^= v
				xor[i] |= v
			case BitXor:
				xor[i] ^= v
			}
		}
	}
	e.Mask, e.Xor = d.nativeOrder(mask), d.nativeOrder(xor)
}

// masked is x & mask.
func masked(s Span, x Expr, mask *Const) *Bitwise {
	b := &Bitwise{Span: s, X: x, Steps: []BitStep{{Op: BitAnd, Value: mask}}}
	b.fold()
	return b
}
