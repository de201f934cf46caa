package topology

import (
	"fmt"
	"slices"
)

// A segment is what a frame of one kind reaches: the cables, and what bridges, bonds and VLAN devices make of them.
// Its elements are wires, with the tags of a frame on them: a tagged frame on a cable is in another segment than an
// untagged one. Every link, and every device that is no link end, is a wire.

// tags are the VLAN tags of a frame, the outer one first; 0: none. Frames with more are not followed.
type tags struct{ outer, inner int }

// service marks the number of an 802.1ad tag.
const service = 1 << 12

// tag is the number of a VLAN with the kind of its tag.
func tag(vlan int, protocol string) int {
	if protocol != "" {
		return vlan | service
	}
	return vlan
}

// push puts a tag around a frame; false if that were too many.
func (t tags) push(vlan int) (tags, bool) { return tags{vlan, t.outer}, t.inner == 0 }

// place on a wire.
type onWire struct {
	wire int
	tags tags
}

// segments finds them.
type segments struct {
	c      *compiler
	sets   unionFind
	number map[onWire]int
	stacks []tags           // that matter in this lab
	own    []map[string]int // of each node: the wires of its devices that are no link ends
}

func newSegments(c *compiler) *segments {
	s := &segments{c: c, number: map[onWire]int{}, own: make([]map[string]int, len(c.nds))}
	wire := len(c.plan.Links)
	for i := range c.nds {
		s.own[i] = map[string]int{}
		for j := range c.nds[i].ifaces {
			if x := &c.nds[i].ifaces[j]; x.link < 0 {
				s.own[i][x.name] = wire
				wire++
			}
		}
	}
	s.stacks = c.tagStacks()
	return s
}

// tagStacks are the tags that frames of this lab may have. VLANs that only pass somewhere, in a range of a trunk, are
// not among them.
func (c *compiler) tagStacks() []tags {
	seen := map[int]bool{}
	double := false
	note := func(list []PortVLAN, protocol string) {
		for _, r := range list {
			if r.Untagged || r.PVID {
				for v := r.From; v <= r.To; v++ {
					seen[tag(v, protocol)] = true
				}
			}
		}
	}
	for i := range c.nds {
		for _, b := range c.nds[i].bridges {
			if b.VLANAware {
				seen[tag(1, b.VLANProtocol)] = true
				double = double || b.VLANProtocol != ""
			}
			note(b.VLANs, b.VLANProtocol)
		}
		for j := range c.nds[i].ifaces {
			x := &c.nds[i].ifaces[j]
			if k, ok := c.nds[i].byName[x.master]; ok && c.nds[i].ifaces[k].bridge != nil {
				note(portVLANs(x), c.nds[i].ifaces[k].bridge.VLANProtocol)
			}
			if x.kind == VLAN && x.device.ID > 0 {
				seen[tag(x.device.ID, x.device.Protocol)] = true
				double = double || x.device.Protocol != ""
			}
		}
	}
	numbers := make([]int, 0, len(seen))
	for v := range seen {
		numbers = append(numbers, v)
	}
	slices.Sort(numbers)
	out := []tags{{}}
	for _, v := range numbers {
		out = append(out, tags{outer: v})
	}
	if double && len(numbers) <= 64 {
		for _, outer := range numbers {
			for _, inner := range numbers {
				if outer&service != 0 {
					out = append(out, tags{outer, inner})
				}
			}
		}
	}
	return out
}

// element is the number of a frame on a wire.
func (s *segments) element(at onWire) int {
	n, ok := s.number[at]
	if !ok {
		n = len(s.sets)
		s.sets = append(s.sets, n)
		s.number[at] = n
	}
	return n
}

// at is where a frame with these tags is that leaves a device: a VLAN device puts its own around it and hands it to
// the one below. false: nowhere that is followed.
func (s *segments) at(node int, x *iface, t tags) (onWire, bool) {
	n := &s.c.nds[node]
	for range len(n.ifaces) + 1 { // a circle is an error that was said
		switch {
		case x.link >= 0:
			return onWire{x.link, t}, true
		case x.kind == VLAN && x.lower != "":
			var ok bool
			if t, ok = t.push(tag(x.device.ID, x.device.Protocol)); !ok {
				return onWire{}, false
			}
			fallthrough
		case (x.kind == Macvlan || x.kind == IPvlan && (x.device.Mode == "" || x.device.Mode == "l2")) && x.lower != "":
			x = &n.ifaces[n.byName[x.lower]]
		case x.bridge != nil && x.bridge.VLANAware:
			return s.inBridge(node, x, x.bridge, x.bridge.VLANs, t)
		default:
			return onWire{s.own[node][x.name], t}, true
		}
	}
	return onWire{}, false
}

// inBridge is where a frame is inside a bridge that keeps VLANs apart, if it came through a port with these VLANs.
func (s *segments) inBridge(node int, x *iface, b *BridgeDevice, vlans []PortVLAN, t tags) (onWire, bool) {
	if vlans == nil {
		vlans = []PortVLAN{{1, 1, true, true}}
	}
	// To a bridge that knows one kind of tag a frame with the other is untagged.
	tagged := t.outer != 0 && t.outer == tag(t.outer&^service, b.VLANProtocol)
	for _, r := range vlans {
		from, to := tag(r.From, b.VLANProtocol), tag(r.To, b.VLANProtocol)
		switch {
		case !tagged && r.PVID:
			t, ok := t.push(from)
			return onWire{s.own[node][x.name], t}, ok
		case tagged && t.outer >= from && t.outer <= to && !(r.Untagged && r.PVID):
			return onWire{s.own[node][x.name], t}, true
		}
	}
	return onWire{}, false
}

// bridges joins what bridges join. A frame that could go round in a circle is an error, unless a bridge on its way
// speaks the spanning tree protocol.
func (s *segments) bridges() {
	type join struct {
		node int
		x, b *iface
	}
	// In the order of links, so that it is the link that closes the loop which is wrong.
	var joins []join
	for i := range s.c.nds {
		n := &s.c.nds[i]
		for j := range n.ifaces {
			x := &n.ifaces[j]
			if k, ok := n.byName[x.master]; ok && x.master != "" && n.ifaces[k].bridge != nil {
				joins = append(joins, join{i, x, &n.ifaces[k]})
			}
		}
	}
	slices.SortStableFunc(joins, func(a, b join) int { return s.rank(a.x) - s.rank(b.x) })
	tree := map[int]bool{} // elements joined by a bridge that speaks STP
	said := map[*iface]bool{}
	for _, j := range joins {
		for _, t := range s.stacks {
			outside, ok := s.at(j.node, j.x, t)
			if !ok {
				continue
			}
			inside := onWire{s.own[j.node][j.b.name], t}
			if j.b.bridge.VLANAware {
				if inside, ok = s.inBridge(j.node, j.b, j.b.bridge, portVLANs(j.x), t); !ok {
					continue
				}
			}
			a, b := s.element(outside), s.element(inside)
			spans := j.b.bridge.STP || tree[s.sets.find(a)] || tree[s.sets.find(b)]
			if !s.sets.union(a, b) && !spans && !said[j.x] {
				said[j.x] = true
				s.loop(j.node, j.x)
			}
			if spans {
				tree[s.sets.find(a)] = true
			}
		}
	}
}

func portVLANs(x *iface) []PortVLAN {
	switch {
	case x.end != nil && x.end.Port != nil:
		return x.end.Port.VLANs
	case x.device != nil && x.device.Port != nil:
		return x.device.Port.VLANs
	}
	return nil
}

// rank is the order in which ports join.
func (s *segments) rank(x *iface) int {
	if x.link >= 0 {
		return 2*x.link + x.endNo
	}
	return 2*len(s.c.plan.Links) + 1
}

// loop says that a port closes a circle.
func (s *segments) loop(node int, x *iface) {
	const hint = "a frame would circle for ever: stp: true for one of the bridges, or no loop"
	if x.link < 0 {
		s.c.fail(x.text, x.at, "loop", fmt.Sprintf("%s of %s closes a loop of bridges", x.name, s.c.nds[node].plan.Name), hint)
		return
	}
	l := &s.c.plan.Links[x.link]
	if l.A.Node == l.B.Node {
		return // said already
	}
	s.c.fail(Text{Span: s.c.spec.Links[x.link].Ends[0].Span}, root.at("links").elem(x.link), "loop",
		fmt.Sprintf("this link closes a loop of bridges: %s and %s are joined already", l.A.Node, l.B.Node), hint)
}

// bonds joins the cables of each bond.
func (s *segments) bonds() {
	for i := range s.c.nds {
		n := &s.c.nds[i]
		for j := range n.ifaces {
			x := &n.ifaces[j]
			k, ok := n.byName[x.master]
			if !ok || x.master == "" || n.ifaces[k].kind != Bond {
				continue
			}
			for _, t := range s.stacks {
				if at, ok := s.at(i, x, t); ok {
					s.sets.union(s.element(at), s.element(onWire{s.own[i][n.ifaces[k].name], t}))
				}
			}
		}
	}
}

// of is the number of the segment that a device's own frames are in.
func (s *segments) of(node int, x *iface) int {
	at, ok := s.at(node, x, tags{})
	if !ok { // it reaches nobody
		at = onWire{s.own[node][x.name], tags{-1, -1}}
	}
	return s.sets.find(s.element(at))
}
