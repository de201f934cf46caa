package ruleset

import (
	"github.com/google/nftables/expr"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// known is what a rule has already established about the packet: which protocol each header is of. A selector of a
// header that is not known yet gets a match before it, as in nft (payload_gen_dependency of nft's src/payload.c);
// nft list leaves out those that it would add again.
type known struct {
	ether bool   // the link-layer header is Ethernet
	vlan  bool   // behind it is a VLAN tag
	net   string // name of the network protocol: ip, ip6, arp; "" if open
	l4    int    // IP protocol number; -1 if open
	icmp  bool   // the type of the ICMP message
}

func knownIn(f nft.Family) known {
	k := known{l4: -1}
	switch f {
	case nft.FamilyIP, nft.FamilyIP6, nft.FamilyARP:
		k.net = f.String()
	case nft.FamilyBridge:
		k.ether = true
	}
	return k
}

// Numbers of protocols (include/uapi/linux/if_ether.h, if_arp.h, in.h).
const (
	etherIP     = 0x0800
	etherARP    = 0x0806
	etherVLAN   = 0x8100
	etherIP6    = 0x86dd
	arpHdrEther = 1
	protoTCP    = 6
	protoUDP    = 17
)

// Where the ethertypes are: behind the two addresses, and behind the VLAN tag (struct ethhdr of if_ether.h, struct
// vlan_ethhdr of if_vlan.h).
const (
	etherTypeOffset = 12
	vlanTypeOffset  = 16
)

// require adds the matches that a selector needs before it, for all selectors in an expression.
func (r *rule) require(e nft.Expr) {
	switch e := e.(type) {
	case *nft.Payload:
		r.requireHeader(e)
	case *nft.Exthdr:
		switch e.Op {
		case nft.ExthdrIPv6:
			r.requireFamily(nft.FamilyIP6, false)
		case nft.ExthdrIPv4:
			r.requireFamily(nft.FamilyIP, false)
		case nft.ExthdrTCP:
		}
	case *nft.Inner:
		r.requireInner(e)
	case *nft.ConcatExpr:
		for _, p := range e.Parts {
			r.require(p)
		}
	case *nft.Bitwise:
		r.require(e.X)
	case *nft.Shift:
		r.require(e.X)
	case *nft.Cast:
		r.require(e.X)
	case *nft.Combine:
		r.require(e.X)
		r.require(e.Y)
	case *nft.MapLookup:
		r.require(e.Key)
	case *nft.Hash:
		if e.X != nil {
			r.require(e.X)
		}
	}
}

func (r *rule) requireHeader(e *nft.Payload) {
	p := e.Proto
	if p == nil || p.Name == "th" {
		return
	}
	switch p.Base {
	case nft.LinkHeader:
		if r.tunnel == nil {
			r.requireEther()
		}
		if p.Name == "vlan" && !r.known.vlan {
			r.requireBytes(nft.LinkHeader, etherTypeOffset, be16(etherVLAN))
			r.known.vlan = true
		}
	case nft.NetworkHeader:
		r.requireNetwork(p.Name, p.EtherType, false)
	case nft.TransportHeader:
		if f := p.Family; f != nft.FamilyUnspec || p.Name == "igmp" {
			if r.known.l4 != p.L4Proto {
				r.requireFamily(f, true)
			}
		}
		r.requireL4(p.L4Proto)
		if e.Field != nil && e.Field.ICMPTypes != nil && !r.known.icmp {
			r.requireICMP(p, e.Field)
			r.known.icmp = true
		}
	}
}

func (r *rule) requireEther() {
	if !r.known.ether {
		r.requireMeta(expr.MetaKeyIIFTYPE, hostValue(2, arpHdrEther))
		r.known.ether = true
	}
}

// requireFamily is requireNetwork for IPv4 or IPv6.
func (r *rule) requireFamily(f nft.Family, transport bool) {
	if f == nft.FamilyIP6 {
		r.requireNetwork("ip6", etherIP6, transport)
	} else {
		r.requireNetwork("ip", etherIP, transport)
	}
}

// requireNetwork makes sure of the network protocol. transport says that a transport header needs it: in a bridge nft
// looks into the Ethernet header then, and not at what the kernel took the packet for.
func (r *rule) requireNetwork(name string, etherType uint16, transport bool) {
	if r.known.net != "" {
		return
	}
	r.known.net = name
	family := r.family
	if r.tunnel != nil {
		family = nft.FamilyNetdev
		if r.tunnel.Link { // nft looks into it as a bridge looks at packets
			family = nft.FamilyBridge
		}
	}
	link := family == nft.FamilyBridge && (transport || name == "arp") || family != nft.FamilyBridge && r.known.ether
	switch {
	case r.known.vlan:
		r.requireBytes(nft.LinkHeader, vlanTypeOffset, be16(etherType))
	case link:
		r.requireBytes(nft.LinkHeader, etherTypeOffset, be16(etherType))
	case family == nft.FamilyInet && name == "ip":
		r.requireMeta(expr.MetaKeyNFPROTO, []byte{byte(nft.FamilyIP)})
	case family == nft.FamilyInet:
		r.requireMeta(expr.MetaKeyNFPROTO, []byte{byte(nft.FamilyIP6)})
	default:
		r.requireMeta(expr.MetaKeyPROTOCOL, be16(etherType))
	}
}

func (r *rule) requireL4(number int) {
	if number >= 0 && r.known.l4 != number {
		r.requireMeta(expr.MetaKeyL4PROTO, []byte{byte(number)})
		r.known.l4 = number
	}
}

// requireICMP makes sure that an ICMP message is of a type that has the field.
func (r *rule) requireICMP(p *nft.Protocol, f *nft.Field) {
	types := f.ICMPTypes
	if f.Name == "max-delay" {
		types = types[:1] // the only one that nft asks for
	}
	if len(types) == 1 {
		r.requireBytes(nft.TransportHeader, 0, types)
		return
	}
	name := r.icmpTypes(p, types)
	r.free = 0
	r.add(payloadLoad(0, nft.TransportHeader, 0, 1))
	r.lookup(0, name, -1, false)
}

// requireMeta compares a property of the packet.
func (r *rule) requireMeta(key expr.MetaKey, value []byte) {
	r.add(&expr.Meta{Key: key, Register: regNumber(0)})
	r.cmp(0, expr.CmpOpEq, value)
}

// requireBytes compares bytes of a header that say which protocol comes next.
func (r *rule) requireBytes(base nft.HeaderBase, offset int, value []byte) {
	if r.tunnel != nil {
		r.add(payloadLoad(0, base, offset, len(value)))
		r.cmp(0, expr.CmpOpEq, value)
		return
	}
	r.pieces = append(r.pieces, piece{node: r.node,
		cmp: &payloadCmp{base: base, offset: offset, value: value, protocol: base == nft.LinkHeader}})
}

// learn remembers what a match with == established. Of a set it is what its last element says, as in nft.
func (r *rule) learn(left nft.Expr, right nft.Expr) {
	switch right := right.(type) {
	case *nft.Const:
		r.learnValue(left, right)
	case *nft.SetRef:
		if right.Set.Anonymous() {
			for _, e := range right.Set.Elems {
				if k, ok := e.Key.(*nft.Const); ok {
					r.learnValue(left, k)
				}
			}
		}
	}
}

func (r *rule) learnValue(left nft.Expr, k *nft.Const) {
	if in, ok := left.(*nft.Inner); ok {
		r.within(in.Tunnel, func() { r.learnValue(in.Payload, k) })
		return
	}
	v := number(k)
	switch e := left.(type) {
	case *nft.Meta:
		switch e.Key {
		case nft.MetaNFProto:
			r.learnFamily(v)
		case nft.MetaL4Proto:
			r.known.l4 = int(v)
		case nft.MetaProtocol:
			if (r.family == nft.FamilyBridge || r.family == nft.FamilyNetdev) && v != etherVLAN { // of the tag only the header itself tells
				r.learnEtherType(v)
			}
		case nft.MetaIiftype:
			if v == arpHdrEther && r.family != nft.FamilyBridge {
				r.known.ether = true
			}
		}
	case *nft.Payload:
		if e.Proto == nil || e.Field == nil {
			return
		}
		switch e.Proto.Name + " " + e.Field.Name {
		case "ether type", "vlan type":
			r.learnEtherType(v)
		case "ip protocol", "ip6 nexthdr":
			r.known.l4 = int(v)
		case "icmp type", "icmpv6 type":
			r.known.icmp = true
		}
	}
}

func (r *rule) learnFamily(v uint64) {
	switch nft.Family(v) {
	case nft.FamilyIP:
		r.known.net = "ip"
	case nft.FamilyIP6:
		r.known.net = "ip6"
	}
}

func (r *rule) learnEtherType(v uint64) {
	switch v {
	case etherIP:
		r.known.net = "ip"
	case etherIP6:
		r.known.net = "ip6"
	case etherARP:
		r.known.net = "arp"
	case etherVLAN:
		r.known.vlan = true
	}
}

// deciding reports whether a header field says of which protocol the next header is.
func deciding(p *nft.Payload) bool {
	if p.Proto == nil || p.Field == nil {
		return false
	}
	switch p.Proto.Name + " " + p.Field.Name {
	case "ether type", "vlan type", "ip protocol", "ip6 nexthdr":
		return true
	}
	return false
}
