package nft

import "strconv"

// ResetOptionNode is `reset tcp option NAME`.
type ResetOptionNode struct {
	Span
	Option *WordNode
}

// ResetOption removes an option of TCP from the packet, by overwriting it with `nop`.
type ResetOption struct {
	Span
	Number uint8
	text   string
}

func init() {
	statements["reset"] = func(p *parser, first token) StmtNode {
		for _, w := range []string{"tcp", "option"} {
			if !p.acceptWord(w) {
				p.fail(p.tokSpan(p.cur()), "write `reset tcp option NAME`", "`%s` expected, found %s", w, p.cur().describe())
			}
		}
		if t := p.cur(); t.is("@") {
			p.fail(p.tokSpan(t), "", "an option is removed as a whole")
		}
		n := &ResetOptionNode{Option: p.tcpOption()}
		n.Span = p.spanFrom(first)
		return n
	}
}

func (n *ResetOptionNode) print(p *printer) { p.str("reset tcp option ", n.Option.Text) }

func (n *ResetOptionNode) check(c *checker) Stmt {
	s := &ResetOption{Span: n.Span, text: "reset tcp option " + n.Option.Text}
	if x := extensionNamed(tcpExtensions, n.Option.Text); x != nil {
		s.Number = x.number
	} else {
		v, _ := strconv.ParseUint(n.Option.Text, 0, 8) // the parser has seen to that
		s.Number = uint8(v)
	}
	return s
}

func (s *ResetOption) String() string { return s.text }
