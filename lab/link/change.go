package link

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// writes counts what this process has sent to change something.
var writes atomic.Uint64

// Writes is how many netlink messages this process has sent to change something, and how many kernel parameters it has
// written, in any namespace. What only asks does not count.
func Writes() uint64 { return writes.Load() }

// DelLink removes a device; the other end of a cable goes with it.
func (c *Conn) DelLink(index int) error {
	r := c.request(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	return c.do(r)
}

// SetMTU changes the MTU of a device, in bytes.
func (c *Conn) SetMTU(index, mtu int) error {
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	r.AddData(attr(unix.IFLA_MTU, mtu))
	return c.do(r)
}

// SetMAC changes the hardware address of a device.
func (c *Conn) SetMAC(index int, mac string) error {
	addr, err := attrMAC(unix.IFLA_ADDRESS, mac)
	if err != nil {
		return err
	}
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	r.AddData(addr)
	return c.do(r)
}

// DelAddr takes an address from a device.
func (c *Conn) DelAddr(index int, p netip.Prefix) error {
	r := c.request(unix.RTM_DELADDR, unix.NLM_F_ACK)
	msg := nl.NewIfAddrmsg(family(p.Addr()))
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(p.Bits())
	r.AddData(msg)
	local := p.Addr().AsSlice()
	r.AddData(nl.NewRtAttr(unix.IFA_LOCAL, local))
	r.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, local))
	return c.do(r)
}

// Addr is an address of a device.
type Addr struct {
	Index  int
	Prefix netip.Prefix
	Scope  uint8  // RT_SCOPE_*
	Flags  uint32 // IFA_F_*
}

// Addrs asks for all addresses of the namespace.
func (c *Conn) Addrs() ([]Addr, error) {
	msgs, err := c.addrs(unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	list := make([]Addr, 0, len(msgs))
	for _, m := range msgs {
		a, err := parseAddr(m)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// addrs asks for all addresses of a family, and gives the messages.
func (c *Conn) addrs(family int) ([][]byte, error) {
	r := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	r.AddData(nl.NewIfAddrmsg(family))
	return c.dump(r, unix.RTM_NEWADDR)
}

// parseAddr reads an RTM_NEWADDR: struct ifaddrmsg of include/uapi/linux/if_addr.h and its attributes.
func parseAddr(b []byte) (Addr, error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return Addr{}, errShort
	}
	a := Addr{Index: int(binary.NativeEndian.Uint32(b[4:])), Scope: b[3], Flags: uint32(b[2])}
	bits := int(b[1])
	var local, address netip.Addr
	err := eachAttr(b[unix.SizeofIfAddrmsg:], func(kind uint16, v []byte) error {
		switch {
		case kind == unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(v)
		case kind == unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(v)
		case kind == unix.IFA_FLAGS && len(v) >= 4: // all of them; the header has room for eight
			a.Flags = binary.NativeEndian.Uint32(v)
		}
		return nil
	})
	if !local.IsValid() { // IPv6 has only IFA_ADDRESS, if it is not a point-to-point device
		local = address
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	return a, err
}

// DelRoute removes a route.
func (c *Conn) DelRoute(rt Route) error {
	return c.route(unix.RTM_DELROUTE, unix.NLM_F_ACK, rt)
}

// ReplaceRoute adds a route in the place of the one to the same destination, if there is one.
func (c *Conn) ReplaceRoute(rt Route) error {
	return c.route(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK, rt)
}

// DelRule removes a rule of policy routing.
func (c *Conn) DelRule(rule *topology.Rule) error {
	return c.rule(unix.RTM_DELRULE, unix.NLM_F_ACK, rule)
}

// DelNeighbour removes an entry of the neighbour table of a device.
func (c *Conn) DelNeighbour(index int, e *topology.Neighbour) error {
	return c.neighbour(unix.RTM_DELNEIGH, unix.NLM_F_ACK, index, e)
}

// RouteEntry is a route as the kernel has it: where to, by which gateway and device, in which table.
type RouteEntry struct {
	Route
	Protocol uint8 // RTPROT_*
	Kind     uint8 // RTN_*
}

// Routes asks for the routes of both families, but those of the table local.
func (c *Conn) Routes() ([]RouteEntry, error) {
	r := c.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
	r.AddData(nl.NewRtMsg())
	msgs, err := c.dump(r, unix.RTM_NEWROUTE)
	if err != nil {
		return nil, err
	}
	var list []RouteEntry
	for _, m := range msgs {
		e, ok, err := parseRoute(m)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, e)
		}
	}
	return list, nil
}

// parseRoute reads an RTM_NEWROUTE: struct rtmsg of include/uapi/linux/rtnetlink.h and its attributes. ok says that it
// is not of the table local, and no entry that the kernel made for a packet.
func parseRoute(b []byte) (e RouteEntry, ok bool, err error) {
	if len(b) < unix.SizeofRtMsg {
		return e, false, errShort
	}
	size := 4
	if b[0] == unix.AF_INET6 {
		size = 16
	} else if b[0] != unix.AF_INET {
		return e, false, nil
	}
	e.Protocol, e.Kind = b[5], b[7]
	e.Table = uint32(b[4])
	cloned := binary.NativeEndian.Uint32(b[8:])&unix.RTM_F_CLONED != 0
	dst := make([]byte, size)
	err = eachAttr(b[unix.SizeofRtMsg:], func(kind uint16, v []byte) error {
		switch {
		case kind == unix.RTA_TABLE && len(v) >= 4:
			e.Table = binary.NativeEndian.Uint32(v)
		case kind == unix.RTA_PRIORITY && len(v) >= 4:
			e.Metric = binary.NativeEndian.Uint32(v)
		case kind == unix.RTA_DST:
			copy(dst, v)
		case kind == unix.RTA_GATEWAY:
			e.Via, _ = netip.AddrFromSlice(v)
		case kind == unix.RTA_VIA && len(v) > 2:
			e.Via, _ = netip.AddrFromSlice(v[2:])
		case kind == unix.RTA_OIF && len(v) >= 4:
			e.Index = int(binary.NativeEndian.Uint32(v))
		}
		return nil
	})
	addr, _ := netip.AddrFromSlice(dst)
	e.Dst = netip.PrefixFrom(addr, int(b[1]))
	return e, e.Table != unix.RT_TABLE_LOCAL && !cloned, err
}
