package ruleset

import (
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// This file has the selectors that google/nftables has no expression for.

// Attributes of osf (enum nft_osf_attributes of nf_tables.h, Linux 5.2) and of xfrm (enum nft_xfrm_attributes, Linux
// 4.20).
const (
	nftaOsfDreg   = 1
	nftaOsfTTL    = 2
	nftaOsfFlags  = 3
	nftOsfVersion = 1 // NFT_OSF_F_VERSION

	nftaXfrmDreg  = 1
	nftaXfrmKey   = 2
	nftaXfrmDir   = 3
	nftaXfrmSpnum = 4
)

// special loads a selector that has an encoding of its own here; false if it is none.
func (r *rule) special(e nft.Expr, reg int) bool {
	switch e := e.(type) {
	case *nft.Osf:
		r.raw("osf", func(a *attrs) {
			a.u32(nftaOsfDreg, regNumber(reg))
			a.u8(nftaOsfTTL, uint8(e.TTL))
			if e.Version {
				a.u32(nftaOsfFlags, nftOsfVersion)
			}
		})
	case *nft.Xfrm:
		r.raw("xfrm", func(a *attrs) {
			a.u32(nftaXfrmDreg, regNumber(reg))
			a.u32(nftaXfrmKey, uint32(e.Key))
			a.u8(nftaXfrmDir, uint8(flag(e.Out, 1))) // XFRM_POLICY_OUT
			a.u32(nftaXfrmSpnum, uint32(e.Spnum))
		})
	case *nft.Cast:
		r.load(e.X, reg)
		if t := e.X.Type(); t.Order == nft.BigEndian && t.Bytes() > 1 {
			r.toHostOrder(reg, t.Bytes())
		}
	case *nft.Combine:
		r.combine(e, reg)
	default:
		return false
	}
	return true
}

// toHostOrder turns a number in a register round.
func (r *rule) toHostOrder(reg, size int) {
	n := regNumber(reg)
	r.add(&expr.Byteorder{SourceRegister: n, DestRegister: n, Op: expr.ByteorderNtoh, Len: uint32(size), Size: uint32(size)})
}

// Attribute and operations of bitwise on two registers (enum nft_bitwise_attributes and nft_bitwise_ops of
// nf_tables.h, Linux 6.13).
const (
	nftaBitwiseSreg2 = 8
	nftBitwiseAnd    = 3
	nftBitwiseOr     = 4
	nftBitwiseXor    = 5
)

func (r *rule) combine(e *nft.Combine, reg int) {
	r.load(e.X, reg)
	other := r.alloc(e.Y.Type())
	r.load(e.Y, other)
	op := map[nft.BitOp]uint32{nft.BitAnd: nftBitwiseAnd, nft.BitOr: nftBitwiseOr, nft.BitXor: nftBitwiseXor}[e.Op]
	r.raw("bitwise", func(a *attrs) {
		a.u32(unix.NFTA_BITWISE_SREG, regNumber(reg))
		a.u32(nftaBitwiseSreg2, regNumber(other))
		a.u32(unix.NFTA_BITWISE_DREG, regNumber(reg))
		a.u32(unix.NFTA_BITWISE_LEN, uint32(e.X.Type().Bytes()))
		a.u32(nftaBitwiseOp, op)
	})
}

// exprXfrm and exprOsf are the numbers that nft has for these in its notes (enum expr_types of its
// include/expression.h).
const (
	exprXfrm = 27
	exprOsf  = 11
)

// specialTypeof notes a selector of this file.
func specialTypeof(e nft.Expr) (kind uint32, data []byte) {
	var u udata
	switch e := e.(type) {
	case *nft.Osf:
		return exprOsf, nil
	case *nft.Xfrm:
		u.u32(0, uint32(e.Key))
		u.u32(1, uint32(e.Spnum))
		u.u32(2, flag(e.Out, 1))
		return exprXfrm, u.b
	}
	return 0, nil
}
