package topology

import (
	"fmt"
	"net/netip"
)

// domains finds what a broadcast frame reaches (see segments) and checks the addresses in it.
func (c *compiler) domains() {
	seg := newSegments(c)
	seg.bridges()
	seg.bonds()
	seg.tunnels()
	seg.wireGuards()
	d := &domainCheck{c: c, owner: map[domainAddr]owner{}, nets: map[domainNet]*netUse{}}
	c.owners, c.members = d.owner, map[int][]member{}
	for i := range c.nds {
		n := &c.nds[i]
		for j := range n.ifaces {
			ifc := &n.ifaces[j]
			ifc.domain = seg.of(i, ifc)
			c.members[ifc.domain] = append(c.members[ifc.domain], member{n, ifc})
		}
	}
	// In the order of links, so that it is the later one of two equal addresses that is wrong.
	for i := range c.plan.Links {
		for _, e := range c.plan.Links[i].Ends() {
			if e.Iface == "" {
				continue
			}
			n := &c.nds[c.byName[e.Node]]
			d.device(n, &n.ifaces[n.byName[e.Iface]])
		}
	}
	for i := range c.nds {
		n := &c.nds[i]
		for j := range n.ifaces {
			if n.ifaces[j].link < 0 {
				d.device(n, &n.ifaces[j])
			}
		}
		d.overlap(n)
	}
	if !c.broken {
		d.strangers()
	}
}

// unionFind is a forest of sets; an element is its own parent or points nearer to the root.
type unionFind []int

func (u unionFind) find(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// union joins the sets of a and b; false if they were one already.
func (u unionFind) union(a, b int) bool {
	a, b = u.find(a), u.find(b)
	if a == b {
		return false
	}
	u[a] = b
	return true
}

type domainAddr struct {
	domain int
	addr   netip.Addr
}

type owner struct {
	node, iface string
	text        Text
}

type domainNet struct {
	domain int
	net    netip.Prefix
}

// netUse is a subnet in a domain: how many devices are in it, and the first of them.
type netUse struct {
	devices int
	node    *node
	iface   *iface
	addr    address
}

// domainCheck holds the addresses of all domains.
type domainCheck struct {
	c     *compiler
	owner map[domainAddr]owner
	nets  map[domainNet]*netUse
	order []domainNet
}

// device takes the addresses of a device, and complains of those that another one has.
func (d *domainCheck) device(n *node, ifc *iface) {
	for _, a := range ifc.addrs {
		key := domainAddr{ifc.domain, a.prefix.Addr()}
		name := n.plan.Name + ":" + ifc.name
		if o, ok := d.owner[key]; ok {
			msg := fmt.Sprintf("%s on %s is already used by %s:%s (line %d)", a.text.Value, name, o.node, o.iface, o.text.Pos.Line)
			if o.node == n.plan.Name && o.iface == ifc.name {
				msg = fmt.Sprintf("%s stands twice on %s", a.prefix.Addr(), name)
			}
			d.c.fail(a.text, a.path, "duplicate-address", msg, "")
			continue
		}
		d.owner[key] = owner{n.plan.Name, ifc.name, a.text}
		net := domainNet{ifc.domain, a.prefix.Masked()}
		if u := d.nets[net]; u != nil {
			if u.iface != ifc {
				u.devices++
			}
			continue
		}
		d.nets[net] = &netUse{1, n, ifc, a}
		d.order = append(d.order, net)
	}
}

// overlap warns of a node with one subnet on two links: only one of the two routes would be used.
func (d *domainCheck) overlap(n *node) {
	type netIn struct {
		net netip.Prefix
		vrf string
	}
	first := map[netIn]*iface{}
	for i := range n.ifaces {
		ifc := &n.ifaces[i]
		for _, a := range ifc.addrs {
			net := a.prefix.Masked()
			if net.IsSingleIP() || net.Addr().IsLinkLocalUnicast() {
				continue
			}
			in := netIn{net, n.vrfOf(ifc)}
			if f := first[in]; f == nil {
				first[in] = ifc
			} else if f != ifc {
				d.c.warn(a.text, a.path, "subnet-twice",
					fmt.Sprintf("%s is on %s:%s and on %s:%s", net, n.plan.Name, f.name, n.plan.Name, ifc.name),
					fmt.Sprintf("packets for it leave by %s only", f.name))
			}
		}
	}
}

// strangers warns of addresses that share a domain with others of their family and a subnet with none of them.
func (d *domainCheck) strangers() {
	byDomain := map[int][]domainNet{}
	for _, n := range d.order {
		byDomain[n.domain] = append(byDomain[n.domain], n)
	}
	for _, n := range d.order {
		u := d.nets[n]
		if u.devices > 1 || u.node.shaky || formOf(u.iface.kind).layer == 3 || n.net.Addr().IsLinkLocalUnicast() {
			continue
		}
		if n.net.IsSingleIP() && len(u.iface.addrs) > 1 {
			continue // an address more, for others to have a route to
		}
		var other *netUse
		for _, o := range byDomain[n.domain] {
			v := d.nets[o]
			if v.iface == u.iface || v.node.shaky || o.net.Addr().Is4() != n.net.Addr().Is4() || o.net.Addr().IsLinkLocalUnicast() {
				continue
			}
			if n.net.Overlaps(o.net) {
				other = nil
				break
			}
			if other == nil {
				other = v
			}
		}
		if other != nil && !d.c.reachesByRoute(u.node, u.iface) {
			d.c.warn(u.addr.text, u.addr.path, "subnet-alone",
				fmt.Sprintf("%s on %s:%s shares its subnet with nobody on this link", u.addr.text.Value, u.node.plan.Name, u.iface.name),
				fmt.Sprintf("%s:%s has %s", other.node.plan.Name, other.iface.name, other.addr.text.Value))
		}
	}
}

// reachesByRoute reports whether the file routes something straight through a device, as unnumbered links do.
func (c *compiler) reachesByRoute(n *node, ifc *iface) bool {
	for i := range n.spec.Routes {
		if r := &n.spec.Routes[i]; r.Dev.Value == ifc.name {
			return true
		}
	}
	return false
}
