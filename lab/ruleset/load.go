package ruleset

import (
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
