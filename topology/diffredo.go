package topology

// redo are devices that are in both plans and cannot be changed as they are: why.
type redo map[port]field

// findRedo finds what must be made anew: what has a field that nobody can change in the kernel, the other end of its
// cable, and what sits on it or belongs to it.
func findRedo(old, new *Plan, anew map[string]bool) redo {
	r := redo{}
	gone := map[port]bool{} // of nodes that stay
	stays := func(node string) bool { return !anew[node] && old.Node(node) != nil && new.Node(node) != nil }
	was, is := linksByID(old), linksByID(new)
	for i := range old.Links {
		o := &old.Links[i]
		n := is[linkID(o)]
		if n == nil {
			gone[port{o.A.Node, o.A.Iface}], gone[port{o.B.Node, o.B.Iface}] = true, true
			continue
		}
		for _, e := range n.Ends() {
			if anew[e.Node] {
				r.both(n, field{key: "node " + e.Node})
			}
		}
		if f, ok := linkRedo(old, new, o, n); ok {
			r.both(n, f)
		}
	}
	for i := range new.Nodes {
		n := &new.Nodes[i]
		o := old.Node(n.Name)
		if !stays(n.Name) {
			continue
		}
		for j := range o.Bridges {
			b := &o.Bridges[j]
			if m := n.bridge(b.Name); m == nil {
				gone[port{n.Name, b.Name}] = true
			} else {
				r.fields(port{n.Name, b.Name}, differing(b, m, "name", "mtu", "addrs"))
			}
		}
		for j := range o.Devices {
			d := &o.Devices[j]
			if m := n.device(d.Name); m == nil {
				gone[port{n.Name, d.Name}] = true
			} else {
				r.fields(port{n.Name, d.Name}, differing(d, m, "name", "addrs"))
			}
		}
	}
	for more := true; more; {
		more = false
		follow := func(p port, on string) bool {
			at := port{p.node, on}
			_, again := r[at]
			if _, ok := r[p]; ok || on == "" || !again && !gone[at] {
				return false
			}
			r[p] = field{key: on + " on " + p.node}
			more = true
			return true
		}
		for i := range new.Links {
			n := &new.Links[i]
			o := was[linkID(n)]
			if o == nil {
				continue
			}
			for _, e := range endPairs(o, n) {
				if e[0].Master == e[1].Master && follow(port{e[1].Node, e[1].Iface}, e[1].Master) {
					r.both(n, field{key: e[1].Master + " on " + e[1].Node})
				}
			}
			if f, ok := r[port{n.A.Node, n.A.Iface}]; ok {
				more = r.both(n, f) || more
			} else if f, ok := r[port{n.B.Node, n.B.Iface}]; ok {
				more = r.both(n, f) || more
			}
		}
		for i := range new.Nodes {
			n := &new.Nodes[i]
			if !stays(n.Name) {
				continue
			}
			for j := range n.Bridges {
				b := &n.Bridges[j]
				if old.Node(n.Name).bridge(b.Name) == nil {
					continue
				}
				follow(port{n.Name, b.Name}, b.Master)
				for k := range b.FDB { // entries go with the port
					if b.FDB[k].Dev != b.Name {
						follow(port{n.Name, b.Name}, b.FDB[k].Dev)
					}
				}
			}
			for j := range n.Devices {
				d := &n.Devices[j]
				if old.Node(n.Name).device(d.Name) == nil {
					continue
				}
				follow(port{n.Name, d.Name}, d.Link)
				follow(port{n.Name, d.Name}, d.Master)
			}
		}
	}
	return r
}

// both marks the ends of a link; true if one was not marked yet.
func (r redo) both(l *Link, f field) bool {
	more := false
	for _, e := range l.Ends() {
		if _, ok := r[port{e.Node, e.Iface}]; !ok {
			r[port{e.Node, e.Iface}] = f
			more = true
		}
	}
	return more
}

func (r redo) fields(p port, list []field) {
	if len(list) > 0 {
		r[p] = list[0]
	}
}

// linkRedo is what of a link cannot be changed.
func linkRedo(old, new *Plan, o, n *Link) (field, bool) {
	if sameLink(*o, *n) {
		return field{}, false
	}
	for _, f := range differing(o, n, "a", "b", "mtu") {
		return f, true
	}
	if n.Kind != Veth && o.Name() != n.Name() { // its ends differ, in a pair of devices they do not
		return field{"ends", o.Name(), n.Name()}, true
	}
	for _, e := range endPairs(o, n) {
		for _, f := range differing(e[0], e[1], "node", "iface", "addrs", "master", "mac", "impair") {
			f.key += " of " + e[1].Node
			return f, true
		}
		if e[0].Master != e[1].Master && !(bridgeOrNone(old, e[0]) && bridgeOrNone(new, e[1])) {
			return field{"master of " + e[1].Node, orNone(e[0].Master), orNone(e[1].Master)}, true
		}
	}
	return field{}, false
}

// bridgeOrNone reports whether an end can come and go as it is: bonds and vrfs take it down for that.
func bridgeOrNone(p *Plan, e *End) bool {
	n := p.Node(e.Node)
	return e.Master == "" || n != nil && n.bridge(e.Master) != nil
}
