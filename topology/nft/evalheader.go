package nft

import "encoding/binary"

// IP protocol numbers of IPv6 extension headers (include/net/ipv6.h, NEXTHDR_*).
const (
	nextHop      = 0
	nextRouting  = 43
	nextFragment = 44
	nextAuth     = 51
	nextNone     = 59
	nextDest     = 60
)

// transport is where the transport header of a packet begins, struct nft_pktinfo in the kernel.
type transport struct {
	proto    byte
	hasProto knowledge
	offset   int       // of the header, in bytes from the network header; -1 if that is not known
	header   knowledge // broken: there is none, as in a fragment
	why      string    // for broken: why there is none
}

// protocol is the number of the protocol as a value.
func (t *transport) protocol() value {
	var v value
	switch t.hasProto {
	case known:
		v.setUint(uint64(t.proto), 1)
	case broken:
		return isBroken(t.why)
	case unknown:
		return isUnknown(notRecorded)
	}
	return v
}

// present is known if there is a transport header that the kernel looks at.
func (t *transport) present() value {
	switch {
	case t.header == broken, t.hasProto == broken:
		return isBroken(t.why)
	case t.header == unknown:
		return isUnknown(notRecorded)
	}
	return value{}
}

const (
	noTransport = "the packet has no transport header"
	aFragment   = "the packet is a fragment without the transport header"
	notRecorded = "that part of the packet was not recorded"
	rewritten   = "a rule before may have rewritten it"
	// Of Linux 6.18 this is true, and later kernels may do better.
	fragmentData = "a fragment has no transport header, but the kernel may take its data for one"
)

// family of the packet; FamilyUnspec if it is not known.
func (p *Packet) family() Family {
	if p.Family == FamilyUnspec && len(p.NH) > 0 {
		switch p.NH[0] >> 4 {
		case 4:
			return FamilyIP
		case 6:
			return FamilyIP6
		}
	}
	return p.Family
}

// transport finds the transport header as nft_set_pktinfo_ipv4 and nft_set_pktinfo_ipv6 do
// (include/net/netfilter/nf_tables_ipv4.h, nf_tables_ipv6.h).
func (p *Packet) transport() transport {
	t := transport{hasProto: unknown, offset: -1, header: unknown}
	hidden := false
	switch p.family() {
	case FamilyIP:
		t.find4(p.NH)
	case FamilyIP6:
		t.find6(p)
		// Behind extension headers that were not recorded there may be a fragment header.
		hidden = len(p.NH) >= 7 && !p.L4Proto.Known
	case FamilyUnspec:
	default: // nft_set_pktinfo_unspec
		return transport{hasProto: broken, offset: -1, header: broken, why: noTransport}
	}
	if p.L4Proto.Known {
		t.proto, t.hasProto = p.L4Proto.V, known
	}
	if t.header == unknown && len(p.TH) > 0 && !hidden {
		t.header = known
	}
	return t
}

func (t *transport) find4(nh []byte) {
	if len(nh) > 0 {
		t.offset = int(nh[0]&0xf) * 4
	}
	if len(nh) >= 8 {
		t.header = known
		if binary.BigEndian.Uint16(nh[6:])&0x1fff != 0 { // IP_OFFSET
			t.header, t.why = broken, aFragment
		}
	}
	if len(nh) >= 10 {
		t.proto, t.hasProto = nh[9], known
	}
}

// find6 walks the extension headers as ipv6_find_hdr does for no header in particular (net/ipv6/exthdrs_core.c).
func (t *transport) find6(p *Packet) {
	nh := p.NH
	if len(nh) < 7 {
		return
	}
	next, at := nh[6], 40
	for isExtension(next) && next != nextNone && next != nextAuth {
		if at+8 > len(nh) {
			if p.Meta.Len.Known && at+8 > int(p.Meta.Len.V) {
				t.hasProto, t.header, t.why = broken, broken, noTransport
			}
			return
		}
		h := nh[at:]
		if next == nextFragment && binary.BigEndian.Uint16(h[2:])&^7 != 0 {
			t.header, t.why = broken, aFragment
			t.proto, t.hasProto = h[0], known
			if isExtension(h[0]) && h[0] != nextNone {
				t.hasProto = broken
			}
			return
		}
		size := 8
		if next != nextFragment {
			size = 8 + 8*int(h[1])
		}
		next, at = h[0], at+size
	}
	t.proto, t.hasProto, t.offset, t.header = next, known, at, known
}

// isExtension is ipv6_ext_hdr.
func isExtension(next byte) bool {
	switch next {
	case nextHop, nextRouting, nextFragment, nextAuth, nextNone, nextDest:
		return true
	}
	return false
}

// bitRange is a part of a header. It is as in [Payload]: in bits from the start of the header.
type bitRange struct {
	base        HeaderBase
	offset, len int
}

func (r bitRange) overlaps(o bitRange) bool {
	return r.base == o.base && r.offset < o.offset+o.len && o.offset < r.offset+r.len
}

// fast reports whether the kernel reads these bits with nft_payload_fast_eval (net/netfilter/nf_tables_core.c), which
// does not ask whether the packet is a fragment.
func (r bitRange) fast() bool {
	first := r.offset / 8
	n := (r.offset+r.len-1)/8 - first + 1
	return (n == 1 || n == 2 || n == 4) && first%n == 0
}

// view is one place where bits of a packet are recorded.
type view struct {
	header []byte
	bitRange
}

func (v view) holds() bool { return v.len > 0 && v.offset >= 0 && v.offset+v.len <= 8*len(v.header) }

// views are the places where a part of the packet may be recorded: what is recorded of the network header may reach
// into the transport header.
func (p *Packet) views(r bitRange, th int) (out [2]view) {
	switch r.base {
	case LinkHeader:
		out[0] = view{p.LL, r}
	case NetworkHeader:
		out[0] = view{p.NH, r}
		if th > 0 {
			out[1] = view{p.TH, bitRange{TransportHeader, r.offset - 8*th, r.len}}
		}
	case TransportHeader:
		out[0] = view{p.TH, r}
		if th > 0 {
			out[1] = view{p.NH, bitRange{NetworkHeader, r.offset + 8*th, r.len}}
		}
	}
	return out
}

// read reads a part of a header as nft_payload_eval does (net/netfilter/nft_payload.c).
func (p *Packet) read(r bitRange) value {
	n := (r.len + 7) / 8
	if n > maxValue || n == 0 || r.offset < 0 {
		return isUnknown("so many bits cannot be compared")
	}
	if r.base == InnerHeader {
		at, v := p.innerOffset()
		if v.has != known {
			return v
		}
		r = bitRange{TransportHeader, r.offset + 8*at, r.len}
	}
	end := (r.offset + r.len + 7) / 8 // in bytes from the network header
	th := -1
	if r.base != LinkHeader {
		t := p.transport()
		th = t.offset
		if r.base == TransportHeader {
			if t.header == broken && t.hasProto != broken && r.fast() {
				return isUnknown(fragmentData)
			}
			if v := t.present(); v.has != known {
				return v
			}
			end += th
		}
		if p.Meta.Len.Known && end > int(p.Meta.Len.V) && (r.base == NetworkHeader || th > 0) {
			return isBroken("the packet ends before that")
		}
	}
	for _, v := range p.views(r, th) {
		if !v.holds() {
			continue
		}
		for _, lost := range p.lost {
			if lost.overlaps(v.bitRange) {
				return isUnknown(rewritten)
			}
		}
		out := value{n: n}
		readBits(out.b[:n], v.header, v.offset, v.len)
		return out
	}
	return isUnknown(notRecorded)
}

// innerOffset is where what the transport header carries begins, in bytes from it (__nft_payload_inner_offset of
// net/netfilter/nft_payload.c).
func (p *Packet) innerOffset() (int, value) {
	t := p.transport()
	if v := t.protocol(); v.has != known {
		return 0, v
	}
	if v := t.present(); v.has != known {
		return 0, v
	}
	th := p.transportBytes()
	switch t.proto {
	case 17:
		return 8, value{}
	case 4: // IPIP
		return 0, value{}
	case protoNumberTCP:
		if len(th) < 13 {
			return 0, isUnknown(notRecorded)
		}
		return int(th[12]>>4) * 4, value{}
	case protoNumberGRE:
		return greOffset(th)
	}
	return 0, isBroken("the kernel does not know what this protocol carries")
}

// bitsAt are n bits of a header as far as it was recorded, from bit off on.
func bitsAt(b []byte, off, n int) value {
	if off+n > 8*len(b) {
		return isUnknown(notRecorded)
	}
	v := value{n: (n + 7) / 8}
	readBits(v.b[:v.n], b, off, n)
	return v
}

// readBits copies n bits of src, from bit off on, to the low bits of dst.
func readBits(dst, src []byte, off, n int) {
	if off%8 == 0 && n%8 == 0 {
		copy(dst, src[off/8:(off+n)/8])
		return
	}
	for i := range n {
		to := 8*len(dst) - n + i
		from := off + i
		if src[from/8]&(0x80>>(from%8)) != 0 {
			dst[to/8] |= 0x80 >> (to % 8)
		}
	}
}

// writeBits copies the low n bits of src to dst, from bit off on.
func writeBits(dst, src []byte, off, n int) {
	for i := range n {
		from := 8*len(src) - n + i
		to := off + i
		dst[to/8] &^= 0x80 >> (to % 8)
		if from >= 0 && src[from/8]&(0x80>>(from%8)) != 0 {
			dst[to/8] |= 0x80 >> (to % 8)
		}
	}
}
