package nft

import "slices"

// Tunnel is a protocol that carries other packets, into which a rule can look: `vxlan ip saddr`.
type Tunnel struct {
	Name string
	Type uint32 // of struct nft_inner, enum nft_inner_type of nf_tables.h
	// Header is how many bytes of it the kernel passes over, for a tunnel with options those that it has always.
	Header int
	Link   bool // what it carries begins with an Ethernet header
	L4     int  // IP protocol that it is in: UDP, or GRE itself
	Fields []Field
}

// The tunnels that nft looks into (src/proto.c of nft: proto_vxlan, proto_geneve, proto_gre, proto_gretap). The header
// of GRE itself is among the protocols.
var tunnels = []*Tunnel{
	{Name: "vxlan", Type: 1, Header: 8, Link: true, L4: 17, Fields: []Field{integer("flags", 0, 8), integer("vni", 32, 24)}},
	{Name: "geneve", Type: 2, Header: 8, Link: true, L4: 17, Fields: []Field{integer("type", 16, 16), integer("vni", 32, 24)}},
	{Name: "gre", Type: 3, Header: 4, L4: protoNumberGRE},
	{Name: "gretap", Type: 4, Header: 4, Link: true, L4: protoNumberGRE},
}

const protoNumberGRE = 47

func tunnelNamed(name string) *Tunnel {
	for _, t := range tunnels {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// TunnelHeader is the base of the fields of a tunnel's own header (enum nft_payload_bases of nf_tables.h).
const TunnelHeader HeaderBase = 4

// InnerNode is a header field of the packet inside a tunnel, or of the tunnel's header: `vxlan ip saddr`, `vxlan vni`.
type InnerNode struct {
	Span
	Tunnel *WordNode
	X      *SelectorNode
}

func (*InnerNode) exprNode() {}

// Inner reads a header field of the packet inside a tunnel. Where Payload has the base TunnelHeader, it is of the
// tunnel's own header.
type Inner struct {
	Span
	Tunnel  *Tunnel
	Payload *Payload
}

// Type is the type of the field.
func (e *Inner) Type() *Datatype { return e.Payload.typ }
func (e *Inner) String() string  { return e.Tunnel.Name + " " + e.Payload.name }

// innerProtocols are what may stand behind the name of a tunnel; link says that those of the link layer may.
func innerProtocols(link bool) []string {
	out := []string{"ip", "icmp", "igmp", "ip6", "icmpv6", "ah", "esp", "comp", "udp", "udplite", "tcp", "dccp", "sctp", "th"}
	if link {
		out = append(out, "ether", "vlan", "arp")
	}
	return out
}

func init() {
	for _, t := range tunnels {
		selectorHeads[t.Name] = func(p *parser) ExprNode { return p.inner(t) }
	}
}

func (p *parser) inner(tunnel *Tunnel) ExprNode {
	first := p.advance()
	t := p.cur()
	inner := innerProtocols(tunnel.Link)
	own := (&Protocol{Fields: tunnel.Fields}).fieldNames()
	gre := tunnel.Name == protoGRE.Name
	if gre {
		own = protoGRE.fieldNames()
	}
	switch {
	case gre && t.kind == tName && protoGRE.field(t.text) != nil:
		n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance())}}
		n.Span = p.spanFrom(first)
		return n
	case t.kind == tName && slices.Contains(own, t.text):
		w := p.word(p.advance())
		x := &SelectorNode{Span: w.Span, Words: []*WordNode{w}}
		return &InnerNode{Span: p.spanFrom(first), Tunnel: p.word(first), X: x}
	case t.kind == tName && slices.Contains(inner, t.text):
		if next := p.peek(1); next.isWord("option") || next.isWord("chunk") {
			p.fail(Span{p.pos(t), p.endPos(next)}, "look at a header field", "options inside a tunnel cannot be looked at")
		}
		x, _ := p.payload(protocolNamed(t.text)).(*SelectorNode)
		return &InnerNode{Span: p.spanFrom(first), Tunnel: p.word(first), X: x}
	}
	p.failWord(t, "header behind "+tunnel.Name, append(own, inner...))
	return nil
}

func (c *checker) inner(n *InnerNode) Expr {
	tunnel := tunnelNamed(n.Tunnel.Text)
	e := &Inner{Span: n.Span, Tunnel: tunnel}
	name := tunnel.Name + " " + n.X.canonical()
	if c.table.Family == FamilyARP {
		c.fail(n.Span, "", "`%s` cannot match in a table of family arp", name)
	}
	c.needTunnel(n, name, tunnel)
	if words := n.X.words(); len(words) == 1 {
		f := (&Protocol{Fields: tunnel.Fields}).field(words[0])
		e.Payload = &Payload{Span: n.Span, Field: f, Base: TunnelHeader, Offset: f.Offset, Len: f.Len, typ: f.Type, name: words[0]}
		return e
	}
	c.within(tunnel, func() { e.Payload, _ = c.selectorWords(n.X).(*Payload) })
	return e
}

// within runs f with what the rule knows of the packets in a tunnel: they have protocols of their own, and are looked
// at as a table of family netdev looks at packets.
func (c *checker) within(t *Tunnel, f func()) {
	outer, table := c.ctx, c.table
	c.ctx = c.inners[t.Name]
	c.ctx.free = outer.free
	c.table = &Table{Family: FamilyNetdev, Name: table.Name}
	ok := c.try(f)
	if c.inners == nil {
		c.inners = map[string]checkCtx{}
	}
	c.inners[t.Name] = c.ctx
	c.ctx, c.table = outer, table
	if !ok {
		panic(bailout{}) // that was reported
	}
}

// needTunnel settles the protocol that a tunnel is in. That a datagram of UDP is one of VXLAN or Geneve is up to the
// rule to say, by its port; that it is UDP must be said before.
func (c *checker) needTunnel(n *InnerNode, name string, t *Tunnel) {
	switch {
	case c.ctx.free || c.ctx.l4 == t.L4:
	case t.L4 == protoNumberGRE:
		c.needL4(n.Span, name, t.L4)
	case c.ctx.l4 == 0 && !c.ctx.broken:
		c.fail(n.Span, "match the port before it, such as `udp dport 4789 "+name+" ...`", "`%s` needs packets of UDP, but the rule is for any protocol", name)
	case c.ctx.l4 != 0:
		c.needL4(n.Span, name, t.L4)
	}
}

func (p *printer) inner(n *InnerNode) {
	p.str(n.Tunnel.Text, " ")
	p.expr(n.X)
}
