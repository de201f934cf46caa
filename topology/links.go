package topology

import (
	"fmt"
	"net"
	"strconv"
)

const (
	maxMTU     = 65535 // ETH_MAX_MTU, include/uapi/linux/if_ether.h: veth takes no more
	minMTU     = 68    // ETH_MIN_MTU; also the least that IPv4 works with, RFC 791
	minMTUIPv6 = 1280  // RFC 8200 section 5: below it the kernel switches IPv6 off on the device
)

// links plans the cables.
func (c *compiler) links() {
	c.plan.Links = make([]Link, len(c.spec.Links))
	for i := range c.spec.Links {
		s := &c.spec.Links[i]
		l := &c.plan.Links[i]
		l.Pos = s.Span.Pos
		if len(s.Ends) > 0 {
			l.Pos = s.Ends[0].Span.Pos
		}
		ends := l.Ends()
		for j := range s.Ends[:min(2, len(s.Ends))] {
			c.end(i, j, ends[j])
		}
		if len(s.Ends) == 2 && l.A.Node != "" && l.A.Node == l.B.Node {
			c.fail(Text{Value: l.B.Node, Span: s.Ends[1].Node.Span}, endPath(i, 1), "self-link",
				"both ends of this link are on "+l.A.Node, "a link joins two nodes; devices of one node stand under interfaces:")
		}
		c.mtu(i, s, l)
		l.Offloads = c.plan.Offloads
		if on, ok := c.flag(s.Offloads, root.at("links").elem(i).at("offloads"), "device-value"); ok {
			l.Offloads = on
		}
		c.linkKind(i, s, l)
		c.impair(i, s, l)
	}
}

// portNames names the bridge ports that have no name in the file, when all others are taken.
func (c *compiler) portNames() {
	for i := range c.plan.Links {
		l := &c.plan.Links[i]
		c.portName(i, 0, &l.A, &l.B)
		c.portName(i, 1, &l.B, &l.A)
	}
}

// end plans one end of a link: the node, the device, its addresses.
func (c *compiler) end(link, end int, e *End) {
	s := &c.spec.Links[link].Ends[end]
	at := endPath(link, end)
	e.Pos = s.Span.Pos
	if !s.Node.present() {
		return // said already
	}
	k, ok := c.byName[s.Node.Value]
	if !ok {
		c.unknownNode(s.Node, at)
		return
	}
	n := &c.nds[k]
	e.Node, e.MAC = n.plan.Name, c.hardwareAddr(s.MAC, at.at("mac"))
	bridge := n.plan.Kind == Bridge
	ifc := iface{name: s.Interface.Value, link: link, endNo: end, end: e, text: s.endText(), at: at, master: s.Master.Value, masterText: s.Master}
	if bridge && ifc.master == "" {
		ifc.master = bridgeName
	}
	if bridge {
		e.Master = bridgeName
		if len(s.Addresses) > 0 {
			a := s.Addresses[0]
			n.shaky = true
			c.fail(a, at, "port-address", fmt.Sprintf("%s is a bridge: its ports have no addresses", e.Node),
				fmt.Sprintf("the address goes to the other end, or to br0: %s: {kind: bridge, addresses: %s}", e.Node, shorten(a.Value)))
		}
	} else {
		ifc.addrs = c.endAddrs(s, at, n)
		for _, a := range ifc.addrs {
			e.Addrs = append(e.Addrs, a.prefix)
		}
	}
	switch {
	case s.Interface.present():
		c.device(s, at, n, ifc, e)
	case bridge:
		// portName finds one.
	case s.broken:
		n.shaky = true
	default:
		n.shaky = true
		c.fail(s.Node, at, "no-interface", fmt.Sprintf("%s needs the name of an interface here", e.Node),
			fmt.Sprintf("%s:%s", e.Node, freeEth(n)))
	}
}

func (c *compiler) unknownNode(t Text, at *place) {
	names := make([]string, len(c.nds))
	for i := range c.nds {
		names[i] = c.nds[i].plan.Name
	}
	hint := didYouMean(t.Value, names)
	if near := nearest(t.Value, names); near != "" {
		c.nds[c.byName[near]].shaky = true
	} else if msg, _ := checkName(t.Value); msg == "" {
		hint = fmt.Sprintf("add it under nodes: (%s: )", t.Value)
	}
	c.fail(t, at, "unknown-node", fmt.Sprintf("unknown node %q", shorten(t.Value)), hint)
}

func (c *compiler) endAddrs(s *EndSpec, at *place, n *node) []address {
	addrs := make([]address, 0, len(s.Addresses))
	for _, t := range s.Addresses {
		p, ok := c.ifaceAddr(t, at)
		if !ok {
			n.shaky = true
			continue
		}
		addrs = append(addrs, address{p, t, at})
	}
	return addrs
}

// device checks a device name that was written and takes it.
func (c *compiler) device(s *EndSpec, at *place, n *node, ifc iface, e *End) {
	t := s.Interface
	if msg, hint := checkIface(t.Value); msg != "" {
		n.shaky = true
		c.fail(t, at, "interface", msg, hint)
		return
	}
	if first, ok := n.byName[t.Value]; ok {
		n.shaky = true
		hint := fmt.Sprintf("%s:%s is free", e.Node, freeEth(n))
		if n.plan.Kind == Bridge {
			hint = "leave it out: a port of a bridge needs no name"
		}
		if l := n.ifaces[first].link; l >= 0 {
			c.fail(t, at, "end-twice", fmt.Sprintf("%s:%s is an end of another link already (line %d)", e.Node, t.Value, c.plan.Links[l].Pos.Line), hint)
		} else {
			c.fail(t, at, "end-twice", fmt.Sprintf("%s:%s is the bridge itself", e.Node, t.Value), hint)
		}
		return
	}
	e.Iface = t.Value
	n.add(ifc)
}

// freeEth is the first of eth0, eth1, ... that the node has not got.
func freeEth(n *node) string {
	for i := 0; ; i++ {
		name := "eth" + strconv.Itoa(i)
		if _, ok := n.byName[name]; !ok {
			return name
		}
	}
}

// portName names a bridge port that has no name after the node at the other end.
func (c *compiler) portName(link, which int, e, peer *End) {
	if e.Iface != "" || e.Master == "" {
		return
	}
	s := &c.spec.Links[link].Ends[which]
	if s.Interface.present() {
		return // wrong, and said so
	}
	n := &c.nds[c.byName[e.Node]]
	base := peer.Node
	if base == "" {
		base = "port"
	}
	name := shortIface(base)
	taken := func() bool {
		msg, _ := checkIface(name)
		_, has := n.byName[name]
		return has || msg != ""
	}
	for i := 2; taken(); i++ {
		suffix := "-" + strconv.Itoa(i)
		name = base[:min(len(base), maxIface-len(suffix))] + suffix
	}
	e.Iface = name
	n.add(iface{name: name, link: link, endNo: which, end: e, text: s.endText(), at: endPath(link, which), master: e.Master, masterText: s.Master})
}

// endText is where an end's device stands in the file.
func (s *EndSpec) endText() Text {
	if s.Interface.present() {
		return s.Interface
	}
	return s.Node
}

// hardwareAddr reads the hardware address of a device.
func (c *compiler) hardwareAddr(t Text, at *place) string {
	if !t.present() {
		return ""
	}
	m, err := net.ParseMAC(t.Value)
	switch {
	case err != nil || len(m) != 6:
		c.fail(t, at, "mac", fmt.Sprintf("%q is not a hardware address", shorten(t.Value)), "like 02:00:5e:00:53:01")
	case m[0]&1 != 0:
		c.fail(t, at, "mac", fmt.Sprintf("%s is a group address, a device cannot have it", t.Value), "the first byte must be even")
	case m.String() == zeroMAC:
		c.fail(t, at, "mac", "the kernel refuses a hardware address of zeros", "like 02:00:5e:00:53:01")
	default:
		return m.String()
	}
	return ""
}

func (c *compiler) mtu(link int, s *LinkSpec, l *Link) {
	if !s.MTU.present() {
		return
	}
	at := root.at("links").elem(link).at("mtu")
	n, err := strconv.Atoi(s.MTU.Value)
	switch {
	case err != nil:
		c.fail(s.MTU, at, "mtu", fmt.Sprintf("the MTU %q is not a number of bytes", shorten(s.MTU.Value)), "like 1400")
		return
	case n < minMTU || n > maxMTU:
		c.fail(s.MTU, at, "mtu", fmt.Sprintf("the MTU is %d to %d bytes, not %d", minMTU, maxMTU, n), "")
		return
	}
	l.MTU = n
	if n >= minMTUIPv6 {
		return
	}
	for _, e := range l.Ends() {
		for _, a := range e.Addrs {
			if a.Addr().Is6() {
				c.fail(s.MTU, at, "mtu", fmt.Sprintf("IPv6 needs an MTU of %d, and %s:%s has %s", minMTUIPv6, e.Node, e.Iface, a), "")
				return
			}
		}
	}
}
