package nft

func init() { statements["reject"] = (*parser).reject }

func (p *parser) reject(first token) StmtNode {
	n := &RejectNode{}
	if p.acceptWord("with") {
		kind := p.oneOf("way to reject", "icmp", "icmpv6", "icmpx", "tcp")
		n.With = []*WordNode{kind}
		if kind.Text == "tcp" {
			n.With = append(n.With, p.oneOf("way to reject", "reset"))
		} else {
			p.acceptWord("type")
			t := p.cur()
			switch {
			case t.is("$"):
				n.Code = p.variable()
			case t.kind == tName && t.text != "type" || t.kind == tNumber:
				n.Code = p.word(p.advance())
			default:
				p.failWord(t, "code of "+kind.Text, rejectCodes[kind.Text].symbols.names())
			}
		}
	}
	n.Span = p.spanFrom(first)
	return n
}

var rejectCodes = map[string]*Datatype{"icmp": TypeICMPCode, "icmpv6": TypeICMPv6Code, "icmpx": TypeICMPXCode}

func (n *RejectNode) print(p *printer) {
	p.str("reject")
	for i, w := range n.With {
		if i == 0 {
			p.str(" with")
		}
		p.str(" ", w.Text)
	}
	if n.Code != nil {
		p.str(" ")
		p.expr(n.Code)
	}
}

func (n *RejectNode) check(c *checker) Stmt {
	c.hooks(n.Span, "reject", HookPrerouting, HookInput, HookForward, HookOutput, HookIngress)
	s := &Reject{Span: n.Span}
	if c.table.Family == FamilyARP {
		c.fail(n.Span, "", "reject does not exist in the arp family")
	}
	if c.ctx.family == FamilyARP {
		c.fail(n.Span, "write `drop`", "packets of ARP cannot be rejected, only those of IPv4 and IPv6")
	}
	if n.With == nil {
		// As in nft: port-unreachable, in the protocol of the packet.
		switch {
		case c.table.Family == FamilyIP:
			s.Type, s.Code = RejectICMP, 3
		case c.table.Family == FamilyIP6:
			s.Type, s.Code = RejectICMP, 4
		case c.ctx.family == FamilyIP:
			s.Type, s.Family, s.Code, s.With = RejectICMP, FamilyIP, 3, "icmp port-unreachable"
		case c.ctx.family == FamilyIP6:
			s.Type, s.Family, s.Code, s.With = RejectICMP, FamilyIP6, 4, "icmpv6 port-unreachable"
		default:
			s.Type, s.Code = RejectICMPX, 1
		}
		return s
	}
	kind := n.With[0]
	switch kind.Text {
	case "tcp":
		if c.ctx.l4 != 0 && c.ctx.l4 != 6 {
			c.fail(n.Span, "", "`reject with tcp reset` needs TCP, but the rule matches %s", TypeInetProto.format([]byte{byte(c.ctx.l4)}))
		}
		s.Type, s.With = RejectTCP, "tcp reset"
		return s
	case "icmp":
		s.Type, s.Family = RejectICMP, FamilyIP
	case "icmpv6":
		s.Type, s.Family = RejectICMP, FamilyIP6
	case "icmpx":
		s.Type = RejectICMPX
		if c.table.Family == FamilyIP || c.table.Family == FamilyIP6 {
			c.fail(kind.Span, "write `icmp` in an ip table, `icmpv6` in an ip6 table", "`icmpx` is for tables that see both families")
		}
	}
	if s.Family != FamilyUnspec {
		if (c.table.Family == FamilyIP || c.table.Family == FamilyIP6) && c.table.Family != s.Family ||
			c.ctx.family != FamilyUnspec && c.ctx.family != s.Family {
			other := "icmpv6"
			if s.Family == FamilyIP6 {
				other = "icmp"
			}
			c.fail(kind.Span, "write `"+other+"`", "`%s` cannot answer these packets, they are of family %s", kind.Text, c.familyHere())
		}
	}
	code := c.constant(c.wordOf(n.Code, "code"), rejectCodes[kind.Text])
	s.Code = code.be[0]
	if s.Type == RejectICMPX && s.Code > 3 { // NFT_REJECT_ICMPX_MAX of nf_tables.h
		c.fail(n.Code.Range(), didYouMean("", TypeICMPXCode.symbols.names()), "icmpx has no code %d", s.Code)
	}
	s.With = kind.Text + " " + rejectCodes[kind.Text].format(code.be)
	return s
}

func (s *Reject) String() string {
	switch {
	case s.With == "" || s.Type == RejectICMPX && s.Code == 1:
		return "reject"
	}
	return "reject with " + s.With
}

func (s *Reject) eval(m *machine) {
	asked := len(m.res.Exprs)
	switch {
	case s.Type == RejectTCP:
		m.requireL4(s, s.String(), 6)
	case s.Family != FamilyUnspec:
		m.requireFamily(s, s.String(), s.Family)
	}
	if len(m.res.Exprs) > asked {
		m.first(m.res.Exprs[asked].Match)
	}
	m.verdict(VerdictReject, nil, s)
}
