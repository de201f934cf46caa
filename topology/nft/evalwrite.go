package nft

import "slices"

func (s *Assign) eval(m *machine) {
	if _, ok := s.Target.(*Exthdr); ok {
		m.assignOption(s)
		return
	}
	if target, ok := s.Target.(*Payload); ok {
		m.reaches(s, target)
	}
	v := m.value(s.Value)
	m.reads(s, s.Value, &v)
	if _, ok := s.Target.(*CT); ok && m.p.CT.missing() {
		return // nft_ct_set_eval, net/netfilter/nft_ct.c
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

// reads adds a result if the value of a statement cannot be read, or if that is not known.
func (m *machine) reads(s Stmt, e Expr, v *value) {
	if v.has == broken || v.has == unknown && canBreak(e) {
		m.add(m.missing(ExprResult{Text: s.String(), Selector: e.String(), Stmt: s}, v))
	}
}

// canBreak reports whether the kernel may find nothing to read, and leave the rule.
func canBreak(e Expr) bool {
	switch e := e.(type) {
	case *Const, *Numgen:
		return false
	case *Meta:
		switch e.Key {
		case MetaLen, MetaProtocol, MetaPriority, MetaMark, MetaIif, MetaOif, MetaIifname, MetaOifname, MetaNFProto,
			MetaPkttype, MetaCPU, MetaRandom, MetaSecmark:
			return false
		}
	case *CT:
		return e.Key != CTState
	case *Bitwise:
		return canBreak(e.X)
	case *Shift:
		return canBreak(e.X)
	case *Cast:
		return canBreak(e.X)
	case *Combine:
		return canBreak(e.X) || canBreak(e.Y)
	case *Hash:
		return e.X != nil && canBreak(e.X)
	case *ConcatExpr:
		return slices.ContainsFunc(e.Parts, canBreak)
	}
	return true
}

// reaches adds a result if the packet has no such header as the statement writes to (nft_payload_set_eval,
// net/netfilter/nft_payload.c), unless the rule has asked for the protocol before.
func (m *machine) reaches(s Stmt, target *Payload) {
	asked := target.Proto != nil && (target.Proto.L4Proto >= 0 && m.l4 == target.Proto.L4Proto ||
		target.Proto.L4Proto < 0 && target.Proto.Family != FamilyUnspec && m.family == target.Proto.Family)
	v := m.depends(target)
	m.ask(target.Proto)
	switch {
	case v.has != known && asked:
		return
	case v.has == known:
		v = m.writable(target)
	}
	if v.has == known && m.guarded(target) {
		v = isUnknown(guardedWrite)
	}
	m.require(s, s.String(), target.String(), v)
}

// guardedWrite: held against Linux 6.1, 6.12, 6.18 and 7.2. The release alone does not tell, for such changes are taken
// back into older ones.
const guardedWrite = "newer kernels (7.2) leave the rule rather than write to this part of the network header"

// guarded reports whether newer kernels keep rules from writing there: they let them write the fields that nothing behind
// the hook relies on, and at ingress, before the header was looked at, all (nft_nh_write_ok, net/netfilter/nft_payload.c,
// Linux 7.2).
func (m *machine) guarded(target *Payload) bool {
	if target.Base != NetworkHeader {
		return false
	}
	if c := m.rule.Chain; m.table == FamilyNetdev && c != nil && c.Base != nil && c.Base.Hook == HookIngress {
		return false
	}
	var open [][2]int // bits, from and to
	switch m.p.family() {
	case FamilyIP: // tos, id, ttl; from the checksum on
		open = [][2]int{{8, 16}, {32, 48}, {64, 72}, {80, 160}}
	case FamilyIP6: // dscp and ecn, the hop limit, the addresses
		open = [][2]int{{4, 12}, {56, 64}, {64, 320}}
	case FamilyARP: // the operation, the addresses
		open = [][2]int{{48, 64}, {64, 224}}
	}
	return !slices.ContainsFunc(open, func(o [2]int) bool { return o[0] <= target.Offset && target.Offset+target.Len <= o[1] })
}

// writable is known if the kernel can write the field and the checksum that goes with it; it does not matter whether
// the field was recorded.
func (m *machine) writable(target *Payload) value {
	var sum value
	if target.Base == TransportHeader {
		t := m.p.transport()
		if v := t.present(); v.has != known {
			return v
		}
		if d := target.Proto; d != nil && d.Checksum >= 0 {
			sum = m.p.read(bitRange{TransportHeader, 8 * d.Checksum, 16})
		}
	}
	for _, v := range []value{m.p.read(bitRange{target.Base, target.Offset, target.Len}), sum} {
		if v.has == broken {
			return v
		}
	}
	return value{}
}

// store writes bits of a header, as nft_payload_set_eval does, but leaves the checksums as they are. Bits whose new
// value is not known become unknown.
func (p *Packet) store(r bitRange, v *value) {
	t := p.transport()
	if r.base == NetworkHeader && t.hasProto == known {
		p.L4Proto = Some(t.proto) // the kernel looks at it once for each hook
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

func (c *PacketCT) store(k CTKey, v *value) {
	if k == CTMark {
		c.Mark = Opt[uint32]{uint32(getUint(v.bytes())), v.has == known}
	}
}

// eval is nft_dynset_eval (net/netfilter/nft_dynset.c). A set that is full is not reckoned with.
func (s *SetUpdate) eval(m *machine) {
	parts := []Expr{s.Key}
	if c, ok := s.Key.(*ConcatExpr); ok {
		parts = c.Parts
	}
	if s.Data != nil {
		parts = append(parts[:len(parts):len(parts)], s.Data)
	}
	for _, e := range parts {
		v := m.value(e)
		m.reads(s, e, &v)
	}
	for _, stmt := range s.Stmts {
		if what := objectKind(stmt); what == "limit" || what == "quota" || what == "ct count" {
			m.stateful(s, what)
			return
		}
	}
}
