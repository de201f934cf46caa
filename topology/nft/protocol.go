package nft

// integer makes a field of type integer.
func integer(name string, offset, size int) Field {
	return Field{Name: name, Type: TypeInteger.withBits(size, BigEndian), Offset: offset, Len: size}
}

// hexadecimalInteger is integer for a field that nft prints in hexadecimal.
func hexadecimalInteger(name string, offset, size int) Field {
	return Field{Name: name, Type: typeRaw.withBits(size, BigEndian), Offset: offset, Len: size}
}

func typed(name string, t *Datatype, offset int) Field {
	return Field{Name: name, Type: t, Offset: offset, Len: t.Bits}
}

// forICMP is a field that exists only in ICMP messages of some types.
func forICMP(f Field, types ...byte) Field {
	f.ICMPTypes = types
	return f
}

// protocols are the headers whose fields a rule can name. A new one is a new entry.
var protocols = []*Protocol{
	{Name: "ether", Base: LinkHeader, L4Proto: -1, Checksum: -1, Fields: []Field{
		typed("daddr", TypeEtherAddr, 0), typed("saddr", TypeEtherAddr, 48), typed("type", TypeEtherType, 96),
	}},
	{Name: "vlan", Base: LinkHeader, L4Proto: -1, EtherType: 0x8100, Checksum: -1, Fields: []Field{
		integer("pcp", 112, 3), integer("dei", 115, 1), integer("cfi", 115, 1), integer("id", 116, 12), typed("type", TypeEtherType, 128),
	}},
	{Name: "arp", Base: NetworkHeader, L4Proto: -1, EtherType: 0x0806, Family: FamilyARP, Checksum: -1, Fields: []Field{
		integer("htype", 0, 16), typed("ptype", TypeEtherType, 16), integer("hlen", 32, 8), integer("plen", 40, 8),
		typed("operation", TypeARPOp, 48), typed("saddr ether", TypeEtherAddr, 64), typed("saddr ip", TypeIPv4Addr, 112),
		typed("daddr ether", TypeEtherAddr, 144), typed("daddr ip", TypeIPv4Addr, 192),
	}},
	protoIP,
	protoIP6,
	protoICMP,
	protoICMPv6,
	{Name: "igmp", Base: TransportHeader, L4Proto: 2, Family: FamilyIP, Checksum: 2, Fields: []Field{
		typed("type", TypeIGMPType, 0), integer("mrt", 8, 8), integer("checksum", 16, 16), integer("group", 32, 32),
	}},
	protoTCP,
	protoUDP,
	{Name: "udplite", Base: TransportHeader, L4Proto: 136, Checksum: 6, Pseudo: true, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16), integer("csumcov", 32, 16), integer("checksum", 48, 16),
	}},
	{Name: "sctp", Base: TransportHeader, L4Proto: 132, Checksum: -1, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16), integer("vtag", 32, 32), integer("checksum", 64, 32),
	}},
	{Name: "dccp", Base: TransportHeader, L4Proto: 33, Checksum: -1, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16),
		{Name: "type", Type: TypeDCCPPktType, Offset: 67, Len: 4},
	}},
	{Name: "ah", Base: TransportHeader, L4Proto: 51, Checksum: -1, Fields: []Field{
		typed("nexthdr", TypeInetProto, 0),
		integer("hdrlength", 8, 8), integer("reserved", 16, 16), integer("spi", 32, 32), integer("sequence", 64, 32),
	}},
	{Name: "esp", Base: TransportHeader, L4Proto: 50, Checksum: -1, Fields: []Field{
		integer("spi", 0, 32), integer("sequence", 32, 32),
	}},
	{Name: "comp", Base: TransportHeader, L4Proto: 108, Checksum: -1, Fields: []Field{
		typed("nexthdr", TypeInetProto, 0), hexadecimalInteger("flags", 8, 8), integer("cpi", 16, 16),
	}},
	protoGRE,
	protoTh,
}

var (
	protoIP = &Protocol{Name: "ip", Base: NetworkHeader, L4Proto: -1, EtherType: 0x0800, Family: FamilyIP, Checksum: 10, Fields: []Field{
		integer("version", 0, 4), integer("hdrlength", 4, 4), typed("dscp", TypeDSCP, 8), typed("ecn", TypeECN, 14),
		integer("length", 16, 16), integer("id", 32, 16), integer("frag-off", 48, 16), integer("ttl", 64, 8),
		typed("protocol", TypeInetProto, 72), integer("checksum", 80, 16), typed("saddr", TypeIPv4Addr, 96), typed("daddr", TypeIPv4Addr, 128),
	}}
	protoIP6 = &Protocol{Name: "ip6", Base: NetworkHeader, L4Proto: -1, EtherType: 0x86dd, Family: FamilyIP6, Checksum: -1, Fields: []Field{
		integer("version", 0, 4), typed("dscp", TypeDSCP, 4), typed("ecn", TypeECN, 10), integer("flowlabel", 12, 20),
		integer("length", 32, 16), typed("nexthdr", TypeInetProto, 48), integer("hoplimit", 56, 8),
		typed("saddr", TypeIPv6Addr, 64), typed("daddr", TypeIPv6Addr, 192),
	}}
	protoICMP = &Protocol{Name: "icmp", Base: TransportHeader, L4Proto: 1, Family: FamilyIP, Checksum: 2, Fields: []Field{
		typed("type", TypeICMPType, 0), typed("code", TypeICMPCode, 8), integer("checksum", 16, 16),
		forICMP(integer("id", 32, 16), 8, 0), forICMP(integer("sequence", 48, 16), 8, 0),
		forICMP(integer("gateway", 32, 32), 5), forICMP(integer("mtu", 48, 16), 3),
	}}
	protoICMPv6 = &Protocol{Name: "icmpv6", Base: TransportHeader, L4Proto: 58, Family: FamilyIP6, Checksum: 2, Pseudo: true, Fields: []Field{
		typed("type", TypeICMPv6Type, 0), typed("code", TypeICMPv6Code, 8), integer("checksum", 16, 16),
		forICMP(integer("param-problem", 32, 32), 4), forICMP(integer("mtu", 32, 32), 2),
		forICMP(integer("id", 32, 16), 128, 129), forICMP(integer("sequence", 48, 16), 128, 129),
		forICMP(integer("max-delay", 32, 16), 130, 131, 132),
		forICMP(typed("taddr", TypeIPv6Addr, 64), 130, 131, 132, 135, 136, 137), forICMP(typed("daddr", TypeIPv6Addr, 192), 137),
	}}
	protoTCP = &Protocol{Name: "tcp", Base: TransportHeader, L4Proto: 6, Checksum: 16, Pseudo: true, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16), integer("sequence", 32, 32), integer("ackseq", 64, 32),
		integer("doff", 96, 4), integer("reserved", 100, 4), typed("flags", TypeTCPFlag, 104), integer("window", 112, 16),
		integer("checksum", 128, 16), integer("urgptr", 144, 16),
	}}
	protoUDP = &Protocol{Name: "udp", Base: TransportHeader, L4Proto: 17, Checksum: 6, Pseudo: true, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16), integer("length", 32, 16), integer("checksum", 48, 16),
	}}
	protoGRE = &Protocol{Name: "gre", Base: TransportHeader, L4Proto: protoNumberGRE, Checksum: -1, Fields: []Field{
		integer("flags", 0, 5), integer("version", 13, 3), typed("protocol", TypeEtherType, 16),
	}}
	// protoTh is what the transport headers have in common.
	protoTh = &Protocol{Name: "th", Base: TransportHeader, L4Proto: -1, Checksum: -1, Fields: []Field{
		typed("sport", TypeInetService, 0), typed("dport", TypeInetService, 16),
	}}
)

func protocolNamed(name string) *Protocol {
	for _, p := range protocols {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// protocolNumbered is the transport protocol with an IP protocol number; nil if its header is not known.
func protocolNumbered(n int) *Protocol {
	for _, p := range protocols {
		if p.Base == TransportHeader && p.L4Proto == n {
			return p
		}
	}
	return nil
}

func (p *Protocol) field(name string) *Field {
	for i := range p.Fields {
		if p.Fields[i].Name == name {
			return &p.Fields[i]
		}
	}
	return nil
}

func (p *Protocol) fieldNames() []string {
	out := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		out[i] = f.Name
	}
	return out
}
