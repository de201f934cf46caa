package ruleset

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// load puts the value of an expression into registers.
func (r *rule) load(e nft.Expr, reg int) {
	switch e := e.(type) {
	case *nft.Const:
		r.immediate(reg, r.value(e))
	case *nft.Payload:
		bits := r.loadBits(e, reg)
		if bits.shift > 0 {
			r.shift(reg, false, uint32(bits.shift), bits.size)
		}
	case *nft.Meta:
		r.meta(reg, uint32(e.Key))
	case *nft.CT:
		r.expr("ct", func(a *attrs) {
			a.u32(unix.NFTA_CT_DREG, regNumber(reg))
			a.ctKey(e)
		})
	case *nft.Fib:
		r.expr("fib", func(a *attrs) {
			a.u32(unix.NFTA_FIB_DREG, regNumber(reg))
			a.u32(unix.NFTA_FIB_RESULT, uint32(e.Result))
			a.u32(unix.NFTA_FIB_FLAGS, e.Flags|flag(e.Present, unix.NFTA_FIB_F_PRESENT))
		})
	case *nft.RT:
		r.expr("rt", func(a *attrs) {
			a.u32(unix.NFTA_RT_DREG, regNumber(reg))
			a.u32(unix.NFTA_RT_KEY, uint32(e.Key))
		})
	case *nft.Socket:
		r.expr("socket", func(a *attrs) {
			a.u32(nftaSocketKey, e.Key)
			a.u32(nftaSocketDreg, regNumber(reg))
		})
	case *nft.Numgen:
		r.expr("numgen", func(a *attrs) {
			a.u32(unix.NFTA_NG_DREG, regNumber(reg))
			a.u32(unix.NFTA_NG_MODULUS, e.Mod)
			a.u32(unix.NFTA_NG_TYPE, flag(e.Random, unix.NFT_NG_RANDOM))
			a.u32(unix.NFTA_NG_OFFSET, e.Offset)
		})
	case *nft.Hash:
		r.hash(e, reg)
	case *nft.ConcatExpr:
		for _, p := range e.Parts {
			r.load(p, reg)
			reg += words(p.Type().Bytes())
		}
	case *nft.Bitwise:
		r.load(e.X, reg)
		r.bitwise(reg, e.Mask, e.Xor)
	case *nft.Shift:
		r.load(e.X, reg)
		r.shift(reg, e.Left, e.By, e.Type().Bytes())
	case *nft.MapLookup:
		set := r.loadKey(e.Key, reg, e.Map)
		r.lookup(reg, set, int(regNumber(reg)), false)
	}
}

// enum nft_socket_attributes of nf_tables.h.
const (
	nftaSocketKey  = 1
	nftaSocketDreg = 2
)

func (r *rule) meta(reg int, key uint32) {
	r.expr("meta", func(a *attrs) {
		a.u32(unix.NFTA_META_DREG, regNumber(reg))
		a.u32(unix.NFTA_META_KEY, key)
	})
}

func (a *attrs) ctKey(e *nft.CT) {
	a.u32(unix.NFTA_CT_KEY, uint32(e.Key))
	if e.Dir != nft.DirNone {
		a.u8(unix.NFTA_CT_DIRECTION, uint8(e.Dir))
	}
}

func (r *rule) immediate(reg int, value []byte) {
	r.expr("immediate", func(a *attrs) {
		a.u32(unix.NFTA_IMMEDIATE_DREG, regNumber(reg))
		a.data(unix.NFTA_IMMEDIATE_DATA, value)
	})
}

func (r *rule) hash(e *nft.Hash, reg int) {
	if e.X == nil {
		r.expr("hash", func(a *attrs) {
			a.u32(unix.NFTA_HASH_DREG, regNumber(reg))
			a.u32(unix.NFTA_HASH_MODULUS, e.Mod)
			a.u32(unix.NFTA_HASH_OFFSET, e.Offset)
			a.u32(unix.NFTA_HASH_TYPE, unix.NFT_HASH_SYM)
		})
		return
	}
	src := r.alloc(e.X.Type())
	r.load(e.X, src)
	r.expr("hash", func(a *attrs) {
		a.u32(unix.NFTA_HASH_SREG, regNumber(src))
		a.u32(unix.NFTA_HASH_DREG, regNumber(reg))
		a.u32(unix.NFTA_HASH_LEN, uint32(e.X.Type().Bytes()))
		a.u32(unix.NFTA_HASH_MODULUS, e.Mod)
		if e.Seeded {
			a.u32(unix.NFTA_HASH_SEED, e.Seed)
		}
		a.u32(unix.NFTA_HASH_OFFSET, e.Offset)
		a.u32(unix.NFTA_HASH_TYPE, unix.NFT_HASH_JENKINS)
	})
}

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

// swaps reports whether values of a type are not in network order in a register.
func swaps(t *nft.Datatype) bool {
	return t.Order == nft.HostEndian && t.Bytes() > 1 && t.Base != nft.BaseString && littleEndian
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// number is the number that a constant is.
func number(k *nft.Const) uint64 {
	b := slices.Clone(k.Data)
	if swaps(k.Type()) {
		slices.Reverse(b)
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func be16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// hostValue is a small number in the order of the machine.
func hostValue(size int, v uint64) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint64(b, v)
	b = b[8-size:]
	if littleEndian {
		slices.Reverse(b)
	}
	return b
}

func xor(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range out {
		out[i] = a[i] ^ b[i]
	}
	return out
}

func allOnes(b []byte) bool {
	return len(b) > 0 && !slices.ContainsFunc(b, func(c byte) bool { return c != 0xff })
}
