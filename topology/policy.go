package topology

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// firstRulePriority is the priority of a node's first rule that names none. The kernel's own are 0 (local), 1000
// (l3mdev, for VRFs), 32766 and 32767 (main and default).
const firstRulePriority = 1001

// protocols that a rule of policy routing can ask for, by their numbers (RFC 5237).
var ruleProtocols = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132}

// policyRules plans the rules of policy routing. One that names no address is for both families.
func (c *compiler) policyRules(n *node) {
	next := firstRulePriority
	for i := range n.spec.Rules {
		s := &n.spec.Rules[i]
		at := nodePath(n.spec).at("rules").elem(i)
		r := Rule{Pos: s.Span.Pos, Priority: uint32(next)}
		next++
		if c.policyRule(n, s, at, &r) {
			n.plan.Rules = append(n.plan.Rules, r)
			if !r.From.IsValid() && !r.To.IsValid() {
				r.IPv6 = true
				n.plan.Rules = append(n.plan.Rules, r)
			}
		}
	}
}

func (c *compiler) policyRule(n *node, s *RuleSpec, at *place, r *Rule) bool {
	const rule = "rule"
	before := len(c.problems)
	fail := func(t Text, key, msg, hint string) { c.fail(t, at.at(key), rule, msg, hint) }
	for _, x := range []struct {
		key  string
		t    Text
		into *netip.Prefix
	}{{"from", s.From, &r.From}, {"to", s.To, &r.To}} {
		if !x.t.present() || x.t.Value == "all" {
			continue
		}
		p, msg, hint := parseDst(x.t.Value, netip.Addr{})
		if msg != "" {
			fail(x.t, x.key, msg, hint)
			continue
		}
		*x.into = p
	}
	switch {
	case r.From.IsValid() && r.To.IsValid() && r.From.Addr().Is4() != r.To.Addr().Is4():
		fail(s.To, "to", fmt.Sprintf("%s and %s are not of one family", r.From, r.To), "")
	case r.From.IsValid():
		r.IPv6 = r.From.Addr().Is6()
	case r.To.IsValid():
		r.IPv6 = r.To.Addr().Is6()
	}
	r.Not, _ = c.flag(s.Not, at.at("not"), rule)
	for _, x := range []struct {
		key  string
		t    Text
		into *string
	}{{"iif", s.Iif, &r.Iif}, {"oif", s.Oif, &r.Oif}} {
		if !x.t.present() {
			continue
		}
		k, ok := n.byName[x.t.Value]
		switch {
		case x.t.Value == "lo":
			*x.into = "lo"
		case ok:
			*x.into = n.ifaces[k].name
		case !n.shaky && !c.spec.partial:
			fail(x.t, x.key, fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(x.t.Value)), didYouMean(x.t.Value, append(n.ifaceNames(), "lo")))
		}
	}
	c.ruleMark(s.Mark, at, r)
	if w, ok := c.word(s.Proto, at.at("ipproto"), rule, "protocol", []string{"tcp", "udp", "icmp", "ipv6-icmp", "sctp"}); ok {
		r.Proto = ruleProtocols[w]
	}
	for _, x := range []struct {
		key  string
		t    Text
		into *PortRange
	}{{"sport", s.Sport, &r.Sport}, {"dport", s.Dport, &r.Dport}} {
		if !x.t.present() {
			continue
		}
		from, to, ok := vlanRange(x.t.Value)
		if !ok || from < 1 || to > 65535 || from > to {
			fail(x.t, x.key, fmt.Sprintf("%q are no ports", shorten(x.t.Value)), "like 80 or 8000-8080")
			continue
		}
		*x.into = PortRange{uint16(from), uint16(to)}
	}
	if p, ok := c.number(s.Priority, at.at("priority"), rule, "the priority of a rule", 0, 1<<32-1); ok {
		r.Priority = uint32(p)
	}
	if p, ok := c.number(s.Suppress, at.at("suppress_prefixlength"), rule, "the length of a prefix", 0, 128); ok {
		r.Suppress = &p
	}
	if w, ok := c.word(s.Type, at.at("type"), rule, "kind of rule", routeTypes[:3]); ok {
		r.Type = w
	}
	switch {
	case s.Table.present() && s.Type.present():
		fail(s.Type, "type", fmt.Sprintf("a rule asks a table or is %s, not both", s.Type.Value), "")
	case s.Table.present():
		r.Table, _ = c.tableOf(n, s.Table, at.at("table"), rule)
	case !s.Type.present():
		c.fail(Text{Span: s.Span}, at, rule, "this rule does not say which table to ask", "table 100, or blackhole, unreachable, prohibit")
	}
	return len(c.problems) == before
}

// ruleMark reads MARK or MARK/MASK.
func (c *compiler) ruleMark(t Text, at *place, r *Rule) {
	if !t.present() {
		return
	}
	mark, mask, masked := strings.Cut(t.Value, "/")
	m, err := strconv.ParseUint(mark, 0, 32)
	k := uint64(1<<32 - 1)
	if err == nil && masked {
		k, err = strconv.ParseUint(mask, 0, 32)
	}
	if err != nil || k == 0 {
		c.fail(t, at.at("fwmark"), "rule", fmt.Sprintf("%q is not a mark", shorten(t.Value)), "like 1 or 0x10/0xff")
		return
	}
	r.Mark, r.Mask = uint32(m), uint32(k)
}

// tableOf reads a routing table of a node: a number, or a VRF.
func (c *compiler) tableOf(n *node, t Text, at *place, rule string) (uint32, bool) {
	if k, ok := n.byName[t.Value]; ok && n.ifaces[k].kind == VRF {
		return n.ifaces[k].device.Table, true
	}
	return c.table(t, at, rule)
}

// neighbours plans the entries of the neighbour table.
func (c *compiler) neighbours(n *node) {
	const rule = "neighbour"
	type key struct {
		dev  string
		addr netip.Addr
	}
	seen := map[key]Pos{}
	for i := range n.spec.Neighbours {
		s := &n.spec.Neighbours[i]
		at := nodePath(n.spec).at("neighbours").elem(i)
		a, msg, hint := parseHop(s.Address.Value)
		if msg != "" {
			c.fail(s.Address, at, rule, msg, hint)
			continue
		}
		e := Neighbour{Addr: a, Pos: s.Address.Pos}
		e.Proxy, _ = c.flag(s.Proxy, at.at("proxy"), rule)
		switch {
		case e.Proxy && s.MAC.present():
			c.fail(s.MAC, at.at("lladdr"), rule, "the node answers for a proxy entry itself: it has no hardware address", "")
			continue
		case !e.Proxy && !s.MAC.present():
			c.fail(s.Address, at, rule, fmt.Sprintf("the neighbour %s has no hardware address", a), s.Address.Value+" lladdr 02:00:5e:00:53:01")
			continue
		case s.MAC.present():
			m, err := net.ParseMAC(s.MAC.Value)
			if err != nil || len(m) != 6 {
				c.fail(s.MAC, at.at("lladdr"), rule, fmt.Sprintf("%q is not a hardware address", shorten(s.MAC.Value)), "like 02:00:5e:00:53:01")
				continue
			}
			e.MAC = m.String()
		}
		if e.Dev = c.neighbourDev(n, s, a, at); e.Dev == "" {
			continue
		}
		k := key{e.Dev, a}
		if first, ok := seen[k]; ok {
			c.fail(s.Address, at, rule, fmt.Sprintf("%s on %s stands twice (line %d)", a, e.Dev, first.Line), "")
			continue
		}
		seen[k] = e.Pos
		n.plan.Neighbours = append(n.plan.Neighbours, e)
	}
}

// neighbourDev finds the device that a neighbour is behind; "" if there is none, and that was said.
func (c *compiler) neighbourDev(n *node, s *NeighbourSpec, a netip.Addr, at *place) string {
	if s.Dev.present() {
		if k, ok := n.byName[s.Dev.Value]; ok {
			return n.ifaces[k].name
		}
		if !n.shaky && !c.spec.partial {
			c.fail(s.Dev, at.at("dev"), "neighbour", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(s.Dev.Value)), didYouMean(s.Dev.Value, n.ifaceNames()))
		}
		return ""
	}
	for i := range n.ifaces {
		for _, own := range n.ifaces[i].addrs {
			if own.prefix.Contains(a) {
				return n.ifaces[i].name
			}
		}
	}
	if len(n.ifaces) == 1 {
		return n.ifaces[0].name
	}
	if !n.shaky && !c.spec.partial {
		c.fail(s.Address, at, "neighbour", fmt.Sprintf("behind which device of %s is %s?", n.plan.Name, a), "dev: eth0")
	}
	return ""
}
