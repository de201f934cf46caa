package nft

import "strconv"

// ConnLimitNode is `ct count over 10`.
type ConnLimitNode struct {
	Span
	Over  bool
	Count *WordNode
}

// ConnLimit matches as long as there are at most (Over: more than) so many connections, of all packets that come here.
type ConnLimit struct {
	Span
	Count uint32
	Over  bool
}

// connLimit parses `ct count over 10`; nil if it does not stand here.
func (p *parser) connLimit() StmtNode {
	first := p.cur()
	if !first.isWord("ct") || !p.peek(1).isWord("count") {
		return nil
	}
	p.advance()
	p.advance()
	n := &ConnLimitNode{Over: p.acceptWord("over")}
	n.Count = p.numberWord("number of connections")
	n.Span = p.spanFrom(first)
	return n
}

func (n *ConnLimitNode) print(p *printer) {
	p.str("ct count ")
	if n.Over {
		p.str("over ")
	}
	p.str(n.Count.Text)
}

func (n *ConnLimitNode) check(c *checker) Stmt {
	if c.table.Family == FamilyARP {
		c.fail(n.Span, "", "`ct` does not exist in the arp family")
	}
	return &ConnLimit{Span: n.Span, Over: n.Over, Count: uint32(c.number(n.Count, 32))}
}

func (s *ConnLimit) String() string {
	count := strconv.FormatUint(uint64(s.Count), 10)
	if s.Over {
		return "ct count over " + count
	}
	return "ct count " + count
}

func (s *ConnLimit) eval(m *machine) {
	m.add(ExprResult{Match: Unknown, Text: s.String(), Selector: "ct count", Why: "the connections are not counted here", Stmt: s})
}
