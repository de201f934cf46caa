package topology

import (
	"fmt"
	"slices"
	"strings"
)

// masters finds out which device belongs to which: a master may name its members, or a member its master.
func (c *compiler) masters(n *node) {
	for i := range n.ifaces {
		m := &n.ifaces[i]
		if m.spec == nil || !slices.Contains(formOf(m.kind).keys, "members") {
			continue // an error that was said
		}
		seen := map[string]bool{}
		for j, t := range m.spec.Members {
			at := m.at.at("members").elem(j)
			if seen[t.Value] {
				c.fail(t, at, "device-member", fmt.Sprintf("%s stands twice among the members of %s", shorten(t.Value), m.name), "")
				continue
			}
			seen[t.Value] = true
			c.takeMember(n, m, t, at)
		}
	}
	for i := range n.ifaces {
		x := &n.ifaces[i]
		if x.master == "" {
			continue
		}
		at := x.at.at("master")
		k, ok := n.byName[x.master]
		if !ok {
			if !n.shaky && !c.spec.partial {
				c.fail(x.masterText, at, "device-member", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(x.master)), didYouMean(x.master, n.mastersOf()))
			}
			x.master = ""
			continue
		}
		m := &n.ifaces[k]
		x.master = m.name
		if msg, hint := cannotJoin(m, x); msg != "" {
			c.fail(x.masterText, at, "device-member", msg, hint)
			x.master = ""
			continue
		}
		if m.kind != VRF && len(x.addrs) > 0 {
			n.shaky = true
			c.fail(x.addrs[0].text, x.addrs[0].path, "port-address", fmt.Sprintf("%s belongs to the %s %s: it has no addresses of its own", x.name, m.kind, m.name),
				fmt.Sprintf("the address goes to %s", m.name))
			continue
		}
		x.setMaster()
	}
}

// takeMember makes the device that t names belong to m.
func (c *compiler) takeMember(n *node, m *iface, t Text, at *place) {
	k, ok := n.byName[t.Value]
	if !ok {
		if !n.shaky && !c.spec.partial {
			c.fail(t, at, "device-member", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(t.Value)), didYouMean(t.Value, n.ifaceNames()))
		}
		return
	}
	x := &n.ifaces[k]
	if x.master != "" && x.master != m.name && x.masterText.present() {
		c.fail(t, at, "device-member", fmt.Sprintf("%s belongs to %s already (line %d)", t.Value, x.master, x.masterText.Pos.Line), "a device has one master")
		return
	}
	x.master, x.masterText = m.name, t
}

// vrfOf is the VRF of a device, through a bridge or bond that it belongs to; "" if it is in none.
func (n *node) vrfOf(x *iface) string {
	for range len(n.ifaces) {
		k, ok := n.byName[x.master]
		if !ok || x.master == "" {
			break
		}
		x = &n.ifaces[k]
	}
	if x.kind == VRF {
		return x.name
	}
	return ""
}

// mastersOf are the devices of a node that others can belong to.
func (n *node) mastersOf() []string {
	var names []string
	for i := range n.ifaces {
		if k := n.ifaces[i].kind; k == BridgeKind || k == Bond || k == VRF {
			names = append(names, n.ifaces[i].name)
		}
	}
	return names
}

// cannotJoin says why x cannot belong to m; "" if it can. The rules are those of br_add_if (net/bridge/br_if.c),
// bond_enslave (drivers/net/bonding/bond_main.c) and do_vrf_add_slave (drivers/net/vrf.c).
func cannotJoin(m, x *iface) (msg, hint string) {
	layer := formOf(x.kind).layer
	switch {
	case m == x:
		return x.name + " cannot belong to itself", ""
	case m.kind != BridgeKind && m.kind != Bond && m.kind != VRF:
		what := "a link end"
		if m.kind != "" {
			what = article(string(m.kind)) + " " + string(m.kind)
		}
		return fmt.Sprintf("nothing can belong to %s: it is %s", m.name, what), "a master is a bridge, a bond or a vrf"
	case m.kind == VRF && x.kind == VRF, m.kind == Bond && x.kind == Bond, m.kind == BridgeKind && x.kind == BridgeKind:
		return fmt.Sprintf("a %s cannot belong to another one", x.kind), ""
	case m.kind == Bond && x.kind == BridgeKind, m.kind != VRF && layer == 3:
		return fmt.Sprintf("%s %s cannot belong to a %s", article(string(x.kind)), x.kind, m.kind), ""
	}
	return "", ""
}

// setMaster writes it into the plan.
func (i *iface) setMaster() {
	switch {
	case i.end != nil:
		i.end.Master = i.master
	case i.bridge != nil:
		i.bridge.Master = i.master
	default:
		i.device.Master = i.master
	}
}

// ports reads the options of all devices as ports of bridges, and what a bridge says about its ports.
func (c *compiler) ports(n *node) {
	for i := range n.ifaces {
		x := &n.ifaces[i]
		var bridge *BridgeDevice
		if k, ok := n.byName[x.master]; ok && x.master != "" {
			bridge = n.ifaces[k].bridge
		}
		name := n.plan.Name + ":" + x.name
		switch {
		case x.end != nil:
			x.end.Port = c.port(&c.spec.Links[x.link].Ends[x.endNo].PortSpec, bridge, false, name, x.at)
		case x.device != nil:
			x.device.Port = c.port(&x.spec.PortSpec, bridge, x.kind == VXLAN, name, x.at)
		case x.spec != nil: // a bridge is no port of another; its own VLANs are below
			s := x.spec.PortSpec
			s.VLAN = VLANSpec{}
			c.port(&s, nil, false, name, x.at)
		}
	}
	for i := range n.ifaces {
		b := n.ifaces[i].bridge
		if b == nil {
			continue
		}
		vlan, fdb, at := &n.spec.VLAN, n.spec.FDB, nodePath(n.spec)
		if s := n.ifaces[i].spec; s != nil {
			vlan, fdb, at = &s.VLAN, s.FDB, n.ifaces[i].at
		}
		c.bridgeVLANs(n, b, vlan, at.at("vlan"))
		c.fdb(n, b, fdb, at)
	}
}

// bridgeVLANs reads the VLANs of a bridge itself. A VLAN device on it makes it a member of that VLAN, unless the file
// says of which it is one.
func (c *compiler) bridgeVLANs(n *node, b *BridgeDevice, s *VLANSpec, at *place) {
	switch {
	case s.present() && !b.VLANAware:
		c.fail(Text{Span: s.Span}, at, "port-option", b.Name+" knows no VLANs", "vlan-aware: true")
		return
	case s.present():
		b.VLANs, _ = c.vlans(s, at)
		return
	case !b.VLANAware:
		return
	}
	var list []PortVLAN
	for i := range n.ifaces {
		d := n.ifaces[i].device
		if d != nil && d.Kind == VLAN && d.Link == b.Name && d.ID > 1 && d.Protocol == b.VLANProtocol &&
			!slices.ContainsFunc(list, func(p PortVLAN) bool { return p.From == d.ID }) {
			list = append(list, PortVLAN{From: d.ID, To: d.ID})
		}
	}
	if list != nil {
		b.VLANs = withPVID(list, 1)
	}
}

// order puts the devices of a node into an order in which they can be made: behind what they sit on, and a bond behind
// its members. A circle is an error.
func (c *compiler) order(n *node) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(n.ifaces))
	var way []int
	var visit func(i int) bool
	visit = func(i int) bool {
		x := &n.ifaces[i]
		switch state[i] {
		case done:
			return true
		case open:
			names := []string{x.name}
			for k := len(way) - 1; k >= 0; k-- {
				names = append(names, n.ifaces[way[k]].name)
				if way[k] == i {
					break
				}
			}
			slices.Reverse(names)
			c.fail(x.text, x.at, "device-cycle", fmt.Sprintf("%s sits on itself: %s", x.name, strings.Join(names, " on ")), "")
			return false
		}
		state[i] = open
		way = append(way, i)
		good := true
		if k, ok := n.byName[x.lower]; ok && x.lower != "" {
			good = visit(k)
		}
		for j := 0; good && j < len(n.ifaces) && (x.kind == Bond || x.kind == BridgeKind); j++ {
			if n.ifaces[j].master == x.name {
				good = visit(j)
			}
		}
		way = way[:len(way)-1]
		state[i] = done
		if good && x.device != nil {
			n.plan.Devices = append(n.plan.Devices, *x.device)
		}
		return good
	}
	for i := range n.ifaces {
		if !visit(i) {
			return
		}
	}
}
