package trace

import (
	"fmt"
	"net/netip"
	"path/filepath"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// Network is a lab as the path package wants it: a plan and the rules of its nodes. It may be used from many
// goroutines.
type Network struct {
	plan  *topology.Plan
	rules map[string]*path.Rules
}

// NewNetwork indexes a plan. handles are those of each node's rules, as they were loaded. A ruleset that this
// version cannot check (it was loaded through the nft binary) leaves its rules known by handle only.
func NewNetwork(plan *topology.Plan, handles map[string][]path.Handle) *Network {
	n := &Network{plan: plan, rules: map[string]*path.Rules{}}
	for i := range plan.Nodes {
		node := &plan.Nodes[i]
		if node.Ruleset == nil {
			continue
		}
		rs, _ := node.Ruleset.Check() // its errors were reported when the lab was planned
		n.rules[node.Name] = path.NewRules(rs, handles[node.Name], filepath.ToSlash(filepath.Dir(plan.File)))
	}
	return n
}

var _ path.Network = (*Network)(nil)

// within lists the nodes that a packet from one can reach over at most that many routers, in the order of the plan, and
// those just behind them. A bridge does not count.
func (n *Network) within(from string, routers int) (near []*topology.Node, behind []string) {
	distance := map[string]int{from: 0}
	edge := []string{from}
	for len(edge) > 0 {
		var next, same []string
		for _, name := range edge {
			d := distance[name]
			if node := n.plan.Node(name); node != nil && node.Kind != topology.Bridge {
				d++
			}
			if d > routers+1 {
				continue
			}
			for _, end := range n.plan.Interfaces(name) {
				peer, _, ok := n.Peer(name, end.Iface)
				if old, seen := distance[peer]; !ok || seen && old <= d {
					continue
				}
				distance[peer] = d
				if d == distance[name] {
					same = append(same, peer)
				} else {
					next = append(next, peer)
				}
			}
		}
		edge = append(same, next...)
	}
	for i := range n.plan.Nodes {
		node := &n.plan.Nodes[i]
		switch d, ok := distance[node.Name]; {
		case ok && d <= routers:
			near = append(near, node)
		case ok:
			behind = append(behind, node.Name)
		}
	}
	return near, behind
}

// Lab is the lab's name.
func (n *Network) Lab() string { return n.plan.Name }

// Peer is the other end of a cable: of the one in the device, or in the device that a VLAN sits on.
func (n *Network) Peer(node, dev string) (string, string, bool) {
	end, _, ok := n.plan.Peer(node, n.plan.Cable(node, dev))
	return end.Node, end.Iface, ok
}

// Owner is the node that has an address.
func (n *Network) Owner(addr netip.Addr) string {
	node, _, _ := n.plan.OwnerOf(addr)
	return node
}

// Rules are a node's rules; nil if it has none.
func (n *Network) Rules(node string) *path.Rules { return n.rules[node] }

// Service names the built-in service behind a port.
func (n *Network) Service(node, proto string, port uint16) string {
	nd := n.plan.Node(node)
	if nd == nil {
		return ""
	}
	for _, s := range nd.Services {
		if s.Proto == proto && s.Port == port {
			return fmt.Sprintf("%s:%d", s.Name, s.Port)
		}
	}
	return ""
}

// OwnerDevice is the node and the device that have an address.
func (n *Network) OwnerDevice(addr netip.Addr) (node, dev string, ok bool) {
	return n.plan.OwnerOf(addr)
}

// Way is the device by which the lab's file has a node send to an address: that of the longest prefix among its own
// networks and its routes.
func (n *Network) Way(node string, dst netip.Addr) (dev string, ok bool) {
	spec := n.plan.Node(node)
	if spec == nil || !dst.IsValid() {
		return "", false
	}
	own := func(addr netip.Addr) (dev string, bits int) {
		bits = -1
		for _, e := range n.plan.Interfaces(node) {
			for _, p := range e.Addrs {
				if p.Masked().Contains(addr) && p.Bits() > bits {
					dev, bits = e.Iface, p.Bits()
				}
			}
		}
		return dev, bits
	}
	dev, bits := own(dst)
	for _, r := range spec.Routes {
		if !r.Dst.Contains(dst) || r.Dst.Bits() <= bits {
			continue
		}
		by := r.Dev
		if by == "" {
			by, _ = own(r.Via)
		}
		if by != "" {
			dev, bits = by, r.Dst.Bits()
		}
	}
	_, _, cable := n.plan.Peer(node, dev)
	return dev, bits >= 0 && cable
}
