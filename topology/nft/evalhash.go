package nft

import (
	"encoding/binary"
	"math/bits"
)

// numgen: every number depends on the packets before, or on chance; but with one number there is no choice.
func (m *machine) numgen(e *Numgen) value {
	if e.Mod == 1 {
		return number(Some(e.Offset), 4, e)
	}
	if e.Random {
		return isUnknown("it is a random number")
	}
	return isUnknown("it counts the packets before this one")
}

// hash is nft_jhash_eval and nft_symhash_eval (net/netfilter/nft_hash.c). The key is as it lies in the registers:
// in the kernel's order, each part of a concatenation padded to 4 bytes.
func (m *machine) hash(e *Hash) value {
	if e.X == nil {
		if e.Mod == 1 {
			return number(Some(e.Offset), 4, e)
		}
		return isUnknown("the kernel hashes with a secret of its own")
	}
	parts := []Expr{e.X}
	if c, ok := e.X.(*ConcatExpr); ok {
		parts = c.Parts
	}
	var key []byte
	for i, part := range parts {
		v := m.value(part)
		if v.has != known {
			return v
		}
		for i := range v.n {
			key = append(key, v.b[nativeIndex(part.Type(), i, v.n)])
		}
		if len(parts) > 1 || i > 0 {
			key = append(key, make([]byte, pad4(v.n)-v.n)...)
		}
	}
	if !e.Seeded && e.Mod != 1 {
		return isUnknown("the kernel chose the seed of the hash")
	}
	h := jhash(key, e.Seed)
	return number(Some(uint32(uint64(h)*uint64(e.Mod)>>32)+e.Offset), 4, e) // reciprocal_scale
}

// jhash is Jenkins' hash of the kernel, jhash in include/linux/jhash.h. It reads words as the machine does.
func jhash(key []byte, seed uint32) uint32 {
	a := 0xdeadbeef + uint32(len(key)) + seed // JHASH_INITVAL
	b, c := a, a
	for len(key) > 12 {
		a += binary.NativeEndian.Uint32(key)
		b += binary.NativeEndian.Uint32(key[4:])
		c += binary.NativeEndian.Uint32(key[8:])
		a -= c
		a ^= bits.RotateLeft32(c, 4)
		c += b
		b -= a
		b ^= bits.RotateLeft32(a, 6)
		a += c
		c -= b
		c ^= bits.RotateLeft32(b, 8)
		b += a
		a -= c
		a ^= bits.RotateLeft32(c, 16)
		c += b
		b -= a
		b ^= bits.RotateLeft32(a, 19)
		a += c
		c -= b
		c ^= bits.RotateLeft32(b, 4)
		b += a
		key = key[12:]
	}
	if len(key) == 0 {
		return c
	}
	var rest [12]byte // the tail is read as little endian
	copy(rest[:], key)
	a += binary.LittleEndian.Uint32(rest[0:])
	b += binary.LittleEndian.Uint32(rest[4:])
	c += binary.LittleEndian.Uint32(rest[8:])
	c ^= b
	c -= bits.RotateLeft32(b, 14)
	a ^= c
	a -= bits.RotateLeft32(c, 11)
	b ^= a
	b -= bits.RotateLeft32(a, 25)
	c ^= b
	c -= bits.RotateLeft32(b, 16)
	a ^= c
	a -= bits.RotateLeft32(c, 4)
	b ^= a
	b -= bits.RotateLeft32(a, 14)
	c ^= b
	c -= bits.RotateLeft32(b, 24)
	return c
}
