package topology

import (
	"fmt"
	"net/netip"
)

// routeOptions reads what a route has besides its destination, next hop and device.
func (c *compiler) routeOptions(n *node, s *RouteSpec, at *place, h *hop) bool {
	const rule = "route"
	r := &h.route
	good := true
	fail := func(t Text, key, msg, hint string) {
		c.fail(t, at.at(key), rule, msg, hint)
		good = false
	}
	if w, ok := c.word(s.Type, at.at("type"), rule, "kind of route", routeTypes); ok {
		r.Type = w
	} else if s.Type.present() {
		return false
	}
	switch {
	case r.Type != "":
		if t, bad := firstWritten(s.Via, s.Dev); bad || len(s.NextHops) > 0 {
			if !bad {
				t = s.NextHops[0].Via
			}
			fail(t, "via", fmt.Sprintf("a %s route leads nowhere: it has no next hop", r.Type), "")
		}
	case len(s.NextHops) > 0 && s.Via.present():
		fail(s.Via, "via", "a route has one next hop or several, not both", "")
	case len(s.NextHops) > 0:
		good = c.hops(n, s, at, r) && good
	case !s.Via.present() && !s.Dev.present():
		fail(s.To, "to", fmt.Sprintf("the route to %s leads nowhere", s.To.Value), "add via ADDRESS or dev DEVICE")
	case s.Via.present() && r.Via.Is4() && r.Dst.Addr().Is6():
		fail(s.Via, "via", fmt.Sprintf("the next hop %s is not of the family of %s", r.Via, r.Dst), "only IPv4 can go through an IPv6 neighbour")
	}
	if m, ok := c.number(s.Metric, at.at("metric"), rule, "the metric", 0, 1<<32-1); ok {
		r.Metric = uint32(m)
	}
	if s.Table.present() {
		var ok bool
		if r.Table, ok = c.tableOf(n, s.Table, at.at("table"), rule); !ok {
			return false
		}
		if r.Table == tableMain {
			r.Table = 0
		}
	}
	if m, ok := c.number(s.MTU, at.at("mtu"), rule, "the MTU in bytes", minMTU, maxMTU); ok {
		r.MTU = m
	}
	r.OnLink, _ = c.flag(s.OnLink, at.at("onlink"), rule)
	if r.OnLink && (!s.Via.present() || !s.Dev.present()) && good {
		fail(s.OnLink, "onlink", "onlink needs a next hop and the device that it is behind", "via ADDRESS dev DEVICE onlink")
	}
	if s.Src.present() {
		a, err := netip.ParseAddr(s.Src.Value)
		switch {
		case err != nil || a.Zone() != "":
			fail(s.Src, "src", fmt.Sprintf("%q is not an address", shorten(s.Src.Value)), addrHint(s.Src.Value, "like 192.0.2.1"))
		case a.Is4() != r.Dst.Addr().Is4():
			fail(s.Src, "src", fmt.Sprintf("%s is not of the family of %s", a, r.Dst), "")
		case !n.owns(a) && !n.shaky && !c.spec.partial:
			fail(s.Src, "src", fmt.Sprintf("%s has no address %s", n.plan.Name, a), "the kernel would refuse it")
		}
		r.Src = a
	}
	return good
}

// owns reports whether a node has an address.
func (n *node) owns(a netip.Addr) bool {
	for i := range n.ifaces {
		for _, x := range n.ifaces[i].addrs {
			if x.prefix.Addr() == a {
				return true
			}
		}
	}
	return false
}

// hops reads several next hops.
func (c *compiler) hops(n *node, s *RouteSpec, at *place, r *Route) bool {
	for i := range s.NextHops {
		x := &s.NextHops[i]
		at := at.at("nexthops").elem(i)
		via, msg, hint := parseHop(x.Via.Value)
		if msg != "" {
			c.fail(x.Via, at, "route", msg, hint)
			return false
		}
		if i == 0 && s.To.Value == "default" && via.Is6() {
			r.Dst, _, _ = parseDst("default", via)
		}
		if via.Is4() && r.Dst.Addr().Is6() {
			c.fail(x.Via, at, "route", fmt.Sprintf("the next hop %s is not of the family of %s", via, r.Dst), "only IPv4 can go through an IPv6 neighbour")
			return false
		}
		h := NextHop{Via: via}
		if x.Dev.present() {
			k, ok := n.byName[x.Dev.Value]
			if !ok {
				if !n.shaky && !c.spec.partial {
					c.fail(x.Dev, at, "route-dev", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(x.Dev.Value)), didYouMean(x.Dev.Value, n.ifaceNames()))
				}
				return false
			}
			h.Dev = n.ifaces[k].name
		}
		if x.Weight.present() {
			w, ok := c.number(x.Weight, at.at("weight"), "route", "the weight of a next hop", 1, 256)
			if !ok {
				return false
			}
			h.Weight = w
		}
		r.Hops = append(r.Hops, h)
	}
	return true
}

// nextHops checks the next hop of a route, or all of them.
func (c *compiler) nextHops(n *node, h *hop, all []hop) bool {
	if h.route.Via.IsValid() {
		return c.nextHop(n, h, all)
	}
	for i := range h.route.Hops {
		x := &h.route.Hops[i]
		one := *h
		one.route.Via, one.route.Dev = x.Via, x.Dev
		one.text = h.spec.NextHops[i].Via
		if !c.nextHop(n, &one, all) {
			return false
		}
		x.Dev = one.route.Dev
	}
	return true
}

// straight reports whether a route leads to a device without a next hop.
func (r *Route) straight() bool {
	return r.Type == "" && !r.Via.IsValid() && len(r.Hops) == 0
}

// vrfWithTable is the VRF that has a routing table; "" if it is none's.
func (n *node) vrfWithTable(table uint32) string {
	for i := range n.ifaces {
		if x := &n.ifaces[i]; x.kind == VRF && table != 0 && x.device.Table == table {
			return x.name
		}
	}
	return ""
}

// inDomain reports whether the next hop of a route may be behind a device: both are in the same VRF, or in none, or the
// route names the device.
func (n *node) inDomain(h *hop, x *iface) bool {
	return h.route.Dev == x.name || n.vrfOf(x) == n.vrfWithTable(h.route.Table)
}
