package nft

// The datatypes, with nft's numbers (include/datatype.h, enum datatypes). A new type is a line here; its ID and the
// spelling of its values are all that the rest of the package needs.
var (
	TypeVerdict     = &Datatype{Name: "verdict", ID: 1, Base: BaseVerdict}
	TypeNFProto     = &Datatype{Name: "nf_proto", ID: 2, Bits: 8, symbols: syms("ipv4 2 ipv6 10"), codec: decimal}
	TypeInteger     = &Datatype{Name: "integer", ID: 4, Order: BigEndian, codec: decimal}
	TypeString      = &Datatype{Name: "string", ID: 5, Bits: 128, Base: BaseString, codec: text}
	TypeLLAddr      = &Datatype{Name: "ll_addr", ID: 6, Order: BigEndian, Bits: 48, Base: BaseAddress, codec: linkAddr}
	TypeIPv4Addr    = &Datatype{Name: "ipv4_addr", ID: 7, Order: BigEndian, Bits: 32, Base: BaseAddress, codec: ipv4}
	TypeIPv6Addr    = &Datatype{Name: "ipv6_addr", ID: 8, Order: BigEndian, Bits: 128, Base: BaseAddress, codec: ipv6}
	TypeEtherAddr   = &Datatype{Name: "ether_addr", ID: 9, Order: BigEndian, Bits: 48, Base: BaseAddress, codec: linkAddr}
	TypeEtherType   = &Datatype{Name: "ether_type", ID: 10, Order: BigEndian, Bits: 16, symbols: syms("ip 0x0800 arp 0x0806 ip6 0x86dd 8021q 0x8100 8021ad 0x88a8 vlan 0x8100"), codec: hexadecimal}
	TypeARPOp       = &Datatype{Name: "arp_op", ID: 11, Order: BigEndian, Bits: 16, symbols: syms("request 1 reply 2 rrequest 3 rreply 4 inrequest 8 inreply 9 nak 10"), codec: decimal}
	TypeInetProto   = &Datatype{Name: "inet_proto", ID: 12, Order: BigEndian, Bits: 8, symbols: protocolSymbols, codec: decimal}
	TypeInetService = &Datatype{Name: "inet_service", ID: 13, Order: BigEndian, Bits: 16, symbols: serviceSymbols, codec: service}
	TypeICMPType    = &Datatype{Name: "icmp_type", ID: 14, Order: BigEndian, Bits: 8, codec: decimal, symbols: syms(`echo-reply 0
		destination-unreachable 3 source-quench 4 redirect 5 echo-request 8 router-advertisement 9 router-solicitation 10
		time-exceeded 11 parameter-problem 12 timestamp-request 13 timestamp-reply 14 info-request 15 info-reply 16
		address-mask-request 17 address-mask-reply 18`)}
	TypeTCPFlag     = &Datatype{Name: "tcp_flag", ID: 15, Order: BigEndian, Bits: 8, Base: BaseBitmask, symbols: syms("fin 1 syn 2 rst 4 psh 8 ack 16 urg 32 ecn 64 cwr 128"), codec: bitmask}
	TypeDCCPPktType = &Datatype{Name: "dccp_pkttype", ID: 16, Order: BigEndian, Bits: 4, symbols: syms("request 0 response 1 data 2 ack 3 dataack 4 closereq 5 close 6 reset 7 sync 8 syncack 9"), codec: decimal}
	TypeMHType      = &Datatype{Name: "mh_type", ID: 17, Order: BigEndian, Bits: 8, codec: decimal, symbols: syms(`binding-refresh-request 0 home-test-init 1
		careof-test-init 2 home-test 3 careof-test 4 binding-update 5 binding-acknowledgement 6 binding-error 7
		fast-binding-update 8 fast-binding-acknowledgement 9 fast-binding-advertisement 10 experimental-mobility-header 11
		home-agent-switch-message 12`)}
	TypeTime       = &Datatype{Name: "time", ID: 18, Order: HostEndian, Bits: 64, codec: duration}
	TypeMark       = &Datatype{Name: "mark", ID: 19, Order: HostEndian, Bits: 32, codec: hexadecimal}
	TypeIfIndex    = &Datatype{Name: "iface_index", ID: 20, Order: HostEndian, Bits: 32, codec: ifindex}
	TypeIfType     = &Datatype{Name: "iface_type", ID: 21, Order: HostEndian, Bits: 16, symbols: syms("ether 1 ppp 512 ipip 768 ipip6 769 loopback 772 sit 776 ipgre 778"), codec: decimal}
	TypeRealm      = &Datatype{Name: "realm", ID: 22, Order: HostEndian, Bits: 32, symbols: syms("default 0"), codec: quoted}
	TypeClassID    = &Datatype{Name: "classid", ID: 23, Order: HostEndian, Bits: 32, symbols: syms("none 0 root 0xffffffff"), codec: classID}
	TypeUID        = &Datatype{Name: "uid", ID: 24, Order: HostEndian, Bits: 32, codec: user}
	TypeGID        = &Datatype{Name: "gid", ID: 25, Order: HostEndian, Bits: 32, codec: user}
	TypeCTState    = &Datatype{Name: "ct_state", ID: 26, Order: HostEndian, Bits: 32, Base: BaseBitmask, symbols: syms("invalid 1 new 8 established 2 related 4 untracked 64"), codec: bitmask}
	TypeCTDir      = &Datatype{Name: "ct_dir", ID: 27, Bits: 8, symbols: syms("original 0 reply 1"), codec: decimal}
	TypeCTStatus   = &Datatype{Name: "ct_status", ID: 28, Order: HostEndian, Bits: 32, Base: BaseBitmask, symbols: syms("expected 1 seen-reply 2 assured 4 confirmed 8 snat 16 dnat 32 dying 512"), codec: bitmask}
	TypeICMPv6Type = &Datatype{Name: "icmpv6_type", ID: 29, Order: BigEndian, Bits: 8, codec: decimal, symbols: syms(`destination-unreachable 1
		packet-too-big 2 time-exceeded 3 parameter-problem 4 echo-request 128 echo-reply 129 mld-listener-query 130
		mld-listener-report 131 mld-listener-done 132 mld-listener-reduction 132 nd-router-solicit 133 nd-router-advert 134
		nd-neighbor-solicit 135 nd-neighbor-advert 136 nd-redirect 137 router-renumbering 138 ind-neighbor-solicit 141
		ind-neighbor-advert 142 mld2-listener-report 143`)}
	TypeCTLabel    = &Datatype{Name: "ct_label", ID: labelTypeID, Order: HostEndian, Bits: 128, Base: BaseBitmask, codec: label}
	TypePktType    = &Datatype{Name: "pkt_type", ID: 31, Bits: 8, symbols: syms("host 0 unicast 0 broadcast 1 multicast 2 other 3"), codec: decimal}
	TypeICMPCode   = &Datatype{Name: "icmp_code", ID: 32, Order: BigEndian, Bits: 8, symbols: syms("net-unreachable 0 host-unreachable 1 prot-unreachable 2 port-unreachable 3 net-prohibited 9 host-prohibited 10 admin-prohibited 13 frag-needed 4"), codec: decimal}
	TypeICMPv6Code = &Datatype{Name: "icmpv6_code", ID: 33, Order: BigEndian, Bits: 8, symbols: syms("no-route 0 admin-prohibited 1 addr-unreachable 3 port-unreachable 4 policy-fail 5 reject-route 6"), codec: decimal}
	TypeICMPXCode  = &Datatype{Name: "icmpx_code", ID: 34, Order: BigEndian, Bits: 8, symbols: syms("port-unreachable 1 admin-prohibited 3 no-route 0 host-unreachable 2"), codec: decimal}
	TypeDevGroup   = &Datatype{Name: "devgroup", ID: 35, Order: HostEndian, Bits: 32, symbols: syms("default 0"), codec: quoted}
	TypeDSCP       = &Datatype{Name: "dscp", ID: 36, Order: BigEndian, Bits: 6, codec: hexadecimal, symbols: syms(`cs0 0 cs1 8 cs2 16 cs3 24 cs4 32 cs5 40
		cs6 48 cs7 56 df 0 be 0 lephb 1 af11 10 af12 12 af13 14 af21 18 af22 20 af23 22 af31 26 af32 28 af33 30 af41 34
		af42 36 af43 38 va 44 ef 46`)}
	TypeECN      = &Datatype{Name: "ecn", ID: 37, Order: BigEndian, Bits: 2, symbols: syms("not-ect 0 ect1 1 ect0 2 ce 3"), codec: decimal}
	TypeFibAddr  = &Datatype{Name: "fib_addrtype", ID: 38, Order: HostEndian, Bits: 32, symbols: syms("unspec 0 unicast 1 local 2 broadcast 3 anycast 4 multicast 5 blackhole 6 unreachable 7 prohibit 8"), codec: decimal}
	TypeBoolean  = &Datatype{Name: "boolean", ID: 39, Bits: 1, symbols: syms("exists 1 missing 0"), codec: decimal}
	TypeCTEvent  = &Datatype{Name: "ct_event", ID: 40, Order: HostEndian, Bits: 32, Base: BaseBitmask, symbols: syms("new 1 related 2 destroy 4 reply 8 assured 16 protoinfo 32 helper 64 mark 128 seqadj 256 secmark 512 label 1024"), codec: bitmask}
	TypeIfName   = &Datatype{Name: "ifname", ID: 41, Bits: 128, Base: BaseString, codec: text}
	TypeIGMPType = &Datatype{Name: "igmp_type", ID: 42, Order: BigEndian, Bits: 8, symbols: syms("membership-query 17 membership-report-v1 18 membership-report-v2 22 membership-report-v3 34 leave-group 23"), codec: decimal}
	// TypeMPTCPSubtype is an integer with names, those of nft 1.0.8 and later.
	TypeMPTCPSubtype = &Datatype{Name: "integer", ID: 4, Order: BigEndian, Bits: 4, symbols: syms("mp-capable 0 mp-join 1 dss 2 add-addr 3 remove-addr 4 mp-prio 5 mp-fail 6 mp-fastclose 7 mp-tcprst 8"), codec: decimal}
	TypeDay          = &Datatype{Name: "day", ID: 45, Bits: 8, symbols: syms("Sunday 0 Monday 1 Tuesday 2 Wednesday 3 Thursday 4 Friday 5 Saturday 6"), codec: quoted}
	TypeCgroupV2     = &Datatype{Name: "cgroupsv2", ID: 46, Order: HostEndian, Bits: 64, codec: cgroupPath}
)

// datatypes are the types that a set can be declared with (`type NAME`).
var datatypes = []*Datatype{
	TypeNFProto, TypeLLAddr, TypeIPv4Addr, TypeIPv6Addr, TypeEtherAddr, TypeEtherType, TypeARPOp, TypeInetProto,
	TypeInetService, TypeICMPType, TypeTCPFlag, TypeDCCPPktType, TypeMHType, TypeTime, TypeMark, TypeIfIndex, TypeIfType, TypeRealm,
	TypeClassID, TypeUID, TypeGID, TypeCTState, TypeCTDir, TypeCTStatus, TypeCTLabel, TypeICMPv6Type, TypePktType, TypeICMPCode,
	TypeICMPv6Code, TypeICMPXCode, TypeDevGroup, TypeDSCP, TypeECN, TypeFibAddr, TypeBoolean, TypeCTEvent, TypeIfName,
	TypeIGMPType, TypeDay, TypeCgroupV2,
}

// TypeNamed is the datatype that a set declaration calls name; nil if there is none.
func TypeNamed(name string) *Datatype {
	for _, d := range datatypes {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func typeNames() []string {
	out := []string{"verdict"}
	for _, d := range datatypes {
		out = append(out, d.Name)
	}
	return out
}
