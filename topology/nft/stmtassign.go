package nft

func (n *AssignNode) print(p *printer) {
	p.expr(n.Target)
	p.str(" set ")
	p.expr(n.Value)
}

// settableMeta are the keys of meta that can be written (net/netfilter/nft_meta.c, nft_meta_set_init).
var settableMeta = map[MetaKey]bool{MetaMark: true, MetaPriority: true, MetaNftrace: true, MetaPkttype: true, metaBroute: true, MetaSecmark: true}

// settableCT are the keys of ct that can be written (net/netfilter/nft_ct.c, nft_ct_set_init); the others that can
// need more than a value.
var settableCT = map[CTKey]bool{CTMark: true, CTZone: true, CTEventMask: true, CTLabels: true, CTSecmark: true}

func (n *AssignNode) check(c *checker) Stmt {
	if kind := objectTarget(n); kind != "" {
		if c.table.Family == FamilyARP && kind != "secmark" {
			c.fail(n.Target.Range(), "", "`ct` does not exist in the arp family")
		}
		return c.objectRef(n.Span, kind, n.Value)
	}
	s := &Assign{Span: n.Span}
	s.Target = c.selector(n.Target)
	switch t := s.Target.(type) {
	case *Meta:
		if !settableMeta[t.Key] {
			c.fail(t.Span, "", "`%s` cannot be set", t)
		}
		if t.Key == MetaPkttype {
			c.hooks(n.Span, "`meta pkttype set`", HookPrerouting, HookIngress)
		}
	case *CT:
		switch {
		case !settableCT[t.Key]:
			c.fail(t.Span, "", "`%s` cannot be set", t)
		case t.Dir != DirNone && t.Key != CTZone:
			c.fail(t.Span, "", "`%s` cannot be set", t)
		}
	case *Payload:
	case *Exthdr:
		c.settableOption(t)
		s.Value = c.stmtValue(n.Value, c.optionValue(t, n.Value))
		return s
	default:
		c.fail(n.Target.Range(), "such as `meta mark`, `ct mark` or a header field", "this cannot be set")
	}
	s.Value = c.stmtValue(n.Value, s.Target.Type())
	switch v := s.Value.(type) {
	case *Prefix, *Range:
		c.fail(n.Value.Range(), "", "one value is wanted, this is a %s", keyShape(v))
	case *Const:
	default:
		if t, ok := s.Target.(*Payload); ok && !t.alone() {
			c.unsupported(n.Value.Range(), "`%s` set to what is no constant", t)
		}
	}
	return s
}

// alone reports whether the field is written without its neighbours: it fills bytes, and pairs of them below a checksum,
// which sums those.
func (e *Payload) alone() bool {
	summed := e.Base == InnerHeader || e.Proto != nil && e.Proto.Checksum >= 0
	return e.Offset%8 == 0 && e.Len%8 == 0 && (!summed || e.Len%16 == 0)
}

func (s *Assign) String() string { return s.Target.String() + " set " + s.Value.String() }

// stmtValue checks the value that a statement takes: a constant of type d, or a selector or a map that yields one.
func (c *checker) stmtValue(x ExprNode, d *Datatype) Expr {
	x = c.expand(x)
	switch n := x.(type) {
	case *MapNode:
		key := c.selector(n.Key)
		return &MapLookup{Span: n.Span, Key: key, Map: c.mapOf(n.Map, key.Type(), d, false)}
	case *SetNode, *SetRefNode:
		c.fail(n.Range(), "", "one value of type %s is wanted, not a set", d)
	}
	if !reads(x) {
		return c.value(x, d)
	}
	if d == TypeMark {
		defer func(old bool) { c.toMark = old }(c.toMark)
		c.toMark = true
	}
	e := c.selector(x)
	if d == TypeMark {
		e = asMark(e)
	}
	if !assignable(d, e.Type()) {
		c.fail(x.Range(), "", "`%s` has type %s, but %s is wanted", e, e.Type(), d)
	}
	if t := e.Type(); t.Bytes() != d.Bytes() || t.Order != d.Order && t.Bytes() > 1 {
		c.unsupported(x.Range(), "turning `%s` into a value of type %s", e, d)
	}
	return e
}

// reads reports whether an expression reads something from the packet.
func reads(x ExprNode) bool {
	switch n := x.(type) {
	case *SelectorNode, *InnerNode, *RawPayloadNode, *FibNode, *NumgenNode, *HashNode, *MapNode:
		return true
	case *BinaryNode:
		return reads(n.X) || reads(n.Y)
	case *ConcatNode:
		return reads(n.Parts[0])
	}
	return false
}

// assignable reports whether a value of type from can be written where d is wanted (datatype_compatible of nft: a
// mark takes any number).
func assignable(d, from *Datatype) bool {
	if d == TypeMark {
		return from.Base == BaseInteger && from.Order == HostEndian && from.Bits == 32
	}
	return d.Base == from.Base && d.ID == from.ID || from.ID == TypeInteger.ID && d.ID == TypeInteger.ID
}
