package ruleset

import (
	"strings"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// loadExtension loads a field of an extension header or an option, its bits where they are, or whether it is there.
func (r *rule) loadExtension(e *nft.Exthdr, reg int) bits {
	b := bitsOf(e)
	size := max(b.size, e.Len/8)
	r.add(&expr.Exthdr{Op: expr.ExthdrOp(e.Op), Type: e.Number, Offset: uint32(e.Offset / 8), Len: uint32(size),
		Flags: flag(e.Present, unix.NFT_EXTHDR_F_PRESENT), DestRegister: regNumber(reg)})
	if b.size > 0 {
		r.bitwise(reg, b.mask(e.Len), make([]byte, b.size))
	}
	return b
}

// assignOption writes a field of a TCP option.
func (r *rule) assignOption(e *nft.Exthdr, value nft.Expr) {
	reg := r.alloc(nil)
	r.load(value, reg)
	if swaps(value.Type()) { // rt mtu
		r.toNetworkOrder(reg, value.Type().Bytes())
	}
	r.add(&expr.Exthdr{Op: expr.ExthdrOpTcpopt, Type: e.Number, Offset: uint32(e.Offset / 8), Len: uint32(e.Len / 8),
		SourceRegister: regNumber(reg)})
}

// extensionIDs are nft's numbers of the extension headers of IPv6 (enum exthdr_desc_id of nft's include/exthdr.h), by
// the numbers that they have in packets.
var extensionIDs = map[uint8]uint32{0: 1, 43: 2, 44: 6, 60: 7, 135: 8}

// extension notes an extension header or an option. nft numbers their fields in the order of its tables.
func (u *udata) extension(e *nft.Exthdr) {
	if id, field, ok := routingNote(e); ok {
		u.u32(1, field)
		u.u32(0, id)
		return
	}
	if e.Op == nft.ExthdrIPv6 {
		u.u32(1, extensionField(e))
		u.u32(0, extensionIDs[e.Number])
		return
	}
	u.u32(1, extensionField(e))
	u.u32(2, uint32(e.Op))
	u.u32(0, uint32(e.Number))
}

// routingNote is how nft numbers the routing headers that have their own names, and their fields (enum
// exthdr_desc_id, rt0_hdr_fields, rt2_hdr_fields and rt4_hdr_fields of nft's include/exthdr.h).
func routingNote(e *nft.Exthdr) (id, field uint32, ok bool) {
	if e.Op != nft.ExthdrIPv6 || e.Number != 43 {
		return 0, 0, false
	}
	name, _, _ := strings.Cut(e.String(), " ")
	segment := uint32(e.Offset-64) / 128
	switch name {
	case "rt0":
		return 3, 2 + segment, true
	case "rt2":
		return 4, 2, true
	case "srh":
		if e.Offset < 64 {
			return 5, map[int]uint32{32: 1, 40: 2, 48: 3}[e.Offset], true
		}
		return 5, 4 + segment, true
	}
	return 0, 0, false
}

// extensionField is nft's number of a field (src/exthdr.c, src/tcpopt.c and include/ipopt.h of nft).
func extensionField(e *nft.Exthdr) uint32 {
	at := uint32(e.Offset)
	switch {
	case e.Op == nft.ExthdrSCTP:
		return chunkField(e)
	case e.Op == nft.ExthdrDCCP:
		return 0
	case e.Present && e.Op == nft.ExthdrTCP:
		return 0
	case e.Present:
		return 1
	case e.Op == nft.ExthdrTCP && at >= 16: // behind kind and length: of 2 bytes, or of 4 and several
		return 2 + (at-16)/32
	case e.Op == nft.ExthdrTCP:
		return at / 8
	case e.Op == nft.ExthdrIPv4 && at < 16: // type, length
		return 1 + at/8
	case e.Op == nft.ExthdrIPv4 && e.Len == 16: // value
		return 3
	case e.Op == nft.ExthdrIPv4: // ptr, addr
		return 4 + (at-16)/8
	case e.Number == 44: // nexthdr, reserved, frag-off, reserved2, more-fragments, id
		return map[uint32]uint32{0: 1, 8: 2, 16: 3, 29: 4, 31: 5, 32: 6}[at]
	case at < 32:
		return 1 + at/8
	}
	return 5
}

// chunkField is nft's number of a field of a chunk (include/sctp_chunk.h of nft).
func chunkField(e *nft.Exthdr) uint32 {
	switch at := e.Offset; {
	case at < 32: // type, flags, length
		return uint32((at + 7) / 8)
	case e.Number == 0: // tsn, stream, ssn, ppid
		return map[int]uint32{32: 3, 64: 4, 80: 5, 96: 6}[at]
	default:
		return map[int]uint32{32: 3, 64: 4, 96: 5, 112: 6, 128: 7}[at]
	}
}
