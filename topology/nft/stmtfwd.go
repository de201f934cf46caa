package nft

// FwdNode is `fwd to DEVICE`, or `fwd ip to ADDRESS device DEVICE`.
type FwdNode struct {
	Span
	Family *WordNode // nil: only a device
	To     ExprNode
	Device ExprNode // with Family
}

// Fwd sends the packet out of a device, past everything else of this node. With an address it goes to the neighbour
// that has it; the family is that of the address.
type Fwd struct {
	Span
	Family Family // FamilyUnspec: no address
	Addr   Expr
	Device Expr
}

func init() {
	statements["fwd"] = func(p *parser, first token) StmtNode {
		n := &FwdNode{}
		n.Family = p.addressFamily()
		p.wantTo("fwd to \"eth1\"")
		n.To = p.concat(fromStatement)
		if n.Family != nil {
			if t := p.cur(); !t.isWord("device") {
				p.fail(p.tokSpan(t), "write `fwd "+n.Family.Text+" to ADDRESS device \"eth1\"`", "`device` expected, found %s", t.describe())
			}
			p.advance()
			n.Device = p.concat(fromStatement)
		}
		n.Span = p.spanFrom(first)
		return n
	}
}

func (n *FwdNode) print(p *printer) {
	p.str("fwd ")
	if n.Family != nil {
		p.str(n.Family.Text, " ")
	}
	p.str("to ")
	p.expr(n.To)
	if n.Device != nil {
		p.str(" device ")
		p.expr(n.Device)
	}
}

func (n *FwdNode) check(c *checker) Stmt {
	s := &Fwd{Span: n.Span}
	if f := c.table.Family; f != FamilyNetdev {
		c.fail(n.Span, "it is for tables of family netdev", "fwd does not exist in the %s family", f)
	}
	c.hooks(n.Span, "fwd", HookIngress, HookEgress) // net/netfilter/nft_fwd_netdev.c, nft_fwd_validate
	if n.Family == nil {
		s.Device = c.oneValue(n.To, TypeIfIndex)
		return s
	}
	s.Family, _ = ParseFamily(n.Family.Text)
	s.Addr = c.oneValue(n.To, addressType(s.Family))
	s.Device = c.oneValue(n.Device, TypeIfIndex)
	return s
}

func (s *Fwd) String() string {
	if s.Addr == nil {
		return "fwd to " + s.Device.String()
	}
	return "fwd " + s.Family.String() + " to " + s.Addr.String() + " device " + s.Device.String()
}

// eval is nft_fwd_netdev_eval and nft_fwd_neigh_eval (net/netfilter/nft_fwd_netdev.c): for the hook the packet is gone,
// stolen if it is sent on and dropped if it cannot be.
func (s *Fwd) eval(m *machine) {
	m.readAll(s, s.Addr, s.Device)
	m.verdict(VerdictDrop, nil, s)
}
