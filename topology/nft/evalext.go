package nft

import "encoding/binary"

const protoNumberTCP = 6

// extension reads an extension header or an option (net/netfilter/nft_exthdr.c).
func (m *machine) extension(e *Exthdr) value {
	switch e.Op {
	case ExthdrTCP:
		if v := m.p.hasTCP(); v.has != known {
			return e.without(v)
		}
		return m.p.tcpOption(e)
	case ExthdrIPv4:
		if v := m.familyIs(FamilyIP); v.has != known {
			return v
		}
		m.family = FamilyIP
		return m.p.ipOption(e)
	case ExthdrSCTP:
		return m.p.sctpChunk(e)
	case ExthdrDCCP:
		return m.p.dccpHas(e)
	case ExthdrIPv6:
	}
	if v := m.familyIs(FamilyIP6); v.has != known {
		return v
	}
	m.family = FamilyIP6
	return m.p.extensionHeader(e)
}

// without is what the kernel has where the header or the option is not: nothing, or the answer that it is missing.
func (e *Exthdr) without(v value) value {
	if v.has == broken && e.Present {
		return presence(false)
	}
	return v
}

func presence(is bool) value {
	var v value
	if is {
		v.setUint(1, 1)
	} else {
		v.setUint(0, 1)
	}
	return v
}

// take reads the bits of e from b, the header or the option as far as it was recorded.
func (e *Exthdr) take(b []byte) value {
	if e.Present {
		return presence(true)
	}
	return bitsAt(b, e.Offset, e.Len)
}

// hasTCP is known if the kernel takes the transport header for one of TCP (nft_tcp_header_pointer).
func (p *Packet) hasTCP() value { return p.hasL4(protoNumberTCP, "TCP") }

// tcpOption is nft_exthdr_tcp_eval.
func (p *Packet) tcpOption(e *Exthdr) value {
	th := p.transportBytes()
	for _, l := range p.lost {
		if l.overlaps(bitRange{TransportHeader, 160, 320}) {
			return isUnknown(rewritten)
		}
	}
	if len(th) < 13 {
		return isUnknown(notRecorded)
	}
	end := int(th[12]>>4) * 4
	if end < 20 {
		return e.without(isBroken("the TCP header is broken"))
	}
	for i := 20; i < end-1; {
		if i+1 >= len(th) {
			return isUnknown(notRecorded)
		}
		size := 1
		if th[i] > 1 && th[i+1] != 0 { // optlen
			size = int(th[i+1])
		}
		if th[i] == e.Number {
			if i+size > end || (e.Offset+e.Len+7)/8 > size && !e.Present {
				return e.without(isBroken("the TCP option is cut short"))
			}
			return e.take(th[i:min(i+size, len(th))])
		}
		i += size
	}
	return e.without(isBroken("the packet has no such TCP option"))
}

// ipOption: what is not among the options is missing; of what is, the kernel asks more (ipv4_find_option).
func (p *Packet) ipOption(e *Exthdr) value {
	if len(p.NH) == 0 {
		return isUnknown(notRecorded)
	}
	end := int(p.NH[0]&0xf) * 4
	for i := 20; i < end && i < len(p.NH); {
		switch kind := p.NH[i]; {
		case kind == e.Number:
			return isUnknown("the options of IPv4 are not looked at")
		case kind == 0: // the end
			return e.without(isBroken("the packet has no such IPv4 option"))
		case kind == 1:
			i++
		case i+1 < len(p.NH):
			i += max(int(p.NH[i+1]), 2)
		default:
			return isUnknown(notRecorded)
		}
	}
	if end > 20 && end > len(p.NH) {
		return isUnknown(notRecorded)
	}
	return e.without(isBroken("the packet has no such IPv4 option"))
}

// extensionHeader walks the extension headers as ipv6_find_hdr does for a header (net/ipv6/exthdrs_core.c).
func (p *Packet) extensionHeader(e *Exthdr) value {
	nh := p.NH
	if len(nh) < 7 {
		return isUnknown(notRecorded)
	}
	none := e.without(isBroken("the packet has no such extension header"))
	next, at := nh[6], 40
	for {
		found := next == e.Number
		if !isExtension(next) || next == nextNone {
			if !found {
				return none
			}
			return e.take(nh[min(at, len(nh)):])
		}
		if at+8 > len(nh) {
			if p.Meta.Len.Known && at+8 > int(p.Meta.Len.V) {
				return none
			}
			return isUnknown(notRecorded)
		}
		h := nh[at:]
		if found {
			if end := at + (e.Offset+e.Len+7)/8; !e.Present && p.Meta.Len.Known && end > int(p.Meta.Len.V) {
				return isBroken("the packet ends before that")
			}
			return e.take(h)
		}
		size := 8 + 8*int(h[1])
		switch next {
		case nextFragment:
			if binary.BigEndian.Uint16(h[2:])&^7 != 0 {
				return none
			}
			size = 8
		case nextAuth: // ipv6_authlen
			size = 8 + 4*int(h[1])
		}
		next, at = h[0], at+size
	}
}

// assignOption is nft_exthdr_tcp_set_eval. It writes only if the packet has the option, and a segment size only if it
// becomes smaller, so nothing is known of the options afterwards.
func (m *machine) assignOption(s *Assign) {
	v := m.value(s.Value)
	m.reads(s, s.Value, &v)
	m.require(s, s.String(), s.Target.String(), m.p.hasTCP())
	m.write(Write{Field: s.Target.String(), Value: v.spell(s.Target.Type()), Known: v.has == known, Stmt: s}, (*Packet).loseOptions)
}

func (p *Packet) loseOptions(bool) {
	p.lost = append(p.lost, bitRange{TransportHeader, 160, 320})
}

// eval is nft_exthdr_tcp_strip_eval: a packet that is not TCP leaves the rule, one without the option does not.
func (s *ResetOption) eval(m *machine) {
	m.require(s, s.String(), "tcp option", m.p.hasTCP())
	m.write(Write{Field: "tcp option", Value: "", Known: false, Stmt: s}, (*Packet).loseOptions)
}
