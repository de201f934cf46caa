package nft

import "encoding/binary"

// read reads what is inside a tunnel as nft_inner_eval does (net/netfilter/nft_inner.c).
func (e *Inner) read(m *machine) value {
	if v := m.l4Is(e.Tunnel.L4); v.has != known {
		m.l4 = e.Tunnel.L4
		return v
	}
	m.l4 = e.Tunnel.L4
	t := m.p.transport()
	if v := t.present(); v.has != known {
		return v
	}
	th := m.p.transportBytes()
	for _, l := range m.p.lost {
		if l.base == TransportHeader {
			return isUnknown(rewritten)
		}
	}
	off, v := e.Tunnel.start(th)
	if v.has != known {
		return v
	}
	p, v := e.Tunnel.packet(th, off)
	switch { // without a packet that it knows the kernel does not read the tunnel's own header either
	case v.has != known:
		return v
	case e.Payload.Base == TunnelHeader:
		return bitsAt(th[min(off, len(th)):], e.Payload.Offset, e.Payload.Len)
	}
	if proto := e.Payload.Proto; proto != nil && len(p.LL) > 14 {
		// The rule asks for IPv4 or IPv6 where the ethertype is, in front of the tag unless it has asked for that.
		if proto.Name == "vlan" {
			m.tagged |= 1 << e.Tunnel.Type
		} else if proto.Family != FamilyUnspec && m.tagged&(1<<e.Tunnel.Type) == 0 {
			return e.inside(value{has: broken, need: &need{"meta protocol", proto.Family.String(), "vlan"}})
		}
	}
	if m.p.Meta.Len.Known && t.offset > 0 {
		start := t.offset + len(th) - len(p.NH)
		p.Meta.Len = Some(uint32(max(0, int(m.p.Meta.Len.V)-start)))
	}
	in := machine{p: p, table: FamilyNetdev, l4: -1}
	if e.Payload.Base == LinkHeader {
		if e.Payload.Proto != nil && e.Payload.Proto.EtherType != 0 {
			if v := in.dependsLink(e.Payload.Proto); v.has != known {
				return e.inside(v)
			}
		}
		return p.read(bitRange{LinkHeader, e.Payload.Offset, e.Payload.Len})
	}
	return e.inside(in.payload(e.Payload))
}

// inside says of what a packet does not meet that it is about the packet in the tunnel.
func (e *Inner) inside(v value) value {
	if v.need != nil {
		n := *v.need
		n.selector = e.Tunnel.Name + " " + n.selector
		v.need = &n
	}
	return v
}

// start is where the header of the tunnel begins, in bytes from the transport header (nft_inner_parse_tunhdr).
func (t *Tunnel) start(th []byte) (off int, v value) {
	if t.L4 == 17 {
		return 8, v
	}
	_, v = greOffset(th)
	return 0, v
}

// greOffset is where the packet in GRE begins, in bytes (__nft_payload_inner_offset of net/netfilter/nft_payload.c).
func greOffset(th []byte) (int, value) {
	if len(th) < 2 {
		return 0, isUnknown(notRecorded)
	}
	flags := binary.BigEndian.Uint16(th)
	if flags&7 != 0 || flags&0x4000 != 0 { // GRE_VERSION, GRE_ROUTING
		return 0, isBroken("the kernel does not look into this kind of GRE")
	}
	off := 4
	for _, f := range []uint16{0x8000, 0x2000, 0x1000} { // checksum, key, sequence number
		if flags&f != 0 {
			off += 4
		}
	}
	return off, value{}
}

// packet is what is in the tunnel (nft_inner_parse_l2l3).
func (t *Tunnel) packet(th []byte, off int) (*Packet, value) {
	if t.L4 == 17 {
		if t.Name == "geneve" {
			if len(th) <= off {
				return nil, isUnknown(notRecorded)
			}
			off += 4 * int(th[off]&0x3f) // opt_len of struct genevehdr
		}
		off += t.Header
	} else {
		off, _ = greOffset(th) // start has seen that it can be read
	}
	if len(th) <= off {
		return nil, isUnknown(notRecorded)
	}
	in := &Packet{NH: th[off:]}
	proto := uint16(0)
	if t.Link {
		if len(in.NH) < 18 {
			return nil, isUnknown(notRecorded)
		}
		size := 14
		if proto = binary.BigEndian.Uint16(in.NH[12:]); proto == 0x8100 {
			size, proto = 18, binary.BigEndian.Uint16(in.NH[16:])
		}
		in.LL, in.NH = in.NH[:size], in.NH[size:]
	} else {
		switch in.NH[0] >> 4 {
		case 4:
			proto = 0x0800
		case 6:
			proto = 0x86dd
		}
	}
	switch proto {
	case 0x0800:
		in.Family = FamilyIP
	case 0x86dd:
		in.Family = FamilyIP6
	default:
		return nil, isBroken("the kernel looks at IPv4 and IPv6 inside tunnels only")
	}
	if len(in.NH) == 0 {
		return nil, isUnknown(notRecorded)
	}
	return in, value{}
}
