package nft

import (
	"slices"
	"strings"
)

// payload reads a header field, if the packet has such a header: nft lets a rule ask for the protocol before it reads
// the field (payload_gen_dependency, src/payload.c of nft).
func (m *machine) payload(e *Payload) value {
	v := m.depends(e)
	m.ask(e.Proto)
	if v.has != known {
		return v
	}
	return m.p.read(bitRange{e.Base, e.Offset, e.Len})
}

// ask keeps for which protocol the rule has asked.
func (m *machine) ask(p *Protocol) {
	if p == nil {
		return
	}
	if p.L4Proto >= 0 {
		m.l4 = p.L4Proto
	}
	if p.Family != FamilyUnspec {
		m.family = p.Family
	}
	if p.Base == LinkHeader {
		m.ether = true
		m.vlan = m.vlan || p.EtherType != 0
	}
}

// typeIs asks for the protocol in the Ethernet header, or behind its VLAN tag, where a rule has looked there before: a
// packet of IP with a tag is of type vlan to it. It says nothing where nft asks what the kernel took the packet for.
func (m *machine) typeIs(proto *Protocol) value {
	inBridge := m.table == FamilyBridge && (proto.Base == TransportHeader || proto.Name == "arp")
	if m.family != FamilyUnspec || m.table == FamilyIP || m.table == FamilyIP6 || m.table == FamilyARP ||
		!m.vlan && !inBridge && (m.table == FamilyBridge || !m.ether) {
		return value{}
	}
	at, name := 96, "ether type"
	if m.vlan {
		at, name = 128, "vlan type"
	}
	v := m.p.read(bitRange{LinkHeader, at, 16})
	want := value{}
	switch proto.Family {
	case FamilyIP:
		want.setUint(0x0800, 2)
	case FamilyIP6:
		want.setUint(0x86dd, 2)
	default:
		want.setUint(uint64(proto.EtherType), 2)
	}
	if v.has != known || getUint(v.bytes()) == getUint(want.bytes()) {
		return value{} // what was not recorded is what the kernel says
	}
	v.need = &need{name, want.spell(TypeEtherType), v.spell(TypeEtherType)}
	v.has = broken
	return v
}

func (m *machine) depends(e *Payload) value {
	proto := e.Proto
	if proto == nil {
		return value{}
	}
	if e.Base == LinkHeader {
		return m.dependsLink(proto)
	}
	if proto.Family != FamilyUnspec {
		if v := m.typeIs(proto); v.has != known {
			return v
		}
		if v := m.familyIs(proto.Family); v.has != known {
			return v
		}
	}
	if proto.Base == TransportHeader && proto.L4Proto >= 0 {
		if v := m.l4Is(proto.L4Proto); v.has != known {
			return v
		}
	}
	if e.Field != nil && len(e.Field.ICMPTypes) > 0 {
		return m.icmpIs(proto, e.Field.ICMPTypes)
	}
	return value{}
}

// dependsLink: where packets of all kinds of device pass, only Ethernet has an Ethernet header.
func (m *machine) dependsLink(proto *Protocol) value {
	if m.table != FamilyBridge && m.table != FamilyNetdev {
		i := &m.p.Meta
		v := iftype(i.Iif, i.Iifname, i.Iiftype)
		switch {
		case v.has == broken:
			v.need = &need{"meta iiftype", "ether", ""}
			return v
		case v.has == unknown && !(i.Iifname.Known && len(m.p.LL) == 14): // but for lo, whose type is known
			return v
		case v.has == known && getUint(v.bytes()) != 1: // ARPHRD_ETHER
			v.need = &need{"meta iiftype", "ether", v.spell(TypeIfType)}
			v.has = broken
			return v
		}
	}
	if proto.EtherType == 0 {
		return value{}
	}
	v := m.p.read(bitRange{LinkHeader, 96, 16})
	if v.has == known && getUint(v.bytes()) != uint64(proto.EtherType) {
		want := value{}
		want.setUint(uint64(proto.EtherType), 2)
		v.need = &need{"ether type", want.spell(TypeEtherType), v.spell(TypeEtherType)}
		v.has = broken
	}
	return v
}

// familyIs asks whether the packet is of a family; if not, it says so as nft would ask.
func (m *machine) familyIs(f Family) value {
	got := m.p.family()
	switch got {
	case f:
		return value{}
	case FamilyUnspec:
		return isUnknown("the protocol of the packet was not recorded")
	}
	n := &need{"meta nfproto", f.NFProto(), got.NFProto()}
	if m.table != FamilyInet && m.table != FamilyUnspec {
		n = &need{"meta protocol", f.String(), got.String()}
	}
	return value{has: broken, need: n}
}

// l4Is asks whether the transport header is of a protocol.
func (m *machine) l4Is(l4 int) value {
	t := m.p.transport()
	if t.hasProto == known && int(t.proto) == l4 {
		return value{}
	}
	v := t.protocol()
	if v.has == known {
		v.need = &need{"meta l4proto", TypeInetProto.format([]byte{byte(l4)}), TypeInetProto.format([]byte{t.proto})}
		v.has = broken
	}
	return v
}

func (m *machine) icmpIs(proto *Protocol, types []byte) value {
	v := m.p.read(bitRange{TransportHeader, 0, 8})
	if v.has != known || slices.Contains(types, v.b[0]) {
		return v
	}
	typ := proto.field("type").Type
	var want []string
	for _, t := range types {
		want = append(want, typ.format([]byte{t}))
	}
	text := want[0]
	if len(want) > 1 {
		text = "{ " + strings.Join(want, ", ") + " }"
	}
	v.need = &need{proto.Name + " type", text, typ.format(v.bytes())}
	v.has = broken
	return v
}
