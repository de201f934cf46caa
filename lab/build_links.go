package lab

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// makeLinks makes the veth pairs, each end directly in its node.
func (b *builder) makeLinks() (string, error) {
	links := b.plan.Links
	err := each(len(links), func(hop *netns.Hopper, todo func() (int, bool)) error {
		c, err := link.Open() // in the holder's own namespace, where no device ever is
		if err != nil {
			return &OpError{Op: "make links", Err: err}
		}
		defer c.Close()
		for i, ok := todo(); ok; i, ok = todo() {
			if b.at(&links[i].A).have {
				continue // a cable has both its ends or none
			}
			var err error
			if links[i].Kind == topology.Tap {
				err = b.makeCable(hop, &links[i])
			} else {
				err = b.makeLink(c, &links[i])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	var bridges []string
	for _, n := range b.nodes {
		for _, br := range n.Bridges {
			bridges = append(bridges, br.Name+" on "+n.Name)
		}
	}
	text := linksText(len(links), countTaps(links))
	switch {
	case len(bridges) == 1:
		text += ", bridge " + bridges[0]
	case len(bridges) > 1:
		text += ", " + count(len(bridges), "bridge")
	}
	return text, err
}

// makeLink makes one pair. An end that is a port gets its bridge in the same message, if it stands first in it.
func (b *builder) makeLink(c *link.Conn, l *topology.Link) error {
	a, z := &l.A, &l.B
	if a.Master == "" {
		a, z = z, a
	}
	first, err := b.veth(a, l)
	if err != nil {
		return err
	}
	defer unix.Close(first.Netns)
	second, err := b.veth(z, l)
	if err != nil {
		return err
	}
	defer unix.Close(second.Netns)
	d := b.at(a)
	if d.joins { // bonds and vrfs are not there yet
		first.Master, d.placed = d.master, true
	}
	if err := c.AddVeth(first, second); err != nil {
		e := &OpError{Op: "make link " + l.Name(), Pos: l.Pos, Err: err}
		if errors.Is(err, unix.EOPNOTSUPP) {
			e.Hint = "this kernel has no veth devices: CONFIG_VETH, sudo modprobe veth"
		}
		return e
	}
	return nil
}

// veth describes one end. The caller closes its Netns.
func (b *builder) veth(e *topology.End, l *topology.Link) (link.Device, error) {
	d := b.at(e)
	fd, err := netns.Open(e.Node)
	if err != nil {
		return link.Device{}, &OpError{Op: "make a link", Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: err}
	}
	return link.Device{Name: e.Iface, Index: d.Index, MTU: l.MTU, MAC: e.MAC, Netns: fd, Single: !l.Offloads}, nil
}
