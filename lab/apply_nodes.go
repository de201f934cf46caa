package lab

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// removeOld removes the devices that go or are made again, and nodes that are made again. Nodes that go stay for now,
// with their processes, but without devices.
func (a *applier) removeOld() error {
	a.undo = append(a.undo, func() error {
		if err := a.removeParts(a.old, a.new); err != nil { // what is left of them
			return err
		}
		return a.makeAgain()
	})
	return a.removeParts(a.old, a.new)
}

// removeParts removes what have has and want does not, or what is to be made again. Of what is gone already there is
// nothing to do.
func (a *applier) removeParts(have, want *topology.Plan) error {
	remade := a.remade()
	a.closeCables(have, want)
	for i := range have.Nodes {
		n := &have.Nodes[i]
		if a.before[n.Name] == nil && want.Node(n.Name) != nil {
			continue // nothing changes in it
		}
		if remade[n.Name] {
			if err := a.endNode(n); err != nil {
				return err
			}
			continue
		}
		stays := devicesOf(want, n.Name)
		var names []string // in the order in which they can go
		for _, d := range slices.Backward(n.Devices) {
			names = append(names, d.Name)
		}
		for _, e := range have.Interfaces(n.Name) {
			names = append(names, e.Iface)
		}
		for _, b := range n.Bridges {
			names = append(names, b.Name)
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			_, both := stays[name]
			return both && !a.anew[n.Name][name]
		})
		if len(names) == 0 {
			continue
		}
		err := inNode(n.Name, func(c *link.Conn) error {
			index, err := c.Indexes()
			if err != nil {
				return &OpError{Op: "list devices", Node: n.Name, Pos: n.Pos, Err: err}
			}
			for _, name := range names {
				at, there := index[name]
				if !there {
					continue
				}
				if err := unless(c.DelLink(at), unix.ENODEV); err != nil {
					return &OpError{Op: "remove device", Node: n.Name, Object: name, Pos: n.Pos, Err: err}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// closeCables ends cables in user space that go or are made again. Their devices go with them.
func (a *applier) closeCables(have, want *topology.Plan) {
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	for i := range have.Links {
		l := &have.Links[i]
		c := a.h.cables[l.Name()]
		if _, _, stays := want.Peer(l.A.Node, l.A.Iface); c == nil || stays && !a.anew[l.A.Node][l.A.Iface] {
			continue
		}
		c.Close()
		delete(a.h.cables, l.Name())
	}
}

// makeAgain makes what removeOld removed.
func (a *applier) makeAgain() error {
	b, err := a.builderOf(a.old, a.new)
	if err != nil {
		return err
	}
	for i := range b.nodes {
		if n := &b.nodes[i]; a.new.Node(n.Name) == nil { // it was not removed yet, only its devices
			n.there = true
		}
	}
	for _, phase := range []func() (string, error){b.makeNodes, b.makeLinks, b.configure, b.loadRules} {
		if _, err := phase(); err != nil {
			return err
		}
	}
	if err := b.await(); err != nil {
		return err
	}
	if _, err := b.startServices(); err != nil {
		return err
	}
	for node, list := range b.handles {
		a.h.setHandles(node, list)
	}
	maps.Copy(a.h.services, b.services)
	return nil
}

// setHandles notes the handles of a node's rules.
func (h *holder) setHandles(node string, list []path.Handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handles = maps.Clone(h.handles)
	h.handles[node] = list
}

// makeNodes makes nodes and bridges.
func (a *applier) makeNodes() error {
	a.undo = append(a.undo, func() error { return a.removeNew() })
	_, err := a.b.makeNodes()
	made := 0
	for i := range a.b.nodes {
		if !a.b.nodes[i].there {
			made++
		}
	}
	a.counted(made, "node", "made")
	return err
}

// removeNew removes what the builder has made, be it whole or not.
func (a *applier) removeNew() error {
	for i := range a.b.nodes {
		n := &a.b.nodes[i]
		if n.there {
			continue
		}
		closeServices(a.b.services, n.Node)
		if err := a.h.removeNode(n.Name); err != nil {
			return err
		}
	}
	remade := a.remade()
	keep := maps.Clone(a.before)
	defer func() { a.before = keep }()
	for name := range remade {
		delete(a.before, name) // gone with the node
	}
	return a.removeDevices(a.new, a.old, remade)
}

// removeDevices is removeParts without nodes.
func (a *applier) removeDevices(have, want *topology.Plan, but map[string]bool) error {
	part := *have
	part.Nodes = slices.DeleteFunc(slices.Clone(have.Nodes), func(n topology.Node) bool { return but[n.Name] || want.Node(n.Name) == nil })
	return a.removeParts(&part, want)
}

// makeLinks makes cables.
func (a *applier) makeLinks() error {
	_, err := a.b.makeLinks()
	made := 0
	for i := range a.new.Links {
		if e := &a.new.Links[i].A; !a.b.at(e).have {
			made++
		}
	}
	a.counted(made, "link", "made")
	return err
}

// configure sets up what is new.
func (a *applier) configure() error {
	_, err := a.b.configure()
	return err
}

// await waits until what is new carries packets. Nobody waits with it who does not want the change any more.
func (a *applier) await() error {
	done := make(chan error, 1)
	go func() { done <- a.b.await() }() // ends by itself; it only looks
	select {
	case err := <-done:
		return err
	case <-a.ctx.Done():
		return errInterrupted
	}
}

// removeNodes ends the nodes that go. Nothing else follows: that cannot be undone.
func (a *applier) removeNodes() error {
	removed := 0
	for i := range a.old.Nodes {
		n := &a.old.Nodes[i]
		if a.new.Node(n.Name) != nil {
			continue
		}
		if err := a.endNode(n); err != nil {
			return err
		}
		removed++
	}
	a.counted(removed, "node", "removed")
	return nil
}

// endNode removes a node of the old plan with its services and processes.
func (a *applier) endNode(n *topology.Node) error {
	closeServices(a.services, n)
	delete(a.handles, n.Name)
	if err := a.h.removeNode(n.Name); err != nil {
		return &OpError{Op: "remove the node", Node: n.Name, Pos: n.Pos, Err: err}
	}
	return nil
}

// removeNode ends the processes in a node and removes it, if it is there.
func (h *holder) removeNode(name string) error {
	id, err := netns.ID(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = h.endProcesses(id)
	}
	// Devices do not wait until the last socket in the namespace is closed, as that of a trace.
	if err == nil {
		err = inNode(name, func(c *link.Conn) error {
			states, err := c.States()
			if err != nil {
				return err
			}
			for _, s := range slices.Backward(states) {
				if s.Index == loopback {
					continue
				}
				// Those that the kernel makes in every namespace cannot be removed; they do not matter.
				_ = c.DelLink(s.Index)
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	return netns.Remove(name)
}

// endWithin is how long processes of a node may take to end when they are killed.
const endWithin = 10 * time.Second

// endProcesses kills all processes whose network namespace has a number, and waits until they are gone.
func (h *holder) endProcesses(netnsID uint64) error {
	if !h.ownProc {
		return nil // other numbers there
	}
	deadline := time.Now().Add(endWithin)
	for {
		var fds []unix.PollFd
		list, err := pids()
		if err != nil {
			return err
		}
		for _, pid := range list {
			if pid == 1 {
				continue
			}
			fd, err := unix.PidfdOpen(pid, 0)
			if err != nil {
				continue // it has ended
			}
			// Asked with the process held, so that the number means this one.
			if !inNetns(pid, netnsID) {
				_ = unix.Close(fd) // nothing was written
				continue
			}
			_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // an error means that it has ended
			fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
		if len(fds) == 0 {
			return nil
		}
		err = awaitAll(fds, deadline)
		for _, p := range fds {
			_ = unix.Close(int(p.Fd)) // nothing was written
		}
		if err != nil {
			return err
		}
	}
}

// awaitAll waits until every one of the processes has ended.
func awaitAll(fds []unix.PollFd, deadline time.Time) error {
	for i := range fds {
		for {
			n, err := unix.Poll(fds[i:i+1], int(max(0, time.Until(deadline).Milliseconds())))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err == nil && n == 0 {
				err = errors.New("a process does not end when it is killed")
			}
			if err != nil {
				return err
			}
			break
		}
	}
	return nil
}
