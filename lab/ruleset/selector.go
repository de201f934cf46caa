package ruleset

import (
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
	default:
		return false
	}
	return true
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
