package lab

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// nodeBefore is what a node has before a change.
type nodeBefore struct {
	index   map[string]int // of its devices by name
	addrs   map[devAddr]bool
	routes  map[routeKey]bool
	sysctls map[string]string // of the old plan, if some of them change
	byHand  []routeKey        // routes that no protocol of the kernel made
}

type devAddr struct {
	dev  string
	addr netip.Prefix
}

// routeKey is a route as the plan has it. dev is "" where the plan leaves it to the kernel.
type routeKey struct {
	dst    netip.Prefix
	via    netip.Addr // of several next hops: invalid
	dev    string
	table  uint32
	metric uint32 // 0: the kernel's default
}

func keyOfRoute(r *topology.Route) routeKey {
	k := routeKey{r.Dst.Masked(), r.Via, r.Dev, r.Table, r.Metric}
	if k.table == 0 {
		k.table = unix.RT_TABLE_MAIN
	}
	if r.Type != "" {
		k.dev = "" // IPv6 has them on lo
	}
	return k
}

// look takes down what the nodes have that something will change in, and prepares the builder.
func (a *applier) look() error {
	touched := map[string]bool{}
	sysctls := map[string]bool{}
	for _, c := range a.changes.List {
		switch c.What {
		case topology.ChangeLink:
			for _, l := range []any{c.Old, c.New} {
				if l, ok := l.(*topology.Link); ok && l != nil {
					touched[l.A.Node], touched[l.B.Node] = true, true
				}
			}
		case topology.ChangeSysctl:
			sysctls[c.Node] = true
		}
		touched[c.Node] = true
	}
	for i := range a.old.Nodes {
		n := &a.old.Nodes[i]
		if !touched[n.Name] {
			continue
		}
		b := &nodeBefore{}
		err := inNode(n.Name, func(c *link.Conn) error {
			if err := b.read(c); err != nil {
				return err
			}
			if sysctls[n.Name] {
				b.sysctls = map[string]string{}
				for _, s := range n.Sysctls {
					if v, err := link.GetSysctl(s.Key); err == nil { // else this kernel has none
						b.sysctls[s.Key] = v
					}
				}
			}
			return nil
		})
		if err != nil {
			return &OpError{Op: "look at the node", Node: n.Name, Pos: n.Pos, Err: err}
		}
		a.before[n.Name] = b
	}
	for _, c := range a.changes.List {
		if c.Op == topology.Changed && !c.Anew {
			continue
		}
		switch c.What {
		case topology.ChangeBridge, topology.ChangeDevice:
			a.setAnew(c.Node, c.Name)
		case topology.ChangeLink: // one that comes may have the name of one that goes
			l := either[topology.Link](&c)
			a.setAnew(l.A.Node, l.A.Iface)
			a.setAnew(l.B.Node, l.B.Iface)
		}
	}
	// From here on, at the very end of undoing: what the kernel took along when things were removed.
	a.undo = append(a.undo, func() error { return a.putBack(a.old, a.old) })
	var err error
	if a.b, err = a.builderOf(a.new, a.old); err == nil {
		a.b.ctx, a.b.dir = a.ctx, a.dir
	}
	return err
}

func (a *applier) setAnew(node, dev string) {
	if a.anew[node] == nil {
		a.anew[node] = map[string]bool{}
	}
	a.anew[node][dev] = true
}

// remade are the nodes of both plans that are made again as a whole.
func (a *applier) remade() map[string]bool {
	m := map[string]bool{}
	for _, c := range a.changes.List {
		if c.What == topology.ChangeNode && c.Anew {
			m[c.Node] = true
		}
	}
	return m
}

// read asks for devices, addresses and routes.
func (b *nodeBefore) read(c *link.Conn) error {
	states, err := c.States()
	if err != nil {
		return err
	}
	b.index = map[string]int{}
	names := map[int]string{}
	for _, s := range states {
		b.index[s.Name], names[s.Index] = s.Index, s.Name
	}
	addrs, err := c.Addrs()
	if err != nil {
		return err
	}
	b.addrs = map[devAddr]bool{}
	for _, x := range addrs {
		b.addrs[devAddr{names[x.Index], x.Prefix}] = true
	}
	routes, err := c.Routes()
	if err != nil {
		return err
	}
	b.routes = map[routeKey]bool{}
	for _, x := range routes {
		if x.Protocol == unix.RTPROT_STATIC || x.Protocol == unix.RTPROT_BOOT {
			b.byHand = append(b.byHand, routeKey{x.Dst, x.Via, names[x.Index], x.Table, x.Metric})
		}
		for _, dev := range []string{names[x.Index], ""} {
			b.routes[routeKey{x.Dst, x.Via, dev, x.Table, x.Metric}] = true
			b.routes[routeKey{x.Dst, x.Via, dev, x.Table, 0}] = true
		}
	}
	return nil
}

// builderOf is a builder of what want has and have does not: nodes that are in both are there, and their devices, but
// those that are made again.
func (a *applier) builderOf(want, have *topology.Plan) (*builder, error) {
	first, err := firstFree(want)
	if err != nil {
		return nil, err
	}
	b, err := newBuilder(a.h, want, first)
	if err != nil {
		return nil, err
	}
	remade := a.remade()
	for i := range b.nodes {
		n := &b.nodes[i]
		o := have.Node(n.Name)
		if o == nil || remade[n.Name] {
			continue // a new one
		}
		n.there, n.idle = true, true
		had := devicesOf(have, n.Name)
		next := first
		index := map[string]int{}
		if s := a.before[n.Name]; s != nil {
			index = s.index
			for _, at := range index {
				next = max(next, at+1)
			}
		}
		for j := range n.devices {
			d := &n.devices[j]
			at, known := index[d.Name]
			_, old := had[d.Name]
			d.have = old && !a.anew[n.Name][d.Name]
			switch {
			case known && old:
				d.Index = at // also of one that is made again: rules may refer to its number
			case d.have:
				d.Index = 0 // somebody removed it, or nobody asked
			default:
				d.Index = next
				next++
			}
			n.idle = n.idle && d.have
		}
		for _, s := range n.Sysctls {
			if d := n.device(topology.SysctlDevice(s.Key)); d != nil && !d.have {
				n.late = append(n.late, s)
			}
		}
		for j := range n.devices {
			d := &n.devices[j]
			if m := n.device(d.masterName()); m != nil {
				d.master = m.Index
			}
		}
	}
	return b, nil
}

// devicesOf are the devices that a node has in a plan, with their addresses.
func devicesOf(p *topology.Plan, node string) map[string][]netip.Prefix {
	m := map[string][]netip.Prefix{}
	for _, e := range p.Interfaces(node) {
		m[e.Iface] = e.Addrs
	}
	if n := p.Node(node); n != nil {
		for i := range n.Bridges {
			m[n.Bridges[i].Name] = n.Bridges[i].Addrs
		}
		for i := range n.Devices {
			m[n.Devices[i].Name] = n.Devices[i].Addrs
		}
	}
	return m
}

// putBack adds addresses and routes again that both plans have, that were there before, and that are not there now.
func (a *applier) putBack(one, other *topology.Plan) error {
	if err := a.putBackAddrs(one, other); err != nil {
		return err
	}
	if err := a.putBackRoutes(one, other); err != nil {
		return err
	}
	return a.putBackNeighbours(one, other)
}

// putBackNeighbours is for devices that were made anew: entries go with the old ones.
func (a *applier) putBackNeighbours(one, other *topology.Plan) error {
	return a.inNodes(one, func(n *nodeWork, was, is *nodeBefore, c *link.Conn) error {
		o := other.Node(n.Name)
		for i := range n.Neighbours {
			e := &n.Neighbours[i]
			at, there := is.index[e.Dev]
			if o == nil || !there || !a.anew[n.Name][e.Dev] || !slices.ContainsFunc(o.Neighbours, func(x topology.Neighbour) bool {
				x.Pos = e.Pos
				return x == *e
			}) {
				continue
			}
			if err := unless(c.AddNeighbour(at, e), unix.EEXIST); err != nil {
				return &OpError{Op: "put back neighbour " + e.Addr.String(), Node: n.Name, Object: e.Dev, Pos: e.Pos, Err: err}
			}
		}
		return nil
	})
}

func (a *applier) putBackAddrs(one, other *topology.Plan) error {
	return a.inNodes(one, func(n *nodeWork, was, is *nodeBefore, c *link.Conn) error {
		common := map[devAddr]bool{}
		for dev, list := range devicesOf(other, n.Name) {
			for _, addr := range list {
				common[devAddr{dev, addr}] = true
			}
		}
		for i := range n.devices {
			d := &n.devices[i]
			for _, addr := range d.addrs() {
				k := devAddr{d.Name, addr}
				at, there := is.index[d.Name]
				if !there || !common[k] || !was.addrs[k] || is.addrs[k] {
					continue
				}
				if err := c.AddAddr(at, addr); err != nil {
					return &OpError{Op: "put back address " + addr.String(), Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
				}
			}
		}
		return nil
	})
}

func (a *applier) putBackRoutes(one, other *topology.Plan) error {
	return a.inNodes(one, func(n *nodeWork, was, is *nodeBefore, c *link.Conn) error {
		common := map[routeKey]bool{}
		if o := other.Node(n.Name); o != nil {
			for i := range o.Routes {
				common[keyOfRoute(&o.Routes[i])] = true
			}
		}
		n.renumber(is.index)
		for i := range n.Routes {
			r := &n.Routes[i]
			k := keyOfRoute(r)
			if !common[k] || !was.routes[k] || is.routes[k] {
				continue
			}
			if err := n.putRoute("put back", c.AddRoute, *r); err != nil {
				return err
			}
		}
		return nil
	})
}

// inNodes calls f inside each node of the plan that something changes in and that was there before, with what it had and
// what it has.
func (a *applier) inNodes(p *topology.Plan, f func(n *nodeWork, was, is *nodeBefore, c *link.Conn) error) error {
	b, err := newBuilder(a.h, p, 1) // the numbers do not count
	if err != nil {
		return err
	}
	for i := range b.nodes {
		n := &b.nodes[i]
		was := a.before[n.Name]
		if was == nil {
			continue
		}
		if err := inNode(n.Name, func(c *link.Conn) error {
			is := &nodeBefore{}
			if err := is.read(c); err != nil {
				return &OpError{Op: "look at the node", Node: n.Name, Pos: n.Pos, Err: err}
			}
			return f(n, was, is, c)
		}); err != nil {
			return err
		}
	}
	return nil
}
