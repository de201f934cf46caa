package lab

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/topology"
)

// do does something inside a node, and notes how it is undone.
func (a *applier) do(node string, do, undo func(c *link.Conn) error) error {
	a.undo = append(a.undo, func() error { return inNode(node, undo) })
	return inNode(node, do)
}

// index is the number of a device that stays, or that was just made.
func (a *applier) index(node, dev string) (int, error) {
	at, ok := a.b.index[node]
	if !ok {
		return 0, errNoNode
	}
	d := a.b.nodes[at].device(dev)
	if d == nil || d.Index == 0 {
		return 0, errors.New("the device is not there: somebody has removed it")
	}
	return d.Index, nil
}

// changeEnds changes devices that stay: MTU, hardware address, bridge, impairments.
func (a *applier) changeEnds() error {
	n := 0
	err := a.each(topology.ChangeLink, func(c *topology.Change) error {
		if c.Op != topology.Changed || c.Anew {
			return nil
		}
		n++
		old, l := c.Old.(*topology.Link), c.New.(*topology.Link)
		for _, e := range l.Ends() {
			if err := a.setMTU(e.Node, e.Iface, e.Pos, orDefaultMTU(old.MTU), orDefaultMTU(l.MTU)); err != nil {
				return err
			}
			if l.Kind == topology.Veth && !e.Impair.IsZero() && !a.overridden(e) { // a token bucket depends on the MTU
				if err := a.setImpair(e, l, e.Impair, e.Impair); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = a.each(topology.ChangeBridge, func(c *topology.Change) error {
		if c.Op != topology.Changed || c.Anew {
			return nil
		}
		n++
		old, b := c.Old.(*topology.BridgeDevice), c.New.(*topology.BridgeDevice)
		return a.setMTU(c.Node, b.Name, b.Pos, orDefaultMTU(old.MTU), orDefaultMTU(b.MTU))
	})
	if err != nil {
		return err
	}
	err = a.each(topology.ChangeEnd, func(c *topology.Change) error {
		n++
		return a.changeEnd(c, c.Old.(*topology.End), c.New.(*topology.End))
	})
	a.counted(n, "device", "changed")
	return err
}

func (a *applier) setMTU(node, dev string, pos topology.Pos, from, to int) error {
	at, err := a.index(node, dev)
	if err == nil {
		err = a.do(node, func(c *link.Conn) error { return c.SetMTU(at, to) }, func(c *link.Conn) error { return c.SetMTU(at, from) })
	}
	if err != nil {
		return &OpError{Op: fmt.Sprintf("set mtu %d", to), Node: node, Object: dev, Pos: pos, Err: err}
	}
	return nil
}

func (a *applier) setImpair(e *topology.End, l *topology.Link, from, to topology.Impairment) error {
	end := l.EndAt(e.Node, e.Iface)
	a.undo = append(a.undo, func() error { return a.h.setImpairment(l, end, from) })
	return a.h.setImpairment(l, end, to)
}

func (a *applier) changeEnd(c *topology.Change, old, e *topology.End) error {
	fail := &OpError{Op: "set " + c.Field + " " + c.To, Node: e.Node, Object: e.Iface, Pos: e.Pos}
	at, err := a.index(e.Node, e.Iface)
	if err != nil {
		fail.Err = err
		return fail
	}
	switch c.Field {
	case "impairment":
		if a.overridden(old) {
			return nil
		}
		_, l, ok := a.new.Peer(e.Node, e.Iface)
		if !ok {
			fail.Err = errNoNode
			return fail
		}
		return a.setImpair(e, l, old.Impair, e.Impair)
	case "mac":
		was := ""
		err = netns.Do(e.Node, func() error {
			dev, err := net.InterfaceByIndex(at)
			if err == nil {
				was = dev.HardwareAddr.String()
			}
			return err
		})
		mac := e.MAC
		if mac == "" {
			mac = randomMAC()
		}
		if err == nil {
			err = a.do(e.Node, func(c *link.Conn) error { return c.SetMAC(at, mac) }, func(c *link.Conn) error { return c.SetMAC(at, was) })
		}
	case "master":
		var to, from int
		if e.Master != "" {
			to, err = a.index(e.Node, e.Master)
		}
		if err == nil && old.Master != "" {
			from = a.before[e.Node].index[old.Master]
		}
		if err == nil {
			err = a.do(e.Node, func(c *link.Conn) error { return c.SetMaster(at, to) }, func(c *link.Conn) error { return c.SetMaster(at, from) })
		}
	default:
		err = errors.New("hookwalk cannot do that yet")
	}
	if err != nil {
		fail.Err = err
		return fail
	}
	return nil
}

// randomMAC is a hardware address as the kernel would choose one: of one device, and administered locally
// (eth_random_addr, include/linux/etherdevice.h).
func randomMAC() string {
	mac := make(net.HardwareAddr, 6)
	_, _ = rand.Read(mac) // never fails
	mac[0] = mac[0]&^1 | 2
	return mac.String()
}

// changeAddrs changes addresses of devices that stay: those that go first.
func (a *applier) changeAddrs() error {
	n := 0
	pass := func(op topology.ChangeOp) error {
		return a.each(topology.ChangeAddress, func(c *topology.Change) error {
			if c.Op != op {
				return nil
			}
			n++
			del := func(at int, addr netip.Prefix) func(*link.Conn) error {
				return func(l *link.Conn) error { return unless(l.DelAddr(at, addr), unix.EADDRNOTAVAIL) }
			}
			at, err := a.index(c.Node, c.Dev)
			switch {
			case err != nil:
			case op == topology.Removed: // putBack undoes it
				err = inNode(c.Node, del(at, *c.Old.(*netip.Prefix)))
			default:
				addr := *c.New.(*netip.Prefix)
				err = a.do(c.Node, func(l *link.Conn) error { return l.AddAddr(at, addr) }, del(at, addr))
			}
			if err != nil {
				return &OpError{Op: string(op) + " address " + c.Name, Node: c.Node, Object: c.Dev, Pos: c.Pos, Err: err}
			}
			return nil
		})
	}
	if err := pass(topology.Removed); err != nil {
		return err
	}
	if err := a.putBackAddrs(a.new, a.old); err != nil {
		return err
	}
	err := pass(topology.Added)
	a.counted(n, "address", "changed")
	return err
}

// changeRoutes changes routes of nodes that stay. One that leads another way is replaced, so it is never missing.
func (a *applier) changeRoutes() error {
	n, node := 0, ""
	add := func(c *link.Conn) func(link.Route) error { return a.later(node, c.AddRoute) }
	replace := func(c *link.Conn) func(link.Route) error { return a.later(node, c.ReplaceRoute) }
	put := func(node, verb string, how func(*link.Conn) func(link.Route) error, r *topology.Route) func(*link.Conn) error {
		return func(c *link.Conn) error {
			return a.b.nodes[a.b.index[node]].putRoute(verb, how(c), *r)
		}
	}
	del := func(c *link.Conn) func(link.Route) error {
		return func(r link.Route) error { return unless(c.DelRoute(r), unix.ESRCH) }
	}
	err := a.each(topology.ChangeRoute, func(c *topology.Change) error {
		if c.Op != topology.Removed {
			return nil
		}
		n++
		r := c.Old.(*topology.Route)
		if r.Dev != "" && r.Dev != "lo" && a.b.nodes[a.b.index[c.Node]].device(r.Dev) == nil {
			return nil // it went with its device, and comes back with it
		}
		return inNode(c.Node, put(c.Node, "remove", del, r)) // putBack undoes it
	})
	if err == nil {
		err = a.putBackRoutes(a.new, a.old)
	}
	if err == nil {
		err = a.putBackNeighbours(a.new, a.old)
	}
	if err == nil {
		err = a.each(topology.ChangeRoute, func(c *topology.Change) error {
			node = c.Node
			switch c.Op {
			case topology.Added:
				n++
				r := c.New.(*topology.Route)
				return a.do(c.Node, put(c.Node, "add", add, r), put(c.Node, "remove", del, r))
			case topology.Changed:
				n++
				r := c.New.(*topology.Route)
				return a.do(c.Node, put(c.Node, "replace", replace, r), put(c.Node, "remove", del, r))
			}
			return nil
		})
	}
	a.counted(n, "route", "changed")
	return err
}

// changePolicy changes rules of policy routing and neighbours of nodes that stay.
func (a *applier) changePolicy() error {
	rules, neighbours := 0, 0
	for _, op := range []topology.ChangeOp{topology.Removed, topology.Added} {
		err := a.each(topology.ChangeRule, func(c *topology.Change) error {
			if c.Op != op {
				return nil
			}
			rules++
			r := either[topology.Rule](c)
			add := func(l *link.Conn) error { return unless(l.AddRule(r), unix.EEXIST) }
			del := func(l *link.Conn) error { return unless(l.DelRule(r), unix.ENOENT) }
			if op == topology.Removed {
				add, del = del, add
			}
			if err := a.do(c.Node, add, del); err != nil {
				return &OpError{Op: string(op) + " rule " + c.Name, Node: c.Node, Pos: c.Pos, Err: err}
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = a.each(topology.ChangeNeighbour, func(c *topology.Change) error {
			if c.Op != op {
				return nil
			}
			neighbours++
			e := either[topology.Neighbour](c)
			at, err := a.index(c.Node, e.Dev)
			if err != nil && op == topology.Removed {
				return nil // it went with its device
			}
			add := func(l *link.Conn) error { return unless(l.AddNeighbour(at, e), unix.EEXIST) }
			del := func(l *link.Conn) error { return unless(l.DelNeighbour(at, e), unix.ENOENT) }
			if op == topology.Removed {
				add, del = del, add
			}
			if err == nil {
				err = a.do(c.Node, add, del)
			}
			if err != nil {
				return &OpError{Op: string(op) + " neighbour " + c.Name, Node: c.Node, Object: e.Dev, Pos: c.Pos, Err: err}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	a.counted(rules, "routing rule", "changed")
	a.counted(neighbours, "neighbour", "changed")
	return nil
}

// changeRules changes the rules of nodes that stay, each node's in one transaction, and loads those of new ones.
func (a *applier) changeRules() error {
	text, err := a.b.loadRules()
	if err != nil {
		return err
	}
	if text != "" {
		a.done = append(a.done, text)
	}
	for node, list := range a.b.handles {
		a.handles[node] = list
	}
	changed := map[string]bool{}
	edits := 0
	_ = a.each(topology.ChangeRules, func(c *topology.Change) error {
		changed[c.Node] = true
		edits += max(1, len(c.Rules))
		return nil
	})
	for i := range a.b.nodes {
		n := &a.b.nodes[i]
		if !n.there || !changed[n.Name] && a.anew[n.Name] == nil {
			continue
		}
		old, is := a.old.Node(n.Name).Ruleset, n.Ruleset
		if old == nil && is == nil {
			continue
		}
		was := a.handles[n.Name]
		a.undo = append(a.undo, func() error {
			list, err := changeRuleset(n.Name, is, old, a.handles[n.Name], a.anew[n.Name])
			if err == nil {
				a.h.setHandles(n.Name, list)
			}
			return err
		})
		list, err := changeRuleset(n.Name, old, is, was, a.anew[n.Name])
		if err != nil {
			a.undo = a.undo[:len(a.undo)-1] // all or nothing
			r := is
			if r == nil {
				r = old
			}
			return rulesError(n.Name, r, err)
		}
		a.handles[n.Name] = list
	}
	if edits > 0 {
		a.done = append(a.done, count(edits, "change")+" of rules")
	}
	return nil
}

// changeRuleset changes the rules of a node from old to is, which may be nil.
func changeRuleset(node string, old, is *topology.Ruleset, handles []path.Handle, anew map[string]bool) ([]path.Handle, error) {
	var loaded *ruleset.Loaded
	err := netns.Do(node, func() (err error) {
		loaded, err = ruleset.Change(old, is, handlesOf[ruleset.Handle](handles), func(dev string) bool { return anew[dev] })
		return err
	})
	if err != nil {
		return nil, err
	}
	return handlesOf[path.Handle](loaded.Handles), nil
}
