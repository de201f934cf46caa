package nft

// eval is nft_nat_eval (net/netfilter/nft_nat.c). The packet is rewritten behind the chain, and accepted.
func (s *NAT) eval(m *machine) {
	if s.Family != FamilyUnspec && m.p.family() != FamilyUnspec && m.p.family() != s.Family {
		return // nft_nat_inet_eval passes over packets of the other family
	}
	addr, port := s.Addr, s.Port
	if look, ok := addr.(*MapLookup); ok {
		var parts []Expr
		addr, parts = m.natMap(s, look)
		if len(parts) == 2 {
			addr, port = parts[0], parts[1]
		}
	}
	if look, ok := port.(*MapLookup); ok {
		port, _ = m.natMap(s, look)
	}
	end, l4 := "saddr", "sport"
	if s.Kind == DNAT || s.Kind == Redirect {
		end, l4 = "daddr", "dport"
	}
	family := "ip "
	if m.p.family() == FamilyIP6 {
		family = "ip6 "
	}
	if s.Addr != nil || s.Kind == Masquerade || s.Kind == Redirect {
		w := Write{Field: family + end, NAT: true, Stmt: s}
		w.Value, w.Known = m.natValue(s, addr, family+end)
		m.write(w, nil)
	}
	if s.Port != nil || port != nil {
		w := Write{Field: m.l4Name() + " " + l4, NAT: true, Stmt: s}
		w.Value, w.Known = m.natValue(s, port, "")
		m.write(w, nil)
	}
	m.verdict(VerdictAccept, nil, s)
}

// natMap is what a map gives for the packet: nil if that is not known. Parts are those of an address with a port.
func (m *machine) natMap(s *NAT, look *MapLookup) (e Expr, parts []Expr) {
	elem, r := m.lookup(look.Key, look.Map, s)
	m.add(r)
	if elem == nil {
		return nil, nil
	}
	if c, ok := elem.Data.(*ConcatExpr); ok {
		return nil, c.Parts
	}
	return elem.Data, nil
}

// natValue is the new value of a field, and whether it is exact. Of a prefix that is mapped to a prefix the host part
// stays.
func (m *machine) natValue(s *NAT, e Expr, field string) (text string, exact bool) {
	switch e := e.(type) {
	case nil:
		return "", false
	case *Const:
		return e.String(), e.Symbol == ""
	case *Prefix:
		if s.Flags&NATNetmap == 0 || field == "" {
			break
		}
		proto := protoIP
		if e.Type() == TypeIPv6Addr {
			proto = protoIP6
		}
		f := proto.field(field[len(proto.Name)+1:])
		if f == nil {
			break
		}
		v := m.p.read(bitRange{NetworkHeader, f.Offset, f.Len})
		from, to := bounds(e)
		if v.has != known || v.n != len(from) {
			break
		}
		for i := range v.n {
			host := from[i] ^ to[i]
			v.b[i] = from[i] | v.b[i]&host
		}
		return v.spell(e.Type()), true
	}
	if v := m.natComputed(e); v.has == known {
		return v.spell(e.Type()), true
	}
	return e.String(), false
}

// natComputed: an address may be any expression.
func (m *machine) natComputed(e Expr) value {
	switch e.(type) {
	case *Range, *Prefix, *ConcatExpr, *SetRef:
		return isUnknown("")
	}
	return m.value(e)
}

// l4Name is how the packet's transport header is called: tcp, udp, or th.
func (m *machine) l4Name() string {
	if t := m.p.transport(); t.hasProto == known {
		if p := protocolNumbered(int(t.proto)); p != nil && p.field("dport") != nil {
			return p.Name
		}
	}
	return protoTh.Name
}
