package ruleset

import (
	"fmt"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// rule turns one rule into expressions.
//
// Each statement starts with empty registers. The kernel has 16 registers of 4 bytes; register numbers here count
// them from 0, see regNumber.
type rule struct {
	*compiler
	family nft.Family
	out    *attrs   // expressions, before they are put in order
	pieces []piece  // what out consists of
	node   nft.Node // the statement in work
	free   int      // the first register that is free
	known  known
	tunnel *nft.Tunnel      // the expressions that are added look into it
	inners map[string]known // what is known of the packets in tunnels, by their names
}

func (c *compiler) newRule(ch *nft.Chain, r *nft.Rule, echo bool) {
	c.blocks(r, echo)
	c.scratch.b = c.scratch.b[:0]
	rc := &rule{compiler: c, family: ch.Table.Family, out: &c.scratch, pieces: c.pieces[:0], known: knownIn(ch.Table.Family)}
	for i, s := range r.Stmts {
		rc.node = s
		rc.free = 0
		rc.stmt(s, i == len(r.Stmts)-1)
	}
	flags := uint16(unix.NLM_F_CREATE | unix.NLM_F_APPEND)
	if c.before != 0 {
		flags = unix.NLM_F_CREATE
	}
	if echo {
		flags |= unix.NLM_F_ECHO
	}
	c.begin(unix.NFT_MSG_NEWRULE, flags, ch.Table.Family, part{what: "rule", span: r.Span, rule: r})
	c.str(unix.NFTA_RULE_TABLE, ch.Table.Name)
	if ch.Anonymous {
		c.u32(nftaRuleChainID, c.chainID(ch))
	} else {
		c.str(unix.NFTA_RULE_CHAIN, ch.Name)
	}
	if c.before != 0 {
		c.u64(unix.NFTA_RULE_POSITION, c.before)
	}
	at := c.open(unix.NFTA_RULE_EXPRESSIONS)
	list := rc.merged()
	for i := range list {
		p := &list[i]
		c.marks = append(c.marks, mark{len(c.b), p.node})
		if p.cmp != nil {
			c.payloadCmp(p)
		} else {
			c.b = append(c.b, c.scratch.b[p.from:p.to]...)
		}
	}
	c.close(at)
	c.comment(unix.NFTA_RULE_USERDATA, r.Comment)
	c.pieces = rc.pieces[:0]
}

// stmt compiles one statement; last says that none follows.
func (r *rule) stmt(s nft.Stmt, last bool) {
	switch s := s.(type) {
	case *nft.Match:
		r.match(s, last)
		return
	case *nft.Vmap:
		r.lookupVerdict(s)
	case *nft.VerdictStmt:
		r.verdict(&s.Verdict)
	case *nft.Counter, *nft.Limit, *nft.Quota, *nft.ConnLimit:
		r.add(stateful(s))
	case *nft.ObjectRef:
		r.objectRef(s)
	case *nft.FlowAdd:
		r.flowAdd(s)
	case *nft.Log:
		r.log(s)
	case *nft.Reject:
		r.reject(s)
	case *nft.NAT:
		r.nat(s)
	case *nft.Dup:
		r.dup(s)
	case *nft.Fwd:
		r.fwd(s)
	case *nft.Last:
		r.last(s)
	case *nft.Notrack:
		r.add(&expr.Notrack{})
	case *nft.Assign:
		r.assign(s)
	case *nft.QueueStmt:
		r.queue(s)
	case *nft.Synproxy:
		r.add(synproxy(s))
	case *nft.Tproxy:
		r.tproxy(s)
	case *nft.ResetOption:
		r.resetOption(s.Number)
	case *nft.SetUpdate:
		r.setUpdate(s)
	default:
		r.fail(s.Range(), "", "", fmt.Errorf("`%s` cannot be loaded yet", s))
	}
	r.fence()
}

// alloc takes registers for a value of type t: one of the old 16-byte registers, as nft does, or as many as a
// concatenation needs.
func (r *rule) alloc(t *nft.Datatype) int {
	reg := r.free
	if t != nil && t.Base == nft.BaseConcat {
		r.free += t.RegisterBytes() / unix.NFT_REG32_SIZE
	} else {
		r.free += unix.NFT_REG_SIZE / unix.NFT_REG32_SIZE
	}
	return reg
}

// regNumber is the kernel's number of a register: those on a boundary of 16 bytes have their old number, which also
// kernels before 4.1 know (enum nft_registers of nf_tables.h).
func regNumber(reg int) uint32 {
	const per = unix.NFT_REG_SIZE / unix.NFT_REG32_SIZE
	if reg%per == 0 {
		return uint32(unix.NFT_REG_1 + reg/per)
	}
	return uint32(unix.NFT_REG32_00 + reg)
}

func words(bytes int) int { return (bytes + unix.NFT_REG32_SIZE - 1) / unix.NFT_REG32_SIZE }
