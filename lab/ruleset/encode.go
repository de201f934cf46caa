package ruleset

import (
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// add adds an expression to the rule, as google/nftables encodes it.
func (r *rule) add(e expr.Any) {
	if r.wrapped(e) {
		return
	}
	from := len(r.out.b)
	r.expression(r.out, unix.NFTA_LIST_ELEM, e, r.node)
	r.pieces = append(r.pieces, piece{from: from, to: len(r.out.b), node: r.node})
}

// expression writes an expression into an attribute of a. of is what it was made of.
func (c *compiler) expression(a *attrs, typ uint16, e expr.Any, of nft.Node) {
	key := keyOf(e)
	b, ok := c.encoded[key]
	if !ok {
		var err error
		if b, err = expr.Marshal(byte(c.table.Family), e); err != nil {
			c.fail(of.Range(), "", "", err)
		}
		if key != nil {
			c.encoded[key] = b
		}
	}
	a.put(typ|unix.NLA_F_NESTED, b)
}

// keyOf is the same for expressions that are encoded the same: the rules of a table consist of few different ones, and
// encoding takes a dozen allocations. It is nil for those that are rare, or different each time.
func keyOf(e expr.Any) any {
	switch e := e.(type) {
	case *expr.Meta:
		return *e
	case *expr.Payload:
		return *e
	case *expr.Ct:
		return *e
	case *expr.Counter:
		return *e
	case *expr.Verdict:
		return *e
	case *expr.Cmp:
		if len(e.Data) == 1 { // mostly a protocol
			return byteCmp{e.Op, e.Register, e.Data[0]}
		}
	}
	return nil
}

// byteCmp is an expr.Cmp of one byte.
type byteCmp struct {
	op    expr.CmpOp
	reg   uint32
	value byte
}
