package nft

import "strconv"

func init() {
	statements["counter"] = func(p *parser, first token) StmtNode {
		if p.cur().isWord("name") {
			return p.objectRef(first)
		}
		return p.counterArgs(first)
	}
	statements["notrack"] = func(p *parser, first token) StmtNode { return &NotrackNode{Span: p.spanFrom(first)} }
}

// counterArgs parses `packets N bytes N`, which may be missing; the word counter, if any, was taken.
func (p *parser) counterArgs(first token) StmtNode {
	n := &CounterNode{}
	for {
		if p.acceptWord("packets") {
			n.Packets = p.numberWord("number of packets")
		} else if p.acceptWord("bytes") {
			n.Bytes = p.numberWord("number of bytes")
		} else {
			break
		}
	}
	if zero := (&WordNode{Span: p.tokSpan(first), Kind: WordNumber, Text: "0"}); n.Packets == nil && n.Bytes != nil {
		n.Packets = zero
	} else if n.Packets != nil && n.Bytes == nil {
		n.Bytes = zero
	}
	n.Span = p.spanFrom(first)
	return n
}

func (n *CounterNode) print(p *printer) {
	p.str("counter")
	if n.Packets != nil {
		p.str(" packets ", n.Packets.Text, " bytes ", n.Bytes.Text)
	}
}

func (n *CounterNode) check(c *checker) Stmt {
	s := &Counter{Span: n.Span}
	if n.Packets != nil {
		s.Packets = c.number(n.Packets, 64)
		s.Bytes = c.number(n.Bytes, 64)
	}
	return s
}

func (s *Counter) String() string {
	if s.Packets == 0 && s.Bytes == 0 {
		return "counter"
	}
	return "counter packets " + strconv.FormatUint(s.Packets, 10) + " bytes " + strconv.FormatUint(s.Bytes, 10)
}

func (*Counter) eval(*machine) {}

func (n *NotrackNode) print(p *printer) { p.str("notrack") }

func (n *NotrackNode) check(*checker) Stmt { return &Notrack{Span: n.Span} }

func (s *Notrack) String() string { return "notrack" }

func (s *Notrack) eval(m *machine) {
	m.write(Write{Field: "ct state", Value: "untracked", Known: true, Stmt: s}, func(p *Packet, sure bool) {
		p.CT = PacketCT{}
		if sure {
			p.CT.State = Some(uint32(64))
		}
	})
}
