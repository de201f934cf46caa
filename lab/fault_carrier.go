package lab

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// faultWithin is how long the kernel may take to make a fault true. A client waits longer, see patience.
const faultWithin = 8 * time.Second

// heldDown says what keeps a cable down, "" if nothing does.
func (h *holder) heldDown(l *topology.Link) string {
	var why []string
	if st := h.faults.links[l.Name()]; st != nil && (st.down || st.flap != nil && st.flap.down) {
		why = append(why, "the link itself")
	}
	for _, n := range []string{l.A.Node, l.B.Node} {
		if st := h.faults.nodes[n]; st != nil && st.stopped {
			why = append(why, "node "+n+" is stopped")
		}
	}
	for _, sets := range h.faults.partitions {
		for _, s := range separated(h.plan(), sets) {
			if s == l {
				why = append(why, "a partition")
			}
		}
	}
	return strings.Join(why, ", ")
}

// syncLinks takes cables down and brings them up until they are as the faults want them. It does not stop at an error.
func (h *holder) syncLinks(plan *topology.Plan) error {
	var errs []error
	for i := range plan.Links {
		l := &plan.Links[i]
		want, name := h.heldDown(l) != "", l.Name()
		if want == h.faults.down[name] {
			continue
		}
		if err := h.setLink(plan, l, want); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// setLink takes a cable down, at both ends, or brings it up, and waits until the kernel has done so. The devices of a veth
// pair are switched off: their carrier cannot be taken otherwise. Those of a cable in user space stay on without it.
func (h *holder) setLink(plan *topology.Plan, l *topology.Link, down bool) error {
	name := l.Name()
	ends := l.Ends()
	deadline := time.Now().Add(faultWithin)
	c := h.cable(l)
	if c != nil && !down {
		if err := h.pull(l, c, down, deadline); err != nil {
			return err
		}
	}
	if !down {
		if err := h.bringUp(plan, ends, deadline); err != nil {
			return err
		}
		delete(h.faults.down, name)
		return h.giveBack(name)
	}
	h.faults.down[name] = true // whatever comes of it, clearing it brings it up
	if c != nil {
		return h.pull(l, c, down, deadline)
	}
	for _, step := range []func(e *topology.End, c *link.Conn, index int) error{
		func(e *topology.End, c *link.Conn, index int) error { return h.takeDown(plan, name, e.Node, c, index) },
		func(_ *topology.End, c *link.Conn, index int) error { return c.AwaitDown(index, deadline) },
	} {
		for _, e := range ends {
			err := inDevice(e, func(c *link.Conn, index int) error { return step(e, c, index) })
			if err != nil {
				return &OpError{Op: "take down", Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: err}
			}
		}
	}
	return nil
}

// bringUp brings both ends of a cable up, waits until they carry packets, and gives back what the kernel forgot when
// they went down: IPv6 addresses and routes.
func (h *holder) bringUp(plan *topology.Plan, ends []*topology.End, deadline time.Time) error {
	b, err := newBuilder(h, plan, 1) // renumber has the numbers
	if err != nil {
		return err
	}
	steps := []func(n *nodeWork, c *link.Conn, d *device) error{
		func(n *nodeWork, c *link.Conn, d *device) error {
			if err := n.addAgain(c, d); err != nil {
				return err
			}
			if err := c.Up(d.Index); err != nil {
				return &OpError{Op: "bring up", Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
			return nil
		},
		func(n *nodeWork, c *link.Conn, d *device) error {
			if err := c.Await([]link.Want{d.Want}, deadline); err != nil {
				return &OpError{Op: "wait until the link carries packets", Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
			if err := link.ForgetUnanswered(d.Index); err != nil {
				return &OpError{Op: "bring up", Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
			return n.restore(c)
		},
	}
	for _, step := range steps {
		for _, e := range ends {
			err := inNode(e.Node, func(c *link.Conn) error {
				n := &b.nodes[b.index[e.Node]]
				index, err := c.Indexes()
				if err != nil {
					return fmt.Errorf("list the devices of %s: %w", n.Name, err)
				}
				n.renumber(index)
				d := n.device(e.Iface)
				if d == nil || d.Index == 0 {
					return &OpError{Op: "bring up", Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: unix.ENODEV}
				}
				return step(n, c, d)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// addAgain gives a device those of its IPv6 addresses that it has lost. IPv4 addresses it keeps.
func (n *nodeWork) addAgain(c *link.Conn, d *device) error {
	for _, a := range d.addrs() {
		if a.Addr().Is4() {
			continue
		}
		if err := unless(c.AddAddr(d.Index, a), unix.EEXIST); err != nil {
			return &OpError{Op: "add address " + a.String(), Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
		}
	}
	return nil
}

// restore gives the node that the calling thread is in what the file says and the kernel forgot. What still has no way,
// because another link is down, comes with that one.
func (n *nodeWork) restore(c *link.Conn) error {
	for i := range n.devices {
		if d := &n.devices[i]; d.Index != 0 {
			if err := n.addAgain(c, d); err != nil {
				return err
			}
		}
	}
	for _, r := range n.Routes {
		err := n.addRoute(c, r)
		if err != nil && !errors.Is(err, unix.EEXIST) && !noWay(err) {
			return err
		}
	}
	return nil
}

// noWay reports whether a route was refused because its way is not there now: a device is down.
func noWay(err error) bool {
	return errors.Is(err, unix.ENETDOWN) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH)
}
