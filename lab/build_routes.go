package lab

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// addRoutes adds the routes, rules and neighbours of the node that c is in, whose devices are up.
func (n *nodeWork) addRoutes(c *link.Conn) error {
	for _, r := range n.Routes {
		if err := n.addRoute(c, r); err != nil {
			return err
		}
	}
	for i := range n.Rules {
		r := &n.Rules[i]
		if err := c.AddRule(r); err != nil {
			return &OpError{Op: fmt.Sprintf("add a rule with priority %d", r.Priority), Node: n.Name, Pos: r.Pos, Err: err}
		}
	}
	if err := n.setXFRM(); err != nil {
		return err
	}
	for i := range n.Neighbours {
		e := &n.Neighbours[i]
		index, err := n.indexOf(e.Dev)
		if err == nil {
			err = c.AddNeighbour(index, e)
		}
		if err != nil {
			return &OpError{Op: "add neighbour " + e.Addr.String(), Node: n.Name, Object: e.Dev, Pos: e.Pos, Err: err}
		}
	}
	return nil
}

var errNoDevice = errors.New("there is no such device")

// indexOf is the number of a device of the node; "" has none.
func (n *nodeWork) indexOf(name string) (int, error) {
	switch name {
	case "":
		return 0, nil
	case "lo":
		return loopback, nil
	}
	if d := n.device(name); d != nil {
		return d.Index, nil
	}
	return 0, errNoDevice
}

func (n *nodeWork) addRoute(c *link.Conn, r topology.Route) error {
	return n.putRoute("add", c.AddRoute, r)
}

// putRoute does something with a route of the node.
func (n *nodeWork) putRoute(verb string, do func(link.Route) error, r topology.Route) error {
	e := &OpError{Op: verb + " route " + r.Dst.String(), Node: n.Name, Pos: r.Pos}
	if r.Type != "" {
		e.Op = verb + " " + r.Type + " route " + r.Dst.String()
	}
	if r.Via.IsValid() {
		e.Op += " via " + r.Via.String()
	}
	if r.Dev != "" {
		e.Op += " dev " + r.Dev
	}
	rt := link.Route{Dst: r.Dst, Via: r.Via, Type: r.Type, Table: r.Table, Metric: r.Metric, Src: r.Src, MTU: r.MTU, OnLink: r.OnLink}
	if rt.Index, e.Err = n.indexOf(r.Dev); e.Err != nil {
		return e
	}
	for _, h := range r.Hops {
		index, err := n.indexOf(h.Dev)
		if e.Err = err; err != nil {
			return e
		}
		rt.Hops = append(rt.Hops, link.Hop{Via: h.Via, Index: index, Weight: h.Weight})
	}
	if e.Err = do(rt); e.Err == nil {
		return nil
	}
	if errors.Is(e.Err, unix.ENETUNREACH) || errors.Is(e.Err, unix.EHOSTUNREACH) {
		e.Hint = "the gateway must be on a network of one of the node's own devices"
	}
	return e
}
