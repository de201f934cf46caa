package path

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// EtherTypes, include/uapi/linux/if_ether.h.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd
)

// IP protocol numbers, include/uapi/linux/in.h and in6.h.
const (
	ipprotoICMP   = 1
	ipprotoTCP    = 6
	ipprotoUDP    = 17
	ipprotoICMPv6 = 58
)

// Decode reads the headers of a packet from the pieces that a trace event carries: ll, nh and th are the
// link-layer, network and transport header in network byte order, each cut to what was recorded and each
// possibly empty. What is cut off stays zero. Decode never fails: bytes that make no sense give an empty Packet.
func Decode(ll, nh, th []byte) Packet {
	var p Packet
	p.decodeEther(ll)
	if len(nh) == 0 {
		return p
	}
	var proto uint8
	switch nh[0] >> 4 {
	case 4:
		proto = p.decodeIPv4(nh)
	case 6:
		proto = p.decodeIPv6(nh)
	default:
		return p
	}
	p.Proto = protoName(proto)
	p.decodeTransport(proto, th)
	return p
}

func (p *Packet) decodeEther(ll []byte) {
	if len(ll) < 14 {
		return
	}
	p.EtherDst = net.HardwareAddr(ll[0:6]).String()
	p.EtherSrc = net.HardwareAddr(ll[6:12]).String()
	p.EtherType = binary.BigEndian.Uint16(ll[12:14])
}

// decodeIPv4 reads RFC 791 section 3.1 and gives the protocol number.
func (p *Packet) decodeIPv4(nh []byte) uint8 {
	if len(nh) < 20 {
		return 0
	}
	p.DSCP = nh[1] >> 2
	p.Len = binary.BigEndian.Uint16(nh[2:4])
	p.ID = binary.BigEndian.Uint16(nh[4:6])
	p.TTL = nh[8]
	p.Src = netip.AddrFrom4([4]byte(nh[12:16]))
	p.Dst = netip.AddrFrom4([4]byte(nh[16:20]))
	return nh[9]
}

// decodeIPv6 reads RFC 8200 section 3 and gives the next header. Extension headers are not followed: the
// trace records 40 bytes only.
func (p *Packet) decodeIPv6(nh []byte) uint8 {
	if len(nh) < 40 {
		return 0
	}
	p.DSCP = uint8(binary.BigEndian.Uint16(nh[0:2]) >> 6 & 0x3f)
	if n := int(binary.BigEndian.Uint16(nh[4:6])) + 40; n <= 0xffff {
		p.Len = uint16(n)
	}
	p.TTL = nh[7]
	p.Src = netip.AddrFrom16([16]byte(nh[8:24]))
	p.Dst = netip.AddrFrom16([16]byte(nh[24:40]))
	return nh[6]
}

func (p *Packet) decodeTransport(proto uint8, th []byte) {
	switch proto {
	case ipprotoTCP: // RFC 9293 section 3.1
		if len(th) < 4 {
			return
		}
		p.Sport = binary.BigEndian.Uint16(th[0:2])
		p.Dport = binary.BigEndian.Uint16(th[2:4])
		if len(th) < 16 {
			return
		}
		p.Seq = binary.BigEndian.Uint32(th[4:8])
		p.Ack = binary.BigEndian.Uint32(th[8:12])
		p.TCPFlags = tcpFlags(th[13])
		p.Window = binary.BigEndian.Uint16(th[14:16])
	case ipprotoUDP: // RFC 768
		if len(th) < 4 {
			return
		}
		p.Sport = binary.BigEndian.Uint16(th[0:2])
		p.Dport = binary.BigEndian.Uint16(th[2:4])
	case ipprotoICMP, ipprotoICMPv6: // RFC 792, RFC 4443 section 2.1
		if len(th) < 2 {
			return
		}
		p.ICMPType, p.ICMPCode = th[0], th[1]
		if len(th) >= 8 && p.isEcho() {
			p.ICMPID = binary.BigEndian.Uint16(th[4:6])
			p.ICMPSeq = binary.BigEndian.Uint16(th[6:8])
		}
	}
}

// ICMP types, include/uapi/linux/icmp.h and icmpv6.h.
const (
	icmpEchoReply     = 0
	icmpUnreachable   = 3
	icmpEcho          = 8
	icmpTimeExceeded  = 11
	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
	icmp6Echo         = 128
	icmp6EchoReply    = 129
)

func (p *Packet) isEcho() bool { return p.isEchoRequest() || p.isEchoReply() }

func (p *Packet) isEchoRequest() bool {
	return p.Proto == "icmp" && p.ICMPType == icmpEcho || p.Proto == "icmpv6" && p.ICMPType == icmp6Echo
}

func (p *Packet) isEchoReply() bool {
	return p.Proto == "icmp" && p.ICMPType == icmpEchoReply || p.Proto == "icmpv6" && p.ICMPType == icmp6EchoReply
}

// echoTypes are the types of an echo request and its reply in a protocol; 0 and 0 in those that have none.
func echoTypes(proto string) (request, reply uint8) {
	switch proto {
	case "icmp":
		return icmpEcho, icmpEchoReply
	case "icmpv6":
		return icmp6Echo, icmp6EchoReply
	}
	return 0, 0
}

// IsICMPError reports whether p tells its receiver that another packet went wrong.
func (p *Packet) IsICMPError() bool {
	switch p.Proto {
	case "icmp":
		return p.ICMPType == icmpUnreachable || p.ICMPType == icmpTimeExceeded || p.ICMPType == 12
	case "icmpv6":
		return p.ICMPType >= icmp6Unreachable && p.ICMPType <= 4
	}
	return false
}

func protoName(n uint8) string {
	switch n {
	case ipprotoICMP:
		return "icmp"
	case ipprotoTCP:
		return "tcp"
	case ipprotoUDP:
		return "udp"
	case ipprotoICMPv6:
		return "icmpv6"
	}
	return strconv.Itoa(int(n))
}

// tcpFlagNames are nft's words for the bits of the flags byte, lowest bit first.
var tcpFlagNames = [...]string{"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"}

func tcpFlags(b byte) string {
	var names []string
	for i, name := range tcpFlagNames {
		if b&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// HasFlag reports whether the TCP flag name (nft's word) is set.
func (p *Packet) HasFlag(name string) bool {
	for f := range strings.SplitSeq(p.TCPFlags, ",") {
		if f == name {
			return true
		}
	}
	return false
}

// Source and Destination are the address with the port, if the protocol has ports.
func (p *Packet) Source() string      { return hostPort(p.Src, p.Sport) }
func (p *Packet) Destination() string { return hostPort(p.Dst, p.Dport) }

func hostPort(a netip.Addr, port uint16) string {
	if !a.IsValid() {
		return "?"
	}
	if port == 0 {
		return a.String()
	}
	return netip.AddrPortFrom(a, port).String()
}

// String is one line: "tcp 198.51.100.7:40122 > 203.0.113.1:8080 syn".
func (p *Packet) String() string {
	s := fmt.Sprintf("%s %s > %s", p.Proto, p.Source(), p.Destination())
	switch {
	case p.TCPFlags != "":
		s += " " + p.TCPFlags
	case p.Proto == "icmp" || p.Proto == "icmpv6":
		s += " " + ICMPName(p.Proto, p.ICMPType, p.ICMPCode)
	}
	return s
}

// ICMPName is the field's usual name of an ICMP (proto "icmp") or ICMPv6 ("icmpv6") message, "net unreachable";
// numbers where there is none.
func ICMPName(proto string, typ, code uint8) string {
	if proto == "icmpv6" {
		switch typ {
		case icmp6Echo:
			return "echo-request"
		case icmp6EchoReply:
			return "echo-reply"
		case icmp6TooBig:
			return "packet too big"
		case icmp6TimeExceeded:
			return "time exceeded"
		case icmp6Unreachable: // RFC 4443 section 3.1
			return word(code, "no route", "admin prohibited", "beyond scope", "address unreachable",
				"port unreachable", "failed policy", "reject route")
		}
	} else {
		switch typ {
		case icmpEcho:
			return "echo-request"
		case icmpEchoReply:
			return "echo-reply"
		case icmpTimeExceeded:
			return "time exceeded"
		case icmpUnreachable: // RFC 792, RFC 1812 section 5.2.7.1
			return word(code, "net unreachable", "host unreachable", "protocol unreachable", "port unreachable",
				"fragmentation needed", "source route failed", "net unknown", "host unknown", "host isolated",
				"net prohibited", "host prohibited", "net unreachable for tos", "host unreachable for tos",
				"admin prohibited")
		}
	}
	return fmt.Sprintf("type %d code %d", typ, code)
}

func word(i uint8, words ...string) string {
	if int(i) < len(words) {
		return words[i]
	}
	return fmt.Sprintf("unreachable code %d", i)
}

// diff lists the fields in which b differs from a, both being the same packet at two stations. Only fields
// that both know are compared, because a later event may have recorded less.
func diff(a, b *Packet) []Change {
	var out []Change
	l3 := "ip"
	ttl := "ip ttl"
	if a.Src.Is6() {
		l3, ttl = "ip6", "ip6 hoplimit"
	}
	add := func(field, from, to string) {
		if from != to {
			out = append(out, Change{Field: field, From: from, To: to})
		}
	}
	if a.Src.IsValid() && b.Src.IsValid() {
		add(l3+" saddr", a.Src.String(), b.Src.String())
		add(l3+" daddr", a.Dst.String(), b.Dst.String())
		add(ttl, num(a.TTL), num(b.TTL))
		add(l3+" dscp", fmt.Sprintf("%#02x", a.DSCP), fmt.Sprintf("%#02x", b.DSCP))
	}
	if a.Sport != 0 && b.Sport != 0 {
		add(a.Proto+" sport", num(a.Sport), num(b.Sport))
		add(a.Proto+" dport", num(a.Dport), num(b.Dport))
	}
	if a.isEcho() && b.isEcho() {
		add(a.Proto+" id", num(a.ICMPID), num(b.ICMPID))
	}
	add("meta mark", fmt.Sprintf("%#x", a.Mark), fmt.Sprintf("%#x", b.Mark))
	return out
}

func num[T uint8 | uint16](n T) string { return strconv.Itoa(int(n)) }
