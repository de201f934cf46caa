package nft

// TproxyNode is `tproxy ip to 192.0.2.1:80`.
type TproxyNode struct {
	Span
	Family *WordNode
	To     *AddrPortNode
}

// Tproxy hands the packet to a local socket without rewriting it. Addr and Port are what yields one value, or
// nil.
type Tproxy struct {
	Span
	Family Family // of Addr; FamilyUnspec in a table of family inet without an address
	Stated bool   // the family is spelled
	Addr   Expr
	Port   Expr
}

func init() {
	statements["tproxy"] = func(p *parser, first token) StmtNode {
		n := &TproxyNode{}
		n.Family = p.addressFamily()
		p.wantTo("tproxy to :8080")
		n.To = p.natTarget("tproxy", true).(*AddrPortNode)
		n.Span = p.spanFrom(first)
		return n
	}
}

func (n *TproxyNode) print(p *printer) {
	p.str("tproxy ")
	if n.Family != nil {
		p.str(n.Family.Text, " ")
	}
	p.str("to ")
	p.expr(n.To)
}

func (n *TproxyNode) check(c *checker) Stmt {
	s := &Tproxy{Span: n.Span}
	switch f := c.table.Family; f {
	case FamilyIP, FamilyIP6:
		s.Family = f
	case FamilyInet:
		s.Stated = n.Family != nil
	default:
		c.fail(n.Span, "", "tproxy does not exist in the %s family", f)
	}
	c.hooks(n.Span, "tproxy", HookPrerouting) // net/netfilter/nft_tproxy.c, nft_tproxy_validate
	if n.Family != nil {
		f, _ := ParseFamily(n.Family.Text)
		c.needFamily(n.Family.Span, "tproxy "+n.Family.Text, f)
		s.Family = f
	}
	switch c.ctx.l4 {
	case 6, 17:
	case 0:
		if !c.ctx.ports && !c.ctx.broken {
			c.fail(n.Span, "match the protocol before it, such as `meta l4proto tcp` or `tcp dport 80`", "tproxy needs packets of TCP or UDP, but the rule is for any protocol")
		}
	default:
		c.fail(n.Span, "", "tproxy is for TCP and UDP")
	}
	if n.To.Addr != nil {
		if s.Family == FamilyUnspec {
			c.fail(n.To.Addr.Range(), "write `tproxy ip to` or `tproxy ip6 to`", "the address may be of IPv4 or of IPv6 here")
		}
		s.Addr = c.oneValue(n.To.Addr, addressType(s.Family))
	}
	if n.To.Port != nil {
		s.Port = c.oneValue(n.To.Port, TypeInetService)
	}
	return s
}

func (s *Tproxy) String() string {
	out := "tproxy "
	if s.Stated {
		out += s.Family.String() + " "
	}
	out += "to "
	if s.Addr != nil {
		out += addrText(s.Addr, s.Port != nil)
	}
	if s.Port != nil {
		out += ":" + s.Port.String()
	}
	return out
}

// eval: without a socket the kernel leaves the rule (nft_tproxy_eval).
func (s *Tproxy) eval(m *machine) {
	m.require(s, s.String(), "tproxy", isUnknown("the sockets of the node were not recorded"))
}
