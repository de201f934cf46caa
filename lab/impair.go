package lab

import (
	"fmt"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// defaultMTU is that of a device for which the file says nothing (ETH_DATA_LEN, include/uapi/linux/if_ether.h).
const defaultMTU = 1500

// impair has the devices of the node that the calling thread is in do to frames what the file says.
func (n *nodeWork) impair(c *link.Conn) error {
	for i := range n.devices {
		d := &n.devices[i]
		if d.have || d.cable == nil || d.cable.Kind != topology.Veth || d.end.Impair.IsZero() {
			continue
		}
		if err := c.Impair(d.Index, orDefaultMTU(d.cable.MTU), d.end.Impair); err != nil {
			return impairError(n.Name, d.Name, d.end.Pos, d.end.Impair, err)
		}
	}
	return nil
}

func orDefaultMTU(mtu int) int {
	if mtu == 0 {
		return defaultMTU
	}
	return mtu
}

// impairError is an error of link.Conn.Impair, with the cure.
func impairError(node, dev string, pos topology.Pos, m topology.Impairment, err error) error {
	e := &OpError{Op: fmt.Sprintf("impair what is sent (%s)", m), Node: node, Object: dev, Pos: pos, Err: err}
	if link.IsQdiscMissing(err) {
		e.Hint = "this kernel lacks " + link.QdiscMissing(m) + "\na link of kind: tap needs neither"
	}
	return e
}
