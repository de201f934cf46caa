package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/topology"
)

// Drift is something in a node that is not as the file says: somebody has changed it by hand. What faults do is none.
type Drift struct {
	Op   topology.ChangeOp `json:"op"`   // what was done to it
	What string            `json:"what"` // device, address, route, sysctl, rules
	Node string            `json:"node"`
	Name string            `json:"name"`
	Want string            `json:"want,omitempty"` // as the file has it
	Is   string            `json:"is,omitempty"`
	Pos  topology.Pos      `json:"pos,omitzero"` // what in the file says otherwise
}

// String is the drift on a line, without its place.
func (d Drift) String() string {
	s := fmt.Sprintf("%s %s on %s", d.What, d.Name, d.Node)
	if d.Op == topology.Changed {
		s += "  " + d.Want + " -> " + d.Is
	}
	return s
}

// Drift compares the nodes with the plan of the lab: devices, their addresses, routes, kernel parameters, and which nft
// rules there are. What a device is set to, rules of policy routing, neighbours, policies of chains and elements of
// sets are not looked at.
func (l *Lab) Drift(ctx context.Context) ([]Drift, error) {
	var list []Drift
	_, err := l.query(ctx, msgDrift, nil, &list)
	return list, err
}

// answerDrift is the holder's part.
func (h *holder) answerDrift(w *wire) error {
	h.changes.Lock()
	defer h.changes.Unlock()
	list, err := h.drift()
	if err != nil {
		return err
	}
	return w.send(msgDrift, list)
}

func (h *holder) drift() ([]Drift, error) {
	plan := h.plan()
	b, err := newBuilder(h, plan, 1) // the numbers do not count
	if err != nil {
		return nil, err
	}
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	usual, err := c.Indexes() // the devices of every new namespace
	c.Close()
	if err != nil {
		return nil, err
	}
	found := make([][]Drift, len(b.nodes))
	err = each(len(b.nodes), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			n := &b.nodes[i]
			err := hop.Enter(n.Name)
			if err == nil {
				found[i], err = h.nodeDrift(n, usual)
			}
			if err != nil {
				return &OpError{Op: "look at the node", Node: n.Name, Pos: n.Pos, Err: err}
			}
		}
		return nil
	})
	return slices.Concat(append([][]Drift{{}}, found...)...), err
}

// nodeDrift is for the node that the calling thread is in.
func (h *holder) nodeDrift(n *nodeWork, usual map[string]int) ([]Drift, error) {
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	is := &nodeBefore{}
	if err := is.read(c); err != nil {
		return nil, err
	}
	var out []Drift
	add := func(op topology.ChangeOp, what, name string, pos topology.Pos) {
		out = append(out, Drift{Op: op, What: what, Node: n.Name, Name: name, Pos: pos})
	}
	held := false // a fault holds a link down: addresses and routes are gone with it, and come again
	planned := map[string]bool{}
	addrs := map[devAddr]bool{}
	for i := range n.devices {
		d := &n.devices[i]
		planned[d.Name] = true
		down := d.cable != nil && h.faults.down[d.cable.Name()]
		held = held || down
		_, there := is.index[d.Name]
		if !there {
			add(topology.Removed, "device", d.Name, d.pos())
		}
		for _, a := range d.addrs() {
			k := devAddr{d.Name, a}
			addrs[k] = true
			if there && !is.addrs[k] && !(down && a.Addr().Is6()) {
				add(topology.Removed, "address", a.String()+" of "+d.Name, d.pos())
			}
		}
	}
	var extra []Drift
	for dev := range is.index {
		if _, always := usual[dev]; !planned[dev] && !always {
			extra = append(extra, Drift{Op: topology.Added, What: "device", Node: n.Name, Name: dev})
		}
	}
	for k := range is.addrs {
		if planned[k.dev] && !addrs[k] && !k.addr.Addr().IsLinkLocalUnicast() {
			extra = append(extra, Drift{Op: topology.Added, What: "address", Node: n.Name, Name: k.addr.String() + " of " + k.dev})
		}
	}
	routes := map[routeKey]bool{}
	for i := range n.Routes {
		r := &n.Routes[i]
		k := keyOfRoute(r)
		routes[k] = true
		if !is.routes[k] && !held {
			add(topology.Removed, "route", routeText(k), r.Pos)
		}
	}
	for _, k := range is.byHand {
		loose := []routeKey{k, {k.dst, k.via, k.dev, k.table, 0}, {k.dst, k.via, "", k.table, k.metric}, {k.dst, k.via, "", k.table, 0}}
		if !slices.ContainsFunc(loose, func(k routeKey) bool { return routes[k] }) {
			extra = append(extra, Drift{Op: topology.Added, What: "route", Node: n.Name, Name: routeText(k)})
		}
	}
	slices.SortFunc(extra, func(a, b Drift) int { return strings.Compare(a.What+a.Name, b.What+b.Name) })
	out = append(out, extra...)
	for i, s := range n.Sysctls {
		if slices.ContainsFunc(n.Sysctls[i+1:], func(later topology.Sysctl) bool { return later.Key == s.Key }) {
			continue // what a key is given last is what counts
		}
		v, err := link.GetSysctl(s.Key)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its device is gone, or it was implied and this kernel has none
		}
		if want := link.SysctlText(s.Value); err == nil && v != want {
			out = append(out, Drift{Op: topology.Changed, What: "sysctl", Node: n.Name, Name: s.Key, Want: want, Is: v, Pos: s.Pos})
		}
	}
	rules, err := h.rulesDrift(n)
	return append(out, rules...), err
}

// rulesDrift compares which rules there are.
func (h *holder) rulesDrift(n *nodeWork) ([]Drift, error) {
	h.mu.Lock()
	handles := h.handles[n.Name]
	h.mu.Unlock()
	found, err := ruleset.Compare(n.Ruleset, handlesOf[ruleset.Handle](handles))
	if err != nil {
		return nil, err
	}
	var out []Drift
	for _, f := range found {
		d := Drift{Op: topology.Changed, What: "rules", Node: n.Name, Name: f.In, Want: count(f.Want, "rule"), Is: count(f.Is, "rule"), Pos: f.Pos}
		switch {
		case f.Gone:
			d.Op = topology.Removed
		case f.New:
			d.Op = topology.Added
		case f.Other > 0:
			d.Is += fmt.Sprintf(", %d of them not of the file", f.Other)
		}
		out = append(out, d)
	}
	return out, nil
}

// routeText is a route in the words of ip-route(8).
func routeText(k routeKey) string {
	s := k.dst.String()
	if k.via.IsValid() {
		s += " via " + k.via.String()
	}
	if k.dev != "" {
		s += " dev " + k.dev
	}
	if k.table != unix.RT_TABLE_MAIN {
		s += fmt.Sprintf(" table %d", k.table)
	}
	return s
}
