package link

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// AddNeighbour adds an entry that stays to the neighbour table of a device.
func (c *Conn) AddNeighbour(index int, e *topology.Neighbour) error {
	return c.neighbour(unix.RTM_NEWNEIGH, create, index, e)
}

// DelNeighbour removes an entry of the neighbour table of a device.
func (c *Conn) DelNeighbour(index int, e *topology.Neighbour) error {
	return c.neighbour(unix.RTM_DELNEIGH, unix.NLM_F_ACK, index, e)
}

// neighbour sends a message about an entry of the neighbour table.
func (c *Conn) neighbour(kind uint16, how int, index int, e *topology.Neighbour) error {
	state, flags := uint16(unix.NUD_PERMANENT), uint8(0)
	attrs := []*nl.RtAttr{nl.NewRtAttr(unix.NDA_DST, e.Addr.AsSlice())}
	if e.Proxy {
		flags = unix.NTF_PROXY
	} else {
		mac, err := attrMAC(unix.NDA_LLADDR, e.MAC)
		if err != nil {
			return err
		}
		attrs = append(attrs, mac)
	}
	r := c.request(kind, how)
	r.AddRawData(withAttrs(ndmsg(uint8(family(e.Addr)), index, state, flags), attrs))
	return c.do(r)
}

// ForgetUnanswered removes the neighbours of a device that were asked for in vain, in the network namespace of the
// calling thread: they are asked for anew with the next packet, where the kernel would wait up to a second.
func ForgetUnanswered(index int) error {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		list, err := netlink.NeighList(index, family)
		if err != nil {
			return fmt.Errorf("list neighbours: %w", err)
		}
		for i := range list {
			if list[i].State&(netlink.NUD_INCOMPLETE|netlink.NUD_FAILED) == 0 {
				continue
			}
			if err := netlink.NeighDel(&list[i]); err != nil && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("forget neighbour %s: %w", list[i].IP, err)
			}
		}
	}
	return nil
}
