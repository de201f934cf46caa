package lab

import (
	"maps"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// changeServices stops services and starts others.
func (a *applier) changeServices() error {
	n := 0
	// Of those that stop first: others may want their ports.
	err := a.each(topology.ChangeService, func(c *topology.Change) error {
		if c.Op != topology.Removed {
			return nil
		}
		n++
		s := *c.Old.(*topology.Service)
		key := serviceKey(c.Node, s)
		old := a.services[key]
		if old == nil {
			return nil
		}
		_ = old.Close() // it was only listening
		delete(a.services, key)
		a.undo = append(a.undo, func() error {
			return inNode(c.Node, func(*link.Conn) error {
				again, err := a.h.startService(c.Node, s)
				if err == nil {
					a.h.services[key] = again
				}
				return err
			})
		})
		return nil
	})
	if err != nil {
		return err
	}
	err = a.each(topology.ChangeService, func(c *topology.Change) error {
		if c.Op != topology.Added {
			return nil
		}
		n++
		if a.stopped(c.Node) {
			return nil
		}
		s := *c.New.(*topology.Service)
		return inNode(c.Node, func(*link.Conn) error {
			server, err := a.h.startService(c.Node, s)
			if err != nil {
				return err
			}
			a.services[serviceKey(c.Node, s)] = server
			a.undo = append(a.undo, server.Close)
			return nil
		})
	})
	if err != nil {
		return err
	}
	more, err := a.b.startServices() // of new nodes; removeNew ends them
	maps.Copy(a.services, a.b.services)
	a.counted(n+more, "service", "changed")
	return err
}

// runCommands runs the commands of new nodes, and those that are new in others.
func (a *applier) runCommands() error {
	n, err := a.b.runCommands()
	if err != nil {
		return err
	}
	err = a.each(topology.ChangeExec, func(c *topology.Change) error {
		if c.Op != topology.Added {
			return nil
		}
		n++
		return a.h.runCommand(a.ctx, c.Node, a.dir, *c.New.(*topology.Command))
	})
	a.counted(n, "command", "run")
	return err
}
