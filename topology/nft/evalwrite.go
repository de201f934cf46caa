package nft

import "slices"

func (s *Assign) eval(m *machine) {
	if target, ok := s.Target.(*Payload); ok {
		m.reaches(s, target)
	}
	v := m.value(s.Value)
	if v.has == broken {
		r := ExprResult{Text: s.String(), Selector: s.Value.String(), Stmt: s}
		m.add(m.missing(r, &v))
	}
	d := s.Target.Type()
	w := Write{Field: s.Target.String(), Value: v.spell(d), Known: v.has == known, Stmt: s}
	m.write(w, func(p *Packet, sure bool) {
		v := v
		if !sure {
			v = isUnknown("")
		}
		switch target := s.Target.(type) {
		case *Payload:
			p.store(bitRange{target.Base, target.Offset, target.Len}, &v)
		case *Meta:
			p.Meta.store(target.Key, &v)
		case *CT:
			p.CT.store(target.Key, &v)
		}
	})
}

// reaches adds a result if the packet has no such header as the statement writes to, unless the rule has asked for
// it before.
func (m *machine) reaches(s Stmt, target *Payload) {
	asked := target.Proto != nil && (target.Proto.L4Proto >= 0 && m.l4 == target.Proto.L4Proto ||
		target.Proto.L4Proto < 0 && target.Proto.Family != FamilyUnspec && m.family == target.Proto.Family)
	v := m.payload(target)
	if asked && (v.has != broken || v.need != nil) {
		return
	}
	if v.has == unknown && m.depends(target).has == known {
		return // the field is there, but was not recorded
	}
	m.require(s, s.String(), v)
}

// store writes bits of a header, as nft_payload_set_eval does, but leaves the checksums as they are. Bits whose new
// value is not known become unknown.
func (p *Packet) store(r bitRange, v *value) {
	t := p.transport()
	if r.base == NetworkHeader && t.proto.has == known {
		p.L4Proto = Some(t.proto.b[0]) // the kernel looks at it once for each hook
	}
	for _, w := range p.views(r, t.offset) {
		if w.len == 0 {
			continue
		}
		switch {
		case v.has != known:
			p.lost = append(p.lost, w.bitRange)
		case w.holds():
			writeBits(w.header, v.bytes(), w.offset, w.len)
			p.lost = slices.DeleteFunc(p.lost, func(l bitRange) bool {
				return l.base == w.base && l.offset >= w.offset && l.offset+l.len <= w.offset+w.len
			})
		}
	}
}

// store is nft_meta_set_eval (net/netfilter/nft_meta.c).
func (o *PacketMeta) store(k MetaKey, v *value) {
	u, ok := getUint(v.bytes()), v.has == known
	switch k {
	case MetaMark:
		o.Mark = Opt[uint32]{uint32(u), ok}
	case MetaPriority:
		o.Priority = Opt[uint32]{uint32(u), ok}
	case MetaPkttype:
		o.Pkttype = Opt[uint8]{uint8(u), ok}
	case MetaNftrace:
		o.Nftrace = Opt[uint8]{uint8(u), ok}
	}
}

// store is nft_ct_set_eval (net/netfilter/nft_ct.c): without a conntrack entry it does nothing.
func (c *PacketCT) store(k CTKey, v *value) {
	if k == CTMark && !(c.State.Known && (c.State.V == stateInvalid || c.State.V == stateUntracked)) {
		c.Mark = Opt[uint32]{uint32(getUint(v.bytes())), v.has == known}
	}
}

// eval is nft_dynset_eval (net/netfilter/nft_dynset.c). A set that is full is not reckoned with.
func (s *SetUpdate) eval(m *machine) {
	r := ExprResult{Text: s.String(), Selector: s.Key.String(), Stmt: s}
	parts := []Expr{s.Key}
	if c, ok := s.Key.(*ConcatExpr); ok {
		parts = c.Parts
	}
	var room [4]value
	values, gap := m.values(parts, room[:0])
	if gap >= 0 {
		m.add(m.missing(r, &values[gap]))
		return
	}
	if s.Data != nil {
		if v := m.value(s.Data); v.has == broken {
			r.Selector = s.Data.String()
			m.add(m.missing(r, &v))
			return
		}
	}
	for _, stmt := range s.Stmts {
		if what := objectKind(stmt); what == "limit" || what == "quota" {
			m.stateful(s, what)
			return
		}
	}
}
