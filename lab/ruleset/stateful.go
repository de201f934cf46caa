package ruleset

import (
	"time"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// stateful is a statement with state of its own, in a rule, of each element of a set, or as what an object is; nil if
// it is none.
func stateful(s nft.Stmt) expr.Any {
	switch s := s.(type) {
	case *nft.Counter:
		return &expr.Counter{Bytes: s.Bytes, Packets: s.Packets}
	case *nft.Limit:
		e := &expr.Limit{Type: expr.LimitTypePkts, Rate: s.Rate, Over: s.Over, Unit: expr.LimitTime(s.Per / time.Second), Burst: s.Burst}
		if s.Bytes {
			e.Type = expr.LimitTypePktBytes
		}
		return e
	case *nft.ConnLimit:
		return &expr.Connlimit{Count: s.Count, Flags: flag(s.Over, expr.NFT_CONNLIMIT_F_INV)}
	case *nft.Quota:
		return &expr.Quota{Bytes: s.Bytes, Consumed: s.Used, Over: s.Over}
	}
	return nil
}

// statefuls writes one expression, or a list of them: the kernel has an attribute for each.
func (c *compiler) statefuls(one, list uint16, stmts []nft.Stmt) {
	switch len(stmts) {
	case 0:
	case 1:
		c.expression(&c.attrs, one, stateful(stmts[0]), stmts[0])
	default:
		at := c.open(list)
		for _, s := range stmts {
			c.expression(&c.attrs, unix.NFTA_LIST_ELEM, stateful(s), s)
		}
		c.close(at)
	}
}

func flag(on bool, f uint32) uint32 {
	if on {
		return f
	}
	return 0
}
