package ruleset

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

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
	p, ok := e.(*nft.Payload)
	if !ok || aligned(p) {
		return bits{}
	}
	size := (p.Offset%8 + p.Len + 7) / 8
	return bits{size: size, shift: size*8 - p.Offset%8 - p.Len}
}

func aligned(p *nft.Payload) bool { return p.Offset%8 == 0 && p.Len%8 == 0 }

// loadBits loads a value but leaves the bits of a header field where they are: what it is compared with is moved
// instead, as in nft.
func (r *rule) loadBits(e nft.Expr, reg int) bits {
	p, ok := e.(*nft.Payload)
	if !ok {
		r.load(e, reg)
		return bits{}
	}
	b := bitsOf(p)
	if b.size == 0 {
		r.expr("payload", func(a *attrs) { a.payloadLoad(reg, p.Base, p.Offset/8, p.Len/8) })
		return b
	}
	r.expr("payload", func(a *attrs) { a.payloadLoad(reg, p.Base, p.Offset/8, b.size) })
	r.bitwise(reg, fieldMask(p, b), make([]byte, b.size))
	return b
}

// fieldMask has the bits of a header field set.
func fieldMask(p *nft.Payload, b bits) []byte {
	return shiftLeft(lowMask(b.size, p.Len), b.shift)
}

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
	r.expr("bitwise", func(a *attrs) {
		a.bitwiseHead(reg, len(mask), unix.NFT_BITWISE_BOOL)
		a.data(unix.NFTA_BITWISE_MASK, mask)
		a.data(unix.NFTA_BITWISE_XOR, xor)
	})
}

// Attributes and operations of bitwise that golang.org/x/sys lacks (enum nft_bitwise_attributes and nft_bitwise_ops).
const (
	nftaBitwiseOp    = 6
	nftaBitwiseData  = 7
	nftBitwiseLshift = 1
	nftBitwiseRshift = 2
)

func (r *rule) shift(reg int, left bool, by uint32, size int) {
	op := uint32(nftBitwiseRshift)
	if left {
		op = nftBitwiseLshift
	}
	r.expr("bitwise", func(a *attrs) {
		a.bitwiseHead(reg, size, op)
		a.data(nftaBitwiseData, binary.NativeEndian.AppendUint32(nil, by))
	})
}

func (a *attrs) bitwiseHead(reg, size int, op uint32) {
	a.u32(unix.NFTA_BITWISE_SREG, regNumber(reg))
	a.u32(unix.NFTA_BITWISE_DREG, regNumber(reg))
	a.u32(unix.NFTA_BITWISE_LEN, uint32(size))
	a.u32(nftaBitwiseOp, op)
}

// byteorder turns a number in a register between the order of the machine and that of the network.
func (r *rule) byteorder(reg int, op uint32, size int) {
	unit := 2
	for _, u := range []int{8, 4} {
		if size%u == 0 {
			unit = u
			break
		}
	}
	r.expr("byteorder", func(a *attrs) {
		a.u32(unix.NFTA_BYTEORDER_SREG, regNumber(reg))
		a.u32(unix.NFTA_BYTEORDER_DREG, regNumber(reg))
		a.u32(unix.NFTA_BYTEORDER_OP, op)
		a.u32(unix.NFTA_BYTEORDER_LEN, uint32(size))
		a.u32(unix.NFTA_BYTEORDER_SIZE, uint32(unit))
	})
}
