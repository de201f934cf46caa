package ruleset

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// This file has the statements that send packets elsewhere. google/nftables has `dup` with an address only, and no `fwd`
// and no `last`.

// Attributes of fwd with an address (enum nft_fwd_attributes of nf_tables.h, Linux 4.17), and of last (enum
// nft_last_attributes, Linux 5.14).
const (
	nftaFwdSregAddr = 2
	nftaFwdNFProto  = 3
	nftaLastSet     = 1
	nftaLastMsecs   = 2
)

// operand loads what a statement takes, with the matches that it needs; 0 if there is none.
func (r *rule) operand(e nft.Expr) uint32 {
	if e == nil {
		return 0
	}
	reg := r.alloc(e.Type())
	r.load(e, reg)
	return regNumber(reg)
}

func (r *rule) requireAll(list ...nft.Expr) {
	for _, e := range list {
		if e != nil {
			r.require(e)
		}
	}
}

func (r *rule) dup(s *nft.Dup) {
	r.requireAll(s.Addr, s.Device)
	addr, dev := r.operand(s.Addr), r.operand(s.Device)
	r.raw("dup", func(a *attrs) {
		if addr != 0 {
			a.u32(unix.NFTA_DUP_SREG_ADDR, addr)
		}
		if dev != 0 {
			a.u32(unix.NFTA_DUP_SREG_DEV, dev)
		}
	})
}

func (r *rule) fwd(s *nft.Fwd) {
	r.requireAll(s.Device, s.Addr)
	dev, addr := r.operand(s.Device), r.operand(s.Addr)
	r.raw("fwd", func(a *attrs) {
		a.u32(unix.NFTA_FWD_SREG_DEV, dev)
		if addr != 0 {
			a.u32(nftaFwdSregAddr, addr)
			a.u32(nftaFwdNFProto, uint32(s.Family))
		}
	})
}

func (r *rule) last(s *nft.Last) {
	r.raw("last", func(a *attrs) { lastData(a, s) })
}

func lastData(a *attrs, s *nft.Last) {
	a.u32(nftaLastSet, flag(s.Set, 1))
	a.u64(nftaLastMsecs, uint64(s.Ago/time.Millisecond))
}
