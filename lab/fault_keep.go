package lab

import (
	"net/netip"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// keptOf is what a node loses that no file has, when a link of it goes down: what start commands and people added.
type keptOf struct {
	node string
	kept link.Kept
}

// takeDown takes a device of a node down, in whose network namespace the calling thread is, and keeps what the kernel
// forgets then and bringUp does not know.
func (h *holder) takeDown(plan *topology.Plan, cable, node string, c *link.Conn, index int) error {
	planned := func(a netip.Addr) bool {
		for _, p := range plan.AddrsOf(node) {
			if p.Addr() == a {
				return true
			}
		}
		return false
	}
	before, err := c.Keep(planned)
	if err != nil {
		return err
	}
	if err := c.Down(index); err != nil {
		return err
	}
	after, err := c.Keep(planned)
	if err != nil {
		return err
	}
	h.faults.kept[cable] = append(h.faults.kept[cable], keptOf{node, before.Less(after)})
	return nil
}

// giveBack gives the nodes of a cable that is up again what they lost.
func (h *holder) giveBack(cable string) error {
	kept := h.faults.kept[cable]
	delete(h.faults.kept, cable)
	for _, k := range kept {
		err := inNode(k.node, func(c *link.Conn) error { return c.GiveBack(k.kept) })
		if err != nil {
			return &OpError{Op: "give back what was there before " + cable + " went down", Node: k.node, Err: err}
		}
	}
	return nil
}
