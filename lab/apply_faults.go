package lab

import (
	"fmt"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// Faults outlive a change: a link that is down stays down, also if it was made anew. Those of what is not there any more
// are forgotten.

// carryFaults makes the faults of the old plan those of a new one, whose links and nodes are there. h.changes is held.
// What cannot be done is in the log: the change has been made.
func (a *applier) carryFaults(plan *topology.Plan) {
	h := a.h
	links, down := h.faults.links, h.faults.down
	h.faults.links, h.faults.down = map[string]*linkState{}, map[string]bool{}
	for i := range a.old.Links {
		o := &a.old.Links[i]
		st := links[o.Name()]
		_, n, ok := plan.Peer(o.A.Node, o.A.Iface)
		if !ok || n.EndAt(o.A.Node, o.A.Iface) < 0 || n.EndAt(o.B.Node, o.B.Iface) < 0 {
			if st != nil {
				st.endFlap()
			}
			continue
		}
		again := a.anew[n.A.Node][n.A.Iface]
		if down[o.Name()] && !again {
			h.faults.down[n.Name()] = true
		}
		if st == nil {
			continue
		}
		if st.flap != nil && n.Name() != o.Name() { // it looks for its link by the name
			st.down = true
			st.endFlap()
		}
		if n.EndAt(o.A.Node, o.A.Iface) != 0 {
			st.impair[0], st.impair[1] = st.impair[1], st.impair[0]
		}
		h.faults.links[n.Name()] = st
		for i, m := range st.impair {
			if m == nil || !again {
				continue
			}
			if err := h.setImpairment(n, i, *m); err != nil {
				h.log.add("", "fault", fmt.Sprintf("%s: %v", n.Name(), err))
			}
		}
	}
	remade := a.remade()
	for name := range h.faults.nodes {
		if plan.Node(name) == nil || remade[name] {
			delete(h.faults.nodes, name) // its processes are gone
		}
	}
	if err := h.syncLinks(plan); err != nil {
		h.log.add("", "fault", err.Error())
	}
	h.listFaults()
}

// overridden reports whether a fault says what an end sends, in place of the file.
func (a *applier) overridden(e *topology.End) bool {
	_, l, ok := a.old.Peer(e.Node, e.Iface)
	if !ok {
		return false
	}
	st := a.h.faults.links[l.Name()]
	return st != nil && st.impair[l.EndAt(e.Node, e.Iface)] != nil
}

// stopped reports whether a fault has a node stopped. Its services start with it.
func (a *applier) stopped(node string) bool {
	st := a.h.faults.nodes[node]
	return st != nil && st.stopped
}

// waitsForLink reports whether a route of a node cannot be there because a fault holds a link of it down. It comes with
// the link.
func (a *applier) waitsForLink(node string, err error) bool {
	if !noWay(err) {
		return false
	}
	for _, e := range a.old.Interfaces(node) {
		_, l, _ := a.old.Peer(node, e.Iface)
		if l != nil && a.h.faults.down[l.Name()] {
			return true
		}
	}
	return false
}

// later is an adding of a route that may have to wait for a link.
func (a *applier) later(node string, add func(link.Route) error) func(link.Route) error {
	return func(r link.Route) error {
		err := add(r)
		if err != nil && a.waitsForLink(node, err) {
			return nil
		}
		return err
	}
}
