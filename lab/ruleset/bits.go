package ruleset

import (
	"github.com/google/nftables/expr"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// bits says where in a register a value lies that does not fill its bytes.
type bits struct {
	size  int // bytes in the register; 0: the value fills them
	shift int // the lowest bit of the value
}

// place moves a value to where it is in the register.
func (b bits) place(value []byte) []byte {
	if b.size == 0 {
		return value
	}
	out := make([]byte, b.size)
	copy(out[max(0, b.size-len(value)):], value[max(0, len(value)-b.size):])
	return shiftLeft(out, b.shift)
}

// bitsOf says how header bits lie in the bytes that they are read with.
func bitsOf(e nft.Expr) bits {
	switch e := e.(type) {
	case *nft.Payload:
		return bitsAt(e.Offset, e.Len)
	case *nft.Inner:
		return bitsOf(e.Payload)
	case *nft.Exthdr:
		return bitsAt(e.Offset, e.Len)
	}
	return bits{}
}

func bitsAt(offset, n int) bits {
	if offset%8 == 0 && n%8 == 0 {
		return bits{}
	}
	size := (offset%8 + n + 7) / 8
	return bits{size: size, shift: size*8 - offset%8 - n}
}

func aligned(p *nft.Payload) bool { return p.Offset%8 == 0 && p.Len%8 == 0 }

// loadBits loads a value but leaves the bits of a header field where they are: what it is compared with is moved
// instead, as in nft.
func (r *rule) loadBits(e nft.Expr, reg int) bits {
	if x, ok := e.(*nft.Exthdr); ok {
		return r.loadExtension(x, reg)
	}
	if in, ok := e.(*nft.Inner); ok {
		var b bits
		r.within(in.Tunnel, func() { b = r.loadBits(in.Payload, reg) })
		return b
	}
	p, ok := e.(*nft.Payload)
	if !ok {
		r.load(e, reg)
		return bits{}
	}
	b := bitsOf(p)
	if b.size == 0 {
		r.add(payloadLoad(reg, p.Base, p.Offset/8, p.Len/8))
		return b
	}
	r.add(payloadLoad(reg, p.Base, p.Offset/8, b.size))
	r.bitwise(reg, b.mask(p.Len), make([]byte, b.size))
	return b
}

// mask has the n bits of a header field set.
func (b bits) mask(n int) []byte { return shiftLeft(lowMask(b.size, n), b.shift) }

// lowMask has the last n bits of so many bytes set.
func lowMask(size, n int) []byte {
	mask := prefixMask(size*8, size*8-n)
	for i := range mask {
		mask[i] = ^mask[i]
	}
	return mask
}

// shiftLeft shifts a number in network order by up to 7 bits and any number of bytes, in place.
func shiftLeft(v []byte, by int) []byte {
	for i := range v {
		var x uint16
		if j := i + by/8; j < len(v) {
			x = uint16(v[j]) << 8
			if j+1 < len(v) {
				x |= uint16(v[j+1])
			}
		}
		v[i] = byte(x << (by % 8) >> 8)
	}
	return v
}

func (r *rule) bitwise(reg int, mask, xor []byte) {
	n := regNumber(reg)
	r.add(&expr.Bitwise{SourceRegister: n, DestRegister: n, Len: uint32(len(mask)), Mask: mask, Xor: xor})
}

// toNetworkOrder turns a number in a register round.
func (r *rule) toNetworkOrder(reg, size int) {
	unit := 2
	for _, u := range []int{8, 4} {
		if size%u == 0 {
			unit = u
			break
		}
	}
	n := regNumber(reg)
	r.add(&expr.Byteorder{SourceRegister: n, DestRegister: n, Op: expr.ByteorderHton, Len: uint32(size), Size: uint32(unit)})
}
