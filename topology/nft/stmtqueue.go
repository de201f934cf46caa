package nft

import "strconv"

func init() { statements["queue"] = (*parser).queue }

// queue parses both spellings: `queue num 1-3 bypass,fanout` and `queue flags bypass to 1-3`.
func (p *parser) queue(first token) StmtNode {
	n := &QueueNode{}
	flags := func() {
		for {
			n.Flags = append(n.Flags, p.oneOf("flag of queue", "bypass", "fanout"))
			if !p.accept(",") {
				return
			}
		}
	}
	number := func() {
		p.advance()
		at := p.cur()
		x := p.concat(fromStatement)
		if p.accept("-") {
			y := p.bitOr(fromConstant)
			x = &RangeNode{Span: p.spanFrom(at), From: x, To: y}
		}
		n.Num = x
	}
	if p.acceptWord("flags") {
		flags()
		if t := p.cur(); !t.isWord("num") && !t.isWord("to") {
			p.fail(p.tokSpan(t), "write `queue flags bypass to 0`", "`to` expected, found %s", t.describe())
		}
		number()
	} else if p.cur().isWord("to") {
		number()
	} else { // of old: a number and flags in any order
		for t := p.cur(); t.isWord("num") || t.isWord("bypass") || t.isWord("fanout"); t = p.cur() {
			if t.isWord("num") {
				number()
			} else {
				flags()
			}
		}
	}
	n.Span = p.spanFrom(first)
	return n
}

func (n *QueueNode) print(p *printer) {
	p.str("queue")
	for i, f := range n.Flags {
		switch {
		case i > 0:
			p.str(",")
		case n.Num == nil: // nft reads `flags` in front of a number only
			p.str(" ")
		default:
			p.str(" flags ")
		}
		p.str(f.Text)
	}
	if n.Num != nil {
		p.str(" to ")
		p.expr(n.Num)
	}
}

func (n *QueueNode) check(c *checker) Stmt {
	s := &QueueStmt{Span: n.Span}
	for _, f := range n.Flags {
		s.Bypass = s.Bypass || f.Text == "bypass"
		s.Fanout = s.Fanout || f.Text == "fanout"
	}
	switch x := c.expand(n.Num).(type) {
	case nil:
	case *WordNode:
		s.From = uint16(c.number(x, 16))
		s.To = s.From
	case *RangeNode:
		s.From = uint16(c.number(c.wordOf(x.From, "number"), 16))
		s.To = uint16(c.number(c.wordOf(x.To, "number"), 16))
		if s.To <= s.From {
			c.fail(x.Span, "", "the range of queues is empty")
		}
	case *NumgenNode, *HashNode:
		s.Expr = c.selector(x) // a number of more bits will do: the kernel reads 32
	default:
		s.Expr = c.stmtValue(n.Num, TypeInteger.withBits(16, HostEndian))
	}
	if s.Fanout && (s.From == s.To || s.Expr != nil) {
		c.fail(n.Span, "name a range of queues", "fanout needs more than one queue")
	}
	return s
}

func (s *QueueStmt) String() string {
	out := "queue"
	switch {
	case s.Bypass && s.Fanout:
		out += " flags bypass,fanout"
	case s.Bypass:
		out += " flags bypass"
	case s.Fanout:
		out += " flags fanout"
	}
	switch {
	case s.Expr != nil:
		out += " to " + s.Expr.String()
	case s.From != s.To:
		out += " to " + strconv.Itoa(int(s.From)) + "-" + strconv.Itoa(int(s.To))
	default:
		out += " to " + strconv.Itoa(int(s.From))
	}
	return out
}

func (s *QueueStmt) eval(m *machine) { m.verdict(VerdictQueue, nil, s) }
