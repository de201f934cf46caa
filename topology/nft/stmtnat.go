package nft

import "strings"

func init() {
	for _, kind := range []string{"snat", "dnat", "masquerade", "redirect"} {
		statements[kind] = (*parser).nat
	}
}

var natFlags = []string{"random", "fully-random", "persistent"}

func (p *parser) nat(first token) StmtNode {
	n := &NATNode{Kind: first.text}
	addr := n.Kind == "snat" || n.Kind == "dnat"
	if t := p.cur(); addr && (t.isWord("ip") || t.isWord("ip6")) && natFamily(p.peek(1)) {
		n.Family = p.word(p.advance())
	}
	if addr && p.acceptWord("interval") {
		p.natTo()
	} else if addr && p.cur().isWord("prefix") {
		p.advance()
		n.Prefix = true
	} else if addr && p.cur().isWord("addr") && p.peek(1).is(".") {
		p.advance()
		p.advance()
		p.oneOf("word", "port")
		n.Concat = true
	}
	switch t := p.cur(); {
	case p.acceptWord("to"):
		n.To = p.natTarget(first.text, addr)
	case addr && t.ends():
		p.fail(p.tokSpan(t), "write `"+n.Kind+" to ADDRESS`", "`to` expected after `%s`, found %s", n.Kind, t.describe())
	case addr && (n.Family != nil || n.Prefix || n.Concat):
		p.natTo()
	case first.text == "redirect" && (t.kind == tNumber || t.is(":")):
		p.fail(p.tokSpan(t), "write `redirect to :8080`", "`to` expected after `redirect`, found %s", t.describe())
	case addr: // the `to` may be left out
		n.To = p.natTarget(first.text, addr)
	}
	if t := p.cur(); t.kind == tName && isNATFlag(t.text) {
		for {
			n.Flags = append(n.Flags, p.oneOf("flag of "+n.Kind, natFlags...))
			if !p.accept(",") {
				break
			}
		}
	}
	n.Span = p.spanFrom(first)
	return n
}

// natFamily reports whether what follows `ip` makes it the family of a NAT statement rather than a selector.
func natFamily(next token) bool {
	return next.isWord("to") || next.isWord("prefix") || next.isWord("interval") || next.isWord("addr")
}

func isNATFlag(word string) bool {
	for _, f := range natFlags {
		if f == word {
			return true
		}
	}
	return false
}

func (p *parser) natTo() {
	if t := p.cur(); !t.isWord("to") {
		p.fail(p.tokSpan(t), "", "`to` expected, found %s", t.describe())
	}
}

// natTarget parses what stands behind `to`: `ADDR`, `ADDR:PORT`, `:PORT`, or `PORT` for redirect.
func (p *parser) natTarget(kind string, addr bool) ExprNode {
	first := p.cur()
	a := &AddrPortNode{}
	switch {
	case first.is(":"):
	case addr:
		a.Addr = p.natAddr()
	case kind == "redirect":
		a.Port = p.natPort()
	default:
		hint := "write `" + kind + " to :1024-65535`"
		if first.kind == tAddr {
			hint = "masquerade takes the address of the device; for another write `snat to`"
		}
		p.fail(p.tokSpan(first), hint, "`:` and a port expected, found %s", first.describe())
	}
	if a.Port == nil && p.accept(":") {
		a.Port = p.natPort()
	}
	a.Span = p.spanFrom(first)
	return a
}

func (p *parser) natAddr() ExprNode {
	first := p.cur()
	if first.is("[") {
		x := p.bracketed()
		if p.accept("-") {
			y := p.bracketed()
			return &RangeNode{Span: p.spanFrom(first), From: x, To: y}
		}
		return x
	}
	x := p.concat(fromStatement)
	switch {
	case p.accept("-"):
		y := p.bitOr(fromConstant)
		return &RangeNode{Span: p.spanFrom(first), From: x, To: y}
	case p.cur().is("/"):
		p.advance()
		return &PrefixNode{Span: p.spanFrom(first), X: x, Len: p.numberWord("length of the prefix")}
	}
	return x
}

// bracketed parses `[2001:db8::1]`.
func (p *parser) bracketed() ExprNode {
	p.expect("[", "here")
	x := p.bitOr(fromConstant)
	p.expect("]", "behind the address")
	return x
}

func (p *parser) natPort() ExprNode {
	first := p.cur()
	x := p.concat(fromStatement)
	if p.accept("-") {
		y := p.bitOr(fromConstant)
		return &RangeNode{Span: p.spanFrom(first), From: x, To: y}
	}
	return x
}

func (n *NATNode) print(p *printer) {
	p.str(n.Kind)
	if n.Family != nil {
		p.str(" ", n.Family.Text)
	}
	switch {
	case n.Prefix:
		p.str(" prefix")
	case n.Concat:
		p.str(" addr . port")
	}
	if n.To != nil {
		p.str(" to ")
		p.expr(n.To)
	}
	for i, f := range n.Flags {
		if i == 0 {
			p.str(" ")
		} else {
			p.str(",")
		}
		p.str(f.Text)
	}
}

var natKinds = map[string]NATKind{"snat": SNAT, "dnat": DNAT, "masquerade": Masquerade, "redirect": Redirect}

// natAt are the hooks of the kinds of NAT (net/netfilter/nft_nat.c, nft_masq.c, nft_redir.c: their validate).
var natAt = map[NATKind][]Hook{
	SNAT:       {HookPostrouting, HookInput},
	DNAT:       {HookPrerouting, HookOutput},
	Masquerade: {HookPostrouting},
	Redirect:   {HookPrerouting, HookOutput},
}

var natFlagBits = map[string]NATFlags{"random": NATRandom, "fully-random": NATFullyRandom, "persistent": NATPersistent}

func (n *NATNode) check(c *checker) Stmt {
	s := &NAT{Span: n.Span, Kind: natKinds[n.Kind]}
	switch c.table.Family {
	case FamilyIP, FamilyIP6, FamilyInet:
	default:
		c.fail(n.Span, "", "%s does not exist in the %s family", n.Kind, c.table.Family)
	}
	c.natHooks(n.Span, n.Kind, natAt[s.Kind]...)
	for _, f := range n.Flags {
		s.Flags |= natFlagBits[f.Text]
	}
	to, _ := n.To.(*AddrPortNode)
	if to == nil {
		return s
	}
	if to.Addr != nil {
		s.Family = c.natFamily(n, to)
		s.Stated = n.Family != nil || c.table.Family == FamilyInet
		c.natAddr(n, s, to.Addr)
	} else if n.Family != nil {
		s.Stated = true
	}
	if to.Port != nil {
		s.Port = c.natValue(to.Port, TypeInetService)
		if s.Port.Type() != TypeInetService {
			c.fail(to.Port.Range(), "", "a port is wanted")
		}
		c.natPort(n, to.Port.Range())
	}
	return s
}

// natPort checks that the packets have ports.
func (c *checker) natPort(n *NATNode, at Span) {
	switch c.ctx.l4 {
	case 6, 17, 33, 132, 136:
	case 0:
		if !c.ctx.ports && !c.ctx.broken {
			c.fail(at, "match the protocol before it, such as `tcp dport 80 "+n.Kind+" ...` or `meta l4proto { tcp, udp } ...`",
				"a port needs packets that have ports, but the rule is for any protocol")
		}
	default: // without ports: nft and the kernel take it, and nothing is rewritten
	}
}

// natFamily is the family of the address: the one written, of the table, of the packets, or of the address itself.
func (c *checker) natFamily(n *NATNode, to *AddrPortNode) Family {
	f := c.ctx.family
	if n.Family != nil {
		f = familyOf(n.Family)
		if c.table.Family != FamilyInet && c.table.Family != f {
			c.fail(n.Family.Span, "leave it out", "`%s %s` in a table of family %s", n.Kind, n.Family.Text, c.table.Family)
		}
		c.needFamily(n.Family.Span, n.Kind+" "+n.Family.Text, f)
	}
	if f != FamilyUnspec || c.ctx.broken {
		if f == FamilyUnspec {
			panic(bailout{}) // what would tell was reported
		}
		return f
	}
	word := "ip"
	if hasColon(to.Addr) {
		word = "ip6"
	}
	c.fail(Span{n.Pos, to.Addr.Range().End}, "write `"+n.Kind+" "+word+" to ...`", "in a table of family inet, %s needs to know whether it is for IPv4 or IPv6", n.Kind)
	return f
}

func (c *checker) natAddr(n *NATNode, s *NAT, x ExprNode) {
	addr := addressType(s.Family)
	if m, ok := c.expand(x).(*MapNode); ok {
		c.natMap(n, s, m, addr)
		return
	}
	s.Addr = c.natValue(x, addr)
	if _, ok := s.Addr.(*Prefix); ok && n.Prefix {
		s.Flags |= NATNetmap // without the word a prefix is a range
	}
	if n.Concat {
		c.fail(x.Range(), "", "`addr . port` is for a map whose values are addresses with ports")
	}
}

// natValue is a constant of type d, or what yields one.
func (c *checker) natValue(x ExprNode, d *Datatype) Expr { return c.stmtValue(x, d) }

// natMap checks a map of addresses, or of addresses with ports: its first element says which, if it is in braces.
func (c *checker) natMap(n *NATNode, s *NAT, m *MapNode, addr *Datatype) {
	key := c.selector(m.Key)
	full := Concat(addr, TypeInetService)
	data := addr
	switch x := c.expand(m.Map).(type) {
	case *SetNode:
		if len(x.Elems) > 0 && x.Elems[0].Data != nil {
			if v, ok := c.expand(x.Elems[0].Data).(*ConcatNode); ok && len(v.Parts) == 2 {
				data = full
			}
		}
	case *SetRefNode:
		set := c.setNamed(x, true)
		if set.Data != nil && sameType(set.Data, full) {
			data = full
		}
	}
	if n.Concat {
		data = full
	}
	look := &MapLookup{Span: m.Span, Key: key, Map: c.mapOf(m.Map, key.Type(), data, false)}
	s.Addr = look
	if data == full {
		c.natPort(n, m.Span)
	}
	if n.Prefix {
		s.Flags |= NATNetmap
	}
}

func (s *NAT) String() string {
	var b strings.Builder
	b.WriteString([...]string{SNAT: "snat", DNAT: "dnat", Masquerade: "masquerade", Redirect: "redirect"}[s.Kind])
	look, isMap := s.Addr.(*MapLookup)
	concat := isMap && look.Type().Base == BaseConcat
	prefix := s.Flags&NATNetmap != 0
	ranges := isMap && look.Map.DataRange
	if (s.Stated || concat || isMap && prefix || ranges) && s.Family != FamilyUnspec {
		b.WriteString(" " + s.Family.String())
	}
	if prefix {
		b.WriteString(" prefix")
	}
	if s.Addr != nil || s.Port != nil {
		b.WriteString(" to ")
	}
	if s.Addr != nil {
		b.WriteString(addrText(s.Addr, s.Port != nil))
	}
	if s.Port != nil {
		b.WriteString(":" + s.Port.String())
	}
	sep := " "
	for _, f := range natFlags {
		if s.Flags&natFlagBits[f] != 0 {
			b.WriteString(sep + f)
			sep = ","
		}
	}
	return b.String()
}

// addrText is an address; one with colons stands in brackets before a port.
func addrText(x Expr, port bool) string {
	if x.Type() != TypeIPv6Addr || !port {
		return x.String()
	}
	switch x := x.(type) {
	case *Range:
		return "[" + x.From.text + "]-[" + x.To.text + "]"
	case *Const, *Prefix:
		return "[" + x.String() + "]"
	}
	return x.String()
}
