package nft

// allowed finds the values that a match lets through.
type allowed struct {
	*linter
	bits  int  // of a value
	state bool // a connection is in one state
	named bool // found: the values are names of interfaces
}

func (a *allowed) top() num {
	if a.named {
		return largest(128)
	}
	return largest(a.bits)
}

// of says which values a match lets through, of what is left of its operators. Not ok: it cannot be said.
func (a *allowed) of(s *Match) (in values, masks []bitsWanted, ok bool) {
	plain := s.Left == selectorOf(s.Left)
	right, ok := a.right(s.Right)
	switch {
	case !ok:
		return nil, nil, false
	case a.state || !a.named && a.bits <= 8 && (!plain || s.Op == OpAny || s.Op == OpNone):
		return a.tried(s, right), nil, true
	case !plain || s.Op == OpAny || s.Op == OpNone:
		return a.masked(s, right)
	case s.Op == OpEq:
		return right, nil, true
	case s.Op == OpNe:
		return right.without(a.top()), nil, true
	}
	n, ok := right.single()
	if !ok {
		return nil, nil, false
	}
	low, high := values{{to: n}}, values{{from: n, to: a.top()}}
	switch s.Op {
	case OpLt:
		return high.without(a.top()), nil, true
	case OpLe:
		return low, nil, true
	case OpGt:
		return low.without(a.top()), nil, true
	}
	return high, nil, true
}

// right are the values on the right side of a match.
func (a *allowed) right(e Expr) (values, bool) {
	ref, ok := e.(*SetRef)
	if ok {
		return a.part(ref.Set, 0)
	}
	i, named, ok := constants(e)
	a.named = named
	return values{i}, ok
}

// part are the values that a part of the key has in a set whose elements nobody changes: one in braces, or one with
// the flag constant.
func (a *allowed) part(set *Set, part int) (values, bool) {
	if !set.Anonymous() && set.Flags&SetConstant == 0 || !a.still(set) {
		return nil, false
	}
	out := make(values, 0, len(set.Elems))
	for i, e := range set.Elems {
		if e.Key == nil {
			return values{{to: a.top()}}, true
		}
		key := e.Key
		if c, ok := key.(*ConcatExpr); ok {
			if part >= len(c.Parts) {
				return nil, false
			}
			key = c.Parts[part]
		}
		v, named, ok := constants(key)
		if !ok || i > 0 && named != a.named {
			return nil, false
		}
		a.named = named
		out = append(out, v)
	}
	return out.tidy(), true
}

// constants are the values that a *Const, *Prefix or *Range stands for. The names of interfaces are values of their
// own: their numbers are not known here.
func constants(e Expr) (i interval, named, ok bool) {
	c, single := e.(*Const)
	if single && c.Symbol != "" {
		n := nameNumber(c.Symbol)
		return interval{n, n}, true, c.typ == TypeIfIndex
	}
	if d := e.Type(); d.Base == BaseString && d != TypeIfName {
		return i, false, false
	}
	from, to := bounds(e)
	if from == nil {
		return i, false, false
	}
	var fits bool
	if i.from, fits = toNumber(from); !fits {
		return i, false, false
	}
	i.to, fits = toNumber(to)
	return i, false, fits
}

// tried tries all values: those of 8 bits, or the states.
func (a *allowed) tried(s *Match, right values) values {
	var out values
	for _, x := range a.candidates() {
		y, ok := operate(s.Left, x)
		if !ok {
			continue
		}
		if satisfies(s.Op, y, right) {
			out = append(out, interval{num{0, x}, num{0, x}})
		}
	}
	return out.tidy()
}

func (a *allowed) candidates() []uint64 {
	var out []uint64
	if a.state {
		for i := range 7 { // NF_CT_STATE_BIT, and untracked
			out = append(out, 1<<i)
		}
		return out
	}
	for x := range uint64(1) << a.bits {
		out = append(out, x)
	}
	return out
}

// operate is what an expression makes of the value that it reads.
func operate(e Expr, x uint64) (uint64, bool) {
	switch e := e.(type) {
	case *Bitwise:
		y, ok := operate(e.X, x)
		d := e.X.Type()
		return y&getUint(d.nativeOrder(e.Mask)) ^ getUint(d.nativeOrder(e.Xor)), ok
	case *Shift:
		y, ok := operate(e.X, x)
		size := 8 * e.X.Type().Bytes()
		if size == 0 || size > 64 || e.By >= 64 {
			return 0, false
		}
		if e.Left {
			return y << e.By & largest(size).lo, ok
		}
		return y >> e.By, ok
	}
	return x, true
}

func satisfies(op RelOp, y uint64, right values) bool {
	n := num{0, y}
	in := right.has(n)
	c, single := right.single()
	switch op {
	case OpEq:
		return in
	case OpNe:
		return !in
	case OpAny:
		return single && n.and(c) != num{}
	case OpNone:
		return single && n.and(c) == num{}
	case OpLt:
		return n.compare(c) < 0
	case OpLe:
		return n.compare(c) <= 0
	case OpGt:
		return n.compare(c) > 0
	}
	return n.compare(c) >= 0
}

// masked is a match that looks at some bits of a value.
func (a *allowed) masked(s *Match, right values) (in values, masks []bitsWanted, ok bool) {
	c, single := right.single()
	full := values{{to: a.top()}}
	if !single || a.named {
		return nil, nil, false
	}
	var want bitsWanted
	op := s.Op
	switch left := s.Left.(type) {
	case *Bitwise:
		if left.X != selectorOf(left.X) || op != OpEq && op != OpNe {
			return nil, nil, false
		}
		d := left.X.Type()
		mask, ok1 := toNumber(d.nativeOrder(left.Mask))
		xor, ok2 := toNumber(d.nativeOrder(left.Xor))
		if !ok1 || !ok2 {
			return nil, nil, false
		}
		want = bitsWanted{mask, c.xor(xor)}
		if want.bits.and(mask) != want.bits { // bits that are never set
			if op == OpNe {
				return full, nil, true
			}
			return nil, nil, true
		}
	case *Shift:
		return nil, nil, false
	default: // OpAny and OpNone
		want = bitsWanted{mask: c}
		if op == OpAny {
			op = OpNe
		} else {
			op = OpEq
		}
	}
	rest := want.mask.xor(a.top()).and(a.top())
	if rest.and(rest.next()) == (num{}) { // the mask of a prefix
		in = values{{want.bits, want.bits.or(rest)}}
		if op == OpNe {
			in = in.without(a.top())
		}
		return in, nil, true
	}
	if op == OpNe {
		if want.mask.onesCount() != 1 {
			return nil, nil, false
		}
		want.bits = want.bits.xor(want.mask)
	}
	return full, []bitsWanted{want}, true
}
