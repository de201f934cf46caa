package lab

import (
	"net/netip"
	"sync/atomic"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// loopback is the number of lo in every network namespace (LOOPBACK_IFINDEX, include/net/flow.h).
const loopback = 1

// configure gives the devices of all nodes their addresses, brings them up, and adds the routes.
func (b *builder) configure() (string, error) {
	var addrs, routes atomic.Int64
	err := each(len(b.nodes), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			n := &b.nodes[i]
			if n.idle {
				continue
			}
			if err := hop.Enter(n.Name); err != nil {
				return &OpError{Op: "configure the node", Node: n.Name, Pos: n.Pos, Err: err}
			}
			c, err := link.Open()
			if err != nil {
				return &OpError{Op: "configure the node", Node: n.Name, Pos: n.Pos, Err: err}
			}
			err = n.configure(c)
			c.Close()
			if err != nil {
				return err
			}
			for _, d := range n.devices {
				addrs.Add(int64(len(d.addrs())))
			}
			routes.Add(int64(len(n.Routes)))
		}
		return nil
	})
	text := count(int(addrs.Load()), "address") + ", " + count(int(routes.Load()), "route")
	var routers []string
	for _, n := range b.plan.Nodes {
		if n.Kind == topology.Router {
			routers = append(routers, n.Name)
		}
	}
	if len(routers) > 0 {
		text += ", forwarding on " + list(routers, "node")
	}
	return text, err
}

func (d *device) addrs() []netip.Prefix {
	switch {
	case d.bridge != nil:
		return d.bridge.Addrs
	case d.made != nil:
		return d.made.Addrs
	}
	return d.end.Addrs
}

func (d *device) pos() topology.Pos {
	switch {
	case d.bridge != nil:
		return d.bridge.Pos
	case d.made != nil:
		return d.made.Pos
	}
	return d.end.Pos
}

// configure is for one node. Devices get their addresses and parameters while they are down, so that nothing is ever
// sent from a half configured one.
func (n *nodeWork) configure(c *link.Conn) error {
	if err := n.makeDevices(c); err != nil {
		return err
	}
	if err := n.setLate(); err != nil {
		return err
	}
	if err := n.joinMasters(c); err != nil {
		return err
	}
	if err := n.setWireGuard(); err != nil {
		return err
	}
	for i := range n.devices {
		d := &n.devices[i]
		if d.have {
			continue
		}
		for _, a := range d.addrs() {
			if err := c.AddAddr(d.Index, a); err != nil {
				return &OpError{Op: "add address " + a.String(), Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
		}
	}
	if err := n.impair(c); err != nil {
		return err
	}
	if !n.there {
		if err := c.Up(loopback); err != nil {
			return &OpError{Op: "bring up", Node: n.Name, Object: "lo", Pos: n.Pos, Err: err}
		}
	}
	for i := range n.devices {
		d := &n.devices[i]
		if d.have {
			continue
		}
		if err := c.Up(d.Index); err != nil {
			return &OpError{Op: "bring up", Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
		}
	}
	if n.there {
		return nil
	}
	return n.addRoutes(c)
}
