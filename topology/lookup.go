package topology

import (
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"weak"
)

// index answers questions about a plan without a walk over it: traces ask for every packet, and a plan may have
// thousands of nodes.
type index struct {
	nodes  map[string]int
	ends   map[port]endRef
	byNode map[string][]endRef
	owner  map[netip.Addr]port
	addrs  map[string][]netip.Prefix
}

// port is a device of a node.
type port struct{ node, iface string }

// endRef is an end of a link, and the other end.
type endRef struct {
	link int
	b    bool // the end is link.B
}

func (r endRef) end(p *Plan) End {
	if r.b {
		return p.Links[r.link].B
	}
	return p.Links[r.link].A
}

func (r endRef) peer(p *Plan) End { return endRef{r.link, !r.b}.end(p) }

// indexes holds the index of every plan that somebody asked something, as long as the plan is in use. A Plan is
// plain data that is compared and serialised, so its index cannot be a field of it.
var indexes sync.Map // weak.Pointer[Plan] -> *index

func (p *Plan) index() *index {
	key := weak.Make(p)
	if ix, ok := indexes.Load(key); ok {
		return ix.(*index)
	}
	ix, loaded := indexes.LoadOrStore(key, newIndex(p))
	if !loaded {
		runtime.AddCleanup(p, func(k weak.Pointer[Plan]) { indexes.Delete(k) }, key)
	}
	return ix.(*index)
}

func newIndex(p *Plan) *index {
	ix := &index{
		nodes:  make(map[string]int, len(p.Nodes)),
		ends:   make(map[port]endRef, 2*len(p.Links)),
		byNode: make(map[string][]endRef, len(p.Nodes)),
		owner:  make(map[netip.Addr]port, 2*len(p.Links)),
		addrs:  make(map[string][]netip.Prefix, len(p.Nodes)),
	}
	for i := range p.Nodes {
		if _, ok := ix.nodes[p.Nodes[i].Name]; !ok {
			ix.nodes[p.Nodes[i].Name] = i
		}
	}
	own := func(node, iface string, addrs []netip.Prefix) {
		ix.addrs[node] = append(ix.addrs[node], addrs...)
		for _, a := range addrs {
			if _, ok := ix.owner[a.Addr()]; !ok {
				ix.owner[a.Addr()] = port{node, iface}
			}
		}
	}
	for i := range p.Links {
		for _, r := range []endRef{{i, false}, {i, true}} {
			e := r.end(p)
			ix.ends[port{e.Node, e.Iface}] = r
			if e.Alt != "" {
				ix.ends[port{e.Node, e.Alt}] = r
			}
			ix.byNode[e.Node] = append(ix.byNode[e.Node], r)
			own(e.Node, e.Iface, e.Addrs)
		}
	}
	for i := range p.Nodes {
		for _, b := range p.Nodes[i].Bridges {
			own(p.Nodes[i].Name, b.Name, b.Addrs)
		}
		for _, d := range p.Nodes[i].Devices {
			own(p.Nodes[i].Name, d.Name, d.Addrs)
		}
	}
	return ix
}

// Node finds a node by its name; nil if there is none. The node belongs to the plan: do not change it.
func (p *Plan) Node(name string) *Node {
	i, ok := p.index().nodes[name]
	if !ok {
		return nil
	}
	return &p.Nodes[i]
}

// Interfaces are the link ends of a node, in the order of the file's links. Bridge devices are not among them:
// see Node.Bridges.
func (p *Plan) Interfaces(node string) []End {
	refs := p.index().byNode[node]
	ends := make([]End, 0, len(refs))
	for _, r := range refs {
		ends = append(ends, r.end(p))
	}
	return ends
}

// Ports are the link ends of a node that are ports of its bridge device, in the order of the file's links.
func (p *Plan) Ports(node, bridge string) []End {
	var ends []End
	for _, e := range p.Interfaces(node) {
		if e.Master == bridge {
			ends = append(ends, e)
		}
	}
	return ends
}

// Peer is the other end of the cable in a node's device, and the cable; false if the device is not a link end.
// The link belongs to the plan: do not change it.
func (p *Plan) Peer(node, iface string) (End, *Link, bool) {
	r, ok := p.index().ends[port{node, iface}]
	if !ok {
		return End{}, nil, false
	}
	return r.peer(p), &p.Links[r.link], true
}

// Cable is the device of a node that the frames of a device leave by: for a VLAN the one that it sits on, for others
// themselves.
func (p *Plan) Cable(node, iface string) string {
	n := p.Node(node)
	for range 8 { // deeper the kernel stacks none (MAX_NEST_DEV, include/linux/netdevice.h)
		if n == nil {
			break
		}
		i := slices.IndexFunc(n.Devices, func(d Device) bool { return d.Name == iface && d.Kind == VLAN })
		if i < 0 {
			break
		}
		iface = n.Devices[i].Link
	}
	return iface
}

// OwnerOf is the node and the device that have an address. Where two networks that never meet use the same
// address it is the first in the order of links.
func (p *Plan) OwnerOf(addr netip.Addr) (node, iface string, ok bool) {
	o, ok := p.index().owner[addr.Unmap()]
	return o.node, o.iface, ok
}

// AddrsOf are the addresses of a node with their prefix lengths: those of its link ends in the order of links, then
// those of its bridges and its other devices. The slice belongs to the plan: do not change it.
func (p *Plan) AddrsOf(node string) []netip.Prefix { return p.index().addrs[node] }

// Suggest names the node that somebody who wrote name may have meant, as the end of a message:
// `; did you mean "fw"?`, or "" if no name is near.
func (p *Plan) Suggest(name string) string {
	names := make([]string, len(p.Nodes))
	for i := range p.Nodes {
		names[i] = p.Nodes[i].Name
	}
	if s := nearest(name, names); s != "" {
		return "; did you mean " + strconv.Quote(s) + "?"
	}
	return ""
}
