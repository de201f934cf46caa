package topology

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Tunnel is what there is to know of a tunnel.
type Tunnel struct {
	Local      netip.Addr `json:"local,omitzero"`  // invalid: by the route
	Remote     netip.Addr `json:"remote,omitzero"` // invalid: any, or by the forwarding database; may be multicast
	Key        *uint32    `json:"key,omitempty"`   // of gre and its kin
	TTL        int        `json:"ttl,omitempty"`   // 0: the kernel's default
	Port       int        `json:"port,omitempty"`  // of a vxlan
	External   bool       `json:"external,omitempty"`
	NoLearning bool       `json:"noLearning,omitempty"`
}

// tunnelFamilies are the kinds of tunnel: whether their outside is IPv6, or either.
var tunnelFamilies = map[DeviceKind]string{
	VXLAN: "any", GRE: "IPv4", GRETap: "IPv4", IPIP: "IPv4", SIT: "IPv4", IP6Tunnel: "IPv6", IP6GRE: "IPv6", IP6GRETap: "IPv6",
}

// sixOf is the kind that does over IPv6 what another does over IPv4.
var sixOf = map[DeviceKind]DeviceKind{GRE: IP6GRE, GRETap: IP6GRETap, IPIP: IP6Tunnel, SIT: IP6Tunnel, IP6GRE: GRE, IP6GRETap: GRETap, IP6Tunnel: IPIP}

// vxlanPort is the port of VXLAN, RFC 7348; the kernel's own default is an older one.
const vxlanPort = 4789

// tunnel reads a tunnel.
func (c *compiler) tunnel(n *node, i *iface) {
	s, at := i.spec, i.at
	const rule = "tunnel"
	t := &Tunnel{}
	i.device.Tunnel = t
	t.Local = c.tunnelAddr(i, s.Local, at.at("local"))
	t.Remote = c.tunnelAddr(i, s.Remote, at.at("remote"))
	t.External, _ = c.flag(s.External, at.at("external"), rule)
	t.TTL, _ = c.number(s.TTL, at.at("ttl"), rule, "the TTL", 0, 255)
	if s.Link.present() {
		c.lower(n, i, s.Link)
	}
	switch {
	case t.Local.IsValid() && t.Remote.IsValid() && t.Local.Is4() != t.Remote.Is4():
		c.fail(s.Remote, at.at("remote"), rule, fmt.Sprintf("%s and %s are not of one family", t.Local, t.Remote), "")
	case t.Local.IsMulticast():
		c.fail(s.Local, at.at("local"), rule, fmt.Sprintf("%s is a multicast address, a node cannot have it", t.Local), "")
	case t.Local.IsValid() && !n.owns(t.Local) && !n.shaky && !c.spec.partial:
		c.warn(s.Local, at.at("local"), "tunnel-local", fmt.Sprintf("%s has no address %s: nothing can come back through the tunnel", n.plan.Name, t.Local), "")
	case t.Remote.IsValid() && n.owns(t.Remote):
		c.fail(s.Remote, at.at("remote"), rule, fmt.Sprintf("%s is an address of %s itself", t.Remote, n.plan.Name), "")
	}
	if s.Key.present() {
		if k, ok := tunnelKey(s.Key.Value); ok {
			t.Key = &k
		} else {
			c.fail(s.Key, at.at("key"), rule, fmt.Sprintf("%q is not a key", shorten(s.Key.Value)), "a number, or one written like an IPv4 address")
		}
	}
	if i.kind == VXLAN {
		c.vxlan(i, t)
	} else if !s.Remote.present() && !s.broken {
		c.fail(s.Name, at, rule, fmt.Sprintf("where does the tunnel %s lead?", i.name), "remote: 192.0.2.2")
	}
}

func tunnelKey(s string) (uint32, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		b := a.As4()
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), true
	}
	k, err := strconv.ParseUint(s, 0, 32)
	return uint32(k), err == nil
}

// tunnelAddr reads an address of the outside of a tunnel.
func (c *compiler) tunnelAddr(i *iface, t Text, at *place) netip.Addr {
	if !t.present() {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(t.Value)
	if err != nil || a.Zone() != "" || a.Is4In6() || a.IsUnspecified() {
		c.fail(t, at, "tunnel", fmt.Sprintf("%q is not the address of a tunnel's end", shorten(t.Value)), addrHint(t.Value, "like 192.0.2.1"))
		return netip.Addr{}
	}
	family := "IPv4"
	if a.Is6() {
		family = "IPv6"
	}
	if want := tunnelFamilies[i.kind]; want != "any" && want != family {
		c.fail(t, at, "tunnel", fmt.Sprintf("a tunnel of kind %s runs over %s, and %s is %s", i.kind, want, a, family), "kind: "+string(sixOf[i.kind]))
		return netip.Addr{}
	}
	return a
}

// vxlan reads what is particular to a VXLAN.
func (c *compiler) vxlan(i *iface, t *Tunnel) {
	s, at := i.spec, i.at
	const rule = "tunnel"
	if v, ok := c.number(s.ID, at.at("id"), rule, "the network number of a vxlan", 0, 1<<24-1); ok {
		i.device.ID = v
	} else if !s.ID.present() && !t.External {
		c.fail(s.Name, at, rule, fmt.Sprintf("which network is %s?", i.name), "id: 42")
	}
	t.Port = vxlanPort
	if p, ok := c.number(s.Port, at.at("port"), rule, "a port", 1, 65535); ok {
		t.Port = p
	}
	if on, ok := c.flag(s.Learning, at.at("learning"), rule); ok {
		t.NoLearning = !on
	}
	if t.Remote.IsMulticast() && i.lower == "" && !s.Link.present() {
		c.fail(s.Remote, at.at("remote"), rule, fmt.Sprintf("%s is a multicast group: through which device is it joined?", t.Remote), "link: eth0")
	}
	if i.device.MTU == 0 && i.lower == "" {
		// The kernel would take 1500, and packets of that size would not fit into one of the outside.
		i.device.MTU = 1450
		if t.Local.Is6() || t.Remote.Is6() {
			i.device.MTU = 1430
		}
	}
	for j := range s.FDB {
		c.vxlanFDB(i, &s.FDB[j], at.at("fdb").elem(j))
	}
}

func (c *compiler) vxlanFDB(i *iface, s *FDBSpec, at *place) {
	m, err := net.ParseMAC(s.MAC.Value)
	if err != nil || len(m) != 6 {
		c.fail(s.MAC, at, "fdb", fmt.Sprintf("%q is not a hardware address", shorten(s.MAC.Value)), "like 02:00:5e:00:53:01 dst 192.0.2.2")
		return
	}
	if t, bad := firstWritten(s.Dev, s.VLAN); bad {
		c.fail(t, at, "fdb", "a port and a VLAN are for the entries of a bridge, this is a vxlan", "dst ADDRESS")
		return
	}
	if !s.Dst.present() {
		c.fail(s.MAC, at, "fdb", fmt.Sprintf("behind which end of the tunnel is %s?", s.MAC.Value), s.MAC.Value+" dst ADDRESS")
		return
	}
	e := FDBEntry{MAC: m.String(), Dst: c.tunnelAddr(i, s.Dst, at.at("dst")), Pos: s.MAC.Pos}
	if v, ok := c.number(s.VNI, at.at("vni"), "fdb", "the network number of a vxlan", 0, 1<<24-1); ok {
		e.VNI = &v
	}
	if e.Dst.IsValid() {
		i.device.FDB = append(i.device.FDB, e)
	}
}

// remotes are where a tunnel leads.
func (d *Device) remotes() []netip.Addr {
	var list []netip.Addr
	if d.Tunnel != nil && d.Tunnel.Remote.IsValid() {
		list = append(list, d.Tunnel.Remote)
	}
	for _, e := range d.FDB {
		list = append(list, e.Dst)
	}
	return list
}

// sameTunnel reports whether what one device sends is for the other.
func sameTunnel(a, b *Device) bool {
	key := func(d *Device) uint32 {
		if d.Tunnel.Key == nil {
			return 0
		}
		return *d.Tunnel.Key
	}
	return a.Kind == b.Kind && a.ID == b.ID && a.Tunnel.Port == b.Tunnel.Port && key(a) == key(b)
}

// tunnelEnd is a tunnel device of a node.
type tunnelEnd struct {
	node int
	x    *iface
}

// tunnels joins the ends of tunnels. One whose other end is not found in the lab is open: anything may be behind it.
func (s *segments) tunnels() {
	var all []tunnelEnd
	owners := map[netip.Addr][]int{}
	for i := range s.c.nds {
		n := &s.c.nds[i]
		for j := range n.ifaces {
			if d := n.ifaces[j].device; d != nil && d.Tunnel != nil {
				all = append(all, tunnelEnd{i, &n.ifaces[j]})
			}
		}
	}
	if len(all) == 0 {
		return
	}
	for i := range s.c.nds {
		for j := range s.c.nds[i].ifaces {
			for _, a := range s.c.nds[i].ifaces[j].addrs {
				owners[a.prefix.Addr()] = append(owners[a.prefix.Addr()], i)
			}
		}
	}
	leadsTo := func(a, b tunnelEnd) bool {
		return slices.ContainsFunc(a.x.device.remotes(), func(r netip.Addr) bool {
			return r.IsMulticast() && slices.Contains(b.x.device.remotes(), r) || slices.Contains(owners[r], b.node)
		})
	}
	for i, a := range all {
		a.x.open = a.x.open || a.x.device.Tunnel.External
		found := false
		for j, b := range all {
			if i == j || a.node == b.node || !sameTunnel(a.x.device, b.x.device) || !leadsTo(a, b) {
				continue
			}
			if !leadsTo(b, a) && len(b.x.device.remotes()) > 0 {
				continue // it has the address, but in another network
			}
			found = true
			for _, t := range s.stacks {
				p, ok := s.at(a.node, a.x, t)
				q, too := s.at(b.node, b.x, t)
				if ok && too {
					s.sets.union(s.element(p), s.element(q))
				}
			}
		}
		a.x.open = a.x.open || !found
	}
}
