package ruleset

import (
	"slices"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

var logLevels = map[string]expr.LogLevel{"emerg": expr.LogLevelEmerg, "alert": expr.LogLevelAlert, "crit": expr.LogLevelCrit,
	"err": expr.LogLevelErr, "warn": expr.LogLevelWarning, "notice": expr.LogLevelNotice, "info": expr.LogLevelInfo,
	"debug": expr.LogLevelDebug, "audit": expr.LogLevelAudit}

func (r *rule) log(s *nft.Log) {
	key := func(on bool, attribute int) uint32 { return flag(on, 1<<attribute) }
	r.add(&expr.Log{
		Level:      logLevels[s.Level],
		Flags:      expr.LogFlags(s.Flags),
		Snaplen:    s.Snaplen,
		Group:      s.Group,
		QThreshold: s.Threshold,
		Data:       []byte(s.Prefix),
		Key: key(s.HasGroup || s.Snaplen > 0 || s.Threshold > 0, unix.NFTA_LOG_GROUP) |
			key(s.Prefix != "", unix.NFTA_LOG_PREFIX) |
			key(s.Snaplen > 0, unix.NFTA_LOG_SNAPLEN) |
			key(s.Threshold > 0, unix.NFTA_LOG_QTHRESHOLD) |
			key(s.Level != "", unix.NFTA_LOG_LEVEL) |
			key(s.Flags != 0, unix.NFTA_LOG_FLAGS),
	})
}

// reject asks for the protocol in front of the whole rule, as nft does (stmt_reject_gen_dependency of its
// src/evaluate.c): what cannot be rejected is not logged or counted as if it were.
func (r *rule) reject(s *nft.Reject) {
	asked := len(r.pieces)
	switch {
	case s.Type == nft.RejectTCP:
		r.requireL4(protoTCP)
	case s.Type == nft.RejectICMP && s.Family != nft.FamilyUnspec:
		r.requireFamily(s.Family, false)
	}
	r.pieces = slices.Concat(r.pieces[asked:], r.pieces[:asked])
	r.add(&expr.Reject{Type: uint32(s.Type), Code: s.Code})
}

func (r *rule) queue(s *nft.QueueStmt) {
	flags := expr.QueueFlag(flag(s.Bypass, unix.NFT_QUEUE_FLAG_BYPASS) | flag(s.Fanout, unix.NFT_QUEUE_FLAG_CPU_FANOUT))
	if s.Expr == nil {
		r.add(&expr.Queue{Num: s.From, Total: s.To - s.From + 1, Flag: flags})
		return
	}
	r.require(s.Expr)
	reg := r.alloc(nil)
	r.load(s.Expr, reg)
	r.queueFrom(reg, flags)
}

func (r *rule) setUpdate(s *nft.SetUpdate) {
	r.require(s.Key)
	if s.Data != nil {
		r.require(s.Data)
	}
	if s.Set.Meter {
		r.newSet(s.Set, nil, s.Key.Type().Bytes(), int(s.Set.Size))
	}
	key := r.alloc(s.Key.Type())
	set := r.loadKey(s.Key, key, s.Set)
	e := &expr.Dynset{SrcRegKey: regNumber(key), SetID: set.id, SetName: set.name, Operation: uint32(s.Op), Timeout: s.Timeout}
	if s.Data != nil {
		data := r.alloc(s.Data.Type())
		r.load(s.Data, data)
		e.SrcRegData = regNumber(data)
	}
	if slices.ContainsFunc(s.Stmts, func(s nft.Stmt) bool { _, ok := s.(*nft.Last); return ok }) {
		r.dynsetWith(e, s.Stmts)
		return
	}
	for _, x := range s.Stmts {
		e.Exprs = append(e.Exprs, stateful(x))
	}
	r.add(e)
}
