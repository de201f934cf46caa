package nft

import "slices"

// FlowAdd puts the connection into a flowtable: `flow add @f`.
type FlowAdd struct {
	Span
	Flowtable *Flowtable
}

func init() {
	statements["flow"] = func(p *parser, first token) StmtNode {
		if t := p.cur(); !t.isWord("add") && !t.isWord("offload") { // offload is what old versions of nft wrote
			p.fail(p.tokSpan(t), "write `flow add @NAME`", "`add` expected after `flow`, found %s", t.describe())
		}
		p.advance()
		if t := p.cur(); !t.is("@") {
			p.fail(p.tokSpan(t), "write `flow add @NAME`", "`@` and the name of a flowtable expected, found %s", t.describe())
		}
		n := &FlowAddNode{Flowtable: p.setRef()}
		n.Span = p.spanFrom(first)
		return n
	}
}

func (n *FlowAddNode) print(p *printer) { p.str("flow add @", n.Flowtable.Name.Text) }

func (n *FlowAddNode) check(c *checker) Stmt {
	if !hasFlowtables(c.table.Family) {
		c.fail(n.Span, "use a table of family inet", "`flow add` does not exist in the %s family", c.table.Family)
	}
	// net/netfilter/nft_flow_offload.c, nft_flow_offload_validate
	c.hooks(n.Span, "`flow add`", HookForward)
	name := n.Flowtable.Name.Text
	f := c.flowtableNow(name)
	if f == nil {
		var names []string
		for _, x := range c.table.Flowtables {
			names = append(names, x.Name)
		}
		hint := didYouMean(name, names)
		switch {
		case c.setNow(name) != nil:
			hint = "`" + name + "` is a " + setWord(c.setNow(name).Map)
		case hint == "" && len(names) == 0:
			hint = "add `flowtable " + name + " { hook ingress priority 0; devices = { eth0, eth1 }; }` to the table"
		}
		c.missing(n.Flowtable.Span, hint, "table %s %s has no flowtable `%s`", c.table.Family, c.table.Name, name)
	}
	return &FlowAdd{Span: n.Span, Flowtable: f}
}

// hasFlowtables reports whether a family has flowtables (net/netfilter/nf_flow_table_ip.c and nf_flow_table_inet.c).
func hasFlowtables(f Family) bool { return f == FamilyIP || f == FamilyIP6 || f == FamilyInet }

func (s *FlowAdd) String() string { return "flow add @" + s.Flowtable.Name }

// flowtableNow finds a flowtable of the table; nil if there is none.
func (c *checker) flowtableNow(name string) *Flowtable {
	for _, g := range c.dug() {
		if g.flowtable != nil && g.flowtable.Name == name {
			return g.flowtable
		}
	}
	return c.table.Flowtable(name)
}

// flowtableDecl takes over a flowtable. One that is written in several blocks is one; its devices are those of all.
func (c *checker) flowtableDecl(d *FlowtableDecl, op string) {
	f := c.table.Flowtable(d.Name.Text)
	first := f == nil
	switch {
	case first && !hasFlowtables(c.table.Family):
		c.fail(d.Span, "use a table of family inet", "family %s has no flowtables", c.table.Family)
	case first:
		c.name(d.Name, "flowtable")
		f = &Flowtable{Span: d.Span, Table: c.table, Name: d.Name.Text}
		c.table.Flowtables = append(c.table.Flowtables, f)
	case op == "create":
		c.report(d.Name.Span, "`add flowtable` adds to it", "flowtable `%s` exists already, at %s", f.Name, f.Pos)
	}
	outer := c.env
	var item func(it Item)
	item = func(it Item) {
		if c.common(it, item) {
			return
		}
		switch d := it.(type) {
		case *HookDecl:
			c.flowtableHook(f, d)
		case *DevicesDecl:
			c.flowtableDevices(f, d)
		case *FlagsDecl:
			f.Offload = true
		case *Property:
			f.Counter = true
		}
	}
	for _, it := range d.Items {
		c.try(func() { item(it) })
	}
	c.leaveScope(outer)
	if f.Hook == "" && !c.partial && !hasHook(d) {
		c.fail(d.Name.Span, "add `hook ingress priority 0;`", "flowtable `%s` has no hook", f.Name)
	}
}

// hasHook reports whether a flowtable says its hook, be it wrong.
func hasHook(d *FlowtableDecl) bool {
	return slices.ContainsFunc(d.Items, func(it Item) bool { _, ok := it.(*HookDecl); return ok })
}

func (c *checker) flowtableHook(f *Flowtable, d *HookDecl) {
	if d.Hook.Text != "ingress" { // nft_flowtable_parse_hook, net/netfilter/nf_tables_api.c
		hint := "write `hook ingress`"
		c.fail(d.Hook.Span, hint, "a flowtable is at the hook ingress, not at `%s`", d.Hook.Text)
	}
	name, priority := c.priority(d.Priority, HookIngress, FamilyNetdev)
	if f.Hook != "" && f.Priority != priority {
		c.fail(d.Priority.Span, "", "flowtable `%s` has another priority already, at %s", f.Name, f.Pos)
	}
	f.Hook, f.Priority, f.PriorityName = HookIngress, priority, name
}

// flowtableDevices adds devices to a flowtable. In one table each may be in one only (nft_register_flowtable_net_hooks of
// net/netfilter/nf_tables_api.c).
func (c *checker) flowtableDevices(f *Flowtable, d *DevicesDecl) {
	for _, name := range c.deviceNames(d.Value) {
		for _, x := range c.table.Flowtables {
			if x != f && slices.Contains(x.Devices, name) {
				c.fail(d.Value.Range(), "leave it out of one of them", "device `%s` is in flowtable `%s` already, at %s", name, x.Name, x.Pos)
			}
		}
		if !slices.Contains(f.Devices, name) {
			f.Devices = append(f.Devices, name)
		}
	}
}

// deleteFlowtable takes over a command that deletes a flowtable.
func (c *checker) deleteFlowtable(d *FlushDecl) {
	f := c.table.Flowtable(d.Name.Text)
	if f == nil {
		if d.Op != "destroy" {
			var names []string
			for _, x := range c.table.Flowtables {
				names = append(names, x.Name)
			}
			c.missing(d.Name.Span, didYouMean(d.Name.Text, names), "table %s %s has no flowtable `%s` at this point", c.table.Family, c.table.Name, d.Name.Text)
		}
		return
	}
	if d.Items != nil {
		for _, it := range d.Items {
			c.try(func() { c.deleteDevices(f, it) })
		}
		return
	}
	c.later(phaseRules, func() {
		for _, ch := range c.chainsNow() {
			for _, r := range ch.Rules {
				for _, s := range r.Stmts {
					if add, ok := s.(*FlowAdd); ok && add.Flowtable == f {
						c.fail(d.Name.Span, "take the rule away first: `flush chain`", "flowtable `%s` is in use, by the rule at %s", f.Name, r.Pos)
					}
				}
			}
		}
	})
	c.bury(grave{flowtable: f})
	c.table.Flowtables = slices.DeleteFunc(c.table.Flowtables, func(x *Flowtable) bool { return x == f })
}

// deleteDevices takes devices out of a flowtable.
func (c *checker) deleteDevices(f *Flowtable, it Item) {
	d, ok := it.(*DevicesDecl)
	if !ok {
		if !c.common(it, func(Item) {}) {
			c.fail(it.Range(), "write `devices = { ... }`, or leave the braces out", "only devices are taken out of a flowtable")
		}
		return
	}
	for _, name := range c.deviceNames(d.Value) {
		i := slices.Index(f.Devices, name)
		if i < 0 {
			c.fail(d.Value.Range(), didYouMean(name, f.Devices), "flowtable `%s` has no device `%s` at this point", f.Name, name)
		}
		f.Devices = slices.Delete(f.Devices, i, i+1)
	}
}

// eval is nft_flow_offload_eval (net/netfilter/nft_flow_offload.c). The kernel leaves the rule where it adds nothing,
// also for a connection that is in the flowtable already.
func (s *FlowAdd) eval(m *machine) {
	v := isUnknown("a connection is added once, when the kernel has seen both directions: that depends on the packets before this one")
	c, t := &m.p.CT, m.p.transport()
	switch {
	case c.missing():
		v = isBroken("the packet has no conntrack entry")
	case t.hasProto == known && t.proto != 6 && t.proto != 17 && t.proto != 47:
		v = isBroken("flowtables take connections of TCP, UDP and GRE only")
	case t.hasProto == known && t.proto == 6:
		if c.State.Known && c.State.V == stateNew {
			v = isBroken("the TCP connection is not established yet")
			break
		}
		if flags := m.p.read(bitRange{TransportHeader, 104, 8}); flags.has == known && flags.b[0]&(tcpFin|tcpRst) != 0 {
			v = isBroken("a packet with FIN or RST adds no connection")
		}
	}
	m.require(s, s.String(), "flow add", v)
}

// The TCP flags with which a connection ends.
const (
	tcpFin = 0x01
	tcpRst = 0x04
)
