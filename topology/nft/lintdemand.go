package nft

import "slices"

// demands are what a rule asks of a packet, in a form in which rules can be compared. A packet that the rule matches
// meets all of them.
type demands struct {
	list  []demand // each trait once
	texts []string // expressions that can be compared by their spelling only
	// exact: the rule matches every packet that meets them.
	exact bool
	clash clash
}

// demand is what a rule asks of one trait. That there is something to read is asked in any case.
type demand struct {
	trait trait
	in    values
	masks []bitsWanted
	stmt  Stmt // that asked last
}

// bitsWanted asks for some bits of a value: value & mask == bits.
type bitsWanted struct{ mask, bits num }

// clash is two things that no packet meets both. The zero value is none.
type clash struct {
	stmt    Stmt // that cannot be met
	against Stmt // what stands before it, nil if it cannot be met by itself
}

// always reports whether the rule matches every packet.
func (d *demands) always() bool {
	return d.exact && len(d.list) == 0 && len(d.texts) == 0 && d.clash.stmt == nil
}

func (d *demands) find(t trait) *demand {
	for i := range d.list {
		if d.list[i].trait == t {
			return &d.list[i]
		}
	}
	return nil
}

// covers reports whether a packet that meets o meets d.
func (d *demands) covers(o *demands) bool {
	for i := range d.list {
		mine := &d.list[i]
		other := o.find(mine.trait)
		if other == nil || !mine.covers(other) {
			return false
		}
	}
	for _, t := range d.texts {
		if !slices.Contains(o.texts, t) {
			return false
		}
	}
	return true
}

func (d *demand) covers(o *demand) bool {
	if !o.in.within(d.in) {
		return false
	}
	for _, m := range d.masks {
		if !o.implies(m) {
			return false
		}
	}
	return true
}

// implies reports whether every value that d lets through has the bits.
func (d *demand) implies(m bitsWanted) bool {
	for _, own := range d.masks {
		if own.mask.and(m.mask) == m.mask && own.bits.and(m.mask) == m.bits {
			return true
		}
	}
	for _, i := range d.in {
		if i.from != i.to || i.from.and(m.mask) != m.bits {
			return false
		}
	}
	return true
}

// empty reports whether d lets no value through. False may mean that it is not known.
func (d *demand) empty() bool {
	if len(d.in) == 0 {
		return true
	}
	for i, a := range d.masks {
		if n, ok := d.in.single(); ok && n.and(a.mask) != a.bits {
			return true
		}
		for _, b := range d.masks[:i] {
			common := a.mask.and(b.mask)
			if a.bits.and(common) != b.bits.and(common) {
				return true
			}
		}
	}
	return false
}

func (l *linter) demandsOf(c *Chain) []demands {
	if d, ok := l.demands[c]; ok {
		return d
	}
	w := l.writesOf(c)
	d := make([]demands, len(c.Rules))
	for i, r := range c.Rules {
		b := demander{l: l, family: c.Table.Family, writes: &w}
		b.exact = true
		b.list = make([]demand, 0, 4)
		b.rule(r)
		d[i] = b.demands
	}
	l.demands[c] = d
	return d
}

// demander finds the demands of a rule. What the rules of the chain rewrite is no demand: each rule may see another
// value.
type demander struct {
	demands
	l      *linter
	family Family // of the table
	writes *writes
}

func (b *demander) rule(r *Rule) {
	if b.writes.unknown {
		b.exact = false
		return
	}
	for _, s := range r.Stmts {
		switch s := s.(type) {
		case *Match:
			b.match(s)
		case *Vmap:
			b.keys(s, s.Key, s.Map, OpEq)
			b.exact = false
		case *Reject:
			if s.Type == RejectTCP {
				b.ask(traitL4, small(6), s)
			} else if s.Family != FamilyUnspec {
				b.askFamily(s.Family, s)
			}
		case *NAT:
			b.nat(s)
		case *QueueStmt:
			b.exact = b.exact && s.Expr == nil
		case *ObjectRef:
			if s.Map != nil {
				b.keys(s, s.Key, s.Map, OpEq)
			}
			b.exact = b.exact && s.Map == nil && s.Kind != "limit" && s.Kind != "quota" && s.Kind != "synproxy" && s.Kind != "ct expectation"
		case *Assign:
			b.assign(s)
		case *VerdictStmt:
			if s.Verdict.Kind != VerdictContinue {
				return
			}
		case *Counter, *Log, *Notrack:
		default: // limit, quota, a set that may be full
			b.exact = false
		}
	}
}

// nat: a packet of another family than that of the address passes by.
func (b *demander) nat(s *NAT) {
	for _, e := range []Expr{s.Addr, s.Port} {
		switch e.(type) {
		case nil, *Const, *Range, *Prefix:
		default:
			b.exact = false
		}
	}
	if s.Family != FamilyUnspec {
		b.askFamily(s.Family, s)
	}
}

// assign: only a constant for a mark and the like can be written always.
func (b *demander) assign(s *Assign) {
	_, constant := s.Value.(*Const)
	_, header := s.Target.(*Payload)
	b.exact = b.exact && constant && !header
}

func (b *demander) match(s *Match) {
	if _, ok := s.Left.(*ConcatExpr); ok {
		if ref, ok := s.Right.(*SetRef); ok {
			b.keys(s, s.Left, ref.Set, s.Op)
		}
		b.spelled(s)
		return
	}
	if b.writes.touches(s.Left) {
		b.exact = false
		return
	}
	sel := selectorOf(s.Left)
	b.depends(sel, s)
	t, bits, ok := b.trait(sel)
	if !ok {
		b.spelled(s)
		return
	}
	a := allowed{linter: b.l, bits: bits, state: t == traitState}
	in, masks, ok := a.of(s)
	if a.named {
		t |= traitNamed
	}
	if !ok {
		b.ask(t, values{{to: a.top()}}, s)
		b.spelled(s)
		return
	}
	b.ask(t, in, s, masks...)
}

// trait is traitOf, with one trait for what is always equal.
func (b *demander) trait(sel Expr) (t trait, bits int, ok bool) {
	inet := b.family == FamilyInet || b.family == FamilyIP || b.family == FamilyIP6
	switch {
	case inet && isMeta(sel, MetaNFProto):
		return traitFamily, 8, true
	case inet && isField(sel, "ip", "protocol"):
		return traitL4, 8, true
	}
	return traitOf(sel)
}

// selectorOf is what an expression with operators reads.
func selectorOf(e Expr) Expr {
	for {
		switch x := e.(type) {
		case *Bitwise:
			e = x.X
		case *Shift:
			e = x.X
		default:
			return e
		}
	}
}

// keys asks for the keys of a set: each part of the key must be one that occurs there.
func (b *demander) keys(s Stmt, key Expr, set *Set, op RelOp) {
	parts := []Expr{key}
	if c, ok := key.(*ConcatExpr); ok {
		parts = c.Parts
	}
	for i, sel := range parts {
		if b.writes.touches(sel) {
			continue
		}
		b.depends(selectorOf(sel), s)
		t, bits, ok := b.trait(selectorOf(sel))
		if !ok {
			continue
		}
		a := allowed{linter: b.l, bits: bits}
		in, ok := a.part(set, i)
		if !ok || op != OpEq || sel != selectorOf(sel) || t == traitState {
			in, a.named = values{{to: a.top()}}, false
		}
		if a.named {
			t |= traitNamed
		}
		b.ask(t, in, s)
	}
}

// spelled takes a match that can be compared by its spelling only.
func (b *demander) spelled(s *Match) {
	ref, isSet := s.Right.(*SetRef)
	if b.writes.touches(s.Left) || !b.l.repeatable(s.Left) || isSet && !b.l.still(ref.Set) {
		b.exact = false
		return
	}
	b.texts = append(b.texts, s.String())
}

// depends asks for what nft asks for before it reads a field, see machine.depends.
func (b *demander) depends(sel Expr, s Stmt) {
	e, ok := sel.(*Payload)
	if !ok || e.Proto == nil {
		return
	}
	p := e.Proto
	if e.Base == LinkHeader {
		if b.family != FamilyBridge && b.family != FamilyNetdev {
			b.ask(traitIiftype, small(1), s) // ARPHRD_ETHER
		}
		if p.EtherType != 0 {
			b.ask(headerTrait(LinkHeader, 96, 16), small(uint64(p.EtherType)), s)
		}
		return
	}
	if p.Family != FamilyUnspec {
		b.askFamily(p.Family, s)
	}
	if p.Base == TransportHeader && p.L4Proto >= 0 {
		b.ask(traitL4, small(uint64(p.L4Proto)), s)
	}
	if e.Field != nil && len(e.Field.ICMPTypes) > 0 {
		var types []uint64
		for _, t := range e.Field.ICMPTypes {
			types = append(types, uint64(t))
		}
		b.ask(traitICMP, small(types...), s)
	}
}

func (b *demander) askFamily(f Family, s Stmt) { b.ask(traitFamily, small(uint64(f)), s) }

// ask adds a demand.
func (b *demander) ask(t trait, in values, s Stmt, masks ...bitsWanted) {
	if t.kind() == traitHeader && b.writes.headers || t == traitL4 && b.writes.headers {
		b.exact = false
		return
	}
	switch b.family {
	case FamilyIP, FamilyIP6, FamilyARP:
		if t == traitFamily {
			return // all packets are of this family, and Check refuses rules for another
		}
	}
	d := b.find(t)
	if d == nil {
		b.list = append(b.list, demand{trait: t, in: in, masks: masks, stmt: s})
		d = &b.list[len(b.list)-1]
		if d.empty() && b.clash.stmt == nil {
			b.clash = clash{stmt: s}
		}
		return
	}
	before := d.stmt
	if !in.within(d.in) || len(masks) > 0 {
		d.in, d.masks, d.stmt = d.in.and(in), append(slices.Clip(d.masks), masks...), s
	} else {
		d.in, d.stmt = in, s
	}
	if d.empty() && b.clash.stmt == nil {
		b.clash = clash{stmt: s, against: before}
	}
}
