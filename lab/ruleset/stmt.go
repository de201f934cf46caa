package ruleset

import (
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// logLevels are syslog's (LOGLEVEL_* of include/linux/kern_levels.h) and audit (NFT_LOGLEVEL_AUDIT).
var logLevels = map[string]uint32{"emerg": 0, "alert": 1, "crit": 2, "err": 3, "warn": 4, "notice": 5, "info": 6,
	"debug": 7, "audit": 8}

func (r *rule) log(s *nft.Log) {
	r.expr("log", func(a *attrs) {
		if s.HasGroup || s.Snaplen > 0 || s.Threshold > 0 {
			a.u16(unix.NFTA_LOG_GROUP, s.Group)
		}
		if s.Prefix != "" {
			a.str(unix.NFTA_LOG_PREFIX, s.Prefix)
		}
		if s.Snaplen > 0 {
			a.u32(unix.NFTA_LOG_SNAPLEN, s.Snaplen)
		}
		if s.Threshold > 0 {
			a.u16(unix.NFTA_LOG_QTHRESHOLD, s.Threshold)
		}
		if s.Level != "" {
			a.u32(unix.NFTA_LOG_LEVEL, logLevels[s.Level])
		}
		if s.Flags != 0 {
			a.u32(unix.NFTA_LOG_FLAGS, uint32(s.Flags))
		}
	})
}

func (r *rule) reject(s *nft.Reject) {
	switch {
	case s.Type == nft.RejectTCP:
		r.requireL4(protoTCP)
	case s.Type == nft.RejectICMP && s.Family != nft.FamilyUnspec:
		r.requireFamily(s.Family, false)
	}
	r.expr("reject", func(a *attrs) {
		a.u32(unix.NFTA_REJECT_TYPE, uint32(s.Type))
		a.u8(unix.NFTA_REJECT_ICMP_CODE, s.Code)
	})
}

func (r *rule) queue(s *nft.QueueStmt) {
	flags := uint16(flag(s.Bypass, unix.NFT_QUEUE_FLAG_BYPASS) | flag(s.Fanout, unix.NFT_QUEUE_FLAG_CPU_FANOUT))
	reg := -1
	if s.Expr != nil {
		r.require(s.Expr)
		reg = r.alloc(nil)
		r.load(s.Expr, reg)
	}
	r.expr("queue", func(a *attrs) {
		if reg >= 0 {
			a.u32(unix.NFTA_QUEUE_SREG_QNUM, regNumber(reg))
		} else {
			a.u16(unix.NFTA_QUEUE_NUM, s.From)
			a.u16(unix.NFTA_QUEUE_TOTAL, s.To-s.From+1)
		}
		if flags != 0 {
			a.u16(unix.NFTA_QUEUE_FLAGS, flags)
		}
	})
}

// Attributes and flags of dynset that golang.org/x/sys lacks (enum nft_dynset_attributes and nft_dynset_flags).
const (
	nftaDynsetExpressions = 10
	nftDynsetFExpr        = 2
)

func (r *rule) setUpdate(s *nft.SetUpdate) {
	r.require(s.Key)
	if s.Data != nil {
		r.require(s.Data)
	}
	key := r.alloc(s.Key.Type())
	set := r.loadKey(s.Key, key, s.Set)
	data := -1
	if s.Data != nil {
		data = r.alloc(s.Data.Type())
		r.load(s.Data, data)
	}
	r.expr("dynset", func(a *attrs) {
		a.str(unix.NFTA_DYNSET_SET_NAME, set.name)
		a.u32(unix.NFTA_DYNSET_SET_ID, set.id)
		a.u32(unix.NFTA_DYNSET_OP, uint32(s.Op))
		a.u32(unix.NFTA_DYNSET_SREG_KEY, regNumber(key))
		if data >= 0 {
			a.u32(unix.NFTA_DYNSET_SREG_DATA, regNumber(data))
		}
		if s.Timeout > 0 {
			a.u64(unix.NFTA_DYNSET_TIMEOUT, uint64(s.Timeout.Milliseconds()))
		}
		if len(s.Stmts) > 1 {
			a.u32(unix.NFTA_DYNSET_FLAGS, nftDynsetFExpr)
		}
		a.statefuls(unix.NFTA_DYNSET_EXPR, nftaDynsetExpressions, s.Stmts)
	})
}
