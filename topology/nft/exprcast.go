package nft

// Cast makes a number of 32 bits in the order of the machine of what is smaller, or in network order: `meta mark set tcp
// dport`.
type Cast struct {
	Span
	X Expr
}

// Type is integer, 32 bits, host order.
func (e *Cast) Type() *Datatype { return typeCast }
func (e *Cast) String() string  { return e.X.String() }

var typeCast = &Datatype{Name: "integer", ID: TypeInteger.ID, Order: HostEndian, Bits: 32, codec: codec{parseInteger, printRaw}}

func (e *Cast) read(m *machine) value {
	v := m.value(e.X)
	if v.has == known {
		v.named = false
		v.fit(4)
	}
	return v
}

// asMark makes an expression one that can be a mark, if nft does: numbers of up to 32 bits that have a type, and those
// of any that fill 32 bits.
func asMark(x Expr) Expr {
	switch x.(type) {
	case *Bitwise, *Shift, *Combine, *Cast:
		return x
	}
	t := x.Type()
	switch {
	case t == TypeMark, t.Order == HostEndian && t.Bits == 32:
		return x
	case t == TypeIPv4Addr, t.Base == BaseInteger && t.Bits <= 32 && (t.ID != TypeInteger.ID || t.Bits == 32 || t.Bits < 8):
		return &Cast{Span: x.Range(), X: x}
	}
	return x
}

// Combine is an operation on the bits of two values of the packet: `ct mark | meta mark`. The kernel has it since 6.13.
type Combine struct {
	Span
	Op   BitOp
	X, Y Expr
}

// Type is the type of X.
func (e *Combine) Type() *Datatype { return e.X.Type() }

func (e *Combine) String() string {
	return operandText(e.X) + [...]string{BitAnd: " & ", BitOr: " | ", BitXor: " ^ "}[e.Op] + operandText(e.Y)
}

// read is nft_bitwise_eval_and and its kin (net/netfilter/nft_bitwise.c).
func (e *Combine) read(m *machine) value {
	x, y := m.value(e.X), m.value(e.Y)
	if x.has != known {
		return x
	}
	if y.has != known {
		return y
	}
	x.named = false
	b := y.fit(x.n)
	for i := range x.n {
		switch e.Op {
		case BitAnd:
			x.b[i] &= b[i]
		case BitOr:
			x.b[i] |= b[i]
		case BitXor:
			x.b[i] ^= b[i]
		}
	}
	return x
}

// combine checks an operator between two values of the packet.
func (c *checker) combine(n *BinaryNode, x Expr) Expr {
	if n.Op == "<<" || n.Op == ">>" {
		c.fail(n.Y.Range(), "", "a value is shifted by a number")
	}
	y := c.selector(n.Y)
	if c.toMark {
		y = asMark(y)
	}
	if a, b := x.Type(), y.Type(); a.Bytes() != b.Bytes() || a.Order != b.Order || b.Base == BaseString || b.Base == BaseConcat {
		c.fail(n.Span, "", "`%s` is of type %s, `%s` of type %s: they cannot be computed with each other", x, a, y, b)
	}
	return &Combine{Span: n.Span, Op: map[string]BitOp{"&": BitAnd, "|": BitOr, "^": BitXor}[n.Op], X: x, Y: y}
}
