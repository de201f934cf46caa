package nft

import "slices"

// checkCtx is what a rule knows of its packets up to the statement being checked. A selector of a header that is not
// settled yet implies a match of its protocol; one that contradicts what is settled can never match.
type checkCtx struct {
	family Family // FamilyUnspec: they may be of several
	l4     int    // IP protocol number; 0: any
	ports  bool   // l4 is 0, but a set of transport protocols was matched
	icmp   *Const // the type of the ICMP messages; nil: any
	free   bool   // no packet is looked at: a selector only stands for its type
	broken bool   // a statement could not be checked, so the context may lack something
}

// startCtx is the context at the start of a rule.
func (c *checker) startCtx() checkCtx {
	c.inners = nil
	switch f := c.table.Family; f {
	case FamilyIP, FamilyIP6, FamilyARP:
		return checkCtx{family: f}
	}
	return checkCtx{}
}

// familyHere names the family of the packets at this point of a rule.
func (c *checker) familyHere() string {
	if c.ctx.family != FamilyUnspec {
		return c.ctx.family.String()
	}
	return c.table.Family.String()
}

// needFamily settles the family of the packets, for a selector of one.
func (c *checker) needFamily(s Span, what string, f Family) {
	switch {
	case c.ctx.family == f || c.ctx.free:
	case c.table.Family == FamilyInet && f == FamilyARP:
		c.fail(s, "", "`%s` cannot match in a table of family inet: it sees IPv4 and IPv6 only", what)
	case c.ctx.family == FamilyUnspec:
		c.ctx.family = f
	case c.table.Family == c.ctx.family:
		hint := "a table of family inet sees both"
		if f == FamilyARP || c.table.Family == FamilyARP {
			hint = ""
		}
		c.fail(s, hint, "`%s` cannot match in a table of family %s", what, c.table.Family)
	default:
		c.fail(s, "one rule is for one of them", "`%s` cannot match: the rule is for %s packets already", what, c.ctx.family.NFProto())
	}
}

// needL4 settles the transport protocol, for a selector of one.
func (c *checker) needL4(s Span, what string, l4 int) {
	switch c.ctx.l4 {
	case 0:
		c.ctx.l4, c.ctx.ports = l4, false
	case l4:
	default:
		c.fail(s, "one rule is for one of them; `th dport` looks at any", "`%s` cannot match: the rule is for %s packets already",
			what, TypeInetProto.format([]byte{byte(c.ctx.l4)}))
	}
}

// need settles what a header field needs of the packet.
func (c *checker) need(s Span, what string, p *Protocol) {
	if c.ctx.free {
		return
	}
	switch p.Base {
	case NetworkHeader:
		c.needFamily(s, what, p.Family)
	case TransportHeader:
		if p.L4Proto < 0 { // th
			return
		}
		if c.table.Family == FamilyARP {
			c.fail(s, "", "`%s` cannot match in a table of family arp", what)
		}
		// The only ones for which nft adds a match of the family too, where the table has several.
		if p.Family != FamilyUnspec && c.table.Family != FamilyIP && c.table.Family != FamilyIP6 {
			c.needFamily(s, what, p.Family)
		}
		c.needL4(s, what, p.L4Proto)
	case LinkHeader:
		if c.table.Family == FamilyARP && p.Name == "vlan" {
			c.fail(s, "", "`%s` cannot match in a table of family arp", what)
		}
	}
}

// needICMP refuses a field that ICMP messages of the type asked for do not have.
func (c *checker) needICMP(s Span, what string, f *Field) {
	if is := c.ctx.icmp; is != nil && f.ICMPTypes != nil && !slices.Contains(f.ICMPTypes, is.Data[0]) {
		c.fail(s, "it is in messages of type "+is.typ.format(f.ICMPTypes[:1]), "`%s` cannot match: the rule is for messages of type %s already", what, is)
	}
}

// update takes from a match that holds what it says of the packets: `meta l4proto tcp`, `ether type ip`. That it may
// contradict what is settled is no mistake to nft; a header field behind it that does is.
func (c *checker) update(left, right Expr) {
	if in, ok := left.(*Inner); ok {
		if in.Payload.Base != TunnelHeader {
			c.within(in.Tunnel, func() { c.update(in.Payload, right) })
		}
		return
	}
	if set, ok := right.(*SetRef); ok {
		if c.decidesL4(left) && set.Set.Anonymous() && c.ctx.l4 == 0 {
			c.ctx.ports = true
		}
		return
	}
	k, ok := right.(*Const)
	if !ok || k.Symbol != "" {
		return
	}
	v := getUint(k.typ.nativeOrder(k.Data))
	switch {
	case c.decidesL4(left):
		c.ctx.l4, c.ctx.ports = int(v), false
	case isField(left, "icmp", "type") || isField(left, "icmpv6", "type"):
		c.ctx.icmp = k
	case isMeta(left, MetaNFProto):
		c.settle(Family(v))
	case isField(left, "ether", "type") || isField(left, "vlan", "type"):
		for _, p := range protocols {
			if p.Base == NetworkHeader && uint64(p.EtherType) == v {
				c.settle(p.Family)
			}
		}
	}
}

// settle takes over a family that the rule has asked for.
func (c *checker) settle(f Family) {
	switch c.table.Family {
	case FamilyIP, FamilyIP6, FamilyARP:
	default:
		c.ctx.family = f
	}
}

// decidesL4 reports whether an expression is the transport protocol of a packet.
func (c *checker) decidesL4(x Expr) bool {
	return isMeta(x, MetaL4Proto) || isField(x, "ip", "protocol") || isField(x, "ip6", "nexthdr")
}

func isMeta(x Expr, key MetaKey) bool {
	m, ok := x.(*Meta)
	return ok && m.Key == key
}

func isField(x Expr, proto, field string) bool {
	p, ok := x.(*Payload)
	return ok && p.Proto != nil && p.Proto.Name == proto && p.Field.Name == field
}
