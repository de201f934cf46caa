package nft

// DupNode is `dup to ADDRESS device DEVICE`, or `dup to DEVICE` in a table of family netdev.
type DupNode struct {
	Span
	To     ExprNode
	Device ExprNode // nil: none was written
}

// Dup sends a copy of the packet elsewhere and goes on: to an address (ip and ip6), or out of a device (netdev). Addr
// is nil in a table of family netdev, Device where the route of the address decides.
type Dup struct {
	Span
	Addr   Expr
	Device Expr
}

func init() {
	statements["dup"] = func(p *parser, first token) StmtNode {
		n := &DupNode{}
		p.wantTo("dup to 192.0.2.1 device \"eth1\"")
		n.To = p.concat(fromStatement)
		if p.acceptWord("device") {
			n.Device = p.concat(fromStatement)
		}
		n.Span = p.spanFrom(first)
		return n
	}
}

// addressFamily parses the family of an address before `to`; nil if there is none.
func (p *parser) addressFamily() *WordNode {
	if t := p.cur(); !t.isWord("ip") && !t.isWord("ip6") {
		return nil
	}
	return p.word(p.advance())
}

// wantTo parses the word `to`; example is a statement that has it.
func (p *parser) wantTo(example string) {
	if t := p.cur(); !t.isWord("to") {
		p.fail(p.tokSpan(t), "write `"+example+"`", "`to` expected, found %s", t.describe())
	}
	p.advance()
}

func (n *DupNode) print(p *printer) {
	p.str("dup to ")
	p.expr(n.To)
	if n.Device != nil {
		p.str(" device ")
		p.expr(n.Device)
	}
}

func (n *DupNode) check(c *checker) Stmt {
	s := &Dup{Span: n.Span}
	switch f := c.table.Family; f {
	case FamilyIP, FamilyIP6:
		s.Addr = c.oneValue(n.To, addressType(f))
		if n.Device != nil {
			s.Device = c.oneValue(n.Device, TypeIfIndex)
		}
	case FamilyNetdev:
		s.Device = c.oneValue(n.To, TypeIfIndex)
		if n.Device != nil {
			c.fail(n.Device.Range(), "write `dup to DEVICE`", "in a table of family netdev dup has only a device")
		}
	default:
		c.fail(n.Span, "it is for tables of family ip, ip6 and netdev", "dup does not exist in the %s family", f)
	}
	return s
}

// addressType is the type of the addresses of a family.
func addressType(f Family) *Datatype {
	if f == FamilyIP6 {
		return TypeIPv6Addr
	}
	return TypeIPv4Addr
}

// oneValue is stmtValue for a statement that takes no range.
func (c *checker) oneValue(x ExprNode, d *Datatype) Expr {
	e := c.stmtValue(x, d)
	if what := keyShape(e); what != "" {
		c.fail(x.Range(), "", "one value of type %s is wanted, this is a %s", d, what)
	}
	return e
}

func (s *Dup) String() string {
	switch {
	case s.Addr == nil:
		return "dup to " + s.Device.String()
	case s.Device == nil:
		return "dup to " + s.Addr.String()
	}
	return "dup to " + s.Addr.String() + " device " + s.Device.String()
}

// eval is nft_dup_ipv4_eval and its kin: the copy is another packet.
func (s *Dup) eval(m *machine) { m.readAll(s, s.Addr, s.Device) }

// readAll adds a result for each value of a statement that cannot be read.
func (m *machine) readAll(s Stmt, list ...Expr) {
	for _, e := range list {
		if e != nil {
			v := m.value(e)
			m.reads(s, e, &v)
		}
	}
}
