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
		c.statefulInto(&c.attrs, one, stmts[0])
	default:
		at := c.open(list)
		for _, s := range stmts {
			c.statefulInto(&c.attrs, unix.NFTA_LIST_ELEM, s)
		}
		c.close(at)
	}
}

// statefulInto writes one expression into an attribute.
func (c *compiler) statefulInto(a *attrs, typ uint16, s nft.Stmt) {
	last, ok := s.(*nft.Last)
	if !ok {
		c.expression(a, typ, stateful(s), s)
		return
	}
	at := a.open(typ)
	a.str(unix.NFTA_EXPR_NAME, "last")
	data := a.open(unix.NFTA_EXPR_DATA)
	lastData(a, last)
	a.close(data)
	a.close(at)
}

func flag(on bool, f uint32) uint32 {
	if on {
		return f
	}
	return 0
}
