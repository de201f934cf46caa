package ruleset

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// stateful writes an expression with state of its own: in a rule, for each element of a set, or as what an object is.
func (a *attrs) stateful(s nft.Stmt) {
	a.str(unix.NFTA_EXPR_NAME, statefulName(s))
	at := a.open(unix.NFTA_EXPR_DATA)
	a.statefulData(s)
	a.close(at)
}

// statefuls writes one expression, or a list of them: the kernel has an attribute for each.
func (a *attrs) statefuls(one, list uint16, stmts []nft.Stmt) {
	switch len(stmts) {
	case 0:
	case 1:
		at := a.open(one)
		a.stateful(stmts[0])
		a.close(at)
	default:
		at := a.open(list)
		for _, s := range stmts {
			elem := a.open(unix.NFTA_LIST_ELEM)
			a.stateful(s)
			a.close(elem)
		}
		a.close(at)
	}
}

func statefulName(s nft.Stmt) string {
	switch s.(type) {
	case *nft.Counter:
		return "counter"
	case *nft.Limit:
		return "limit"
	case *nft.Quota:
		return "quota"
	}
	return ""
}

func (a *attrs) statefulData(s nft.Stmt) {
	switch s := s.(type) {
	case *nft.Counter:
		a.u64(unix.NFTA_COUNTER_BYTES, s.Bytes)
		a.u64(unix.NFTA_COUNTER_PACKETS, s.Packets)
	case *nft.Limit:
		a.u64(unix.NFTA_LIMIT_RATE, s.Rate)
		a.u64(unix.NFTA_LIMIT_UNIT, uint64(s.Per/time.Second))
		a.u32(unix.NFTA_LIMIT_BURST, s.Burst)
		kind := uint32(unix.NFT_LIMIT_PKTS)
		if s.Bytes {
			kind = unix.NFT_LIMIT_PKT_BYTES
		}
		a.u32(unix.NFTA_LIMIT_TYPE, kind)
		a.u32(unix.NFTA_LIMIT_FLAGS, flag(s.Over, unix.NFT_LIMIT_F_INV))
	case *nft.Quota:
		a.u64(unix.NFTA_QUOTA_BYTES, s.Bytes)
		a.u32(unix.NFTA_QUOTA_FLAGS, flag(s.Over, unix.NFT_QUOTA_F_INV))
		a.u64(unix.NFTA_QUOTA_CONSUMED, s.Used)
	}
}

func flag(on bool, f uint32) uint32 {
	if on {
		return f
	}
	return 0
}
