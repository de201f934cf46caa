package topology

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// hop is a route being planned.
type hop struct {
	route Route
	text  Text // the next hop, or what stands for the route
	at    *place
	what  string     // "the gateway", "the next hop"
	spec  *RouteSpec // nil: a gateway
}

// routes plans the gateways and the routes of a node, in the order in which the kernel takes them: what leads
// straight to a device before what leads to a next hop behind it.
func (c *compiler) routes(n *node) {
	var hops []hop
	for i, t := range n.spec.Gateway {
		at := nodePath(n.spec).at("gateway")
		if len(n.spec.Gateway) > 1 {
			at = at.elem(i)
		}
		via, msg, hint := parseHop(t.Value)
		if msg != "" {
			if k, ok := c.byName[t.Value]; ok {
				hint = c.addrBetween(n, &c.nds[k], hint)
			}
			c.fail(t, at, "gateway", msg, hint)
			continue
		}
		dst, _, _ := parseDst("default", via)
		hops = append(hops, hop{route: Route{Dst: dst, Via: via, Pos: t.Pos}, text: t, at: at, what: "the gateway"})
	}
	for i := range n.spec.Routes {
		at := nodePath(n.spec).at("routes").elem(i)
		if h, ok := c.route(n, &n.spec.Routes[i], at); ok {
			hops = append(hops, h)
		}
	}
	type slot struct {
		dst           netip.Prefix
		table, metric uint32
	}
	seen := map[slot]Pos{}
	var straight, behind []Route
	for i := range hops {
		h := &hops[i]
		at := slot{h.route.Dst, h.route.Table, h.route.Metric}
		if first, ok := seen[at]; ok {
			c.fail(h.text, h.at, "route-twice", fmt.Sprintf("%s has a route to %s already (line %d)", n.plan.Name, dstName(h.route.Dst), first.Line),
				"the kernel keeps one route to a destination: another metric or table makes two")
			continue
		}
		seen[at] = h.route.Pos
		if !c.nextHops(n, h, hops) {
			continue
		}
		if h.route.Via.IsValid() || len(h.route.Hops) > 0 {
			behind = append(behind, h.route)
		} else {
			straight = append(straight, h.route)
		}
	}
	n.plan.Routes = append(straight, behind...)
}

// addrBetween names the address of a node on a link of n, for people who wrote the node instead.
func (c *compiler) addrBetween(n, to *node, otherwise string) string {
	for i := range n.ifaces {
		for _, m := range c.members[n.ifaces[i].domain] {
			if m.node == to && len(m.iface.addrs) > 0 {
				return fmt.Sprintf("%s:%s has %s", to.plan.Name, m.iface.name, m.iface.addrs[0].prefix.Addr())
			}
		}
	}
	return otherwise
}

func dstName(p netip.Prefix) string {
	if p.Bits() > 0 {
		return p.String()
	}
	if p.Addr().Is4() {
		return "the IPv4 default"
	}
	return "the IPv6 default"
}

// route reads a route of the file.
func (c *compiler) route(n *node, s *RouteSpec, at *place) (h hop, ok bool) {
	h = hop{text: s.To, at: at, what: "the next hop", spec: s}
	h.route.Pos = s.To.Pos
	if s.Via.present() {
		via, msg, hint := parseHop(s.Via.Value)
		if msg != "" {
			c.fail(s.Via, at, "route", msg, hint)
			return h, false
		}
		h.route.Via, h.text = via, s.Via
	}
	dst, msg, hint := parseDst(s.To.Value, h.route.Via)
	if msg != "" {
		c.fail(s.To, at, "route", msg, hint)
		return h, false
	}
	h.route.Dst = dst
	if s.Dev.present() {
		if _, known := n.byName[s.Dev.Value]; !known {
			if !n.shaky && !c.spec.partial {
				c.fail(s.Dev, at, "route-dev", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(s.Dev.Value)), didYouMean(s.Dev.Value, n.ifaceNames()))
			}
			return h, false
		}
		h.route.Dev = n.ifaces[n.byName[s.Dev.Value]].name
	}
	return h, c.routeOptions(n, s, at, &h)
}

// nextHop checks that a next hop is on a link of the node, as the kernel will.
func (c *compiler) nextHop(n *node, h *hop, all []hop) bool {
	via := h.route.Via
	for i := range n.ifaces {
		if !n.inDomain(h, &n.ifaces[i]) {
			continue
		}
		for _, a := range n.ifaces[i].addrs {
			if a.prefix.Addr() == via {
				c.fail(h.text, h.at, "gateway-self", fmt.Sprintf("%s %s is an address of %s itself (%s)", h.what, via, n.plan.Name, n.ifaces[i].name),
					c.neighbourHint(n, &n.ifaces[i], via))
				return false
			}
		}
	}
	if via.Is6() && via.IsLinkLocalUnicast() {
		return c.linkLocalHop(n, h)
	}
	var through *iface
	for i := range n.ifaces {
		ifc := &n.ifaces[i]
		if h.route.Dev != "" && ifc.name != h.route.Dev || !n.inDomain(h, ifc) {
			continue
		}
		if slices.ContainsFunc(ifc.addrs, func(a address) bool { return a.prefix.Contains(via) }) {
			through = ifc
			break
		}
	}
	for i := range all {
		// A route straight to a device makes everything in it a neighbour.
		if r := &all[i].route; through == nil && r.straight() && r.Dst.Contains(via) && (h.route.Dev == "" || h.route.Dev == r.Dev) {
			through = &n.ifaces[n.byName[r.Dev]]
		}
	}
	if through == nil && h.route.OnLink {
		return true
	}
	if through == nil {
		c.offLink(n, h)
		return false
	}
	o, ok := c.owners[domainAddr{through.domain, via}]
	switch {
	case ok && !c.forwards(o.node):
		c.warn(h.text, h.at, "gateway-host", fmt.Sprintf("%s has %s, and does not forward packets", o.node, via), fmt.Sprintf("%s: {kind: router}", o.node))
	case !ok && !c.broken && !through.open:
		c.warn(h.text, h.at, "gateway-silent", fmt.Sprintf("nobody on the link of %s:%s has the address %s", n.plan.Name, through.name, via),
			c.neighbourHint(n, through, via))
	}
	return true
}

// forwards reports whether a node is a router, or may be one by a parameter that the file sets or by a command.
func (c *compiler) forwards(name string) bool {
	n := &c.nds[c.byName[name]]
	return n.plan.Kind == Router || len(n.spec.Exec) > 0 || slices.ContainsFunc(n.spec.Sysctls, func(s SysctlSpec) bool {
		return strings.Contains(s.Key.Value, "forward")
	})
}

// linkLocalHop gives a link-local next hop the device that it needs, if there is only one.
func (c *compiler) linkLocalHop(n *node, h *hop) bool {
	if h.route.Dev != "" {
		return true
	}
	if len(n.ifaces) == 1 {
		h.route.Dev = n.ifaces[0].name
		return true
	}
	if n.shaky || c.spec.partial {
		return false
	}
	hint := ""
	if len(n.ifaces) > 0 {
		hint = fmt.Sprintf("as a route: %s via %s dev %s", dstWord(h.route.Dst), h.route.Via, n.ifaces[0].name)
	}
	c.fail(h.text, h.at, "gateway", fmt.Sprintf("%s %s is link-local: it needs a device", h.what, h.route.Via), hint)
	return false
}

func dstWord(p netip.Prefix) string {
	if p.Bits() == 0 {
		return "default"
	}
	return p.String()
}

func (c *compiler) offLink(n *node, h *hop) {
	if n.shaky || c.spec.partial {
		return // what it is on may be what is misspelt
	}
	var nets []string
	for i := range n.ifaces {
		if h.route.Dev != "" && n.ifaces[i].name != h.route.Dev || !n.inDomain(h, &n.ifaces[i]) {
			continue
		}
		for _, a := range n.ifaces[i].addrs {
			nets = append(nets, a.prefix.Masked().String())
		}
	}
	on := "it has no addresses"
	if len(nets) > 4 {
		nets = append(nets[:4], "...")
	}
	if len(nets) > 0 {
		on = strings.Join(nets, ", ")
	}
	where := "any of its links"
	if vrf := n.vrfWithTable(h.route.Table); vrf != "" {
		where += " in " + vrf
	}
	if h.route.Dev != "" {
		where = h.route.Dev
	}
	what := "default route"
	if h.route.Dst.Bits() > 0 {
		what = "route to " + h.route.Dst.String()
	}
	c.fail(h.text, h.at, "gateway-off-link",
		fmt.Sprintf("%s of %s points to %s, which is not on %s (%s)", what, n.plan.Name, h.route.Via, where, on),
		c.suggestHop(n, h))
}

// suggestHop names a router on a link of the node, or says what the kernel would.
func (c *compiler) suggestHop(n *node, h *hop) string {
	for i := range n.ifaces {
		if !n.inDomain(h, &n.ifaces[i]) {
			continue
		}
		if s := c.neighbourHint(n, &n.ifaces[i], h.route.Via); s != "" {
			return s
		}
	}
	return "the kernel would refuse it"
}

// neighbourHint suggests the address of a router, or else of any node, on the link of a device.
func (c *compiler) neighbourHint(n *node, ifc *iface, like netip.Addr) string {
	best, score := "", 0
	for _, k := range c.members[ifc.domain] {
		o := k.node
		if o == n || o.plan.Kind == Bridge {
			continue
		}
		s := 1
		if o.plan.Kind == Router {
			s = 2
		}
		for _, a := range k.iface.addrs {
			if a.prefix.Addr().Is4() == like.Is4() && s > score {
				best, score = fmt.Sprintf("%s:%s has %s", o.plan.Name, k.iface.name, a.prefix.Addr()), s
			}
		}
	}
	return best
}
