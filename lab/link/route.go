package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Route is a route.
type Route struct {
	Dst    netip.Prefix
	Via    netip.Addr // invalid: none
	Index  int        // of the device; 0: the one that Via is reached through
	Type   string     // "": unicast; blackhole, unreachable, prohibit, throw
	Table  uint32     // 0: main
	Metric uint32     // 0: the kernel's default
	Src    netip.Addr
	MTU    int // bytes
	OnLink bool
	Hops   []Hop // in place of Via
}

// Hop is one of several next hops.
type Hop struct {
	Via    netip.Addr
	Index  int
	Weight int // 0: 1
}

// AddRoute adds a route. The device must be up.
func (c *Conn) AddRoute(rt Route) error {
	return c.route(unix.RTM_NEWROUTE, create, rt)
}

// DelRoute removes a route.
func (c *Conn) DelRoute(rt Route) error {
	return c.route(unix.RTM_DELROUTE, unix.NLM_F_ACK, rt)
}

// ReplaceRoute adds a route in the place of the one to the same destination, if there is one.
func (c *Conn) ReplaceRoute(rt Route) error {
	return c.route(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK, rt)
}

// route sends a message about a route.
func (c *Conn) route(kind uint16, flags int, rt Route) error {
	if !rt.Dst.IsValid() {
		return errors.New("a route without a destination")
	}
	r := c.request(kind, flags)
	msg := nl.NewRtMsg()
	msg.Family = uint8(family(rt.Dst.Addr()))
	msg.Dst_len = uint8(rt.Dst.Bits())
	msg.Protocol = unix.RTPROT_STATIC
	if rt.Type != "" {
		var err error
		if msg.Type, err = routeKind(rt.Type); err != nil {
			return err
		}
	}
	if !rt.Via.IsValid() && len(rt.Hops) == 0 && rt.Type == "" && rt.Dst.Addr().Is4() {
		msg.Scope = unix.RT_SCOPE_LINK
	}
	if rt.OnLink {
		msg.Flags |= unix.RTNH_F_ONLINK
	}
	if rt.Table != 0 {
		msg.Table = unix.RT_TABLE_UNSPEC
	}
	r.AddData(msg)
	if rt.Table != 0 {
		r.AddData(attr(unix.RTA_TABLE, int(rt.Table)))
	}
	if rt.Dst.Bits() > 0 {
		r.AddData(nl.NewRtAttr(unix.RTA_DST, rt.Dst.Masked().Addr().AsSlice()))
	}
	if rt.Via.IsValid() {
		r.AddData(gateway(rt.Via, rt.Dst))
	}
	if rt.Index != 0 {
		r.AddData(attr(unix.RTA_OIF, rt.Index))
	}
	if rt.Metric != 0 {
		r.AddData(attr(unix.RTA_PRIORITY, int(rt.Metric)))
	}
	if rt.Src.IsValid() {
		r.AddData(nl.NewRtAttr(unix.RTA_PREFSRC, rt.Src.AsSlice()))
	}
	if rt.MTU != 0 {
		metrics := nl.NewRtAttr(unix.RTA_METRICS, nil)
		metrics.AddRtAttr(unix.RTAX_MTU, nl.Uint32Attr(uint32(rt.MTU)))
		r.AddData(metrics)
	}
	if len(rt.Hops) > 0 {
		r.AddData(multipath(rt))
	}
	return c.do(r)
}

// routeKind is RTN_*, include/uapi/linux/rtnetlink.h, of a word of ip-route(8).
func routeKind(word string) (uint8, error) {
	for kind := range uint8(unix.RTN_XRESOLVE) {
		if routeType(int(kind)) == word {
			return kind, nil
		}
	}
	return 0, fmt.Errorf("unknown kind of route %q", word)
}

// gateway is the next hop of a route. That of an IPv4 route may be an IPv6 neighbour (RFC 8950): struct rtvia,
// include/uapi/linux/rtnetlink.h.
func gateway(via netip.Addr, dst netip.Prefix) *nl.RtAttr {
	if via.Is4() == dst.Addr().Is4() {
		return nl.NewRtAttr(unix.RTA_GATEWAY, via.AsSlice())
	}
	return nl.NewRtAttr(unix.RTA_VIA, append(nl.Uint16Attr(uint16(family(via))), via.AsSlice()...))
}

// multipath is RTA_MULTIPATH: for each next hop a struct rtnexthop with attributes behind it.
func multipath(rt Route) *nl.RtAttr {
	var list []byte
	for _, h := range rt.Hops {
		via := gateway(h.Via, rt.Dst).Serialize()
		list = binary.NativeEndian.AppendUint16(list, uint16(unix.SizeofRtNexthop+len(via)))
		list = append(list, 0, uint8(max(h.Weight, 1)-1)) // rtnh_hops is the weight less one
		list = binary.NativeEndian.AppendUint32(list, uint32(h.Index))
		list = append(list, via...)
	}
	return nl.NewRtAttr(unix.RTA_MULTIPATH, list)
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
