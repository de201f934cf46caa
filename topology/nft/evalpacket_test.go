package nft

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// newPacket makes a packet from words: the protocol, source and destination with their ports, and what else is known.
//
//	tcp 192.0.2.1:40000 198.51.100.2:80 flags=syn iif=wan oif=lan ct=new
//
// iif=- is no interface. nh and th cut what is recorded of the headers. What is not written is not known.
func newPacket(t testing.TB, words string) *Packet {
	t.Helper()
	f := strings.Fields(words)
	b := &packetBuilder{t: t, p: &Packet{}, ttl: 64, size: 8}
	b.proto = map[string]uint8{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "esp": 50, "igmp": 2, "udplite": 136, "ah": 51, "dccp": 33, "comp": 108}[f[0]]
	b.src, b.sport = end(t, f[1])
	b.dst, b.dport = end(t, f[2])
	for _, w := range f[3:] {
		key, val, _ := strings.Cut(w, "=")
		b.set(key, val)
	}
	return b.build()
}

func end(t testing.TB, s string) (netip.Addr, uint16) {
	t.Helper()
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr(), ap.Port()
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a, 0
}

type packetBuilder struct {
	t            testing.TB
	p            *Packet
	proto        uint8
	src, dst     netip.Addr
	sport, dport uint16
	ttl, tos     uint8
	id, frag     uint16
	flow         uint32
	typ, code    uint8
	flags        uint8
	size         int    // of the data behind the transport header
	ext          []byte // IPv6 extension headers; the first one is of type extType
	extType      uint8
	options      int // bytes of IPv4 options
	topt         []byte
	nh, th       int // how much is recorded; 0: all
	noTH, noLen  bool
}

func (b *packetBuilder) number(s string) uint64 {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *packetBuilder) set(key, val string) {
	m, ct := &b.p.Meta, &b.p.CT
	switch key {
	case "flags":
		for _, n := range strings.Split(val, ",") {
			v, _ := TypeTCPFlag.symbols.value(n)
			b.flags |= uint8(v)
		}
		return
	case "iif", "oif":
		if val == "-" {
			val = ""
		}
		if key == "iif" {
			m.Iifname = Some(val)
		} else {
			m.Oifname = Some(val)
		}
		return
	case "ll":
		for _, mac := range strings.Split(val, ",") {
			hw, err := net.ParseMAC(mac)
			if err != nil {
				b.t.Fatal(err)
			}
			b.p.LL = append(b.p.LL, hw...)
		}
		return
	case "ct":
		v, ok := TypeCTState.symbols.value(val)
		if !ok {
			b.t.Fatalf("no state %s", val)
		}
		ct.State = Some(uint32(v))
		return
	case "original", "reply":
		e := strings.Split(val, ">")
		var u Tuple
		var src, dst netip.Addr
		src, u.Sport = end(b.t, e[0])
		dst, u.Dport = end(b.t, e[1])
		u.Src, u.Dst, u.Proto = src.AsSlice(), dst.AsSlice(), b.proto
		if key == "original" {
			ct.Original = Some(u)
		} else {
			ct.Reply = Some(u)
		}
		return
	case "helper":
		ct.Helper = Some(val)
		return
	case "ext": // TYPE:hex bytes of the header
		typ, hex, _ := strings.Cut(val, ":")
		b.extType = uint8(b.number(typ))
		for i := 0; i+1 < len(hex); i += 2 {
			b.ext = append(b.ext, byte(b.number("0x"+hex[i:i+2])))
		}
		return
	case "topt": // hex bytes of the options of TCP
		for i := 0; i+1 < len(val); i += 2 {
			b.topt = append(b.topt, byte(b.number("0x"+val[i:i+2])))
		}
		return
	case "noth":
		b.noTH = true
		return
	case "nolen":
		b.noLen = true
		return
	}
	v := b.number(val)
	switch key {
	case "iifindex":
		m.Iif = Some(uint32(v))
	case "oifindex":
		m.Oif = Some(uint32(v))
	case "iiftype":
		m.Iiftype = Some(uint16(v))
	case "mark":
		m.Mark = Some(uint32(v))
	case "priority":
		m.Priority = Some(uint32(v))
	case "pkttype":
		m.Pkttype = Some(uint8(v))
	case "skuid":
		m.SKUID = Some(uint32(v))
	case "skgid":
		m.SKGID = Some(uint32(v))
	case "cpu":
		m.CPU = Some(uint32(v))
	case "rtclassid":
		m.Rtclassid = Some(uint32(v))
	case "protocol":
		m.Protocol = Some(uint16(v))
	case "l4proto":
		b.p.L4Proto = Some(uint8(v))
	case "dir":
		ct.Direction = Some(uint8(v))
	case "status":
		ct.Status = Some(uint32(v))
	case "ctmark":
		ct.Mark = Some(uint32(v))
	case "zone":
		ct.Zone = Some(uint16(v))
	case "ctid":
		ct.ID = Some(uint32(v))
	case "bytes":
		ct.Bytes = Some(v)
	case "packets":
		ct.Packets = Some(v)
	case "ttl":
		b.ttl = uint8(v)
	case "tos":
		b.tos = uint8(v)
	case "id":
		b.id = uint16(v)
	case "frag":
		b.frag = uint16(v)
	case "flow":
		b.flow = uint32(v)
	case "type":
		b.typ = uint8(v)
	case "code":
		b.code = uint8(v)
	case "size":
		b.size = int(v)
	case "options":
		b.options = int(v)
	case "nh":
		b.nh = int(v)
	case "th":
		b.th = int(v)
	default:
		b.t.Fatalf("no such word: %s=", key)
	}
}

func (b *packetBuilder) build() *Packet {
	p := b.p
	th := make([]byte, map[uint8]int{6: 20, 132: 12, 51: 12, 33: 12}[b.proto])
	if len(th) == 0 {
		th = make([]byte, 8)
	}
	switch b.proto {
	case 1, 58, 2:
		th[0], th[1] = b.typ, b.code
		binary.BigEndian.PutUint16(th[4:], b.id)
	case 6:
		binary.BigEndian.PutUint32(th[4:], 1000)
		th = append(th, b.topt...)
		th[12], th[13] = byte(len(th)/4)<<4, b.flags
		binary.BigEndian.PutUint16(th[14:], 64240)
		fallthrough
	default:
		binary.BigEndian.PutUint16(th, b.sport)
		binary.BigEndian.PutUint16(th[2:], b.dport)
	}
	if b.proto == 17 {
		binary.BigEndian.PutUint16(th[4:], uint16(8+b.size))
	}
	var nh []byte
	if b.src.Is4() {
		p.Family = FamilyIP
		nh = make([]byte, 20+b.options)
		nh[0], nh[1], nh[8], nh[9] = 0x40|byte(len(nh)/4), b.tos, b.ttl, b.proto
		binary.BigEndian.PutUint16(nh[2:], uint16(len(nh)+len(th)+b.size))
		binary.BigEndian.PutUint16(nh[4:], b.id)
		binary.BigEndian.PutUint16(nh[6:], b.frag)
		copy(nh[12:], b.src.AsSlice())
		copy(nh[16:], b.dst.AsSlice())
	} else {
		p.Family = FamilyIP6
		nh = make([]byte, 40)
		binary.BigEndian.PutUint32(nh, 6<<28|uint32(b.tos)<<20|b.flow)
		binary.BigEndian.PutUint16(nh[4:], uint16(len(b.ext)+len(th)+b.size))
		nh[6], nh[7] = b.proto, b.ttl
		if b.ext != nil {
			nh[6] = b.extType
		}
		copy(nh[8:], b.src.AsSlice())
		copy(nh[24:], b.dst.AsSlice())
		nh = append(nh, b.ext...)
	}
	if !b.noLen {
		p.Meta.Len = Some(uint32(len(nh) + len(th) + b.size))
	}
	if b.nh > 0 {
		nh = nh[:min(b.nh, len(nh))]
	}
	if b.th > 0 {
		th = th[:min(b.th, len(th))]
	}
	p.NH = nh
	if !b.noTH {
		p.TH = th
	}
	return p
}
